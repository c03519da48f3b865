//! The cause of a failing request, with advice.

use serde::Serialize;

use crate::assess::diagnose::{Diagnosis, Evidence, Maker};
use crate::assess::playbook::{lookup, server_key};
use crate::model::{Cause, Outcome};

/// Maximum lines of the playbook shown here; `gatecrawl explain` shows the rest.
const LINES: usize = 3;

/// The cause of a failure, with evidence and advice.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// The cause in words: "A", "A or B", or "unknown".
    pub cause: String,
    /// The likely causes, with their shares.
    pub causes: Vec<(Cause, f64)>,
    /// The confidence in these causes, from 0 to 1.
    pub confidence: f64,
    /// The kind of machine that made the answer.
    pub made_by: Option<Maker>,
    /// The product that made the answer.
    pub product: Option<String>,
    /// The evidence.
    pub evidence: Vec<Said>,
    /// The advice.
    pub advice: Advice,
}

/// A piece of evidence with its sentence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Said {
    /// The sentence, for people.
    pub text: String,
    /// The evidence in fields, for programs.
    #[serde(flatten)]
    pub evidence: Evidence,
}

/// The beginning of a playbook, with the command that shows the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Advice {
    /// The key of the playbook.
    pub topic: String,
    /// The server product for which the advice was looked up.
    pub server: Option<&'static str>,
    /// How to confirm the cause.
    pub confirm: Vec<String>,
    /// How to fix it.
    pub fix: Vec<String>,
    /// The command that shows the rest.
    pub more: String,
}

/// Renders a diagnosis. `maker` may know more than the diagnosis; `server` is the `Server` field, for a page that
/// names no product.
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

/// Returns the topic of the playbook: the cause, or without one the outcome.
fn topic(diagnosis: &Diagnosis, outcome: Outcome) -> &'static str {
    match diagnosis.causes.as_slice() {
        [] => outcome.id(),
        _ => diagnosis.advice(),
    }
}

fn advice(topic: &str, server: Option<&'static str>) -> Advice {
    let found = lookup(topic, server).unwrap_or_default();
    let special = &found.server;
    let server = server.filter(|_| found.server.is_some());
    let server_flag = server.map_or(String::new(), |key| format!(" --server {key}"));
    Advice {
        topic: topic.to_owned(),
        server,
        // The line about this product fits better, so it comes first.
        confirm: special
            .iter()
            .filter_map(|notes| notes.confirm.first())
            .chain(&found.confirm)
            .take(LINES)
            .cloned()
            .collect(),
        fix: found.fix().take(LINES).cloned().collect(),
        more: format!("gatecrawl explain {topic}{server_flag}"),
    }
}
