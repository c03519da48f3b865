//! The problems, who fixes them, and the first step.

use serde::{Deserialize, Serialize};

use crate::assess::diagnose::Evidence;
use crate::assess::diagnose::rules::{Rule, Severity};
use crate::assess::playbook::{Owner, lookup};
use crate::model::Zone;
use crate::report::words::{causes, number, one_line};
use crate::store::{StoredFact, StoredFinding};

use super::facts::BriefFacts;
use super::outage::is_outage;

/// Maximum findings in a brief; the report has all.
const MOST: usize = 5;

/// A finding in a few lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingBrief {
    /// Its severity.
    pub severity: Severity,
    /// Its title.
    pub title: String,
    /// The URL, section, host or site.
    pub subject: String,
    /// Whether the finding is new: the baseline does not have it.
    pub new: bool,
    /// Number of pages that it has more than in the baseline, which had it too.
    #[serde(default)]
    pub more_pages: u64,
    /// The cause; empty where none is known.
    pub cause: String,
    /// Who usually has to act; may be empty.
    pub owner: String,
    /// Since when, as a date, and in how many runs; empty if it is new or not known.
    #[serde(default)]
    pub age: String,
    /// The main evidence, in one sentence.
    pub evidence: String,
    /// The first step; may be empty.
    pub step: String,
    /// The command that explains it.
    pub explain: String,
}

/// Findings of `warning` and above, the worst first.
pub(super) fn findings(facts: &BriefFacts<'_>) -> Vec<FindingBrief> {
    let mut all: Vec<&StoredFinding> = reported(facts).collect();
    // New findings come first.
    all.sort_by_key(|found| !is_new(found, facts) && facts.grown(found).is_none());
    all.into_iter()
        .take(MOST)
        .map(|found| finding(found, facts))
        .collect()
}

/// Returns the findings to report. Of parts that went down together, only the first is reported.
pub(super) fn reported<'f>(facts: &BriefFacts<'f>) -> impl Iterator<Item = &'f StoredFinding> {
    let outages = facts.outages;
    let is_repeated = move |found: &StoredFinding| {
        is_outage(found)
            && (outages.iter())
                .any(|outage| (outage.subjects.iter().skip(1)).any(|also| *also == found.subject))
    };
    let all = facts.summary.findings.iter();
    all.filter(move |found| found.severity > Severity::Notice && !is_repeated(found))
}

fn finding(found: &StoredFinding, facts: &BriefFacts<'_>) -> FindingBrief {
    let server = found.server.as_deref();
    let playbook = lookup(&found.advice, server).unwrap_or_default();
    let outage = (facts.outages.iter())
        .find(|outage| is_outage(found) && outage.subjects.contains(&found.subject));
    let (subject, evidence) = match outage {
        Some(outage) => (outage.what.clone(), outage.sentence()),
        None => {
            let first = one_line(evidence(found));
            (one_line(&found.subject), facts.zone.tell(&first))
        }
    };
    let option = server.map_or(String::new(), |server| format!(" --server {server}"));
    FindingBrief {
        severity: found.severity,
        title: match outage {
            Some(_) => "An outage".to_owned(),
            None => found.rule.title().to_owned(),
        },
        subject,
        new: is_new(found, facts),
        more_pages: facts.grown(found).map_or(0, |(_, more)| more),
        cause: causes(&found.causes, &found.advice),
        age: age(found, facts.zone).unwrap_or_default(),
        owner: playbook.owner.map_or("", Owner::team).to_owned(),
        evidence,
        step: playbook.fix().next().cloned().unwrap_or_default(),
        explain: format!("gatecrawl explain {}{option}", found.advice),
    }
}

/// Returns whether a finding is new to people. Which pages fail now and then differs from run to run by chance: without a page
/// that is reported as newly failing, that is nothing new.
fn is_new(found: &StoredFinding, facts: &BriefFacts<'_>) -> bool {
    let by_chance = found.rule.is_at_times() || found.rule == Rule::TransientCluster;
    let nothing_broke = facts.comparison.is_some_and(|found| {
        let failures = &found.failures;
        failures.broken + failures.died + found.counts.worse == 0
    });
    facts.is_new(found) && !(by_chance && nothing_broke)
}

/// Returns the first sentence of the evidence, without a leading "1 of 1 URLs fails", which the title already says.
fn evidence(found: &StoredFinding) -> &str {
    let first = found.facts.first().and_then(StoredFact::evidence);
    let is_the_only_url = matches!(first, Some(Evidence::Urls { failing, .. }) if failing.of == 1);
    let at = usize::from(is_the_only_url);
    let text = found.evidence.get(at).or(found.evidence.first());
    text.map_or("", String::as_str)
}

/// Returns the age of a finding; `None` if only the last run has it.
pub(in crate::report::view) fn age(found: &StoredFinding, zone: &Zone) -> Option<String> {
    let since = found.since.filter(|_| found.runs > 1)?;
    Some(format!(
        "since {}, in {} runs",
        zone.day(since),
        number(found.runs.into())
    ))
}
