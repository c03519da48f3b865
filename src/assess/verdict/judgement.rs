//! The result of judging a URL's attempts.

use std::time::Duration;

use crate::model::{Looks, Moment, Outcome};

use super::kind::FailureKind;
use super::rules::Verdict;
use crate::assess::score::risk::{FailingTime, Risk, url_risk};
use crate::assess::statistics::rate::Interval;

/// Everything that is known of a URL after its attempts were judged: the values of its row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// The verdict in a word.
    pub verdict: Verdict,
    /// All attempts, including those without evidence.
    pub attempts: u32,
    /// Attempts that failed as search engines see it.
    pub failed: u32,
    /// Attempts with a status of 500-599.
    pub status_5xx: u32,
    /// Attempts with status 502.
    pub status_502: u32,
    /// Passes.
    pub passes: u32,
    /// Attempts that are independent of all others.
    pub looks: Looks,
    /// Whether all failures lie in one host outage that is over.
    pub in_outage: bool,
    /// Failed attempts out of those with evidence, 0..1. The number of independent looks sets the width
    /// of the interval.
    pub error_rate: Interval,
    /// Attempts answered with 502 out of those with evidence, 0..1.
    pub rate_502: Interval,
    /// The rate that the risk is computed from: failures caused by the crawl's speed do not count.
    pub risk_rate: Interval,
    /// The most frequent kind of failure.
    pub kind: Option<FailureKind>,
    /// Start of the first attempt that failed.
    pub first_failed: Option<Moment>,
    /// Start of the last attempt that failed.
    pub last_failed: Option<Moment>,
    /// Start of the last attempt that did not fail.
    pub last_ok: Option<Moment>,
    /// Time from the start of the first pass to that of the last.
    pub span: Duration,
    /// The time for which it is known to have failed (T of the model): a lower bound; zero after recovery.
    pub lasting: Duration,
    /// Runs of failures with a success in between.
    pub episodes: u32,
    /// Outcome of the first attempt with evidence.
    pub first: Option<Outcome>,
    /// Its status code.
    pub first_status: Option<u16>,
    /// Outcome of the last attempt.
    pub last: Option<Outcome>,
    /// Time to the first byte of the first attempt that did not fail, and the requests open on the host then, this one
    /// included.
    pub ttfb: Option<(Duration, u32)>,
}

impl Judgement {
    /// Returns whether an attempt was fine after one that failed.
    pub fn has_recovered(&self) -> bool {
        self.first_failed.is_some() && self.last_ok > self.first_failed
    }

    /// Returns the indexing risk (0..100) as observed so far.
    pub fn risk_now(&self) -> Risk {
        self.risk(FailingTime::seen(self.lasting))
    }

    /// Returns the indexing risk (0..100) if the measured frequency continues for 48 h.
    pub fn indexing_risk(&self) -> Risk {
        self.risk(FailingTime::continued(self.lasting))
    }

    fn risk(&self, time: FailingTime) -> Risk {
        match self.kind {
            Some(kind) => url_risk(self.risk_rate, time, kind),
            None => Risk::default(),
        }
    }
}
