//! What is wrong, who fixes it, and where they begin.

use serde::{Deserialize, Serialize};

use crate::assess::diagnose::rules::{Severity, title};
use crate::assess::playbook::{Owner, lookup};
use crate::report::words::{causes_of, one_line};
use crate::store::StoredFinding;

use super::facts::BriefFacts;

/// Most findings that a brief names; all are in the report.
const MOST: usize = 5;

/// A finding in a few lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingBrief {
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub title: String,
    /// The URL, section, host or site.
    pub subject: String,
    /// Whether the baseline does not have it.
    pub new: bool,
    /// The cause; empty where none is known.
    pub cause: String,
    /// Who usually has to act; may be empty.
    pub owner: String,
    /// What shows it, in one sentence.
    pub evidence: String,
    /// What to do first; may be empty.
    pub step: String,
    /// The command that explains it.
    pub explain: String,
}

/// Findings of `warning` and above, the worst first.
pub(super) fn findings(facts: &BriefFacts<'_>) -> Vec<FindingBrief> {
    let all = facts.summary.findings.iter();
    all.filter(|found| found.severity > Severity::Notice)
        .take(MOST)
        .map(|found| finding(found, facts.is_new(found)))
        .collect()
}

fn finding(found: &StoredFinding, new: bool) -> FindingBrief {
    let server = found.server.as_deref();
    let playbook = lookup(&found.advice, server).unwrap_or_default();
    let option = server.map_or(String::new(), |server| format!(" --server {server}"));
    FindingBrief {
        severity: found.severity,
        title: title(&found.rule).to_owned(),
        subject: one_line(&found.subject),
        new,
        cause: causes_of(found),
        owner: playbook.owner.map_or("", Owner::team).to_owned(),
        evidence: one_line(found.evidence.first().map_or("", String::as_str)),
        step: playbook.fix().next().cloned().unwrap_or_default(),
        explain: format!("gatecrawl explain {}{option}", found.advice),
    }
}
