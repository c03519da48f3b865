//! A time in which most requests to a host failed in one way: one event, not many.

use crate::model::{Moment, Outcome};

use crate::assess::verdict::kind::FailureKind;

/// Minimum first attempts in the window for an episode to begin (ours). It begins when at least half of
/// them fail with the same kind.
pub(in crate::assess) const FEWEST: usize = 5;

/// The first attempt at a URL of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstLook {
    /// When it began.
    pub started: Moment,
    /// The outcome.
    pub outcome: Outcome,
    /// Requests open on the host, this one included.
    pub in_flight: u32,
}

/// A period in which most requests to a host failed with the same kind of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The kind of failure.
    pub kind: FailureKind,
    /// Start of its first failed attempt.
    pub start: Moment,
    /// Start of its last failed attempt so far.
    pub end: Moment,
    /// Start of the first attempt after the last failure that did not fail in this way.
    pub answered: Option<Moment>,
    /// Number of first attempts that failed in it.
    pub failed: u32,
    /// Whether most requests to the host are answered again.
    pub over: bool,
    /// Sum of the requests open when its attempts failed.
    open_requests: u64,
    /// First attempts that succeeded later, with at least as many open requests as during the failures.
    as_hard: u32,
}

impl Episode {
    /// Returns whether it was certainly an outage of the host: it is over, and the host has answered
    /// since at the same load. Otherwise the crawl itself may have been the reason.
    pub fn is_outage(&self) -> bool {
        self.over && self.as_hard >= FEWEST as u32
    }

    /// Records an attempt that succeeded after the episode.
    pub(super) fn went_well(&mut self, look: FirstLook) {
        let asked = u64::from(look.in_flight) * u64::from(self.failed);
        if asked >= self.open_requests {
            self.as_hard = self.as_hard.saturating_add(1);
        }
    }

    /// Adds one failure to the episode, or starts a new one with it.
    pub(in crate::assess) fn with(
        episode: Option<Episode>,
        kind: FailureKind,
        look: FirstLook,
    ) -> Episode {
        let before = episode.unwrap_or(Episode {
            kind,
            start: look.started,
            end: look.started,
            answered: None,
            failed: 0,
            over: false,
            open_requests: 0,
            as_hard: 0,
        });
        Episode {
            end: look.started,
            answered: None,
            failed: before.failed + 1,
            open_requests: before.open_requests + u64::from(look.in_flight),
            as_hard: 0,
            ..before
        }
    }
}
