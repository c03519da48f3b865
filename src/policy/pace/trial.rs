//! The time below a load at which something failed. It shows whether the load was the reason.

use crate::model::Moment;

use super::limit::{Avoid, Limit};
use super::signal::PaceSignal;

/// Answers at less load for each step back towards the load that failed.
const PER_STEP: u32 = 3;

/// Failures of different URLs at less load that may still be accidents.
const MOST_ACCIDENTS: u32 = 2;

/// Answers in a row without a failure after which a further failure counts as an accident again.
const APART: u32 = 12;

/// Answers at less load after which the shares of failures are compared: of fewer, one failure
/// would be a large share.
const ENOUGH: u32 = 8;

/// Minimum failures at less and less load before a comparison: a limit of requests per second is
/// found in two steps. Ours.
const SEVERAL: u32 = 3;

/// Minimum share of failures at less load, relative to the share before, for both to count as alike.
const ALIKE: f64 = 0.5;

/// The limits and the share of failures before the failure that began the trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Before {
    pub(super) limit: Limit,
    pub(super) avoid: Option<Avoid>,
    /// Share of failures among the recent first attempts.
    pub(super) share: f64,
}

/// The meaning of a failure at less load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing yet, or URLs fail at any load. In that case the next fine answer shows that the host
    /// is up, see [`Trial::is_cleared`].
    None,
    /// The load may still be too high: half of it again.
    Less,
    /// One URL after the other fails.
    ManyFail,
}

/// A trial: a time at less load after a failure, with its counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trial {
    before: Before,
    /// Fine answers.
    fine: u32,
    /// First attempts that failed.
    failed: u32,
    /// First attempts that failed since [`APART`] answers in a row were last fine.
    close: u32,
    /// URLs whose failure is not known to be their own, including the first one, if they are
    /// retried soon.
    unexplained: u32,
    since_failure: u32,
    /// Retries that were fine, and retries that failed again.
    healed: u32,
    broken: u32,
    cleared: bool,
}

impl Trial {
    /// Starts a trial. `is_clear_soon` is true if the retry of the failed URL will soon show
    /// whether it is broken.
    pub(super) fn new(before: Before, is_clear_soon: bool) -> Trial {
        Trial {
            before,
            fine: 0,
            failed: 0,
            close: 0,
            unexplained: u32::from(is_clear_soon),
            since_failure: 0,
            healed: 0,
            broken: 0,
            cleared: false,
        }
    }

    pub(super) fn before(&self) -> Before {
        self.before
    }

    /// Records a fine answer. Returns whether the load may grow by a step.
    pub(super) fn went_well(&mut self, retry: bool) -> bool {
        self.fine += 1;
        self.since_failure += 1;
        self.healed += u32::from(retry);
        if self.since_failure >= APART {
            self.close = 0;
        }
        self.since_failure.is_multiple_of(PER_STEP)
    }

    /// Records a failure. `share` is that of failures among the recent first attempts.
    pub(super) fn went_wrong(&mut self, seen: PaceSignal, share: f64) -> Finding {
        if seen.retry {
            // The URL is broken. If as many others recovered, the load may be at fault for those.
            self.unexplained = self.unexplained.saturating_sub(1);
            self.broken += 1;
            self.cleared |= self.broken > self.healed && self.unexplained == 0;
            return Finding::None;
        }
        // One request per second is not a load.
        let is_harmless = self.is_pausing();
        self.failed += 1;
        self.close += 1;
        self.unexplained += u32::from(seen.is_clear_soon());
        self.since_failure = 0;
        let is_alike = share >= ALIKE * self.before.share;
        if self.failed >= SEVERAL && self.fine >= ENOUGH && is_alike {
            self.cleared = true;
            return Finding::None;
        }
        if self.close > MOST_ACCIDENTS {
            return Finding::ManyFail;
        }
        if is_harmless || !seen.is_clear_soon() {
            return Finding::None;
        }
        Finding::Less
    }

    /// Records a failure of a URL that was requested alone, slowly.
    pub(super) fn failed_alone(&mut self) {
        self.failed += 1;
        self.since_failure = 0;
    }

    /// Returns the trial that continues once the host is trusted again.
    pub(super) fn resumed(self) -> Trial {
        Trial { close: 0, ..self }
    }

    /// Returns whether nothing was fine since the last failure. One request is then open at a time,
    /// a second after the last one. Otherwise a server that counts requests might refuse the next
    /// because of the last.
    pub(super) fn is_pausing(&self) -> bool {
        self.since_failure == 0
    }

    /// Returns the number of retries that failed again, if several pages failed and nothing was fine until the answer
    /// that ended the trial, as in an outage.
    pub(super) fn broken_together(&self) -> Option<u32> {
        let is_whole = self.failed > 0 && self.fine <= 1 && self.broken > 0;
        is_whole.then_some(self.broken)
    }

    /// Returns whether the load is not at fault.
    pub(super) fn is_cleared(&self) -> bool {
        self.cleared
    }

    /// Returns whether the load that failed may be tried again.
    pub(super) fn is_over(&self, avoid: Option<Avoid>, now: Moment) -> bool {
        avoid.is_none_or(|avoid| avoid.is_over(self.since_failure, now))
    }
}
