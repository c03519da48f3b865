//! The pages to fix first: the worst with their attempts, and the slowest.

use std::collections::BTreeMap;

use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Cause, Outcome, Purpose, Zone};
use crate::report::curl::line_of;
use crate::report::words::causes;
use crate::store::{AttemptKind, LinkSource, Mark, RunRow, Store, StoreError, WorstPage};

use super::color::Color;

/// Maximum pages shown.
const MOST: u32 = 150;

/// Maximum attempts shown for a page.
const MARKS: u32 = 20;

/// Maximum characters shown of an error page.
const BODY: usize = 300;

/// Maximum bytes of a `curl` line that is shown.
pub(super) const CURL: usize = 600;

/// Maximum characters shown of a link's text.
const ANCHOR: usize = 80;

/// Maximum pages shown that link to a page.
const SOURCES: usize = 5;

/// Minimum confidence of a cause that is named for many pages together.
const SURE: f64 = 0.5;

/// Number of slow pages shown.
pub(super) const SLOW: u32 = 10;

/// The worst pages.
#[derive(Debug, Serialize)]
pub(crate) struct Pages {
    pub(crate) rows: Vec<Page>,
    /// Names of the rows in links within the report.
    ids: Vec<String>,
    /// Number of pages that failed at least once.
    pub(crate) total: u64,
}

/// A page that failed.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    /// Its name in links within the report, the same in every run.
    pub(crate) id: String,
    pub(crate) address: String,
    /// The URL as it was requested.
    pub(crate) href: String,
    pub(crate) status: u16,
    pub(crate) status_text: String,
    outcome: Outcome,
    pub(crate) verdict: String,
    pub(crate) attempts: u64,
    pub(crate) failed: u64,
    pub(crate) inlinks: u64,
    pub(crate) priority: Option<f64>,
    pub(crate) cause: String,
    /// The finding that is about it; empty if none is known.
    pub(super) finding: String,
    /// Topic of the playbook; empty if no cause is known.
    pub(super) topic: &'static str,
    /// 0..1.
    pub(crate) confidence: f64,
    source: String,
    section: String,
    request_id: Option<String>,
    error_body: Option<String>,
    curl: String,
    /// The number of earlier runs in which it failed, in words; empty if none.
    pub(crate) earlier: String,
    marks: Vec<MarkView>,
    /// Attempts that have no mark.
    more_marks: bool,
    /// The first pages that link to it.
    pub(crate) sources: Vec<SourceView>,
}

/// A page that links to a failing one.
#[derive(Debug, Serialize)]
pub(crate) struct SourceView {
    address: String,
    pub(crate) href: String,
    pub(crate) anchor: String,
    position: &'static str,
}

/// An attempt.
#[derive(Debug, Serialize)]
struct MarkView {
    number: u32,
    /// Its purpose in words.
    purpose: &'static str,
    /// Whether it counts for the verdict.
    counts: bool,
    pass: u32,
    /// Time of day.
    time: String,
    /// The status, or why there is none.
    what: String,
    ms: f64,
    tone: Color,
}

/// Reads the worst pages of a run.
pub(super) fn read(store: &Store, run: &RunRow, zone: &Zone) -> Result<Pages, StoreError> {
    let mut rows = Vec::new();
    for page in store.worst_pages(run.id, MOST)? {
        let marks = store.marks(run.id, &page, MARKS + 1)?;
        let sources = store.sources(run.id, &page, SOURCES)?;
        rows.push(self::page(page, &marks, sources, run, zone));
    }
    Ok(Pages {
        ids: rows.iter().map(|page| page.id.clone()).collect(),
        rows,
        total: store.count_worst(run.id)?,
    })
}

/// Returns the name of a page in links within a report.
pub(super) fn page_id(encoded: &str) -> String {
    format!("page-{:08x}", xxh3_64(encoded.as_bytes()) >> 32)
}

fn page(
    page: WorstPage,
    marks: &[Mark],
    sources: Vec<LinkSource>,
    run: &RunRow,
    zone: &Zone,
) -> Page {
    let curl = line_of(run, &page.encoded).filter(|line| line.len() <= CURL);
    Page {
        id: page_id(&page.encoded),
        href: page.encoded,
        status: page.status,
        status_text: page.status_text,
        outcome: page.outcome,
        verdict: page.verdict.name().replace('_', " "),
        attempts: page.attempts,
        failed: page.failed,
        inlinks: page.inlinks,
        priority: page.priority,
        finding: String::new(),
        topic: page.causes.first().map_or("", Cause::id),
        cause: causes(&page.causes, &page.advice),
        confidence: page.confidence,
        source: page.source,
        section: page.section,
        request_id: page.request_id,
        error_body: page
            .error_body
            .map(|body| body.replace("\r\n", "\n").chars().take(BODY).collect()),
        curl: curl.unwrap_or_default(),
        earlier: match page.earlier {
            (0, _) => String::new(),
            (failed, all) => format!("failed in {failed} of {all} earlier runs too"),
        },
        marks: marks
            .iter()
            .take(MARKS as usize)
            .map(|made| mark(made, zone))
            .collect(),
        more_marks: marks.len() > MARKS as usize,
        sources: sources.into_iter().map(source).collect(),
        address: page.address,
    }
}

fn source(link: LinkSource) -> SourceView {
    SourceView {
        address: link.page,
        href: link.encoded,
        anchor: link.anchor.chars().take(ANCHOR).collect(),
        position: link.position.name(),
    }
}

/// Returns why a request was made.
const fn why(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Experiment(experiment) => experiment.way(),
        Purpose::Crawl => "crawl",
        Purpose::Retry => "retry",
        Purpose::Confirm => "recheck",
        Purpose::Sample => "sample",
        Purpose::Outage => "discarded",
    }
}

fn mark(mark: &Mark, zone: &Zone) -> MarkView {
    MarkView {
        number: mark.number,
        purpose: why(mark.purpose),
        counts: mark.counts,
        pass: mark.pass,
        time: zone.clock(mark.started),
        what: match mark.status {
            Some(status) => status.to_string(),
            None => mark.outcome.id().replace('_', " "),
        },
        ms: mark.total_ms,
        tone: match mark.kind {
            AttemptKind::Fine => Color::Fine,
            AttemptKind::ServerError => Color::Bad,
            AttemptKind::OtherFailure => Color::Other,
            AttemptKind::Experiment => Color::Probe,
        },
    }
}

/// Returns the cause that most of the failing pages have, and the share of those that have it.
pub(super) fn likeliest<'a>(
    causes: impl Iterator<Item = (&'a str, f64)>,
) -> Option<(&'a str, f64)> {
    let (mut pages, mut having) = (0, BTreeMap::<&str, u32>::new());
    for (cause, confidence) in causes {
        pages += 1;
        if !cause.is_empty() && confidence >= SURE {
            *having.entry(cause).or_default() += 1;
        }
    }
    let (cause, having) = having.into_iter().max_by_key(|(_, having)| *having)?;
    let share = f64::from(having) / f64::from(pages);
    (share > 0.5).then_some((cause, share))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_named_for_the_whole_if_most_pages_have_it() {
        let check = |causes: &[(&str, f64)], expected: Option<&str>| {
            let found = likeliest(causes.iter().copied());
            assert_eq!(found.map(|(cause, _)| cause), expected, "{causes:?}");
        };
        check(&[("DNS", 0.9), ("DNS", 0.6), ("TLS", 0.9)], Some("DNS"));
        check(&[("DNS", 0.9), ("TLS", 0.9)], None);
        check(&[("DNS", 0.4), ("DNS", 0.4)], None);
        check(&[("", 1.0)], None);
    }
}
