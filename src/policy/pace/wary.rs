//! One request at a time, after a failure that may come of the load: is it the load, or the page?

use std::time::Duration;

use crate::model::Load;

use super::limit::{Avoid, Limit};
use super::{HostPace, Mode};

/// Least time between two requests: the speed at which failures are not self-inflicted any more.
const SHORTEST: Duration = Duration::from_secs(1);

/// Failures double it up to this. The policy's minute would keep a host that is down from being
/// recognised as such for a quarter of an hour; the breaker is there for longer silence.
const LONGEST: Duration = Duration::from_secs(8);

/// Successes after which the host is trusted again: time enough for a quick retry of what failed,
/// which follows within two seconds.
const TRUST: u32 = 3;

/// How a host is watched after a failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wary {
    interval: Duration,
    successes: u32,
    /// Retries that failed again although nothing else was open.
    again: u32,
    before: Before,
}

/// What was so before the failure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Before {
    pub(super) limit: Limit,
    pub(super) avoid: Option<Avoid>,
    pub(super) failed: Option<Load>,
    pub(super) ramping: bool,
    /// Whether so much failed that it cannot be a few broken pages.
    rout: bool,
}

/// Which way it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// At half the load.
    Halved,
    /// As before: the page is broken, the host is not.
    Back,
}

impl Wary {
    /// Remembers the pace from before this failure.
    pub(super) fn new(pace: &HostPace) -> Wary {
        let recent = &pace.recent;
        Wary {
            interval: (pace.limit.interval() * 2).clamp(SHORTEST, LONGEST),
            successes: 0,
            again: 0,
            before: Before {
                limit: pace.limit,
                avoid: pace.avoid,
                failed: pace.headroom.failed,
                ramping: matches!(pace.mode, Mode::Ramp(_)),
                rout: recent.failed() > 2 && recent.failed() * 2 >= recent.len(),
            },
        }
    }

    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn before(&self) -> Before {
        self.before
    }

    /// Takes in a failure; true if it made the wait longer.
    pub(super) fn went_wrong(&mut self, again: bool) -> bool {
        self.successes = 0;
        if again {
            self.again += 1;
        } else {
            self.interval = (self.interval * 2).min(LONGEST);
        }
        !again
    }

    /// Takes in a success; tells how to go on if that is clear.
    pub(super) fn went_well(&mut self, retry: bool) -> Option<Way> {
        self.successes += 1;
        if retry {
            return Some(Way::Halved);
        }
        if self.again > 0 && !self.before.rout {
            return Some(Way::Back);
        }
        (self.successes >= TRUST).then_some(Way::Halved)
    }
}
