//! The observations since the last review of the pace.

use std::time::Duration;

use super::baseline::FirstBytes;
use crate::model::Moment;

/// Minimum time between two reviews of the times to the first byte, as long as a few answers of a slow page.
const SHORTEST: Duration = Duration::from_secs(10);

/// Maximum time between two reviews, where pages are so slow that few answers come in the minimum.
/// Ours.
const LONGEST: Duration = Duration::from_mins(1);

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    pub(super) since: Option<Moment>,
    pub(super) first_bytes: FirstBytes,
    /// The largest number of requests that were open at a time.
    pub(super) in_flight: u32,
}

impl Window {
    /// Returns whether a review is due.
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
