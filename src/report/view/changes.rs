//! The changes since the baseline, in words.

use serde::Serialize;

use crate::assess::compare::{Change, Comparison, PageChange, PageState, ScoreChange, Side};
use crate::assess::{Interval, Verdict};
use crate::model::{Moment, Zone};
use crate::report::words::{count, percent};

/// Maximum pages shown; all are in compare.csv.
const MOST: usize = 60;

/// Maximum sections shown.
const SECTIONS: usize = 20;

/// The changes since the baseline.
#[derive(Debug, Serialize)]
pub(crate) struct Changes {
    pub(crate) headline: String,
    /// Whether any change is sure, or none was seen.
    sure: bool,
    /// What differs without being sure, in words; empty if that is not known.
    unsure: String,
    old: Side,
    /// The kinds of change, with the number of pages and the meaning.
    counts: Vec<(&'static str, u64, &'static str)>,
    scores: Vec<ScoreRow>,
    sections: Vec<SectionRow>,
    rows: Vec<ChangeRow>,
    /// Number of all pages that changed.
    total: u64,
    notes: Vec<String>,
}

/// A score in two runs.
#[derive(Debug, Serialize)]
struct ScoreRow {
    name: &'static str,
    old: String,
    new: String,
    verdict: &'static str,
}

/// A section whose rate changed.
#[derive(Debug, Serialize)]
struct SectionRow {
    name: String,
    change: &'static str,
    old: String,
    new: String,
}

/// A page that changed.
#[derive(Debug, Serialize)]
struct ChangeRow {
    address: String,
    change: &'static str,
    old: String,
    new: String,
    evidence: String,
    bad: bool,
}

/// Returns the changes that a comparison found.
pub(super) fn changes(found: &Comparison, zone: &Zone) -> Changes {
    let counts = Change::ALL
        .into_iter()
        .filter(|change| found.counts.of(*change) > 0);
    Changes {
        headline: found.headline(),
        sure: found.counts.of(Change::Unclear) == 0
            || Change::ALL
                .into_iter()
                .any(|kind| kind != Change::Unclear && found.counts.of(kind) > 0),
        unsure: unsure(found),
        old: Side {
            started: Moment::parse(&found.old.started).map_or(String::new(), |at| zone.day(at)),
            ..found.old.clone()
        },
        counts: counts
            .map(|change| (change.name(), found.counts.of(change), meaning(change)))
            .collect(),
        scores: vec![
            score(
                "Crawlability (100 is best)",
                found.scores.crawlability,
                points,
            ),
            score(
                "Indexing Risk (0 is best)",
                found.scores.indexing_risk,
                points,
            ),
            score("Error rate (0 % is best)", found.scores.error_rate, percent),
        ],
        sections: sections(found),
        rows: found.changes.iter().take(MOST).map(page).collect(),
        total: found.changes.len() as u64 + found.more_changes,
        notes: found.notes.clone(),
    }
}

/// Returns what differs with too little evidence; empty if the comparison does not hold all of it.
fn unsure(found: &Comparison) -> String {
    if found.more_changes > 0 {
        return String::new();
    }
    let is_ok = |state: Option<&PageState>| state.map(|state| state.verdict == Verdict::Ok);
    let differ = found
        .changes
        .iter()
        .filter(|it| it.change == Change::Unclear);
    let (mut worse, mut better) = (0, 0);
    for page in differ {
        match (is_ok(page.old.as_ref()), is_ok(page.new.as_ref())) {
            (Some(true), Some(false)) => worse += 1,
            (Some(false), Some(true)) => better += 1,
            _ => {}
        }
    }
    let parts = [
        (worse, "failed that did not before"),
        (better, "did not fail that did before"),
    ];
    let parts = parts.into_iter().filter(|(pages, _)| *pages > 0);
    let parts = parts.map(|(pages, what)| format!("{} {what}", count(pages, "page")));
    match parts.collect::<Vec<_>>() {
        none if none.is_empty() => String::new(),
        some => format!("{}, with too few requests to be sure", some.join(", and ")),
    }
}

/// Returns the meaning of a change.
const fn meaning(change: Change) -> &'static str {
    match change {
        Change::New => "fine before, failing now",
        Change::Worse => "failing more often",
        Change::Lost => "refused now, or redirecting to where they are not",
        Change::Flapping => "changed three times or more over the last five runs",
        Change::Appeared => "in the new run only",
        Change::Unclear => "different with too little evidence, or not requested",
        Change::Gone => "answering 404 or 410 now, or out of scope now",
        Change::Moved => "redirecting to another address now",
        Change::Unlinked => "answering, with nothing that links to it any more",
        Change::Better => "failing less often",
        Change::Back => "refused, missing or redirected before, answering with a page now",
        Change::Fixed => "failing before, fine now",
    }
}

fn score(name: &'static str, change: ScoreChange, show: fn(f64) -> String) -> ScoreRow {
    let side = |side: Option<Interval>| match side {
        Some(value) => format!(
            "{} ({} – {})",
            show(value.value),
            show(value.low),
            show(value.high)
        ),
        None => "too little evidence".to_owned(),
    };
    ScoreRow {
        name,
        old: side(change.old),
        new: side(change.new),
        verdict: match change.overlap {
            Some(true) => "the intervals overlap: it may be the same",
            Some(false) => "changed",
            None if change.old.is_some() && change.new.is_some() => "of two models: not comparable",
            None => "",
        },
    }
}

fn points(value: f64) -> String {
    format!("{value:.1}")
}

fn sections(found: &Comparison) -> Vec<SectionRow> {
    let changed = found.sections.iter().filter_map(|section| {
        let rate = |rate: Interval| percent(rate.value);
        Some(SectionRow {
            name: section.section.clone(),
            change: section.change?.name(),
            old: section
                .old
                .map_or(String::new(), |old| rate(old.error_rate)),
            new: section
                .new
                .map_or(String::new(), |new| rate(new.error_rate)),
        })
    });
    changed.take(SECTIONS).collect()
}

fn page(found: &PageChange) -> ChangeRow {
    ChangeRow {
        address: found.address.clone(),
        change: found.change.name(),
        old: state(found.old.as_ref()),
        new: state(found.new.as_ref()),
        evidence: found.evidence.clone(),
        bad: matches!(found.change, Change::New | Change::Worse),
    }
}

/// Returns the state of a page, such as `502 persistent`, or why there is none.
fn state(state: Option<&PageState>) -> String {
    match state {
        None => "not looked at".to_owned(),
        Some(state) if state.status == 0 => format!("no answer, {}", state.verdict.name()),
        Some(state) => format!("{} {}", state.status, state.verdict.name()),
    }
    .replace('_', " ")
}
