//! The findings: problem, cause, evidence and fix.

use std::cmp::Reverse;

use serde::Serialize;

use crate::assess::diagnose::rules::{Scope, Severity, title};
use crate::assess::playbook::{Owner, lookup};
use crate::report::words::causes_of;
use crate::store::{StoredFinding, StoredTrial};

use super::pages::Pages;

/// Maximum findings shown; the others are in findings.csv.
const MOST: usize = 40;

/// Maximum sentences of evidence of a finding.
const SENTENCES: usize = 8;

/// Maximum lines of advice of a finding; `gatecrawl explain` prints all of them.
const LINES: usize = 6;

/// Maximum findings in the list of what to fix first.
const FIRST: usize = 3;

/// Maximum experiments shown.
const EXPERIMENTS: usize = 60;

/// The findings of the diagnosis rules.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    pub(crate) rows: Vec<FindingView>,
    /// Places of the rows that are to be fixed first: the worst, and of equally bad ones those with the most pages.
    pub(crate) first: Vec<usize>,
    /// Number of all findings.
    pub(crate) total: usize,
}

/// A finding with its fix. In lines of advice, commands are between backticks.
#[derive(Debug, Serialize)]
pub(crate) struct FindingView {
    pub(crate) severity: Severity,
    pub(crate) title: String,
    /// Pages that it is about; absent where they are not counted.
    pub(crate) pages: Option<u64>,
    /// Who usually has to act; empty if nobody in particular.
    pub(crate) owner: &'static str,
    pub(crate) scope: Scope,
    pub(crate) subject: String,
    /// Empty if none is known.
    pub(crate) cause: String,
    /// 0..1.
    pub(crate) confidence: f64,
    pub(crate) evidence: Vec<String>,
    /// Its meaning, and its effect on a site in search.
    meaning: String,
    seo: String,
    confirm: Vec<String>,
    /// What to do first; empty if there is no advice.
    pub(crate) step: String,
    act: Vec<String>,
    verify: Vec<String>,
    /// The server product whose notes apply, with its advice for this topic and in general; may be empty.
    server: String,
    server_own: Vec<String>,
    server_act: Vec<String>,
    /// The command that shows more.
    pub(crate) explain: String,
    /// A `curl` line that reproduces it; empty if there is no page for it.
    curl: String,
}

/// An experiment with its result.
#[derive(Debug, Serialize)]
pub(crate) struct ExperimentView {
    #[serde(flatten)]
    found: StoredTrial,
    separates: &'static str,
}

/// Returns the findings, the worst first.
pub(super) fn findings(all: &[StoredFinding], pages: &Pages) -> Findings {
    let shown = all.iter().take(MOST).enumerate();
    let mut to_fix: Vec<(usize, &StoredFinding)> = shown
        .filter(|(_, found)| found.severity > Severity::Notice)
        .collect();
    to_fix.sort_by_key(|(_, found)| Reverse((found.severity, found.pages)));
    Findings {
        first: to_fix.iter().take(FIRST).map(|(at, _)| *at).collect(),
        rows: all
            .iter()
            .take(MOST)
            .map(|found| finding(found, pages))
            .collect(),
        total: all.len(),
    }
}

fn finding(found: &StoredFinding, pages: &Pages) -> FindingView {
    let server = found.server.as_deref();
    let playbook = lookup(&found.advice, server).unwrap_or_default();
    let step = playbook.fix().next().cloned().unwrap_or_default();
    let notes = playbook.server.unwrap_or_default();
    let option = server.map_or(String::new(), |server| format!(" --server {server}"));
    FindingView {
        severity: found.severity,
        title: title(&found.rule).to_owned(),
        pages: found.pages,
        owner: playbook.owner.map_or("", Owner::team),
        scope: found.scope,
        subject: found.subject.clone(),
        cause: causes_of(found),
        confidence: found.confidence,
        evidence: first(&found.evidence, SENTENCES),
        meaning: playbook.meaning,
        seo: playbook.seo,
        confirm: first(&playbook.confirm, LINES),
        step,
        act: first(&playbook.act, LINES),
        verify: first(&playbook.verify, LINES),
        server_own: first(&notes.own, LINES),
        server_act: first(&notes.act, LINES),
        server: notes.title,
        explain: format!("gatecrawl explain {}{option}", found.advice),
        curl: pages
            .curl_within(&found.subject)
            .unwrap_or_default()
            .to_owned(),
    }
}

fn first(lines: &[String], most: usize) -> Vec<String> {
    lines.iter().take(most).cloned().collect()
}

/// Returns the results of experiments.
pub(super) fn experiments(all: &[StoredTrial]) -> Vec<ExperimentView> {
    let shown = all.iter().take(EXPERIMENTS);
    shown
        .map(|found| ExperimentView {
            found: found.clone(),
            separates: found.experiment.separates(),
        })
        .collect()
}
