//! Gathers the facts about a run from the store.

use std::collections::HashSet;

use crate::assess::GateResult;
use crate::assess::diagnose::rules::Rule;
use crate::model::{Coverage, Moment, Zone};
use crate::report::tables::changes::Compared;
use crate::report::view::pages::likeliest;
use crate::report::words;
use crate::store::{
    BaselineSource, RunOverview, RunRow, RunSummary, Store, StoreError, StoredFinding,
};

use super::compose::Brief;
use super::facts::BriefFacts;
use super::lists;
use super::outage;

/// Runs in a trend, including the new one.
const RUNS: usize = 12;

/// Failing pages that are examined.
const FAILING: u32 = 1_000;

/// A concluded run with its comparison and the results of its gates.
#[derive(Clone, Copy, Debug)]
pub struct JudgedRun<'a> {
    /// The run.
    pub run: &'a RunRow,
    /// Its summary.
    pub summary: &'a RunSummary,
    /// Its comparison with a baseline.
    pub compared: Option<&'a Compared>,
    /// The results of its gates.
    pub gates: &'a [GateResult],
    /// Why the site could not be audited; `None` if it was.
    pub unaudited: Option<&'a str>,
    /// The time zone of the texts.
    pub zone: &'a Zone,
}

/// Reads the numbers of the last runs that show the same pages, the oldest first, this one included.
pub(in crate::report) fn recent_runs(
    store: &Store,
    run: &RunRow,
) -> Result<Vec<(RunRow, RunOverview)>, StoreError> {
    let mut runs = store.runs_before(run, RUNS - 1)?;
    runs.reverse();
    runs.push(run.clone());
    let mut found = Vec::new();
    for run in runs {
        let numbers = store.overview(run.id)?;
        found.extend(numbers.map(|numbers| (run, numbers)));
    }
    Ok(found)
}

/// Runs in which a finding that comes and goes is looked for: a year of weeks. Ours.
const YEAR: usize = 52;

/// Returns findings of earlier runs whose rules are about what comes and goes. They are read only if the run has such a
/// finding that its baseline lacks.
fn older_findings(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    old: Option<&[StoredFinding]>,
) -> Result<Vec<StoredFinding>, StoreError> {
    let comes_and_goes = |found: &StoredFinding| found.rule.comes_and_goes();
    let old: Vec<Rule> = old.into_iter().flatten().map(|found| found.rule).collect();
    let mut new = summary
        .findings
        .iter()
        .filter(|found| comes_and_goes(found));
    if new.all(|found| old.contains(&found.rule)) {
        return Ok(Vec::new());
    }
    let mut older = Vec::new();
    for run in store.runs_before(run, YEAR)? {
        older.extend(store.findings(run.id)?.into_iter().filter(comes_and_goes));
    }
    Ok(older)
}

/// Returns the start of the run before with the same scope, if no start page of it could be used.
fn unaudited_before(store: &Store, run: &RunRow) -> Result<Option<Moment>, StoreError> {
    let Some(before) = store.last_run_like(run)? else {
        return Ok(None);
    };
    let no_start = store.no_start(before.id)?;
    // A start page that failed while others answered has recovered like them, and a list may be of failing pages.
    let is_baseline = store
        .run_before(run)?
        .is_some_and(|found| found.id == before.id);
    let is_list = run.plan.scope.coverage == Coverage::List;
    let could_not =
        no_start.filter(|start| !(is_list || is_baseline && start.fault.is_server_error()));
    Ok(could_not.map(|_| before.started))
}

/// Pages from which refusals now and then are news (ours): one or two are accidents.
const REFUSED: u64 = 3;

/// Returns the status and number of pages that are refused now and then, if no run of the last year had any.
fn refused_at_times(store: &Store, run: &RunRow) -> Result<Option<(u16, u64)>, StoreError> {
    let found = store.refused_at_times(run.id)?;
    let Some((status, pages)) = found.into_iter().find(|(_, pages)| *pages >= REFUSED) else {
        return Ok(None);
    };
    for before in store.runs_before(run, YEAR)? {
        let known = store.refused_at_times(before.id)?;
        let was_told = |(other, pages): &(u16, u64)| *other == status && *pages >= REFUSED;
        if known.iter().any(was_told) {
            return Ok(None);
        }
    }
    Ok(Some((status, pages)))
}

impl Brief {
    /// Gathers the facts about a concluded run and makes the account.
    pub fn read(store: &Store, judged: &JudgedRun<'_>) -> Result<Brief, StoreError> {
        let JudgedRun {
            run,
            summary,
            compared,
            gates,
            unaudited,
            zone,
        } = *judged;
        let comparison = compared.map(|found| &found.comparison);
        let old_findings = match compared.map(|found| &found.baseline.source) {
            Some(BaselineSource::Run(store, old)) => Some(store.findings(old.id)?),
            Some(BaselineSource::Listed(_)) | None => None,
        };
        let older_findings = older_findings(store, run, summary, old_findings.as_deref())?;
        let failing = store.worst_pages(run.id, FAILING)?;
        let causes: Vec<(String, f64)> = (failing.iter())
            .map(|page| (words::causes(&page.causes, &page.advice), page.confidence))
            .collect();
        let likeliest = likeliest(causes.iter().map(|(cause, sure)| (cause.as_str(), *sure)));
        let runs = recent_runs(store, run)?;
        let earlier: Vec<RunRow> = (runs.iter())
            .filter(|(other, _)| other.id != run.id)
            .map(|(run, _)| run.clone())
            .collect();
        let runs: Vec<RunOverview> = runs.into_iter().map(|(_, found)| found).collect();
        // Pages that are reported as new do not *still* fail.
        let changed = comparison.into_iter().flat_map(|found| &found.changes);
        let changed: HashSet<&str> = (changed.filter(|page| lists::is_bad_news(page)))
            .map(|page| page.address.as_str())
            .collect();
        let still_failing = match comparison {
            Some(_) => store.still_failing(run.id, &earlier, &changed)?,
            None => Vec::new(),
        };
        // The baseline may be another run than the last one, or in another file.
        let recovered = match earlier.split_last() {
            Some((before, older)) if comparison.is_some_and(|found| found.counts.fixed > 0) => {
                store.still_failing(before.id, older, &HashSet::new())?
            }
            _ => Vec::new(),
        };
        let known: Option<Vec<StoredFinding>> =
            (old_findings.as_ref()).map(|old| old.iter().chain(&older_findings).cloned().collect());
        let outages = outage::read(store, run, summary, known.as_deref(), zone)?;
        Ok(Brief::of(&BriefFacts {
            run,
            summary,
            no_start: store.no_start(run.id)?.as_ref(),
            likeliest,
            unaudited,
            gates,
            comparison,
            old_findings: old_findings.as_deref(),
            older_findings: &older_findings,
            unaudited_before: unaudited_before(store, run)?,
            refused_at_times: refused_at_times(store, run)?,
            outages: &outages,
            failing: &failing,
            still_failing: &still_failing,
            recovered: &recovered,
            zone,
            runs: &runs,
        }))
    }
}
