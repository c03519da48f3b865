//! The requests that a limit may have refused.

use std::collections::BTreeMap;

use crate::model::Moment;

/// Maximum requests examined, the first of a run.
const MOST: usize = 2_048;

/// Requests to one host in time order.
#[derive(Clone, Debug, Default)]
pub struct LimitedRequests {
    pub(super) requests: Vec<Limited>,
    /// When the last request began, whatever its URL.
    pub(super) last: Option<Moment>,
    /// URLs that were refused at every request, with the longest time in seconds from the request before to one of
    /// theirs. A limit refuses them as well, but not after a pause.
    pub(super) dead: BTreeMap<i64, f64>,
}

/// A request that a limit may have refused.
#[derive(Clone, Copy, Debug)]
pub struct Limited {
    /// The number of the URL.
    pub url: i64,
    /// When it began.
    pub started: Moment,
    /// Requests open on the host, this one included.
    pub open: u32,
    /// The status that refused it.
    pub refused_with: Option<u16>,
    /// Whether its URL is fine at least at times.
    pub ever_fine: bool,
}

impl Limited {
    pub(super) fn is_refused(&self) -> bool {
        self.refused_with.is_some()
    }
}

impl LimitedRequests {
    /// Adds the next request, with the status that refused it, if any. Beyond the first two thousand,
    /// only requests of experiments are kept.
    pub fn add(&mut self, request: Limited, in_burst: bool) {
        let before = self.last.replace(request.started);
        if request.ever_fine {
            if in_burst || self.requests.len() < MOST {
                self.requests.push(request);
            }
        } else if self.dead.len() < MOST || self.dead.contains_key(&request.url) {
            let pause = before.map_or(f64::INFINITY, |before| {
                request.started.since(before).as_secs_f64()
            });
            let longest = self.dead.entry(request.url).or_default();
            *longest = longest.max(pause);
        }
    }

    /// Returns the requests that were refused.
    pub(super) fn refused(&self) -> impl DoubleEndedIterator<Item = &Limited> {
        self.requests.iter().filter(|request| request.is_refused())
    }

    /// Returns the status of most refusals. On a tie 429, which names its meaning.
    pub(super) fn status(&self) -> u16 {
        let refused_with = |status| {
            let such = |request: &&Limited| request.refused_with == Some(status);
            self.requests.iter().filter(such).count()
        };
        if refused_with(503) > refused_with(429) {
            503
        } else {
            429
        }
    }
}
