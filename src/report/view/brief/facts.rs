//! The facts that a brief is made from.

use crate::assess::compare::Comparison;
use crate::assess::{GateResult, NoStart, Verdict};
use crate::model::Zone;
use crate::store::{RunOverview, RunRow, RunSummary, StillFailing, StoredFinding, WorstPage};

use super::outage::OutageBrief;

/// The facts that a brief is made from.
#[derive(Clone, Copy, Debug)]
pub struct BriefFacts<'a> {
    /// The run.
    pub run: &'a RunRow,
    /// The run in numbers.
    pub summary: &'a RunSummary,
    /// Why no start page could be used, if none could.
    pub no_start: Option<&'a NoStart>,
    /// The cause that most failing pages have, and their share.
    pub likeliest: Option<(&'a str, f64)>,
    /// Why the site could not be audited, if so.
    pub unaudited: Option<&'a str>,
    /// Results of the gates.
    pub gates: &'a [GateResult],
    /// Changes since the baseline; absent for a first run.
    pub comparison: Option<&'a Comparison>,
    /// Findings of the baseline; absent if they are not known.
    pub old_findings: Option<&'a [StoredFinding]>,
    /// Outages during the run.
    pub outages: &'a [OutageBrief],
    /// The worst failing pages, the worst first.
    pub failing: &'a [WorstPage],
    /// Pages that fail as they did in the baseline.
    pub still_failing: &'a [StillFailing],
    /// The time zone of the times in it.
    pub zone: &'a Zone,
    /// The last runs, the oldest first.
    pub runs: &'a [RunOverview],
}

impl BriefFacts<'_> {
    /// Returns how many pages fail, listed among [`BriefFacts::failing`] or not.
    pub(super) fn failing_pages(&self) -> u64 {
        let failing = Verdict::ALL.into_iter().filter(|it| it.is_failing());
        failing.map(|it| self.summary.pages.with_verdict(it)).sum()
    }

    /// Returns whether the baseline lacks a finding. In a first run all are new; if the baseline's findings are
    /// not known, none is.
    pub(super) fn is_new(&self, found: &StoredFinding) -> bool {
        let same = |old: &StoredFinding| {
            old.rule == found.rule && found.rule.is_same_subject(&old.subject, &found.subject)
        };
        match (self.comparison, self.old_findings) {
            (None, _) => true,
            (Some(_), Some(old)) => !old.iter().any(same),
            (Some(_), None) => false,
        }
    }
}
