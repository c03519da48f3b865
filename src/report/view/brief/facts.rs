//! The facts that a brief is made from.

use crate::assess::compare::Comparison;
use crate::assess::diagnose::rules::About;
use crate::assess::{GateResult, NoStart, Verdict};
use crate::model::{Moment, Zone};
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
    /// Findings of the runs before the baseline whose rules are about what comes and goes.
    pub older_findings: &'a [StoredFinding],
    /// When the run before could not be audited: its start.
    pub unaudited_before: Option<Moment>,
    /// The status and number of pages that are refused now and then, if that is new.
    pub refused_at_times: Option<(u16, u64)>,
    /// Outages during the run.
    pub outages: &'a [OutageBrief],
    /// The worst failing pages, the worst first.
    pub failing: &'a [WorstPage],
    /// Pages that fail as they did in the baseline.
    pub still_failing: &'a [StillFailing],
    /// Pages that failed in the baseline and for at least one run before, for those that recovered.
    pub recovered: &'a [StillFailing],
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

    /// Returns how many pages a finding of the baseline was about that has more now, and how many more; `None` if it
    /// has not, or no page newly fails.
    pub(super) fn grown(&self, found: &StoredFinding) -> Option<(u64, u64)> {
        let is_of_pages = matches!(found.rule.about(), About::Pages | About::Section);
        let broke = self.comparison?.failures.broken > 0;
        let before = self.old_findings?.iter().filter(|old| {
            old.rule == found.rule && found.rule.is_same_subject(&old.subject, &found.subject)
        });
        let before: u64 = before.filter_map(|old| old.pages).sum();
        let more = found.pages?.saturating_sub(before);
        let has_grown = is_of_pages && broke && !found.rule.is_at_times();
        (has_grown && before > 0 && more > 0).then_some((before, more))
    }

    /// Returns whether the baseline lacks a finding. In a first run all are new; if the baseline's findings are
    /// not known, none is.
    pub(super) fn is_new(&self, found: &StoredFinding) -> bool {
        let same = |old: &StoredFinding| {
            old.rule == found.rule && found.rule.is_same_subject(&old.subject, &found.subject)
        };
        match (self.comparison, self.old_findings) {
            (None, _) => true,
            (Some(_), Some(old)) => {
                let older = self
                    .older_findings
                    .iter()
                    .filter(|_| found.rule.comes_and_goes());
                !old.iter().chain(older).any(same)
            }
            (Some(_), None) => false,
        }
    }
}
