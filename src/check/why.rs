//! Why a request fails and what to do.

use serde::Serialize;

use crate::assess::diagnose::{Diagnosis, Evidence, Maker};
use crate::assess::playbook::{Playbook, lookup, server_key};
use crate::model::{Cause, Outcome};

/// How many lines of the playbook are told here; the rest is a command away.
const LINES: usize = 3;

/// Why something fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The cause in words: "A", "A or B", or "unknown".
    pub cause: String,
    /// The causes that may be named, with their shares.
    pub causes: Vec<(Cause, f64)>,
    /// How sure they are, from 0 to 1.
    pub confidence: f64,
    /// What kind of machine made the answer.
    pub made_by: Option<Maker>,
    /// Which product.
    pub product: Option<String>,
    /// What speaks for it.
    pub evidence: Vec<Said>,
    /// What to do.
    pub advice: Advice,
}

/// Evidence with its sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// For people.
    pub text: String,
    /// For machines.
    #[serde(flatten)]
    pub evidence: Evidence,
}

/// The beginning of a playbook, and where the rest is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The key of the playbook.
    pub topic: String,
    /// The server product that it was looked up for.
    pub server: Option<&'static str>,
    /// How to make sure of the cause.
    pub confirm: Vec<String>,
    /// What to change.
    pub fix: Vec<String>,
    /// The command that tells the rest.
    pub more: String,
}

/// A diagnosis as it is told. `maker` may know more than the diagnosis does; `server` is the
/// `Server` field, for a page that names no product.
pub(super) fn why(
    diagnosis: &Diagnosis,
    outcome: Outcome,
    maker: Option<Maker>,
    server: Option<&str>,
) -> Why {
    let product = diagnosis.product.or(server);
    let texts = diagnosis.evidence.iter().map(|evidence| Said {
        text: evidence.to_string(),
        evidence: evidence.clone(),
    });
    Why {
        cause: diagnosis.to_string(),
        causes: diagnosis.named().to_vec(),
        confidence: diagnosis.confidence,
        made_by: diagnosis.layer.or(maker),
        product: product.map(str::to_owned),
        evidence: texts.collect(),
        advice: advice(topic(diagnosis, outcome), product.and_then(server_key)),
    }
}

/// Without a cause the outcome says more than nothing.
fn topic(diagnosis: &Diagnosis, outcome: Outcome) -> &'static str {
    match diagnosis.causes.as_slice() {
        [] => outcome.id(),
        _ => diagnosis.advice(),
    }
}

fn advice(topic: &str, server: Option<&'static str>) -> Advice {
    let found = lookup(topic, server).unwrap_or_default();
    let special = found.server.clone().unwrap_or_default();
    let server = server.filter(|_| found.server.is_some());
    let first = |own: &[String], general: &[String]| {
        own.iter().chain(general).take(LINES).cloned().collect()
    };
    // What fits the product fits better: its own lines about this cause stand first.
    let own_fix = own_lines(&found, server);
    let server_flag = server.map_or(String::new(), |key| format!(" --server {key}"));
    Advice {
        topic: topic.to_owned(),
        server,
        confirm: first(
            &special.confirm[..special.confirm.len().min(1)],
            &found.confirm,
        ),
        fix: first(&own_fix, &found.act),
        more: format!("gatecrawl explain {topic}{server_flag}"),
    }
}

/// What the notes of a server say about a topic, without what they say about every topic.
fn own_lines(found: &Playbook, server: Option<&str>) -> Vec<String> {
    let (Some(notes), Some(server)) = (&found.server, server) else {
        return Vec::new();
    };
    let general = lookup(server, None).map_or(0, |general| general.act.len());
    let own = notes.act.len().saturating_sub(general);
    notes.act[..own].to_vec()
}
