//! The summary of a run as JSON, in a versioned schema. Unknown values are left out. A reader that checks whether a key
//! exists keeps working when keys are added.

pub(super) mod listed;
pub(super) mod text;

use self::listed::SCHEMA;
use self::text::four_decimals;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use crate::assess::{Band, GateResult, Interval, NotEstimated, Score, Uncaught, Verdict};
use crate::model::{Causes, Moment, Outcome, ScopePlan, SkipReason};
use crate::store::{
    RunOverview, RunRow, RunSummary, Store, StoredDeduction, StoredExperiment, StoredFinding,
    StoredPart, StoredScore, UrlCounts, WorstPage,
};

use super::curl::line_of;
use super::files::fault::Fault;
use super::tables::changes::comparison_json;
use super::view::brief::recent_runs;
use super::wanted::Wanted;
use super::words::{by_name, few_attempts, uncaught};
use listed::{FailingPage, FailingPages, MOST_LISTED};
use text::Escaping;

/// Number of the worst pages that are named.
const WORST: u32 = 20;

#[derive(Serialize)]
struct Summary<'a> {
    schema: u32,
    run: Run<'a>,
    site: &'a str,
    counts: Counts<'a>,
    coverage: Coverage,
    #[serde(skip_serializing_if = "Option::is_none")]
    resources: Option<Resources<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_links: Option<ExternalLinks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    traffic: Option<Traffic>,
    plan: Plan<'a>,
    robots: Vec<Robots<'a>>,
    scores: Scores<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uncaught: Option<NotCaught>,
    /// Why there is no estimate of uncaught pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    uncaught_unknown: Option<&'static str>,
    findings: &'a [StoredFinding],
    experiments: Vec<ExperimentMade<'a>>,
    worst: Vec<Worst<'a>>,
    failing_pages: FailingPages,
    /// The last runs that show the same pages, the oldest first, this one included.
    trend: Vec<TrendRun>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compare: Option<Value>,
    gates: &'a [GateResult],
    model: Model,
    files: Vec<&'a str>,
}

/// The visits that the run uses.
#[derive(Serialize)]
struct Traffic {
    read: Moment,
    days: u32,
    days_stated: bool,
    /// `clicks` of `--traffic`, or `requests` in server logs.
    unit: String,
    pages: u64,
    matched_pages: u64,
    visits: f64,
    matched_visits: f64,
    /// Clicks a day; requests, if that is the unit.
    clicks_at_risk: Interval,
}

/// A run of the trend.
#[derive(Serialize)]
struct TrendRun {
    run: i64,
    started: Moment,
    #[serde(flatten)]
    numbers: RunOverview,
}

#[derive(Serialize)]
struct Scores<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    crawlability: Option<Scored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    indexing_risk: Option<Scored>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_rate: Option<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_5xx: Option<Interval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate_502: Option<Interval>,
    deductions: &'a [StoredDeduction],
    hosts: Vec<StoredPart>,
    sections: Vec<StoredPart>,
}

/// The estimated number of pages that fail now and then and were not caught. If no page failed, only `high` is
/// meaningful.
#[derive(Serialize)]
struct NotCaught {
    value: f64,
    low: f64,
    high: f64,
    never_failed: u64,
    any_failed: bool,
    sentence: String,
}

/// A score; without enough evidence all fields but the reason are null.
#[derive(Serialize)]
struct Scored {
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    band: Option<Band>,
    /// The good end of the scale.
    best: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    inconclusive: Option<String>,
}

#[derive(Serialize)]
struct ExperimentMade<'a> {
    #[serde(flatten)]
    found: &'a StoredExperiment,
    separates: &'static str,
}

/// A page to fix first, with what a developer needs to reproduce the failure.
#[derive(Serialize)]
struct Worst<'a> {
    address: &'a str,
    status: u16,
    outcome: Outcome,
    verdict: Verdict,
    #[serde(rename = "cause")]
    causes: &'a Causes,
    priority: Option<f64>,
    attempts: u64,
    failed: u64,
    inlinks: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    curl: Option<String>,
}

#[derive(Serialize)]
struct Model {
    version: String,
    note: String,
}

#[derive(Serialize)]
struct Run<'a> {
    id: i64,
    token: &'a str,
    started: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    /// The working time, without the time between an interruption and its continuation.
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<f64>,
    state: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Counts<'a> {
    attempts: u64,
    retries: u64,
    failing: u64,
    by_status: &'a BTreeMap<u16, u64>,
    by_outcome: BTreeMap<&'static str, u64>,
    by_verdict: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, u64>,
    out_of_scope: u64,
    invalid: u64,
}

/// Images, scripts, styles and fonts of the site.
#[derive(Serialize)]
struct Resources<'a> {
    known: u64,
    fetched: u64,
    failing: u64,
    by_status: &'a BTreeMap<u16, u64>,
    by_verdict: BTreeMap<&'static str, u64>,
}

/// Counts of links to other sites: those that `--external` checks, and those requested so far.
#[derive(Serialize)]
struct ExternalLinks {
    known: u64,
    requested: u64,
}

#[derive(Serialize)]
struct Coverage {
    known: u64,
    fetched: u64,
    /// Absent if nothing is known: 0 of 0 is not a share.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    /// Number of links and sitemap entries that were left out, and of sitemaps that could not be read, that may lead to
    /// unknown pages. Then the share is an upper bound.
    unseen: u64,
}

#[derive(Serialize)]
struct Plan<'a> {
    scope: &'a ScopePlan,
}

#[derive(Serialize)]
struct Robots<'a> {
    host: &'a str,
    access: &'static str,
}

/// Writes the summary, with the results of the gates and the names of the exports written before it.
pub(super) fn write(
    store: &Store,
    run: &RunRow,
    wanted: &Wanted,
    files: &[PathBuf],
    out: impl Write,
) -> Result<(), Fault> {
    let summary = store.summary(run.id)?;
    let worst = store.worst_pages(run.id, WORST)?;
    let mut document = document(run, &summary, &wanted.gates, files);
    document.worst = worst.iter().map(|page| self::worst(page, run)).collect();
    document.failing_pages = failing_pages(store, run)?;
    document.trend = trend(store, run)?;
    let compared = wanted.compared.as_ref();
    document.compare = (compared.map(|other| comparison_json(&other.comparison))).transpose()?;
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(Escaping(&mut out), &document)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Reads the numbers of a run and of those before it.
fn trend(store: &Store, run: &RunRow) -> Result<Vec<TrendRun>, Fault> {
    let rows = recent_runs(store, run)?.into_iter();
    let rows = rows.map(|(run, numbers)| TrendRun {
        run: run.id.0,
        started: run.started,
        numbers: RunOverview {
            crawlability: numbers.crawlability.map(rounded),
            indexing_risk: numbers.indexing_risk.map(rounded),
            coverage: numbers.coverage.map(four_decimals),
            first_byte_ms: numbers.first_byte_ms.map(rounded),
            ..numbers
        },
    });
    Ok(rows.collect())
}

fn document<'a>(
    run: &'a RunRow,
    summary: &'a RunSummary,
    gates: &'a [GateResult],
    files: &'a [PathBuf],
) -> Summary<'a> {
    let pages = &summary.pages;
    Summary {
        schema: SCHEMA,
        run: Run {
            id: run.id.0,
            token: &run.token,
            started: run.started.to_string(),
            ended: run.ended.map(|ended| ended.to_string()),
            duration_seconds: run.took().map(|took| took.as_secs_f64()),
            state: run.state.name(),
            version: &run.version,
        },
        site: &run.site,
        counts: Counts {
            attempts: summary.attempts,
            retries: summary.retries,
            failing: pages.failing(),
            by_status: &pages.by_status,
            by_outcome: by_name(&pages.by_outcome, Outcome::id),
            by_verdict: by_name(&pages.by_verdict, Verdict::name),
            skipped: by_name(&pages.skipped, SkipReason::name),
            out_of_scope: summary.out_of_scope,
            invalid: summary.invalid,
        },
        coverage: Coverage {
            known: pages.known,
            fetched: pages.fetched,
            share: pages.coverage().map(four_decimals),
            unseen: summary.unseen,
        },
        resources: resources(&summary.resources),
        external_links: (summary.external.known > 0).then_some(ExternalLinks {
            known: summary.external.known,
            requested: summary.external.requested,
        }),
        traffic: summary.traffic.as_ref().map(|found| Traffic {
            read: found.read,
            days: found.days,
            days_stated: found.stated,
            unit: format!("{}s", found.source.unit()),
            pages: found.pages,
            matched_pages: found.matched,
            visits: found.visits,
            matched_visits: found.matched_visits,
            clicks_at_risk: rounded(found.at_risk),
        }),
        plan: Plan {
            scope: &run.plan.scope,
        },
        robots: summary
            .robots
            .iter()
            .map(|robots| Robots {
                host: &robots.host,
                access: robots.access.name(),
            })
            .collect(),
        scores: Scores {
            crawlability: summary
                .scores
                .crawlability
                .as_ref()
                .map(|it| scored(it, 100)),
            indexing_risk: summary
                .scores
                .indexing_risk
                .as_ref()
                .map(|it| scored(it, 0)),
            error_rate: summary.scores.error_rate.map(rounded),
            rate_5xx: summary.scores.rate_5xx.map(rounded),
            rate_502: summary.scores.rate_502.map(rounded),
            deductions: &summary.scores.deductions,
            hosts: summary.scores.hosts.iter().map(part).collect(),
            sections: summary.scores.sections.iter().map(part).collect(),
        },
        uncaught: summary.scores.uncaught.as_ref().map(not_caught),
        uncaught_unknown: summary.scores.not_estimated.map(NotEstimated::name),
        findings: &summary.findings,
        experiments: summary.experiments.iter().map(experiment).collect(),
        worst: Vec::new(),
        failing_pages: FailingPages {
            total: 0,
            pages: Vec::new(),
        },
        trend: Vec::new(),
        compare: None,
        gates,
        model: Model {
            version: summary.scores.model.to_string(),
            note: summary.scores.model.footer(),
        },
        files: files.iter().filter_map(|path| name(path)).collect(),
    }
}

fn resources(counts: &UrlCounts) -> Option<Resources<'_>> {
    (counts.known > 0).then(|| Resources {
        known: counts.known,
        fetched: counts.fetched,
        failing: counts.failing(),
        by_status: &counts.by_status,
        by_verdict: by_name(&counts.by_verdict, Verdict::name),
    })
}

/// Reads the failing pages of a run. Their rates are not rounded, so that a comparison with the file equals one with
/// the run.
fn failing_pages(store: &Store, run: &RunRow) -> Result<FailingPages, Fault> {
    let (total, pages) = store.worst_states(run.id, MOST_LISTED)?;
    let pages = pages
        .into_iter()
        .map(|(address, state)| FailingPage { address, state });
    Ok(FailingPages {
        total,
        pages: pages.collect(),
    })
}

fn not_caught(found: &Uncaught) -> NotCaught {
    NotCaught {
        value: found.pages.value,
        low: found.pages.low,
        high: found.pages.high,
        never_failed: found.never_failed,
        any_failed: found.any_failed,
        sentence: uncaught(found),
    }
}

fn part(part: &StoredPart) -> StoredPart {
    StoredPart {
        error_rate: rounded(part.error_rate),
        rate_502: rounded(part.rate_502),
        rate_5xx: part.rate_5xx.map(rounded),
        crawlability: part.crawlability.map(rounded),
        indexing_risk: part.indexing_risk.map(rounded),
        clicks_at_risk: part.clicks_at_risk.map(rounded),
        ..part.clone()
    }
}

fn scored(score: &StoredScore, best: u8) -> Scored {
    let (known, inconclusive) = match score.score {
        Score::Known(known) => (Some(rounded(known)), None),
        Score::Inconclusive {
            first_attempts,
            needed,
        } => (None, Some(few_attempts(first_attempts, needed))),
    };
    Scored {
        value: known.map(|score| score.value),
        low: known.map(|score| score.low),
        high: known.map(|score| score.high),
        band: score.band,
        best,
        inconclusive,
    }
}

fn worst<'a>(page: &'a WorstPage, run: &RunRow) -> Worst<'a> {
    Worst {
        address: &page.address,
        status: page.status,
        outcome: page.outcome,
        verdict: page.verdict,
        causes: &page.causes,
        priority: page.priority,
        attempts: page.attempts,
        failed: page.failed,
        inlinks: page.inlinks,
        request_id: page.request_id.as_deref(),
        error_body: page.error_body.as_deref(),
        curl: line_of(run, &page.encoded),
    }
}

fn experiment(found: &StoredExperiment) -> ExperimentMade<'_> {
    ExperimentMade {
        found,
        separates: found.experiment.separates(),
    }
}

fn rounded(value: Interval) -> Interval {
    Interval {
        low: four_decimals(value.low),
        value: four_decimals(value.value),
        high: four_decimals(value.high),
    }
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}
