//! What is known of a URL once its attempts are judged.

use std::time::Duration;

use crate::model::{Looks, Moment, Outcome};

use super::kind::{FailureKind, TOLERATED};
use super::rules::Verdict;
use crate::assess::score::risk::{Risk, url_risk};
use crate::assess::statistics::rate::Interval;

/// What is known of a URL once its attempts are judged: everything that its row is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The word for it.
    pub verdict: Verdict,
    /// All attempts, those that say nothing included.
    pub attempts: u32,
    /// Attempts that failed as search engines see it.
    pub failed: u32,
    /// Attempts with a status of 500-599.
    pub status_5xx: u32,
    /// Attempts with status 502.
    pub status_502: u32,
    /// Passes.
    pub passes: u32,
    /// Attempts that share their fate with no other.
    pub looks: Looks,
    /// Whether all failures lie in one outage of the host that is over.
    pub in_outage: bool,
    /// Failed attempts over all that say something, 0..1; the interval is as wide as the number of
    /// independent looks allows.
    pub error_rate: Interval,
    /// The same for status 502 alone.
    pub rate_502: Interval,
    /// The rate that the risk is made of: failures caused by our speed do not count.
    pub risk_rate: Interval,
    /// The most frequent kind of failure.
    pub kind: Option<FailureKind>,
    /// Start of the first attempt that failed.
    pub first_failed: Option<Moment>,
    /// Start of the last attempt that failed.
    pub last_failed: Option<Moment>,
    /// Start of the last attempt that did not fail.
    pub last_ok: Option<Moment>,
    /// Since when it has been failing, if it is.
    pub onset: Option<Moment>,
    /// From the start of the first pass to that of the last.
    pub span: Duration,
    /// How long it is known to have failed (T of the model): a lower bound; zero once recovered.
    pub lasting: Duration,
    /// Runs of failures with something fine in between.
    pub episodes: u32,
    /// Persistent for 24 h or more.
    pub sustained: bool,
    /// An episode of 60 min or more is over.
    pub recovered_outage: bool,
    /// What happened at the first attempt that says something.
    pub first: Option<Outcome>,
    /// Its status code.
    pub first_status: Option<u16>,
    /// What happened last.
    pub last: Option<Outcome>,
    /// Time to the first byte of the first attempt that did not fail.
    pub ttfb: Option<Duration>,
}

impl Judgement {
    /// Indexing risk (0..100) as observed so far.
    pub fn risk_now(&self) -> Risk {
        self.risk(self.lasting)
    }

    /// Indexing risk (0..100) if the measured frequency goes on for 48 h.
    pub fn indexing_risk(&self) -> Risk {
        self.risk(self.lasting.max(TOLERATED))
    }

    /// How long it may have been failing at most: since it was last seen well.
    pub fn lasting_at_most(&self, now: Moment) -> Option<Duration> {
        self.onset
            .and(self.last_ok)
            .map(|last_ok| now.since(last_ok))
    }

    fn risk(&self, lasting: Duration) -> Risk {
        match self.kind {
            Some(kind) => url_risk(self.risk_rate, lasting, kind),
            None => Risk::default(),
        }
    }
}
