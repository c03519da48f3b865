//! A limit of requests per second, found from the requests that were refused. Servers limit with token
//! buckets (nginx `limit_req`, Envoy, HAProxy stick tables). A request takes one token and is refused if
//! there is none; tokens come back at the rate of the limit.

use crate::model::Moment;

/// Maximum requests examined, the first of a run.
const MOST: usize = 2_048;

/// Rates that are tested: from one in five seconds to two hundred per second, in steps of 3 %.
const SLOWEST: f64 = 0.2;
const FASTEST: f64 = 200.0;
const STEP: f64 = 1.03;

/// Bucket sizes that are tested: no burst, and the usual values in configurations.
const BUCKETS: [u32; 10] = [1, 2, 3, 5, 6, 10, 11, 20, 21, 51];

/// Share of refusals that a limit need not explain, because the clocks of two machines differ (ours).
const UNEXPLAINED: f64 = 0.1;

/// Maximum tokens in a bucket when it refuses a request.
const JUST_NONE: f64 = 0.999;

/// Minimum refusals (ours): one proves nothing.
const FEWEST: u64 = 2;

/// A rate limit of a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Requests per second that are always let through.
    pub low: f64,
    /// Requests per second at which some are always refused.
    pub high: f64,
    /// Requests let through at once after a pause; 1 for a limit without a burst.
    pub burst: u32,
    /// Requests refused, out of those examined.
    pub refused: u64,
    /// Requests examined.
    pub requests: u64,
    /// The status of most refusals, 429 or 503.
    pub status: u16,
}

/// Requests to one host in time order.
#[derive(Clone, Debug, Default)]
pub(in crate::assess) struct LimitedRequests(Vec<Limited>);

#[derive(Clone, Copy, Debug)]
struct Limited {
    started: Moment,
    open: u32,
    /// The status that refused it.
    refused_with: Option<u16>,
}

impl Limited {
    fn is_refused(&self) -> bool {
        self.refused_with.is_some()
    }
}

impl LimitedRequests {
    /// Adds the next request, with the status that refused it, if any. Beyond the first two thousand,
    /// only requests of experiments are kept.
    pub(in crate::assess) fn add(
        &mut self,
        started: Moment,
        open: u32,
        refused_with: Option<u16>,
        in_burst: bool,
    ) {
        if in_burst || self.0.len() < MOST {
            self.0.push(Limited {
                started,
                open,
                refused_with,
            });
        }
    }

    /// Returns the limit that explains which requests were refused, if one does, and better than a limit of open
    /// requests or a single outage.
    pub(in crate::assess) fn limit(&self) -> Option<RateLimit> {
        let refused = self.0.iter().filter(|request| request.is_refused()).count() as u64;
        let requests = self.0.len() as u64;
        if refused < FEWEST || refused == requests {
            return None;
        }
        // One refusal may be off because of the network delay, unless it is half of them.
        let most = (UNEXPLAINED * refused as f64) as u64;
        let most = most.max(1).min((refused - 1) / 2);
        let mut best: Option<(u64, RateLimit)> = None;
        for burst in BUCKETS {
            let mut rate = SLOWEST;
            while rate <= FASTEST {
                let wrong = self.wrong(rate, burst);
                match &mut best {
                    // Rates that explain equally many requests form a range.
                    Some((known, limit))
                        if wrong == *known && burst == limit.burst && limit.high * STEP >= rate =>
                    {
                        limit.high = rate;
                    }
                    Some((known, _)) if wrong >= *known => {}
                    _ if wrong > most => {}
                    _ => {
                        let limit = RateLimit {
                            low: rate,
                            high: rate,
                            burst,
                            refused,
                            requests,
                            status: self.status(),
                        };
                        best = Some((wrong, limit));
                    }
                }
                rate *= STEP;
            }
        }
        let (wrong, limit) = best?;
        let otherwise = self.wrong_by_open().min(self.wrong_by_outage());
        (wrong < otherwise).then_some(limit)
    }

    /// Returns the status of most refusals. On a tie 429, which names its meaning.
    fn status(&self) -> u16 {
        let refused_with = |status| {
            let such = |request: &&Limited| request.refused_with == Some(status);
            self.0.iter().filter(such).count()
        };
        if refused_with(503) > refused_with(429) {
            503
        } else {
            429
        }
    }

    /// Returns the number of answers that a bucket of this size and rate does not explain.
    fn wrong(&self, rate: f64, burst: u32) -> u64 {
        let full = f64::from(burst);
        let (mut tokens, mut wrong) = (full, 0);
        let mut last = self.0.first().map(|request| request.started);
        for request in &self.0 {
            let since = last.map_or(0.0, |last| request.started.since(last).as_secs_f64());
            last = Some(request.started);
            tokens = (tokens + since * rate).min(full);
            let lets_through = tokens >= 1.0;
            wrong += u64::from(lets_through == request.is_refused());
            // The answer shows how many tokens there were.
            tokens = if request.is_refused() {
                tokens.min(JUST_NONE)
            } else {
                (tokens - 1.0).max(0.0)
            };
        }
        wrong
    }

    /// Returns the number of answers that the best limit of open requests does not explain.
    fn wrong_by_open(&self) -> u64 {
        let most = self.0.iter().map(|request| request.open).max();
        let wrong = |limit: u32| {
            let unexplained = |request: &&Limited| (request.open > limit) != request.is_refused();
            self.0.iter().filter(unexplained).count() as u64
        };
        let limits = 1..most.unwrap_or_default();
        limits.map(wrong).min().unwrap_or(u64::MAX)
    }
}

impl LimitedRequests {
    /// Returns how many answers the best single outage does not explain: in it all requests are refused, and no other.
    fn wrong_by_outage(&self) -> u64 {
        let (mut here, mut best) = (0_i64, 0_i64);
        for request in &self.0 {
            let explained = if request.is_refused() { 1 } else { -1 };
            here = (here + explained).max(0);
            best = best.max(here);
        }
        let refused = self.0.iter().filter(|request| request.is_refused()).count() as u64;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests to a server with a token bucket, with these pauses in milliseconds.
    fn requests_to(
        rate: f64,
        burst: u32,
        pauses: impl IntoIterator<Item = i64>,
    ) -> LimitedRequests {
        let (mut at, mut tokens) = (0_i64, f64::from(burst));
        let mut requests = LimitedRequests::default();
        for pause in pauses {
            at += pause;
            tokens = (tokens + pause as f64 / 1000.0 * rate).min(f64::from(burst));
            let refused = tokens < 1.0;
            if !refused {
                tokens -= 1.0;
            }
            requests.add(Moment::from_millis(at), 1, refused.then_some(429), false);
        }
        requests
    }

    /// Pauses like those of a crawl that slows down after refusals.
    fn pauses() -> impl Iterator<Item = i64> {
        (0..200).map(|n| [100, 230, 210, 205, 260, 400, 220, 150][n % 8])
    }

    #[test]
    fn a_limit_is_found_from_its_refusals() {
        let limit = requests_to(5.0, 1, pauses()).limit().expect("a limit");
        assert!(limit.low <= 5.0 * STEP && 5.0 <= limit.high, "{limit:?}");
        assert!(limit.is_known() && limit.burst == 1, "{limit:?}");
        let fast = (0..400).map(|n| 9 + n * 7_919 % 23);
        let limit = requests_to(10.0, 21, fast).limit().expect("a limit");
        assert!((8.5..11.5).contains(&limit.rate()), "{limit:?}");
        assert_eq!(limit.burst, 21);
    }

    #[test]
    fn a_limit_has_the_status_of_most_of_its_refusals() {
        let limited = |first: usize| {
            let mut requests = requests_to(5.0, 1, pauses());
            let refused = requests.0.iter_mut().filter(|it| it.is_refused());
            let mut count = 0;
            for request in refused {
                count += 1;
                request.refused_with = Some(if count <= first { 503 } else { 429 });
            }
            (count, requests.limit().expect("a limit").status)
        };
        let (refused, status) = limited(0);
        assert_eq!(status, 429);
        assert_eq!(limited(refused / 2).1, 429);
        assert_eq!(limited(refused / 2 + 1).1, 503);
    }

    #[test]
    fn failures_by_chance_or_by_open_requests_are_not_a_rate_limit() {
        let mut chance = LimitedRequests::default();
        let mut open = LimitedRequests::default();
        let mut at = 0;
        for (n, pause) in (0_u32..).zip(pauses()) {
            at += pause;
            chance.add(
                Moment::from_millis(at),
                1,
                (n % 11 == 3).then_some(503),
                false,
            );
            open.add(
                Moment::from_millis(at),
                1 + n % 6,
                (n % 6 >= 4).then_some(503),
                false,
            );
        }
        assert_eq!(chance.limit(), None);
        assert_eq!(open.limit(), None);
        assert_eq!(
            requests_to(50.0, 1, pauses()).limit(),
            None,
            "nothing is refused"
        );
    }

    #[test]
    fn a_single_outage_is_no_limit_and_a_refused_burst_after_one_block_of_refusals_is() {
        let mut requests = LimitedRequests::default();
        for n in 0..63_i64 {
            let refused = (52..56).contains(&n);
            // After an outage the crawl is slow for a while.
            let at = if n < 56 { n * 100 } else { 20_000 + n * 1_000 };
            requests.add(Moment::from_millis(at), 1, refused.then_some(503), false);
        }
        assert_eq!(requests.limit(), None);
        let mut limited = requests_to(5.0, 5, [100; 12].into_iter().chain([1_000; 30]));
        let last = limited.0.last().expect("requests").started;
        let mut tokens = 5.0_f64;
        for n in 1..=12_i64 {
            let at = Moment::from_millis(last.millis() + 5_000 + n * 50);
            let refused = tokens < 1.0;
            tokens += if refused { 0.25 } else { 0.25 - 1.0 };
            limited.add(at, 1, refused.then_some(503), true);
        }
        assert!(limited.limit().is_some());
    }
}
