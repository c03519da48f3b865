//! One request at a time, after one URL after the other failed although the load was halved: the
//! host suffers from the load more than was thought, or from something else.

use std::time::Duration;

use super::trial::{Before, Trial};
use crate::model::Pace;

/// One request at a time, one a second: the pace at which no failure is of the crawl's own making. Ours.
pub const CAREFUL: Pace = Pace {
    interval: Duration::from_secs(1),
    open: 1,
};

/// Failures double it up to this. The policy's minute would keep a host that is down from being
/// recognised as such for a quarter of an hour; the breaker is there for longer silence.
const LONGEST: Duration = Duration::from_secs(8);

/// Successes after which the host is trusted again: time enough for a quick retry of what failed,
/// which follows within two seconds.
const TRUST: u32 = 3;

/// How a host is watched after a burst of failures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wary {
    interval: Duration,
    successes: u32,
    /// Retries that failed again although nothing else was open.
    again: u32,
    trial: Trial,
    /// So much failed that it cannot be a few broken pages.
    rout: bool,
    /// A URL failed after another was fine: no load is behind that at this speed.
    mixed: bool,
}

/// Which way it goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Way {
    /// At the load that was left, and up from there.
    Up(Trial),
    /// As before it all: pages are broken, the host is not.
    Back(Before),
}

impl Wary {
    /// Remembers what was tested; `interval` is that of the last request. `rout` tells whether most of
    /// what was requested lately failed.
    pub(super) fn new(trial: Trial, interval: Duration, rout: bool) -> Wary {
        Wary {
            interval: (interval * 2).clamp(CAREFUL.interval, LONGEST),
            successes: 0,
            again: 0,
            trial,
            rout,
            mixed: false,
        }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn before(&self) -> Before {
        self.trial.before()
    }

    /// Takes in a failure; true if it made the wait longer.
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

    /// Takes in a fine answer; returns how to go on if that is clear.
    pub(super) fn went_well(&mut self, retry: bool) -> Option<Way> {
        self.successes += 1;
        self.interval = CAREFUL.interval;
        self.trial.went_well(retry);
        if !retry && (self.mixed || (self.again > 0 && !self.rout)) {
            return Some(Way::Back(self.before()));
        }
        (retry || self.successes >= TRUST).then(|| Way::Up(self.trial.resumed()))
    }
}
