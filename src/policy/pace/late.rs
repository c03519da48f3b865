//! Answers that come late: because of the load, or because those pages take long?

use std::time::Duration;

use super::trial::Before;

/// Windows at less and less load after which it is told.
const WINDOWS: u32 = 3;

/// Down to this part of the time that it took first, the load was at fault. Ours.
const BETTER: f64 = 0.75;

/// How it began, and how long it lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Late {
    /// What was so before, if late answers alone made the pace less.
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

    /// Takes in a window at less load; returns whether it helped nothing.
    pub(super) fn is_in_vain(&mut self, median: Duration) -> bool {
        self.windows += 1;
        self.windows >= WINDOWS && median.as_secs_f64() > self.first.as_secs_f64() * BETTER
    }
}
