//! Below a load at which something failed: was it the load?

use crate::model::Moment;

use super::limit::{Avoid, Limit};
use super::signal::PaceSignal;

/// Answers at less load for each step back towards the load that failed.
const PER_STEP: u32 = 3;

/// Failures of different URLs at less load that may yet be accidents.
const MOST_ACCIDENTS: u32 = 2;

/// As many answers without a failure among them make a further failure an accident again.
const APART: u32 = 12;

/// Answers at less load after which the shares of failures are compared: of fewer, one failure would
/// be a large share.
const ENOUGH: u32 = 8;

/// Failures at less and less load without which nothing is compared: a limit of requests per second is
/// found in two steps. Ours.
const SEVERAL: u32 = 3;

/// From this part of the share before on, the share at less load is as good as the same.
const ALIKE: f64 = 0.5;

/// What was so before the failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Before {
    pub(super) limit: Limit,
    pub(super) avoid: Option<Avoid>,
    /// Share of failures among the recent first attempts.
    pub(super) share: f64,
}

/// What a failure at less load means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    /// Nothing yet, or that URLs fail whatever the load: then the next fine answer shows that the
    /// host is up, see [`Trial::is_cleared`].
    None,
    /// It may still be too much: half of it again.
    Less,
    /// One URL after the other fails.
    ManyFail,
}

/// A time at less load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Trial {
    before: Before,
    /// Answers that were fine.
    fine: u32,
    /// First attempts that failed.
    failed: u32,
    /// Of these, those without [`APART`] fine answers since.
    close: u32,
    /// URLs whose failure was not seen to be their own, the one that began it included, as far as they
    /// are retried soon.
    unexplained: u32,
    since_failure: u32,
    /// Retries that were fine, and that failed again.
    healed: u32,
    broken: u32,
    cleared: bool,
}

impl Trial {
    /// `tells_soon` tells whether the retry of what failed will soon show whether it is broken.
    pub(super) fn new(before: Before, tells_soon: bool) -> Trial {
        Trial {
            before,
            fine: 0,
            failed: 0,
            close: 0,
            unexplained: u32::from(tells_soon),
            since_failure: 0,
            healed: 0,
            broken: 0,
            cleared: false,
        }
    }

    pub(super) fn before(&self) -> Before {
        self.before
    }

    /// Takes in a fine answer; returns whether the load may grow by a step.
    pub(super) fn went_well(&mut self, retry: bool) -> bool {
        self.fine += 1;
        self.since_failure += 1;
        self.healed += u32::from(retry);
        if self.since_failure >= APART {
            self.close = 0;
        }
        self.since_failure.is_multiple_of(PER_STEP)
    }

    /// Takes in a failure. `share` is that of failures among the recent first attempts.
    pub(super) fn went_wrong(&mut self, seen: PaceSignal, share: f64) -> Finding {
        if seen.retry {
            // The URL is broken. If as many others healed, the load may be at fault for those.
            self.unexplained = self.unexplained.saturating_sub(1);
            self.broken += 1;
            self.cleared |= self.broken > self.healed && self.unexplained == 0;
            return Finding::None;
        }
        // One request a second is no load.
        let is_harmless = self.is_pausing();
        self.failed += 1;
        self.close += 1;
        self.unexplained += u32::from(seen.tells_soon());
        self.since_failure = 0;
        let is_alike = share >= ALIKE * self.before.share;
        if self.failed >= SEVERAL && self.fine >= ENOUGH && is_alike {
            self.cleared = true;
            return Finding::None;
        }
        if self.close > MOST_ACCIDENTS {
            return Finding::ManyFail;
        }
        if is_harmless || !seen.tells_soon() {
            return Finding::None;
        }
        Finding::Less
    }

    /// Takes in a failure of a URL that was requested alone, slowly.
    pub(super) fn failed_alone(&mut self) {
        self.failed += 1;
        self.since_failure = 0;
    }

    /// The trial that goes on once the host is trusted again.
    pub(super) fn resumed(self) -> Trial {
        Trial { close: 0, ..self }
    }

    /// Whether nothing was fine since the last failure: then one request is open at a time, a second
    /// after the one before, lest a limit that counts requests refuses the next for the last.
    pub(super) fn is_pausing(&self) -> bool {
        self.since_failure == 0
    }

    /// Whether the load is not at fault.
    pub(super) fn is_cleared(&self) -> bool {
        self.cleared
    }

    /// Whether the load that failed may be tried again.
    pub(super) fn is_over(&self, avoid: Option<Avoid>, now: Moment) -> bool {
        avoid.is_none_or(|avoid| avoid.is_over(self.since_failure, now))
    }
}
