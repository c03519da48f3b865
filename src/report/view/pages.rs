//! The pages to fix first: the worst with their attempts, and the slowest.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Cause, Outcome};
use crate::report::curl::line_of;
use crate::report::words::cause_of_page;
use crate::store::{AttemptKind, Mark, RunRow, Store, StoreError, WorstPage};

use super::color::Color;

/// Maximum pages shown.
const MOST: u32 = 150;

/// Maximum attempts shown for a page.
const MARKS: u32 = 20;

/// Maximum characters shown of an error page.
const BODY: usize = 300;

/// Maximum bytes of a `curl` line that is shown.
const CURL: usize = 600;

/// Minimum confidence of a cause that is named for many pages together.
const SURE: f64 = 0.5;

/// Number of slow pages shown.
pub(super) const SLOW: u32 = 10;

/// The worst pages.
#[derive(Debug, Serialize)]
pub(crate) struct Pages {
    pub(crate) rows: Vec<Page>,
    /// Number of pages that failed at least once.
    pub(crate) total: u64,
}

/// A page that failed.
#[derive(Debug, Serialize)]
pub(crate) struct Page {
    pub(crate) address: String,
    /// The address as it was requested.
    href: String,
    pub(crate) status: u16,
    pub(crate) status_text: String,
    outcome: Outcome,
    pub(crate) verdict: String,
    pub(crate) attempts: u64,
    pub(crate) failed: u64,
    pub(crate) inlinks: u64,
    pub(crate) priority: Option<f64>,
    pub(crate) cause: String,
    /// Topic of the playbook; empty if no cause is known.
    topic: &'static str,
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
}

/// An attempt.
#[derive(Debug, Serialize)]
struct MarkView {
    number: u32,
    purpose: &'static str,
    pass: u32,
    /// Time of day, UTC.
    time: String,
    /// The status, or why there is none.
    what: String,
    ms: f64,
    tone: Color,
}

/// Reads the worst pages of a run.
pub(super) fn read(store: &Store, run: &RunRow) -> Result<Pages, StoreError> {
    let mut rows = Vec::new();
    for page in store.worst_pages(run.id, MOST)? {
        let marks = store.marks(run.id, &page, MARKS)?;
        rows.push(self::page(page, &marks, run));
    }
    Ok(Pages {
        rows,
        total: store.count_worst(run.id)?,
    })
}

fn page(page: WorstPage, marks: &[Mark], run: &RunRow) -> Page {
    let curl = line_of(run, &page.encoded).filter(|line| line.len() <= CURL);
    Page {
        href: page.encoded,
        status: page.status,
        status_text: page.status_text,
        outcome: page.outcome,
        verdict: page.verdict.name().replace('_', " "),
        attempts: page.attempts,
        failed: page.failed,
        inlinks: page.inlinks,
        priority: page.priority,
        topic: page.causes.first().map_or("", Cause::id),
        cause: cause_of_page(&page.causes, page.status),
        confidence: page.confidence,
        source: page.source,
        section: page.section,
        request_id: page.request_id,
        error_body: page
            .error_body
            .map(|body| body.chars().take(BODY).collect()),
        curl: curl.unwrap_or_default(),
        earlier: match page.earlier {
            (0, _) => String::new(),
            (failed, all) => format!("failed in {failed} of {all} earlier runs too"),
        },
        marks: marks.iter().map(mark).collect(),
        address: page.address,
    }
}

fn mark(mark: &Mark) -> MarkView {
    MarkView {
        number: mark.number,
        purpose: mark.purpose.name(),
        pass: mark.pass,
        time: mark.started.spreadsheet().split_off("YYYY-MM-DD ".len()),
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

impl Pages {
    /// Returns the `curl` line for the worst page within a site, host or section, or for this very page.
    pub(super) fn curl_within(&self, subject: &str) -> Option<&str> {
        let within = self
            .rows
            .iter()
            .find(|page| page.address.starts_with(subject));
        within
            .map(|page| page.curl.as_str())
            .filter(|curl| !curl.is_empty())
    }
}

/// The cause that most of the failing pages have, and the share of those that have it.
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
