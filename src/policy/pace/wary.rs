//! One request at a time, after one URL after the other failed although the load was halved. The
//! host suffers from the load more than was thought, or from something else.

use std::time::Duration;

use super::trial::{Before, Trial};
use crate::model::Pace;

/// The pace at which no failure is caused by the crawl: one request at a time, one per second.
/// Ours.
pub const CAREFUL: Pace = Pace {
    interval: Duration::from_secs(1),
    open: 1,
};

/// Maximum interval after failures, which double it. A policy of a minute would keep a host that is
/// down from being recognised for a quarter of an hour; the breaker is there for longer silence.
const LONGEST: Duration = Duration::from_secs(8);

/// Number of successes after which the host is trusted again. At one request per second they take longer than the
/// quick retry of the failed URL, which follows within two seconds.
const TRUST: u32 = 3;

/// The watch on a host after a burst of failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wary {
    interval: Duration,
    successes: u32,
    /// Retries that failed again although nothing else was open.
    again: u32,
    trial: Trial,
    /// Too many requests failed for a few broken pages.
    mostly_failed: bool,
    /// A URL failed after another was fine: at this speed the load is not the reason.
    mixed: bool,
}

/// The next state of the pace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// Increases the load again, from the remaining load.
    Up(Trial),
    /// Returns to the load before the failures: pages are broken, the host is not.
    Back(Before),
}

impl Wary {
    /// Starts the watch. `interval` is that of the last request. `mostly_failed` is true if most
    /// recent requests failed.
    pub(super) fn new(trial: Trial, interval: Duration, mostly_failed: bool) -> Wary {
        Wary {
            interval: (interval * 2).clamp(CAREFUL.interval, LONGEST),
            successes: 0,
            again: 0,
            trial,
            mostly_failed,
            mixed: false,
        }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn before(&self) -> Before {
        self.trial.before()
    }

    /// Records a failure. Returns true if it made the wait longer.
    pub(super) fn went_wrong(&mut self, retry: bool) -> bool {
        self.mixed |= !retry && self.successes > 0;
        self.successes = 0;
        if retry {
            self.again += 1;
        } else {
            self.trial.failed_alone();
            self.interval = (self.interval * 2).min(LONGEST);
        }
        !retry
    }

    /// Records a fine answer. Returns the next state if it is clear.
    pub(super) fn went_well(&mut self, retry: bool) -> Option<Way> {
        self.successes += 1;
        self.interval = CAREFUL.interval;
        self.trial.went_well(retry);
        if !retry && (self.mixed || (self.again > 0 && !self.mostly_failed)) {
            return Some(Way::Back(self.before()));
        }
        (retry || self.successes >= TRUST).then(|| Way::Up(self.trial.resumed()))
    }
}
