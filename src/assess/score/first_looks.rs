//! The first attempts at many URLs: the view of a bot that comes by once. Retries are left out, so that
//! they do not inflate the rate.

use super::deduction::Examples;
use crate::assess::statistics::rate::Interval;
use crate::assess::verdict::judgement::Judgement;
use crate::assess::verdict::kind::FailureKind;
use crate::assess::verdict::rules::Verdict;

/// First attempts, counted.
#[derive(Clone, Debug, Default)]
pub struct FirstLooks {
    /// All first attempts.
    pub of: u64,
    /// First attempts that failed.
    pub failed: u64,
    /// Of these, attempts at URLs that fail only at the speed of the crawl.
    pub at_speed: u64,
    /// Of these, attempts at URLs that failed only in outages.
    pub in_outage: u64,
    /// First attempts answered with a status of 500-599.
    pub status_5xx: u64,
    /// First attempts answered with status 502.
    pub status_502: u64,
    /// Failures by kind without those at speed, in the order of [`FailureKind::ALL`].
    pub kinds: [u64; 5],
    examples: [Examples; 5],
}

impl FirstLooks {
    pub(in crate::assess) fn add(&mut self, address: &str, judgement: &Judgement, weight: f64) {
        let Some(first) = judgement.first else { return };
        self.of += 1;
        match judgement.first_status {
            Some(502) => {
                self.status_5xx += 1;
                self.status_502 += 1;
            }
            Some(500..=599) => self.status_5xx += 1,
            _ => {}
        }
        if !first.is_failure() {
            return;
        }
        self.failed += 1;
        if judgement.verdict == Verdict::LoadInduced {
            self.at_speed += 1;
            return;
        }
        self.in_outage += u64::from(judgement.in_outage);
        if let Some(kind) = FailureKind::of(first) {
            self.kinds[kind as usize] += 1;
            self.examples[kind as usize].add(weight, address);
        }
    }

    /// Returns the share of first attempts that failed, 0..1.
    pub fn error_rate(&self) -> Interval {
        self.rate(self.failed)
    }

    /// Returns the same share without failures caused by the speed of the crawl: the e of the model.
    pub fn error_rate_without_speed(&self) -> Interval {
        self.rate(self.failed - self.at_speed)
    }

    /// Returns the same share of a host that is down for this share of the time again and again, whatever the number of
    /// outages that a careful crawl met: it requests little while a host is down.
    pub fn error_rate_with_outages(&self, down: f64) -> Interval {
        let failed = self.failed - self.at_speed - self.in_outage;
        let meanwhile = Interval::wilson(failed as f64, (self.of - self.in_outage) as f64);
        meanwhile.map(|rate| down + (1.0 - down) * rate)
    }

    /// Returns the share of first attempts answered with 500-599, 0..1.
    pub fn rate_5xx(&self) -> Interval {
        self.rate(self.status_5xx)
    }

    /// Returns the share of first attempts answered with 502, 0..1.
    pub fn rate_502(&self) -> Interval {
        self.rate(self.status_502)
    }

    /// Returns examples of URLs whose first attempt failed with this kind.
    pub(in crate::assess) fn examples(&self, kind: FailureKind) -> Vec<String> {
        self.examples[kind as usize].addresses()
    }

    fn rate(&self, hits: u64) -> Interval {
        Interval::wilson(hits as f64, self.of as f64)
    }
}
