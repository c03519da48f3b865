//! What was seen since the last look at the whole.

use std::time::Duration;

use super::baseline::FirstBytes;
use crate::model::Moment;

/// Least time between two looks at the whole, as long as a few round trips of a slow page.
const SHORTEST: Duration = Duration::from_secs(10);

/// Longest time between two looks, where pages are so slow that few answers come in the shortest. Ours.
const LONGEST: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    pub(super) since: Option<Moment>,
    pub(super) first_bytes: FirstBytes,
    /// Most requests seen open.
    pub(super) in_flight: u32,
}

impl Window {
    /// Whether it is time to look at the whole.
    pub(super) fn is_over(&mut self, now: Moment) -> bool {
        let lasted = now.since(*self.since.get_or_insert(now));
        let mut is_enough = || self.first_bytes.median().is_some();
        lasted >= LONGEST || (lasted >= SHORTEST && is_enough())
    }

    pub(super) fn restart(&mut self, now: Moment) {
        self.since = Some(now);
        self.first_bytes.clear();
        self.in_flight = 0;
    }
}
