//! The facts about a run, gathered from the store.

use std::collections::HashSet;

use crate::assess::compare::Comparison;
use crate::assess::{GateResult, NoStart};
use crate::model::Moment;
use crate::report::tables::changes::Compared;
use crate::report::words::cause_of_page;
use crate::store::{
    BaselineSource, RunOverview, RunRow, RunSummary, StillFailing, Store, StoreError,
    StoredFinding, WorstPage,
};

use super::outage::{self, OutageBrief};
use super::{Brief, lists};
use crate::report::view::pages::likeliest;

/// Runs that a trend covers, the new one included.
const RUNS: usize = 12;

/// Failing pages that are looked at.
const FAILING: u32 = 1_000;

/// Everything that a brief is made of.
#[derive(Clone, Copy, Debug)]
pub struct BriefFacts<'a> {
    /// The run.
    pub run: &'a RunRow,
    /// The run in numbers.
    pub summary: &'a RunSummary,
    /// Why no start page was a page, if none was.
    pub no_start: Option<&'a NoStart>,
    /// The cause that most failing pages have, and their share.
    pub likeliest: Option<(&'a str, f64)>,
    /// Why the site could not be audited, if so.
    pub unaudited: Option<&'a str>,
    /// What became of the gates.
    pub gates: &'a [GateResult],
    /// What changed since the baseline; absent of a first run.
    pub comparison: Option<&'a Comparison>,
    /// Findings of the baseline; absent if they are not known.
    pub old_findings: Option<&'a [StoredFinding]>,
    /// Outages that the run saw.
    pub outages: &'a [OutageBrief],
    /// Failing pages, the worst first.
    pub failing: &'a [WorstPage],
    /// Pages that fail as they did in the baseline.
    pub still_failing: &'a [StillFailing],
    /// The last runs, the oldest first, and when they began.
    pub runs: &'a [(Moment, RunOverview)],
}

impl BriefFacts<'_> {
    /// Whether the baseline does not have a finding. Of a first run, all are new; where the baseline's findings are
    /// not known, none is.
    pub(super) fn is_new(&self, found: &StoredFinding) -> bool {
        let same = |old: &StoredFinding| old.rule == found.rule && old.subject == found.subject;
        match (self.comparison, self.old_findings) {
            (None, _) => true,
            (Some(_), Some(old)) => !old.iter().any(same),
            (Some(_), None) => false,
        }
    }
}

impl Brief {
    /// Gathers the facts about a run that was concluded, and says what they amount to.
    pub fn read(
        store: &Store,
        (run, summary): (&RunRow, &RunSummary),
        compared: Option<&Compared>,
        (gates, unaudited): (&[GateResult], Option<&str>),
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
        let mut earlier = store.runs_before(run, RUNS - 1)?;
        earlier.reverse();
        let mut runs = Vec::new();
        for run in earlier.iter().chain([run]) {
            runs.extend(store.overview(run.id)?.map(|found| (run.started, found)));
        }
        // Pages that are told as new do not *still* fail.
        let changed = comparison.into_iter().flat_map(|found| &found.changes);
        let changed: HashSet<&str> = (changed.filter(|page| lists::is_bad_news(page)))
            .map(|page| page.address.as_str())
            .collect();
        let still_failing = match comparison {
            Some(_) => store.still_failing(run.id, &earlier, &changed)?,
            None => Vec::new(),
        };
        let outages = outage::read(store, run, summary, old_findings.as_deref())?;
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
            runs: &runs,
        }))
    }
}
