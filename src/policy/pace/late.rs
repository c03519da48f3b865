//! Late answers: whether the load is the reason, or the pages take long.

use std::time::Duration;

use super::trial::Before;

/// Windows at less and less load after which this is clear.
const WINDOWS: u32 = 3;

/// The load was at fault if the time falls to this part of the first. Ours.
const BETTER: f64 = 0.75;

/// The start of the late answers, and how long they last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Late {
    /// The state before, if late answers alone lowered the pace.
    pub(super) before: Option<Before>,
    first: Duration,
    windows: u32,
}

impl Late {
    pub(super) fn new(median: Duration, before: Option<Before>) -> Late {
        Late {
            before,
            first: median,
            windows: 0,
        }
    }

    /// Records a window at less load. Returns whether less load did not help.
    pub(super) fn did_not_help(&mut self, median: Duration) -> bool {
        self.windows += 1;
        self.windows >= WINDOWS && median.as_secs_f64() > self.first.as_secs_f64() * BETTER
    }
}
