//! How fast one host may be asked at a moment.

use std::time::Duration;

/// How fast a host may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Minimum time between the starts of two requests, on average; zero for no limit.
    pub interval: Duration,
    /// Most requests open at a time, at least 1.
    pub open: u32,
}
