//! The findings: problem, cause, evidence and fix.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::assess::diagnose::rules::{Rule, Severity};
use crate::assess::playbook::{Owner, lookup};
use crate::model::{Experiment, Zone};
use crate::report::curl::{line_of, shell_word};
use crate::report::words::{causes, count};
use crate::store::{
    FindingUrl, FindingUrls, RunRow, RunSummary, Store, StoreError, StoredExperiment, StoredFinding,
};

use super::brief::age;
use super::lead::Failures;
use super::pages::{CURL, page_id};
use super::problems::{Problem, fixed_with, problems, to_fix};

/// Maximum findings shown; the others are in findings.csv.
const MOST: usize = 40;

/// Maximum sentences of the lead.
const LEAD: usize = 4;

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
    /// What is broken, the worst first: sentences, and what visitors notice.
    pub(crate) lead: Vec<LeadView>,
    /// Number of all findings.
    pub(crate) total: usize,
}

/// A sentence of the lead.
#[derive(Debug, Serialize)]
pub(crate) struct LeadView {
    /// The sentence without its full stop.
    pub(crate) sentence: String,
    effect: &'static str,
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
    /// When its pages failed, as the first and the last time; empty if that is not known.
    pub(crate) when: String,
    /// Which pages fail and how, in a sentence without its full stop; empty if it is not about pages that fail.
    pub(crate) sentence: String,
    /// What visitors notice; may be empty.
    pub(crate) effect: &'static str,
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
    found: StoredExperiment,
    /// How its requests differ from the crawl's own.
    way: &'static str,
    separates: &'static str,
    /// What it shows.
    result: &'static str,
}

impl Findings {
    /// Returns the finding that is about a page, by the page's name or else by the only finding with its topic; empty
    /// if there is none.
    pub(super) fn about(&self, page: &str, topic: &str) -> String {
        let own = || {
            let has_page = |row: &&FindingView| row.urls.iter().any(|url| url.id == page);
            self.rows.iter().filter(has_page)
        };
        // One that is about failing pages, before one about what follows from them.
        let own = (own().find(|row| !row.sentence.is_empty())).or_else(|| own().next());
        let mut same = self.rows.iter().filter(|row| row.advice == topic);
        let only = match (same.next(), same.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        own.or(only).map_or(String::new(), |row| row.id.clone())
    }
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
    let rows: Vec<FindingView> = (shown.iter())
        .map(|problem| FindingView {
            cost: cost(problem, &visits, unit),
            ..finding(problem, &urls, (run, summary), zone)
        })
        .collect();
    let broken = rows.iter().filter(|row| !row.sentence.is_empty());
    Ok(Findings {
        lead: broken
            .take(LEAD)
            .map(|row| LeadView {
                sentence: row.sentence.clone(),
                effect: row.effect,
            })
            .collect(),
        first: to_fix(shown)
            .into_iter()
            .map(|at| FirstView {
                also: fixed_with(shown, at),
                at,
            })
            .collect(),
        rows,
        total: problems.len(),
    })
}

fn finding(
    problem: &Problem<'_>,
    urls: &BTreeMap<usize, FindingUrls>,
    (run, summary): (&RunRow, &RunSummary),
    zone: &Zone,
) -> FindingView {
    let found = problem.main;
    let server = found.server.as_deref();
    let playbook = lookup(&found.advice, server).unwrap_or_default();
    let option = server.map_or(String::new(), |server| format!(" --server {server}"));
    let of_it = || (problem.findings.iter()).filter_map(|(number, _)| urls.get(number));
    let mut failures = Failures::of(of_it());
    // Of the URLs, some may have failed for a while only.
    failures.pages = problem.pages().unwrap_or(failures.pages);
    let when = failures.when(run.started, zone);
    let place = problem.place();
    // The narrowest folder or page, if it lies in the place of the finding.
    let is_within = failures.place.starts_with(place.as_str());
    let subject = if is_within {
        failures.place.clone()
    } else {
        place
    };
    let worst = of_it().flat_map(|of_place| &of_place.worst);
    let curl = worst
        .clone()
        .next()
        .and_then(|url| line_of(run, &url.encoded));
    let places: &[(usize, &StoredFinding)] = match problem.findings.as_slice() {
        [_] => &[],
        several => several,
    };
    let example = worst.clone().next().map(|url| shell_word(&url.encoded));
    let example = example.filter(|url| url.len() <= CURL);
    let of = |lines: &[String]| -> Vec<String> {
        let shown = lines.iter().take(LINES);
        shown.map(|line| filled(line, example.as_deref())).collect()
    };
    let step = playbook.fix().next();
    let step = step.map_or(String::new(), |line| filled(line, example.as_deref()));
    let notes = playbook.server.unwrap_or_default();
    FindingView {
        id: found.id.clone(),
        severity: found.severity,
        title: found.rule.title().to_owned(),
        pages: problem.pages(),
        age: age(found, zone).unwrap_or_default(),
        cost: String::new(),
        owner: playbook.owner.map_or("", Owner::team),
        sentence: (failures.sentence(found.rule, &subject, (&summary.scores, &when)))
            .unwrap_or_default(),
        effect: effect(found.rule),
        when,
        subject,
        cause: causes(&found.causes, &found.advice),
        confidence: found.confidence,
        evidence: match places {
            [] => told(&found.evidence, SENTENCES, zone),
            // Each place has its own.
            _ => Vec::new(),
        },
        meaning: playbook.meaning,
        seo: playbook.seo,
        confirm: of(&playbook.confirm),
        step,
        act: of(&playbook.act),
        verify: of(&playbook.verify),
        server_own: of(&notes.own),
        server_act: of(&notes.act),
        server: notes.title,
        advice: found.advice.clone(),
        explain: format!("gatecrawl explain {}{option}", found.advice),
        curl: curl.filter(|line| line.len() <= CURL).unwrap_or_default(),
        places: places
            .iter()
            .take(PLACES)
            .map(|(_, it)| self::place(it, zone))
            .collect(),
        more_places: places.len().saturating_sub(PLACES),
        urls: worst.take(URLS).map(url).collect(),
        all_urls: of_it()
            .map(|of_place| of_place.total)
            .sum::<u64>()
            .max(problem.pages().unwrap_or(0)),
    }
}

/// Returns what visitors notice of a problem.
const fn effect(rule: Rule) -> &'static str {
    match rule {
        Rule::SectionDown | Rule::PersistentCluster => {
            "Visitors get an error instead of the content."
        }
        Rule::SoftError => "Visitors read an error in place of the content.",
        Rule::IntermittentCluster => "Some visitors get an error, others get the page.",
        _ => "",
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

/// Returns a line of advice in whose commands the placeholder `URL` is a URL of the finding.
fn filled(line: &str, url: Option<&str>) -> String {
    let Some(url) = url else {
        return line.to_owned();
    };
    let parts = line.split('`').enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => part.to_owned(),
        _ => {
            let words = part
                .split(' ')
                .map(|word| if word == "URL" { url } else { word });
            words.collect::<Vec<_>>().join(" ")
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

/// Returns the results of experiments, those of one kind at one place together.
pub(super) fn experiments(all: &[StoredExperiment]) -> Vec<ExperimentView> {
    let mut shown: Vec<StoredExperiment> = Vec::new();
    for found in all {
        let what = |it: &StoredExperiment| (it.outcome, it.experiment);
        let known = shown.iter_mut().find(|it| {
            what(it) == what(found) && it.host == found.host && it.section == found.section
        });
        match known {
            Some(known) => {
                known.fine += found.fine;
                known.tried += found.tried;
                known.own_fine += found.own_fine;
                known.own_tried += found.own_tried;
            }
            None => shown.push(found.clone()),
        }
    }
    shown
        .iter()
        .take(EXPERIMENTS)
        .map(|found| ExperimentView {
            found: found.clone(),
            way: found.experiment.way(),
            separates: found.experiment.separates(),
            result: result(found),
        })
        .collect()
}

/// Returns what an experiment shows, in words.
fn result(found: &StoredExperiment) -> &'static str {
    let share = |fine: u64, all: u64| fine as f64 / all.max(1) as f64;
    match (found.fine, found.tried) {
        (_, 0) => "not made",
        (0, _) => "fails in it too: no difference",
        (fine, tried) if found.experiment == Experiment::Alone && fine == tried => "fine alone",
        (..) if found.experiment == Experiment::Alone => "fails alone too, at times",
        (..) if found.own_tried == 0 => "nothing to compare it with",
        (fine, tried) if fine == tried && found.own_fine == 0 => {
            "fine in it only: this is the difference"
        }
        (fine, tried) if share(fine, tried) > share(found.own_fine, found.own_tried) => {
            "fine more often, which may be chance"
        }
        (..) => "no more often fine in it: no difference",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_in_a_command_is_a_url_of_the_finding() {
        let line = "Run `curl -sS -D - URL`: the URL answers.";
        let filled_in = "Run `curl -sS -D - https://a/x`: the URL answers.";
        assert_eq!(filled(line, Some("https://a/x")), filled_in);
        assert_eq!(filled(line, None), line);
    }
}
