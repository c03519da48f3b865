//! The findings: problem, cause, evidence and fix.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assess::diagnose::rules::Severity;
use crate::assess::playbook::{Owner, lookup};
use crate::model::Zone;
use crate::report::curl::line_of;
use crate::report::words::{causes_of, count};
use crate::store::{
    FindingUrl, FindingUrls, RunRow, RunSummary, Store, StoreError, StoredFinding, StoredTrial,
};

use super::brief::age;
use super::pages::{CURL, page_id};
use super::problems::{Problem, fixed_with, problems, to_fix};

/// Maximum findings shown; the others are in findings.csv.
const MOST: usize = 40;

/// Maximum sentences of evidence of a finding.
const SENTENCES: usize = 8;

/// Maximum lines of advice of a finding; `gatecrawl explain` prints all of them.
const LINES: usize = 6;

/// Maximum experiments shown.
const EXPERIMENTS: usize = 60;

/// Maximum places listed of a finding that is about several; all are in findings.csv.
const PLACES: usize = 300;

/// Maximum sentences of evidence of one place of several.
const OF_PLACE: usize = 3;

/// Maximum URLs shown of a finding; all are in server_errors.csv.
const URLS: usize = 20;

/// The findings of the diagnosis rules; those that differ only in their places are one.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    pub(crate) rows: Vec<FindingView>,
    /// Indexes of the rows that are to be fixed first: the worst, and of equally bad ones those with the most pages.
    pub(crate) first: Vec<FirstView>,
    /// Number of all findings.
    pub(crate) total: usize,
}

/// A step to take first.
#[derive(Debug, Serialize)]
pub(crate) struct FirstView {
    /// Index of the row whose first step it is.
    at: usize,
    /// Indexes of other rows that the same step fixes.
    also: Vec<usize>,
}

/// A finding with its fix. In lines of advice, commands are between backticks.
#[derive(Debug, Serialize)]
pub(crate) struct FindingView {
    /// Its name, the same in every run that has it.
    pub(crate) id: String,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    /// Pages that it is about; absent where they are not counted.
    pub(crate) pages: Option<u64>,
    /// Since when, and in how many runs; empty if only in this one.
    pub(crate) age: String,
    /// The clicks that its pages cost, in words; empty if none are known.
    pub(crate) cost: String,
    /// Who usually has to act; empty if nobody in particular.
    pub(crate) owner: &'static str,
    /// Where it is, in words if there are several places.
    pub(crate) subject: String,
    /// Empty if none is known.
    pub(crate) cause: String,
    /// 0..1.
    pub(crate) confidence: f64,
    pub(crate) evidence: Vec<String>,
    /// Its meaning, and its effect on a site in search.
    meaning: String,
    pub(crate) seo: String,
    pub(crate) confirm: Vec<String>,
    /// The first step; empty if there is no advice.
    pub(crate) step: String,
    pub(crate) act: Vec<String>,
    pub(crate) verify: Vec<String>,
    /// The server product whose notes apply, with its advice for this topic and in general; may be empty.
    server: String,
    pub(crate) server_own: Vec<String>,
    server_act: Vec<String>,
    /// The topic of the playbook.
    pub(crate) advice: String,
    /// The command that shows more, `gatecrawl explain ...`.
    pub(crate) explain: String,
    /// A `curl` line that requests the worst of its URLs; empty if there is none.
    pub(crate) curl: String,
    /// Its places, if there are several.
    pub(crate) places: Vec<PlaceView>,
    pub(crate) more_places: usize,
    /// The worst of its URLs, and the number of all.
    pub(crate) urls: Vec<UrlView>,
    pub(crate) all_urls: u64,
}

/// One place of several.
#[derive(Debug, Serialize)]
pub(crate) struct PlaceView {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) pages: Option<u64>,
    /// The first sentences.
    pub(crate) evidence: String,
}

/// A URL that a finding is about.
#[derive(Debug, Serialize)]
pub(crate) struct UrlView {
    /// Its name in links within the report.
    pub(crate) id: String,
    pub(crate) address: String,
    pub(crate) href: String,
    pub(crate) status: u16,
    pub(crate) verdict: String,
    pub(crate) failed: u64,
    pub(crate) attempts: u64,
}

/// An experiment with its result.
#[derive(Debug, Serialize)]
pub(crate) struct ExperimentView {
    #[serde(flatten)]
    found: StoredTrial,
    /// How its requests differ from the crawl's own.
    way: &'static str,
    separates: &'static str,
}

/// Reads the findings of a run, the worst first.
pub(super) fn findings(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    zone: &Zone,
) -> Result<Findings, StoreError> {
    let urls = store.urls_of_findings(run.id, URLS as u32)?;
    let visits = store.visits_of_findings(run.id)?;
    let source = summary.traffic.as_ref().map(|traffic| traffic.source);
    let unit = source.unwrap_or_default().unit();
    let problems = problems(&summary.findings);
    let shown = &problems[..problems.len().min(MOST)];
    Ok(Findings {
        first: to_fix(shown)
            .into_iter()
            .map(|at| FirstView {
                also: fixed_with(shown, at),
                at,
            })
            .collect(),
        rows: shown
            .iter()
            .map(|problem| FindingView {
                cost: cost(problem, &visits, unit),
                ..finding(problem, &urls, run, zone)
            })
            .collect(),
        total: problems.len(),
    })
}

fn finding(
    problem: &Problem<'_>,
    urls: &BTreeMap<usize, FindingUrls>,
    run: &RunRow,
    zone: &Zone,
) -> FindingView {
    let found = problem.main;
    let server = found.server.as_deref();
    let playbook = lookup(&found.advice, server).unwrap_or_default();
    let step = playbook.fix().next().cloned().unwrap_or_default();
    let notes = playbook.server.unwrap_or_default();
    let option = server.map_or(String::new(), |server| format!(" --server {server}"));
    let of_it = || (problem.findings.iter()).filter_map(|(number, _)| urls.get(number));
    let worst = of_it().flat_map(|of_place| &of_place.worst);
    let curl = worst
        .clone()
        .next()
        .and_then(|url| line_of(run, &url.encoded));
    let places: &[(usize, &StoredFinding)] = match problem.findings.as_slice() {
        [_] => &[],
        several => several,
    };
    FindingView {
        id: found.id.clone(),
        severity: found.severity,
        title: found.rule.title().to_owned(),
        pages: problem.pages(),
        age: age(found, zone).unwrap_or_default(),
        cost: String::new(),
        owner: playbook.owner.map_or("", Owner::team),
        subject: problem.place(),
        cause: causes_of(found),
        confidence: found.confidence,
        evidence: match places {
            [] => told(&found.evidence, SENTENCES, zone),
            // Each place has its own.
            _ => Vec::new(),
        },
        meaning: playbook.meaning,
        seo: playbook.seo,
        confirm: first(&playbook.confirm, LINES),
        step,
        act: first(&playbook.act, LINES),
        verify: first(&playbook.verify, LINES),
        server_own: first(&notes.own, LINES),
        server_act: first(&notes.act, LINES),
        server: notes.title,
        advice: found.advice.clone(),
        explain: format!("gatecrawl explain {}{option}", found.advice),
        curl: curl.filter(|line| line.len() <= CURL).unwrap_or_default(),
        places: places
            .iter()
            .take(PLACES)
            .map(|(_, it)| place(it, zone))
            .collect(),
        more_places: places.len().saturating_sub(PLACES),
        urls: worst.take(URLS).map(url).collect(),
        all_urls: of_it()
            .map(|of_place| of_place.total)
            .sum::<u64>()
            .max(problem.pages().unwrap_or(0)),
    }
}

/// Returns the visits a day that the pages of a problem cost, in words.
fn cost(problem: &Problem<'_>, visits: &BTreeMap<usize, f64>, unit: &str) -> String {
    let all = problem
        .findings
        .iter()
        .filter_map(|(number, _)| visits.get(number));
    let all = all.sum::<f64>().round() as u64;
    match all {
        0 => String::new(),
        all => format!("about {} a day at risk (an estimate)", count(all, unit)),
    }
}

fn place(found: &StoredFinding, zone: &Zone) -> PlaceView {
    PlaceView {
        id: found.id.clone(),
        subject: found.subject.clone(),
        pages: found.pages,
        evidence: told(&found.evidence, OF_PLACE, zone).join("; "),
    }
}

fn url(url: &FindingUrl) -> UrlView {
    UrlView {
        id: page_id(&url.encoded),
        address: url.address.clone(),
        href: url.encoded.clone(),
        status: url.status,
        verdict: url.verdict.name().replace('_', " "),
        failed: url.failed,
        attempts: url.attempts,
    }
}

/// Returns the first sentences, with their times in the zone.
fn told(sentences: &[String], most: usize, zone: &Zone) -> Vec<String> {
    let shown = sentences.iter().take(most);
    shown.map(|sentence| zone.tell(sentence)).collect()
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
            way: found.experiment.way(),
            separates: found.experiment.separates(),
        })
        .collect()
}
