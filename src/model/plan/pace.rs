//! The pace of requests to one host at a moment.

use std::time::Duration;

/// The pace of requests to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Minimum time between the starts of two requests, on average; zero for no limit.
    pub interval: Duration,
    /// Maximum number of open requests, at least 1.
    pub open: u32,
}
