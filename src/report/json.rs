//! The summary of a run as JSON, in a versioned schema. What is not known yet is left out, so a
//! reader that asks for a key before using it goes on working when more is said.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::model::ScopePlan;
use crate::store::{RunRow, RunSummary, Store};

use super::error::Fault;

/// Version of the summary's schema: raised when a key changes its meaning or goes away.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Summary<'a> {
    schema: u32,
    run: Run<'a>,
    site: &'a str,
    counts: Counts<'a>,
    coverage: Coverage,
    plan: Plan<'a>,
    robots: Vec<Robots<'a>>,
    files: Vec<&'a str>,
}

#[derive(Serialize)]
struct Run<'a> {
    id: i64,
    token: &'a str,
    started: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    state: &'static str,
    version: &'a str,
}

#[derive(Serialize)]
struct Counts<'a> {
    attempts: u64,
    retries: u64,
    failing: u64,
    by_status: &'a BTreeMap<u16, u64>,
    by_outcome: &'a BTreeMap<String, u64>,
    by_verdict: &'a BTreeMap<String, u64>,
    skipped: &'a BTreeMap<String, u64>,
}

#[derive(Serialize)]
struct Coverage {
    known: u64,
    fetched: u64,
    /// Absent if nothing is known: 0 of 0 is no share.
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
}

#[derive(Serialize)]
struct Plan<'a> {
    scope: &'a ScopePlan,
}

#[derive(Serialize)]
struct Robots<'a> {
    host: &'a str,
    access: &'a str,
}

/// Writes the summary; `files` are the exports written before it.
pub(super) fn write(
    store: &Store,
    run: &RunRow,
    files: &[PathBuf],
    out: impl Write,
) -> Result<(), Fault> {
    let summary = store.summary(run.id)?;
    let mut out = BufWriter::new(out);
    serde_json::to_writer_pretty(&mut out, &document(run, &summary, files))?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

fn document<'a>(run: &'a RunRow, summary: &'a RunSummary, files: &'a [PathBuf]) -> Summary<'a> {
    let counts = summary.counts;
    Summary {
        schema: SCHEMA,
        run: Run {
            id: run.id.0,
            token: &run.token,
            started: run.started.to_string(),
            ended: run.ended.map(|ended| ended.to_string()),
            state: run.state.name(),
            version: &run.version,
        },
        site: &run.site,
        counts: Counts {
            attempts: counts.attempts,
            retries: summary.retries,
            failing: counts.failing,
            by_status: &summary.by_status,
            by_outcome: &summary.by_outcome,
            by_verdict: &summary.by_verdict,
            skipped: &summary.skipped,
        },
        coverage: Coverage {
            known: counts.known,
            fetched: counts.fetched,
            share: share(counts.fetched, counts.known),
        },
        plan: Plan {
            scope: &run.plan.scope,
        },
        robots: summary
            .robots
            .iter()
            .map(|robots| Robots {
                host: &robots.host,
                access: &robots.access,
            })
            .collect(),
        files: files.iter().filter_map(|path| name(path)).collect(),
    }
}

/// To four decimals: more would be noise in a text that people compare.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}
