//! The numbers of a run in a small table: gates, scores, pages, changes, coverage, and how the last runs went.

use serde::{Deserialize, Serialize};

use crate::assess::compare::{Comparison, ScoreChange};
use crate::assess::{GateStatus, Interval, Verdict};
use crate::model::{Moment, Zone};
use crate::report::words::{count, duration, number, one_line, percent, tame};
use crate::store::StoredScore;

use super::facts::BriefFacts;
use super::state::refused;
use super::trend::trends;

/// A name and a value, both in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Such as `Crawlability`.
    pub name: String,
    /// Such as `88.6, before 97.1`.
    pub value: String,
}

/// Trends in the table: scores and failing pages. The report has all of them.
const TRENDS: usize = 3;

pub(super) fn table(facts: &BriefFacts<'_>) -> Vec<Fact> {
    let mut rows = vec![fact("Site", tame(&facts.run.site).into_owned())];
    rows.extend(gates(facts));
    rows.extend(scores(facts));
    rows.push(fact("Pages", verdicts(facts)));
    let compared = facts.comparison.map(|found| baseline(found, facts.zone));
    rows.extend(compared.map(|before| fact("Compared with", before)));
    rows.extend(coverage(facts));
    let trends = trends(facts.runs).into_iter().take(TRENDS);
    rows.extend(trends.map(|trend| Fact {
        value: format!("{} {}", trend.blocks, trend.text),
        name: trend.name,
    }));
    let took = facts.run.took().map(duration);
    let took = took.map_or(String::new(), |took| format!(", took {took}"));
    let started = facts.zone.minutes(facts.run.started);
    rows.push(fact("Crawl", format!("{started}{took}")));
    rows.retain(|row| !row.value.is_empty());
    rows
}

fn gates<'a>(facts: &'a BriefFacts<'_>) -> impl Iterator<Item = Fact> + 'a {
    facts.gates.iter().filter_map(|gate| {
        let result = match gate.result {
            GateStatus::Held => return None,
            GateStatus::Failed => "Gate failed",
            GateStatus::Undecided => "Gate undecided",
        };
        let reason = one_line(&gate.reason);
        let reason = reason.trim_end_matches('.');
        Some(fact(result, format!("{} ({reason})", gate.expression)))
    })
}

fn scores(facts: &BriefFacts<'_>) -> Vec<Fact> {
    // A score without a page rests on nothing.
    if facts.summary.pages.fetched == 0 {
        return Vec::new();
    }
    let scores = &facts.summary.scores;
    let is_certain = facts.comparison.is_some_and(Comparison::is_certain);
    let changes = facts.comparison.map(|comparison| comparison.scores);
    let of = |name: &str, stored: &Option<StoredScore>, change: Option<ScoreChange>, best: &str| {
        let now = stored.as_ref()?.score.known()?;
        Some(fact(name, score(now, change, (best, is_certain))))
    };
    let crawlability = changes.map(|scores| scores.crawlability);
    let risk = changes.map(|scores| scores.indexing_risk);
    let note = facts.comparison.and_then(|found| found.models.note());
    [
        of(
            "Crawlability",
            &scores.crawlability,
            crawlability,
            "100 is best",
        ),
        of("Indexing risk", &scores.indexing_risk, risk, "0 is best"),
        note.map(|note| fact("About the scores", note)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn score(now: Interval, change: Option<ScoreChange>, (best, is_certain): (&str, bool)) -> String {
    let shown = format!("{:.1}", now.value);
    let before = change.and_then(|change| Some((change.old?, change.overlap?)));
    let before = before.map(|(old, overlap)| (format!("{:.1}", old.value), overlap));
    match before {
        Some((was, _)) if was == shown => format!("{shown}, as before ({best})"),
        // Pages that certainly changed move a score.
        Some((was, true)) if !is_certain => {
            format!("{shown}, before {was}, which may be chance ({best})")
        }
        Some((was, _)) => format!("{shown}, before {was} ({best})"),
        None => format!("{shown} ({best})"),
    }
}

fn verdicts(facts: &BriefFacts<'_>) -> String {
    let refused = refused(facts.summary);
    let verdicts = Verdict::ALL.into_iter().filter_map(|verdict| {
        let pages = facts.summary.pages.by_verdict.get(&verdict).copied()?;
        let how = match verdict {
            Verdict::Ok => "fine",
            Verdict::Transient => "failed for a while only",
            Verdict::Intermittent => "fail now and then",
            Verdict::Persistent => "fail always",
            Verdict::LoadInduced => "fail only at the crawl's speed",
            Verdict::Unconfirmed => "fail, not confirmed",
        };
        let pages = match verdict {
            Verdict::Ok => pages.saturating_sub(refused),
            _ => pages,
        };
        (pages > 0).then(|| format!("{} {how}", number(pages)))
    });
    let missing = (refused > 0).then(|| format!("{} answer 4xx", number(refused)));
    verdicts.chain(missing).collect::<Vec<_>>().join(", ")
}

fn coverage(facts: &BriefFacts<'_>) -> Option<Fact> {
    let pages = &facts.summary.pages;
    pages.coverage().map(|share| {
        let known = count(pages.known, "known page");
        let value = format!("{} of {known} ({})", number(pages.fetched), percent(share));
        fact("Coverage", value)
    })
}

fn fact(name: &str, value: String) -> Fact {
    Fact {
        name: name.to_owned(),
        value,
    }
}

/// Returns the name of the baseline.
pub(super) fn baseline(comparison: &Comparison, zone: &Zone) -> String {
    let old = &comparison.old;
    match Moment::parse(&old.started) {
        Some(started) => format!("{} of {}", old.name, zone.day(started)),
        None => old.name.clone(),
    }
}
