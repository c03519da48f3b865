//! What was seen since the last look at the whole.

use std::time::Duration;

use super::baseline::FirstBytes;
use crate::model::Moment;

/// Time between two looks at the whole, as long as a few round trips of a slow page.
pub(super) const LENGTH: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Window {
    pub(super) since: Option<Moment>,
    pub(super) failures: usize,
    pub(super) first_bytes: FirstBytes,
    /// Most requests seen open.
    pub(super) in_flight: u32,
}

impl Window {
    pub(super) fn restart(&mut self, now: Moment) {
        self.since = Some(now);
        self.failures = 0;
        self.first_bytes.clear();
        self.in_flight = 0;
    }
}
