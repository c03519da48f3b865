//! A limit of requests per second, found from the requests that were refused. Servers limit with token
//! buckets (nginx `limit_req`, Envoy, HAProxy stick tables): a request takes one token and is refused if
//! there is none, and tokens come back at the rate of the limit. CDNs and applications rather count the
//! requests in a window of time, such as ten seconds, and refuse what is beyond.

mod bucket;
mod explained;
mod limited;
#[cfg(test)]
mod tests;
mod windows;

use std::collections::BTreeSet;
use std::time::Duration;

use self::explained::Explained;
pub use self::limited::{Limited, LimitedRequests};
use crate::model::Moment;

/// Share of refusals that a limit need not explain, because the clocks of two machines differ (ours).
const UNEXPLAINED: f64 = 0.1;

/// Distance from one whole token within which a bucket may let a request through or refuse it (ours): the tested rates
/// are steps, and the clocks and the network of two machines add milliseconds.
const UNSURE: f64 = 0.05;

/// Minimum distinct URLs refused, to claim a limit (ours): one refusal proves nothing, and one URL may be refused at
/// any rate.
const FEWEST: u64 = 2;

/// Pause between two requests after which no limit refuses the second, as a multiple of the limit's own interval
/// (ours).
const SLOW: f64 = 2.0;

/// Share of the URLs that a limit refuses up to which others may answer with a refusal at any rate (ours).
const DEAD: f64 = 0.5;

/// A rate limit of a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Requests per second that are always let through.
    pub low: f64,
    /// Requests per second at which some are always refused.
    pub high: f64,
    /// Requests let through at once after a pause, or in each window; 1 for a limit without a burst.
    pub burst: u32,
    /// The time in which it counts them, if it counts them by window.
    pub window: Option<Duration>,
    /// Requests refused, out of those examined.
    pub refused: u64,
    /// Requests examined.
    pub requests: u64,
    /// The status of most refusals, 429 or 503.
    pub status: u16,
}

impl LimitedRequests {
    /// Returns the limit that explains which requests were refused, if one does, and better than a limit of open
    /// requests or a single outage. Where many URLs are refused at any rate, the status has another meaning.
    pub fn limit(&self) -> Option<RateLimit> {
        let explained = self.explained()?;
        Some(RateLimit {
            low: explained.low,
            high: explained.high,
            burst: explained.burst,
            window: (explained.window)
                .map(|window| Duration::from_millis(window.length().unsigned_abs())),
            refused: self.refused().count() as u64,
            requests: self.requests.len() as u64,
            status: self.status(),
        })
    }

    /// Returns when the requests began that were refused although the limit lets them through.
    pub(in crate::assess) fn unexplained(&self) -> BTreeSet<Moment> {
        let mut found = BTreeSet::new();
        let Some(explained) = self.explained() else {
            return found;
        };
        let mut see = |request: &Limited, lets_through: bool| {
            if lets_through && request.is_refused() {
                found.insert(request.started);
            }
        };
        match explained.window {
            Some(window) => self.replay_window(window, explained.burst, &mut see),
            None => self.replay_bucket(explained.bucket(), &mut see),
        }
        found
    }

    fn explained(&self) -> Option<Explained> {
        let urls: BTreeSet<i64> = self.refused().map(|it| it.url).collect();
        let refused = self.refused().count();
        let are_few = (urls.len() as u64) < FEWEST;
        if are_few || refused == self.requests.len() || self.refuses_first_requests() {
            return None;
        }
        // One refusal may be off because of the network delay, unless it is half of them.
        let refused = refused as u64;
        let most = (UNEXPLAINED * refused as f64) as u64;
        let most = most.max(1).min((refused - 1) / 2);
        let otherwise = self.wrong_by_open().min(self.wrong_by_outage());
        let found = |explained: &Explained| explained.wrong <= most && explained.wrong < otherwise;
        // Only a 429 says that there is a limit: what is unsure about its number does not matter.
        let unsure = || {
            (self.status() == 429)
                .then(|| self.by_bucket(UNSURE))
                .flatten()
        };
        let explained = self.by_bucket(0.0).filter(found);
        let explained = explained.or_else(|| unsure().filter(found));
        let explained = explained.or_else(|| self.by_fixed_window().filter(found));
        let slides = |explained: &Explained| {
            explained.wrong <= most && explained.wrong < self.wrong_by_open()
        };
        let explained = explained.or_else(|| self.by_sliding_window().filter(slides));
        explained.filter(|limit| {
            let pause = SLOW / limit.low;
            let dead = self.dead.values().filter(|longest| **longest >= pause);
            (dead.count() as f64) < DEAD * urls.len() as f64
        })
    }

    /// Returns whether the place of a request among those to its URL explains the refusals: most URLs are refused at
    /// their first request, and hardly any later. With a control after each, every second request is refused, as by a
    /// limit of half the rate.
    fn refuses_first_requests(&self) -> bool {
        let mut known = BTreeSet::new();
        let (mut first, mut later) = ((0_usize, 0_usize), (0_usize, 0_usize));
        for request in &self.requests {
            let (all, refused) = if known.insert(request.url) {
                &mut first
            } else {
                &mut later
            };
            *all += 1;
            *refused += usize::from(request.is_refused());
        }
        first.1 * 2 > first.0 && (later.1 as f64) < UNEXPLAINED * later.0 as f64
    }

    /// Returns the number of answers that the best limit of open requests does not explain.
    fn wrong_by_open(&self) -> u64 {
        let most = self.requests.iter().map(|request| request.open).max();
        let wrong = |limit: u32| {
            let unexplained = |request: &&Limited| (request.open > limit) != request.is_refused();
            self.requests.iter().filter(unexplained).count() as u64
        };
        let limits = 1..most.unwrap_or_default();
        limits.map(wrong).min().unwrap_or(u64::MAX)
    }

    /// Returns how many answers the best single outage does not explain: in it all requests are refused, and no other.
    fn wrong_by_outage(&self) -> u64 {
        let (mut here, mut best) = (0_i64, 0_i64);
        for request in &self.requests {
            let explained = if request.is_refused() { 1 } else { -1 };
            here = (here + explained).max(0);
            best = best.max(here);
        }
        let refused = self
            .requests
            .iter()
            .filter(|request| request.is_refused())
            .count() as u64;
        refused - best.unsigned_abs()
    }
}

impl RateLimit {
    /// Returns the limit in requests per second, midway between the rates that pass and those that do
    /// not.
    pub fn rate(&self) -> f64 {
        (self.low * self.high).sqrt()
    }

    /// Returns whether the range is narrow enough to show a single number.
    pub fn is_known(&self) -> bool {
        self.high <= 1.7 * self.low
    }
}
