//! The results of a stored run: the comparison with its baseline, its gates, its exports.

use std::path::{Path, PathBuf};

use crate::assess::compare::Comparison;
use crate::assess::{Gate, GateResult};
use crate::logs::LogSummary;
use crate::report::{self, Brief, Compared, JudgedRun, Wanted};
use crate::store::{Baseline, RunRow, RunSummary, Store};

use super::asked::Asked;
use super::baseline::compare_run;
use super::error::AuditError;
use super::gates::{Beside, judge};
use super::logs::{export_logs, read_logs};
use super::unaudited::Unaudited;

/// The delivered results of a run.
#[derive(Debug)]
pub struct Delivered {
    /// The numbers of the run.
    pub summary: RunSummary,
    /// The short account of the run, which its report and its notifications show.
    pub brief: Brief,
    /// The changes since the baseline, if there is one.
    pub comparison: Option<Comparison>,
    /// Why the site could not be audited; `None` if it was.
    pub unaudited: Option<Unaudited>,
    /// The summary of the server logs, if any were read.
    pub logs: Option<LogSummary>,
    /// The results of the gates, in the order in which they were given.
    pub gates: Vec<GateResult>,
    /// The directory of the exports.
    pub out: Option<PathBuf>,
    /// The exports that were written.
    pub files: Vec<PathBuf>,
}

/// Compares the run, judges its gates and writes its exports, as requested.
pub(super) fn deliver(
    store: &Store,
    run: &RunRow,
    asked: &Asked,
    baseline: Option<Baseline>,
) -> Result<Delivered, AuditError> {
    let logs = read_logs(store, run, &asked.logs)?;
    let mut summary = store.summary(run.id)?;
    let compared = compare_run(store, run, baseline)?;
    let comparison = compared.as_ref().map(|found| &found.comparison);
    summary.compared_with(comparison);
    let unaudited = Unaudited::of(store, run, &summary)?;
    let section = |name: &str| store.section_counts(run.id, name);
    let googlebot = logs.as_ref().map(|logs| logs.summary().googlebot.failed);
    let beside = Beside {
        unaudited: unaudited.is_some(),
        googlebot,
    };
    let gates = judge(&asked.gates, run.state, &summary, beside, &section)?;
    let why = unaudited.as_ref().map(ToString::to_string);
    let judged = JudgedRun {
        run,
        summary: &summary,
        compared: compared.as_ref(),
        gates: &gates,
        unaudited: why.as_deref(),
        zone: &asked.zone,
    };
    let brief = Brief::read(store, &judged)?;
    let out = asked.out.as_ref().map(|out| out.of(run.id));
    let wanted = Wanted {
        brief: Some(brief.clone()),
        ..wanted(asked, gates, compared)
    };
    let mut files = write(store, run, &wanted, out.as_deref())?;
    if let (Some(logs), Some(out)) = (&logs, &out) {
        let exports = export_logs(logs, out, wanted.overwrite);
        files.extend(exports.map_err(|source| AuditError::Export {
            run: run.id,
            source,
        })?);
    }
    Ok(Delivered {
        logs: logs.map(|found| found.summary().clone()),
        summary,
        brief,
        comparison: wanted.compared.map(|found| found.comparison),
        unaudited,
        gates: wanted.gates,
        out,
        files,
    })
}

/// The exports of a stored run, written again.
#[derive(Debug)]
pub struct Reported {
    /// The files.
    pub files: Vec<PathBuf>,
    /// Requested gates of the run that were never judged: only an audit judges them.
    pub owed: Vec<Gate>,
}

/// Writes the exports of a stored run again.
pub fn report(store: &Store, run: &RunRow, asked: &Asked) -> Result<Reported, AuditError> {
    let baseline = asked.baseline(store)?;
    asked.check_out()?;
    let compared = compare_run(store, run, baseline)?;
    let out = asked.out.as_ref().map(|out| out.of(run.id));
    let wanted = wanted(asked, Vec::new(), compared);
    Ok(Reported {
        files: write(store, run, &wanted, out.as_deref())?,
        owed: asked.settle(store, run)?,
    })
}

fn wanted(asked: &Asked, gates: Vec<GateResult>, compared: Option<Compared>) -> Wanted {
    Wanted {
        formats: asked.formats.clone(),
        overwrite: asked.overwrite,
        cover: asked.cover.clone(),
        gates,
        compared,
        zone: asked.zone.clone(),
        brief: None,
    }
}

/// Writes the exports, if they are requested.
fn write(
    store: &Store,
    run: &RunRow,
    wanted: &Wanted,
    out: Option<&Path>,
) -> Result<Vec<PathBuf>, AuditError> {
    let Some(out) = out else {
        return Ok(Vec::new());
    };
    report::write(store, run, wanted, out).map_err(|source| AuditError::Export {
        run: run.id,
        source,
    })
}
