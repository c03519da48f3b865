//! Stored conclusions of a run: scores, their deductions, findings, experiments. Bounded by the
//! stored rows: at most a thousand findings and two thousand clusters.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;
use serde_json::Value;

use crate::assess::{Band, FEWEST_LOOKS, Interval, NotEstimated, Score, ScoreModel, Uncaught};

use super::fact::StoredFact;
use crate::assess::diagnose::Evidence;
use crate::assess::diagnose::rules::{Rule, Scope, Severity};
use crate::model::{Causes, Experiment, Moment, Outcome};
use crate::store::conclude::conclusions::{SCORE_MODEL, UNCAUGHT};
use crate::store::rows::row::{count, list, named};
use crate::store::runs::id::RunId;
use crate::store::runs::traffic::CLICKS_OF_SECTION;

/// The scores of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunScores {
    /// How freely a bot can crawl the site, 0..100, higher is better; absent before a run is
    /// concluded.
    pub crawlability: Option<StoredScore>,
    /// Risk that pages lose their place in search indexes, 0..100, lower is better.
    pub indexing_risk: Option<StoredScore>,
    /// Share of first attempts that failed, 0..1; absent if there was no first attempt.
    pub error_rate: Option<Interval>,
    /// Share of first attempts answered with 500-599.
    pub rate_5xx: Option<Interval>,
    /// Share of first attempts answered with 502.
    pub rate_502: Option<Interval>,
    /// Estimate of intermittently failing pages that were not caught; absent if there are too few
    /// pages.
    pub uncaught: Option<Uncaught>,
    /// Why there is no such estimate, if the failures are of another kind.
    pub not_estimated: Option<NotEstimated>,
    /// The model that the scores, bands and deductions follow.
    pub model: ScoreModel,
    /// The deductions that make up the scores.
    pub deductions: Vec<StoredDeduction>,
    /// Hosts of the site.
    pub hosts: Vec<StoredPart>,
    /// Sections of the site.
    pub sections: Vec<StoredPart>,
}

/// A host or a section with its rates and scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StoredPart {
    /// Its name.
    pub name: String,
    /// Number of pages.
    pub urls: u64,
    /// Pages that failed at least once.
    pub failing: u64,
    /// Share of first attempts that failed, 0..1.
    pub error_rate: Interval,
    /// Share of first attempts answered with 502, 0..1.
    pub rate_502: Interval,
    /// Share of first attempts answered with 500-599, 0..1; absent in runs of older programs.
    pub rate_5xx: Option<Interval>,
    /// 0..100; higher is better. Absent if there is too little evidence.
    pub crawlability: Option<Interval>,
    /// 0..100; lower is better. Absent if there is too little evidence.
    pub indexing_risk: Option<Interval>,
    /// Clicks a day at risk in a section; absent without visits of its pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clicks_at_risk: Option<Interval>,
}

/// A score and its band.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredScore {
    /// 0..100 with its bounds, or the reason why there is none.
    pub score: Score,
    /// The band of the score; absent if it is inconclusive.
    pub band: Option<Band>,
}

/// Points that a rule takes from a score or adds to a risk.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredDeduction {
    /// `crawlability` or `indexing_risk`.
    pub score: String,
    /// Name of the rule.
    pub rule: String,
    /// Points, 0..100.
    pub points: f64,
    /// The numbers behind it.
    pub evidence: Value,
    /// URLs that show it.
    pub urls: Vec<String>,
}

/// A finding of a diagnosis rule.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(Default))]
pub struct StoredFinding {
    /// Its name, the same in every run that has it; empty for a run of an earlier version.
    pub id: String,
    /// The rule that made it.
    pub rule: Rule,
    /// How bad it is.
    pub severity: Severity,
    /// Its scope.
    pub scope: Scope,
    /// The URL, section, host or site.
    pub subject: String,
    /// A cause, two alternatives, or none.
    #[serde(rename = "cause")]
    pub causes: Causes,
    /// Confidence, 0..1; higher is surer.
    pub confidence: f64,
    /// Evidence in words.
    pub evidence: Vec<String>,
    /// Evidence in numbers.
    pub facts: Vec<StoredFact>,
    /// Topic of the playbooks.
    pub advice: String,
    /// The server product whose notes apply.
    pub server: Option<String>,
    /// Pages that it is about, as far as they are counted.
    pub pages: Option<u64>,
    /// When the first of the consecutive runs began that have it; absent in runs of earlier versions.
    pub since: Option<Moment>,
    /// Number of these runs, this one included.
    pub runs: u32,
}

impl StoredFinding {
    /// Returns the facts that this program knows.
    pub fn known_facts(&self) -> impl Iterator<Item = &Evidence> {
        self.facts.iter().filter_map(StoredFact::evidence)
    }
}

/// An experiment on failing URLs, and its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoredExperiment {
    /// Scheme, host and port.
    pub host: String,
    /// The section of its URLs.
    pub section: String,
    /// Outcome of their failures.
    pub outcome: Outcome,
    /// The experiment.
    pub experiment: Experiment,
    /// Attempts of the experiment that were fine.
    pub fine: u64,
    /// All attempts of the experiment.
    pub tried: u64,
    /// Attempts in the crawl's own way, made next to the experiment, that were fine.
    pub own_fine: u64,
    /// All attempts in the crawl's own way.
    pub own_tried: u64,
}

pub(in crate::store) fn scores(connection: &Connection, run: RunId) -> rusqlite::Result<RunScores> {
    let score = |name| stored_score(connection, run, name);
    let rate = |name| interval_of(connection, run, name);
    let uncaught = measure(connection, run, UNCAUGHT)?;
    Ok(RunScores {
        crawlability: score("crawlability")?,
        indexing_risk: score("indexing_risk")?,
        error_rate: rate("error_rate")?,
        rate_5xx: rate("rate_5xx")?,
        rate_502: rate("rate_502")?,
        uncaught: uncaught.as_ref().and_then(Measure::uncaught),
        not_estimated: uncaught.as_ref().and_then(Measure::not_estimated),
        model: score_model(connection, run)?,
        deductions: deductions(connection, run)?,
        hosts: parts(connection, run, "host")?,
        sections: parts(connection, run, "section")?,
    })
}

/// Reads a measure with its bounds.
pub(in crate::store) fn interval_of(
    connection: &Connection,
    run: RunId,
    name: &str,
) -> rusqlite::Result<Option<Interval>> {
    Ok(measure(connection, run, name)?.and_then(|found| found.interval))
}

/// Reads the model that the scores of a concluded run follow.
pub(in crate::store::read) fn score_model(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<ScoreModel> {
    let stored = interval_of(connection, run, SCORE_MODEL)?;
    Ok(stored.map_or(ScoreModel::FIRST, |version| {
        ScoreModel::of_version(version.value as u16)
    }))
}

struct Measure {
    interval: Option<Interval>,
    band: Option<String>,
    seen: u64,
}

impl Measure {
    fn uncaught(&self) -> Option<Uncaught> {
        Some(Uncaught {
            pages: self.interval?,
            never_failed: self.seen,
            any_failed: self.band.is_some(),
        })
    }

    fn not_estimated(&self) -> Option<NotEstimated> {
        self.band.as_deref().and_then(NotEstimated::from_name)
    }
}

fn measure(connection: &Connection, run: RunId, name: &str) -> rusqlite::Result<Option<Measure>> {
    connection
        .query_row(
            "SELECT value, low, high, band, seen FROM measure WHERE run = ? AND name = ?",
            (run, name),
            |row| {
                Ok(Measure {
                    interval: interval(row, 0)?,
                    band: row.get(3)?,
                    seen: count(row, 4)?,
                })
            },
        )
        .optional()
}

pub(in crate::store::read) fn stored_score(
    connection: &Connection,
    run: RunId,
    name: &str,
) -> rusqlite::Result<Option<StoredScore>> {
    let found = measure(connection, run, name)?;
    Ok(found.map(|found| StoredScore {
        score: match found.interval {
            Some(score) => Score::Known(score),
            None => Score::Inconclusive {
                first_attempts: found.seen,
                needed: FEWEST_LOOKS,
            },
        },
        band: found.band.as_deref().and_then(Band::from_name),
    }))
}

fn deductions(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<StoredDeduction>> {
    let sql = "SELECT measure, rule, points, evidence, urls FROM deduction
        WHERE run = ? ORDER BY measure, points DESC, number";
    list(connection, sql, [run], |row| {
        let urls: String = row.get(4)?;
        Ok(StoredDeduction {
            score: row.get(0)?,
            rule: row.get(1)?,
            points: row.get(2)?,
            evidence: json(row, 3)?,
            urls: serde_json::from_str(&urls).unwrap_or_default(),
        })
    })
}

fn parts(connection: &Connection, run: RunId, kind: &str) -> rusqlite::Result<Vec<StoredPart>> {
    let sql = "SELECT name, urls, failing, error_rate, error_low, error_high, rate_502, low_502,
            high_502, crawlability, crawlability_low, crawlability_high, risk, risk_low, risk_high,
            rate_5xx, low_5xx, high_5xx
        FROM part WHERE run = ? AND kind = ? ORDER BY name";
    let clicks = clicks_of_sections(connection, run)?;
    list(connection, sql, (run, kind), |row| {
        let name: String = row.get(0)?;
        Ok(StoredPart {
            clicks_at_risk: clicks.get(&name).copied(),
            name,
            urls: count(row, 1)?,
            failing: count(row, 2)?,
            error_rate: interval(row, 3)?.unwrap_or_default(),
            rate_502: interval(row, 6)?.unwrap_or_default(),
            crawlability: interval(row, 9)?,
            indexing_risk: interval(row, 12)?,
            rate_5xx: interval(row, 15)?,
        })
    })
}

/// Reads the clicks a day at risk by section; empty without visits.
fn clicks_of_sections(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<BTreeMap<String, Interval>> {
    let sql = "SELECT substr(name, ?3), value, low, high FROM measure
        WHERE run = ?1 AND substr(name, 1, ?3 - 1) = ?2";
    let begin = CLICKS_OF_SECTION.len() as i64 + 1;
    let rows = list(connection, sql, (run, CLICKS_OF_SECTION, begin), |row| {
        Ok((row.get(0)?, interval(row, 1)?.unwrap_or_default()))
    })?;
    Ok(rows.into_iter().collect())
}

/// Reads a value and its bounds from three cells.
fn interval(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Interval>> {
    let values: (Option<f64>, Option<f64>, Option<f64>) =
        (row.get(at)?, row.get(at + 1)?, row.get(at + 2)?);
    Ok(match values {
        (Some(value), Some(low), Some(high)) => Some(Interval { low, value, high }),
        _ => None,
    })
}

pub(in crate::store) fn findings(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Vec<StoredFinding>> {
    let sql = "SELECT rule, severity, scope, subject, cause, confidence, sentences, facts, advice,
            server, pages, id, since, runs
        FROM finding WHERE run = ? ORDER BY number";
    list(connection, sql, [run], |row| {
        let sentences: String = row.get(6)?;
        Ok(StoredFinding {
            id: row.get(11)?,
            rule: named(row, 0, Rule::from_id)?,
            severity: named(row, 1, Severity::from_id)?,
            scope: named(row, 2, Scope::from_id)?,
            subject: row.get(3)?,
            causes: named(row, 4, Causes::from_text)?,
            confidence: row.get(5)?,
            evidence: serde_json::from_str(&sentences).unwrap_or_default(),
            facts: facts(&row.get::<_, String>(7)?),
            advice: row.get(8)?,
            server: row.get(9)?,
            pages: row.get::<_, Option<i64>>(10)?.map(i64::cast_unsigned),
            since: row.get::<_, Option<i64>>(12)?.map(Moment::from_millis),
            runs: row.get(13)?,
        })
    })
}

pub(in crate::store) fn experiments(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<Vec<StoredExperiment>> {
    let sql = "SELECT c.host, c.section, o.id, t.probe, t.fine, t.tried, t.own_fine, t.own_tried
        FROM trial t CROSS JOIN cluster c ON c.run = t.run AND c.number = t.cluster
        CROSS JOIN outcome o ON o.code = c.outcome
        WHERE t.run = ? ORDER BY c.host, c.section, o.id, t.probe";
    list(connection, sql, [run], |row| {
        Ok(StoredExperiment {
            host: row.get(0)?,
            section: row.get(1)?,
            outcome: named(row, 2, Outcome::from_id)?,
            experiment: named(row, 3, Experiment::from_name)?,
            fine: count(row, 4)?,
            tried: count(row, 5)?,
            own_fine: count(row, 6)?,
            own_tried: count(row, 7)?,
        })
    })
}

fn facts(text: &str) -> Vec<StoredFact> {
    let stored: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    stored.into_iter().map(StoredFact::from).collect()
}

fn json(row: &Row<'_>, at: usize) -> rusqlite::Result<Value> {
    let text: String = row.get(at)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}
