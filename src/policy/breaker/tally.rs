//! How the last requests of a host went, in buckets of a second, so that a quick crawl needs no
//! more memory than a slow one.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::Moment;

use super::{BreakerSignal, FAILURES, HOST_FAILURES};

/// How far back shares are looked at.
const HORIZON: Duration = Duration::from_mins(1);

/// Requests that a share needs to say anything.
const ENOUGH: u32 = 20;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    seconds: VecDeque<Second>,
    /// Failures in a row.
    failures: u32,
    /// Failures in a row that speak of the host.
    host_failures: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Second {
    began: Moment,
    requests: u32,
    failed: u32,
}

impl Tally {
    pub(super) fn note(&mut self, seen: BreakerSignal, now: Moment) {
        let outdated = |second: &Second| second.began + HORIZON <= now;
        while self.seconds.front().is_some_and(outdated) {
            self.seconds.pop_front();
        }
        let current = Duration::from_secs(1);
        match self.seconds.back_mut() {
            Some(second) if now.since(second.began) < current => {
                second.requests += 1;
                second.failed += u32::from(seen.failed);
            }
            _ => self.seconds.push_back(Second {
                began: now,
                requests: 1,
                failed: u32::from(seen.failed),
            }),
        }
        self.failures = if seen.failed { self.failures + 1 } else { 0 };
        self.host_failures = if seen.failed && seen.host_level {
            self.host_failures + 1
        } else {
            0
        };
    }

    /// Whether the host may be down. `lenient` times as many failures are needed as usual.
    pub(super) fn is_doubtful(&self, lenient: u32) -> bool {
        let sum = |count: fn(&Second) -> u32| self.seconds.iter().map(count).sum::<u32>();
        let requests = sum(|second| second.requests);
        self.host_failures >= HOST_FAILURES * lenient
            || self.failures >= FAILURES * lenient
            || (requests >= ENOUGH * lenient && sum(|second| second.failed) * 2 >= requests)
    }
}
