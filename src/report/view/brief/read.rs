//! Gathers the facts about a run from the store.

use std::collections::HashSet;

use crate::assess::GateResult;
use crate::model::Zone;
use crate::report::tables::changes::Compared;
use crate::report::view::pages::likeliest;
use crate::report::words::cause_of_page;
use crate::store::{BaselineSource, RunOverview, RunRow, RunSummary, Store, StoreError};

use super::compose::Brief;
use super::facts::BriefFacts;
use super::lists;
use super::outage;

/// Runs in a trend, including the new one.
const RUNS: usize = 12;

/// Failing pages that are examined.
const FAILING: u32 = 1_000;

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

impl Brief {
    /// Gathers the facts about a concluded run and makes the account.
    pub fn read(
        store: &Store,
        (run, summary): (&RunRow, &RunSummary),
        compared: Option<&Compared>,
        (gates, unaudited, zone): (&[GateResult], Option<&str>, &Zone),
    ) -> Result<Brief, StoreError> {
        let comparison = compared.map(|found| &found.comparison);
        let old_findings = match compared.map(|found| &found.baseline.source) {
            Some(BaselineSource::Run(store, old)) => Some(store.findings(old.id)?),
            Some(BaselineSource::Listed(_)) | None => None,
        };
        let failing = store.worst_pages(run.id, FAILING)?;
        let causes: Vec<(String, f64)> = (failing.iter())
            .map(|page| (cause_of_page(&page.causes, page.status), page.confidence))
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
        let outages = outage::read(store, run, summary, (old_findings.as_deref(), zone))?;
        Ok(Brief::of(&BriefFacts {
            run,
            summary,
            no_start: store.no_start(run.id)?.as_ref(),
            likeliest,
            unaudited,
            gates,
            comparison,
            old_findings: old_findings.as_deref(),
            outages: &outages,
            failing: &failing,
            still_failing: &still_failing,
            zone,
            runs: &runs,
        }))
    }
}
