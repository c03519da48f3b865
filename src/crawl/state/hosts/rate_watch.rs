//! The limit of a host's rate, found while it is crawled: once it is known, the crawl and the passes stay below it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::assess::{Limited, LimitedRequests, RateLimit};
use crate::crawl::visit::Brought;
use crate::model::{Attempt, CrawlUrl};
use crate::policy::CAREFUL;

/// Maximum requests that are remembered, the newest; about 20 kB.
const MOST: usize = 512;

/// Refusals after which a limit is looked for. After each search that many again are waited for. Ours.
const FEWEST: u32 = 4;

/// Part of the limit that is used: clocks differ, and people visit the site as well. Ours.
const MARGIN: f64 = 0.8;

/// The recent requests to a host, and the limit found from them.
#[derive(Debug, Default)]
pub(super) struct RateWatch {
    requests: VecDeque<Limited>,
    /// Refusals since the last search.
    refused: u32,
    interval: Option<Duration>,
}

impl RateWatch {
    /// Returns the minimum time between two requests that stays below the limit, if one is known.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// Records the requests of a visit to the host. Returns whether a limit was found, or a lower one.
    pub(super) fn saw(&mut self, brought: &Brought) -> bool {
        let url = &brought.lease.found.url;
        self.note(url, &brought.attempt);
        let host = url.host_key();
        for (beside, attempt) in &brought.hops {
            if beside.host_key() == host {
                self.note(beside, attempt);
            }
        }
        if self.refused < FEWEST {
            return false;
        }
        self.refused = 0;
        let before = self.interval;
        self.interval = self.interval.max(self.found());
        self.interval > before
    }

    fn note(&mut self, url: &CrawlUrl, attempt: &Attempt) {
        let refused_with = attempt.status.filter(|status| matches!(*status, 429 | 503));
        if refused_with.is_none() && attempt.outcome.is_failure() {
            return;
        }
        if self.requests.len() == MOST {
            self.requests.pop_front();
        }
        self.requests.push_back(Limited {
            url: url.fingerprint().get().cast_signed(),
            started: attempt.started,
            open: attempt.pressure.in_flight,
            refused_with,
            ever_fine: true,
        });
        self.refused += u32::from(refused_with.is_some());
    }

    /// Returns the time between two requests below the limit that explains the refusals. No limit makes the crawl slower
    /// than a polite one.
    fn found(&self) -> Option<Duration> {
        // Answers come in another order than requests.
        let mut requests: Vec<Limited> = self.requests.iter().copied().collect();
        requests.sort_by_key(|request| request.started);
        let mut seen = LimitedRequests::default();
        for request in requests {
            seen.add(request, false);
        }
        let limit = seen.limit().filter(RateLimit::is_known)?;
        let interval = Duration::try_from_secs_f64(1.0 / (MARGIN * limit.low)).ok()?;
        Some(interval.min(CAREFUL.interval))
    }
}
