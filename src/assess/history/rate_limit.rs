//! A limit of requests per second, found from the requests that were refused. Servers limit with token
//! buckets (nginx `limit_req`, Envoy, HAProxy stick tables): a request takes one token and is refused if
//! there is none, and tokens come back at the rate of the limit. CDNs and applications rather count the
//! requests in a fixed window of time, such as ten seconds, and refuse what is beyond.

use std::collections::{BTreeMap, BTreeSet};

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

/// Distance from one whole token within which a bucket may let a request through or refuse it (ours): the tested rates
/// are steps, and the clocks and the network of two machines add milliseconds.
const UNSURE: f64 = 0.05;

/// Maximum tokens in a bucket after a refusal: a whole token would have let the request through.
const JUST_NONE: f64 = 0.999;

/// Minimum distinct URLs refused, to claim a limit (ours): one refusal proves nothing, and one URL may be refused at
/// any rate.
const FEWEST: u64 = 2;

/// Pause between two requests after which no limit refuses the second, as a multiple of the limit's own interval
/// (ours).
const SLOW: f64 = 2.0;

/// Share of the URLs that a limit refuses up to which others may answer with a refusal at any rate (ours).
const DEAD: f64 = 0.5;

/// Windows that are tested, in milliseconds: a second, and the usual periods of Cloudflare's rate limiting
/// rules (Cloudflare docs, "Rate limiting parameters").
const WINDOWS: [i64; 3] = [1_000, 10_000, 60_000];

/// Moments of a window at which an outage may begin.
const MOMENTS: i64 = 50;

/// Factor by which fewer answers must be left unexplained by a window's count than by its time (ours).
const SURER: u64 = 3;

/// Beginnings of a window that are tested, evenly spread over its length.
const PHASES: i64 = 20;

/// Minimum refusals for a limit by window, and minimum windows with a refusal. Ours: with three lengths and twenty
/// beginnings, few refusals fit one by chance.
const FEWEST_BY_WINDOW: u64 = 3;
const FEWEST_WINDOWS: usize = 2;

/// Minimum 503s for a limit by window, and minimum windows with a 503. More than for 429: a 503 alone is no sign of a
/// rate limit. Ours.
const FEWEST_BY_503: u64 = 9;
const FEWEST_WINDOWS_BY_503: usize = 3;

/// A rate limit of a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateLimit {
    /// Requests per second that are always let through.
    pub low: f64,
    /// Requests per second at which some are always refused.
    pub high: f64,
    /// Requests let through at once after a pause, or in each window; 1 for a limit without a burst.
    pub burst: u32,
    /// Requests refused, out of those examined.
    pub refused: u64,
    /// Requests examined.
    pub requests: u64,
    /// The status of most refusals, 429 or 503.
    pub status: u16,
}

/// A limit, and the number of answers that it does not explain.
#[derive(Clone, Copy, Debug)]
struct Explained {
    wrong: u64,
    low: f64,
    high: f64,
    burst: u32,
    /// Distance from one whole token within which a bucket may do either.
    unsure: f64,
    /// Length and phase of its window, in milliseconds, if it counts by window.
    window: Option<(i64, i64)>,
}

impl Explained {
    fn bucket(&self) -> Bucket {
        Bucket {
            rate: self.low,
            burst: self.burst,
            unsure: self.unsure,
        }
    }
}

/// A token bucket, which is full at the beginning.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Tokens that it gets per second.
    rate: f64,
    /// Tokens that it holds.
    burst: u32,
    /// Distance from one whole token within which it may let a request through or refuse it.
    unsure: f64,
}

/// Requests to one host in time order.
#[derive(Clone, Debug, Default)]
pub struct LimitedRequests {
    requests: Vec<Limited>,
    /// When the last request began, whatever its URL.
    last: Option<Moment>,
    /// URLs that were refused at every request, with the longest time in seconds from the request before to one of
    /// theirs. A limit refuses them as well, but not after a pause.
    dead: BTreeMap<i64, f64>,
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
    fn is_refused(&self) -> bool {
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

    /// Returns the limit that explains which requests were refused, if one does, and better than a limit of open
    /// requests or a single outage. Where many URLs are refused at any rate, the status has another meaning.
    pub fn limit(&self) -> Option<RateLimit> {
        let explained = self.explained()?;
        Some(RateLimit {
            low: explained.low,
            high: explained.high,
            burst: explained.burst,
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

    fn refused(&self) -> impl Iterator<Item = &Limited> {
        self.requests.iter().filter(|request| request.is_refused())
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
        let explained = explained.or_else(|| self.by_window().filter(found));
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

    /// Returns the token bucket that explains most answers.
    fn by_bucket(&self, unsure: f64) -> Option<Explained> {
        let mut best: Option<Explained> = None;
        for burst in BUCKETS {
            let mut rate = SLOWEST;
            while rate <= FASTEST {
                let bucket = Bucket {
                    rate,
                    burst,
                    unsure,
                };
                let wrong = self.wrong(bucket);
                match &mut best {
                    // Rates that explain equally many requests form a range.
                    Some(best)
                        if wrong == best.wrong
                            && burst == best.burst
                            && best.high * STEP >= rate =>
                    {
                        best.high = rate;
                    }
                    Some(best) if wrong >= best.wrong => {}
                    _ => {
                        best = Some(Explained {
                            wrong,
                            low: rate,
                            high: rate,
                            burst,
                            unsure,
                            window: None,
                        });
                    }
                }
                rate *= STEP;
            }
        }
        best
    }

    /// Returns the count of requests in a fixed window that explains most answers. A 429 says that there is a limit, and
    /// only its number is open. If a 503 comes in every window from the same count on, but at different times of the
    /// window, no outage that comes again and again explains it.
    fn by_window(&self) -> Option<Explained> {
        let refused = self
            .requests
            .iter()
            .filter(|request| request.is_refused())
            .count() as u64;
        let says_limit = self.status() == 429;
        let fewest = if says_limit {
            FEWEST_BY_WINDOW
        } else {
            FEWEST_BY_503
        };
        if refused < fewest {
            return None;
        }
        let windows = WINDOWS
            .iter()
            .flat_map(|length| (0..PHASES).map(move |phase| (*length, phase * length / PHASES)));
        let explained = windows.filter_map(|(length, phase)| {
            let (wrong, count, refusing) = self.wrong_by_window(length, phase)?;
            if !says_limit
                && (refusing < FEWEST_WINDOWS_BY_503
                    || self.wrong_by_time(length, phase) < SURER * wrong + FEWEST_BY_503 / 3)
            {
                return None;
            }
            let rate = f64::from(count) * 1_000.0 / length as f64;
            Some(Explained {
                wrong,
                low: rate,
                high: rate,
                burst: count,
                unsure: 0.0,
                window: Some((length, phase)),
            })
        });
        explained.min_by_key(|it| it.wrong)
    }

    /// Returns the number of answers that a limit by window does not explain, the count of requests per window that
    /// explains most, and the number of windows with a refusal. `length` and `phase` of the windows are in
    /// milliseconds.
    fn wrong_by_window(&self, length: i64, phase: i64) -> Option<(u64, u32, usize)> {
        let mut window = (i64::MIN, 0_usize);
        let mut refusing = BTreeSet::new();
        // By the number of requests let through before in the window: how many were refused, how many were not.
        let mut after: Vec<(u64, u64)> = Vec::new();
        for request in &self.requests {
            let index = (request.started.millis() - phase).div_euclid(length);
            if index != window.0 {
                window = (index, 0);
            }
            let (_, through) = &mut window;
            if after.len() <= *through {
                after.resize(*through + 1, (0, 0));
            }
            if request.is_refused() {
                after[*through].0 += 1;
                refusing.insert(index);
            } else {
                after[*through].1 += 1;
                *through += 1;
            }
        }
        if refusing.len() < FEWEST_WINDOWS {
            return None;
        }
        // Fewer than the count before: it should pass. As many or more: it should be refused.
        let mut wrong: u64 = after.iter().map(|(_, through)| through).sum();
        let mut best: Option<(u64, u32)> = None;
        for (count, (refused, through)) in (1_u32..).zip(&after) {
            wrong = wrong + refused - through;
            if best.is_none_or(|(least, _)| wrong < least) {
                best = Some((wrong, count));
            }
        }
        best.map(|(wrong, count)| (wrong, count, refusing.len()))
    }

    /// Returns how many answers an outage in every such window does not explain, from the best moment of the window on.
    fn wrong_by_time(&self, length: i64, phase: i64) -> u64 {
        let step = length / MOMENTS;
        let mut at = [(0_u64, 0_u64); MOMENTS as usize];
        for request in &self.requests {
            let moment = (request.started.millis() - phase).rem_euclid(length) / step;
            let (refused, through) = &mut at[(moment as usize).min(at.len() - 1)];
            if request.is_refused() {
                *refused += 1;
            } else {
                *through += 1;
            }
        }
        // From the end of the window to the first moment: what is through in the outage, and refused before it.
        let refused: u64 = at.iter().map(|(refused, _)| refused).sum();
        let (mut wrong, mut best) = (refused, refused);
        for (refused, through) in at.iter().rev() {
            wrong = wrong + through - refused;
            best = best.min(wrong);
        }
        best
    }

    /// Returns the status of most refusals. On a tie 429, which names its meaning.
    fn status(&self) -> u16 {
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

    /// Returns the number of answers that a bucket of this size and rate does not explain.
    fn wrong(&self, bucket: Bucket) -> u64 {
        let mut wrong = 0;
        self.replay_bucket(bucket, &mut |request, lets_through| {
            wrong += u64::from(lets_through == request.is_refused());
        });
        wrong
    }

    /// Reports of each request whether a bucket of this size and rate lets it through.
    fn replay_bucket(&self, bucket: Bucket, see: &mut dyn FnMut(&Limited, bool)) {
        let Bucket { rate, unsure, .. } = bucket;
        let full = f64::from(bucket.burst);
        let mut tokens = full;
        let mut last = self.requests.first().map(|request| request.started);
        for request in &self.requests {
            let since = last.map_or(0.0, |last| request.started.since(last).as_secs_f64());
            last = Some(request.started);
            tokens = (tokens + since * rate).min(full);
            // A full bucket lets every request through.
            let is_unsure = tokens < full && (tokens - 1.0).abs() < unsure;
            let lets_through = tokens >= 1.0;
            see(
                request,
                if is_unsure {
                    !request.is_refused()
                } else {
                    lets_through
                },
            );
            // The answer shows how many tokens there were.
            tokens = if request.is_refused() {
                tokens.min(JUST_NONE)
            } else {
                (tokens - 1.0).max(0.0)
            };
        }
    }

    /// Reports of each request whether a window of this length and phase with this count lets it through.
    fn replay_window(
        &self,
        (length, phase): (i64, i64),
        count: u32,
        see: &mut dyn FnMut(&Limited, bool),
    ) {
        let mut window = (i64::MIN, 0);
        for request in &self.requests {
            let index = (request.started.millis() - phase).div_euclid(length);
            if index != window.0 {
                window = (index, 0);
            }
            see(request, window.1 < count);
            window.1 += u32::from(!request.is_refused());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: i64, at: i64, open: u32, refused_with: Option<u16>) -> Limited {
        Limited {
            url,
            started: Moment::from_millis(at),
            open,
            refused_with,
            ever_fine: true,
        }
    }

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
            requests.add(request(at, at, 1, refused.then_some(429)), false);
        }
        requests
    }

    /// Pauses like those of a crawl that slows down after refusals.
    fn pauses() -> impl Iterator<Item = i64> {
        (0..200).map(|n| [100, 230, 210, 205, 260, 400, 220, 150][n % 8])
    }

    #[test]
    fn pages_that_fail_at_their_first_request_show_no_limit() {
        let mut requests = LimitedRequests::default();
        for page in 1..50 {
            let at = page * 200;
            requests.add(request(page, at, 1, Some(503)), false);
            // A control.
            requests.add(request(0, at + 100, 1, None), false);
        }
        assert!(requests.by_bucket(0.0).is_some_and(|it| it.wrong <= 2));
        assert_eq!(requests.limit(), None);
    }

    /// The first requests of a crawl to nginx with `rate=5r/s` and `burst=5`, and which of them were refused.
    #[test]
    fn a_refusal_by_a_hair_is_explained() {
        let pauses = [
            0, 103, 100, 99, 282, 102, 100, 100, 98, 101, 99, 100, 101, 30002, 232, 233, 188, 184,
            186, 150, 148, 149, 133, 133, 135, 136, 135, 137, 136, 134, 133, 135, 162, 148, 133,
            1001, 278, 281, 224, 222, 220, 177, 178, 178, 158, 158, 160, 160, 159, 161, 162, 166,
            162, 166, 164, 164, 161, 158, 161, 163, 165, 164, 160, 158, 187, 161, 162, 158, 161,
            1001, 329, 325, 262, 262, 266, 210, 238, 211, 194, 190,
        ];
        let mut requests = LimitedRequests::default();
        let mut at = 0;
        for (n, pause) in pauses.into_iter().enumerate() {
            at += pause;
            let refused = [12, 34, 68].contains(&n).then_some(429);
            requests.add(request(at, at, 1, refused), false);
        }
        let limit = requests.limit().expect("a limit");
        assert!((4.0..6.0).contains(&limit.rate()), "{limit:?}");
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
            let refused = requests.requests.iter_mut().filter(|it| it.is_refused());
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
            let by_chance = (n % 11 == 3).then_some(503);
            chance.add(request(at, at, 1, by_chance), false);
            let by_open = (n % 6 >= 4).then_some(503);
            open.add(request(at, at, 1 + n % 6, by_open), false);
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
            requests.add(request(at, at, 1, refused.then_some(503)), false);
        }
        assert_eq!(requests.limit(), None);
        let mut limited = requests_to(5.0, 5, [100; 12].into_iter().chain([1_000; 30]));
        let last = limited.requests.last().expect("requests").started;
        let mut tokens = 5.0_f64;
        for n in 1..=12_i64 {
            let at = last.millis() + 5_000 + n * 50;
            let refused = tokens < 1.0;
            tokens += if refused { 0.25 } else { 0.25 - 1.0 };
            limited.add(request(at, at, 1, refused.then_some(503)), true);
        }
        assert!(limited.limit().is_some());
    }

    #[test]
    fn a_count_in_a_fixed_window_is_found() {
        let counted = |status: u16, pause: fn(i64) -> i64| {
            let mut requests = LimitedRequests::default();
            let (mut window, mut through) = (0, 0);
            let mut at = 3_400_i64;
            for n in 0..200 {
                if at / 10_000 != window {
                    (window, through) = (at / 10_000, 0);
                }
                let refused = through >= 30;
                through += i32::from(!refused);
                requests.add(request(n, at, 1, refused.then_some(status)), false);
                // As a crawl that waits until the end of the window.
                at = if refused && n % 3 > 0 {
                    (window + 1) * 10_000 + 150
                } else {
                    at + pause(n)
                };
            }
            requests.limit()
        };
        let unevenly = |n: i64| 60 + (n / 30) * 20 % 110;
        for (status, pause) in [(429, (|_| 110) as fn(i64) -> i64), (503, unevenly)] {
            let limit = counted(status, pause).expect("a limit");
            assert!(
                (limit.rate() - 3.0).abs() < 0.01 && limit.burst == 30,
                "{limit:?}"
            );
            assert!(limit.is_known());
        }
    }

    #[test]
    fn outages_at_the_same_time_of_every_window_are_no_limit() {
        let mut requests = LimitedRequests::default();
        for n in 0..600_i64 {
            let at = n * 103;
            let down = at % 10_000 >= 8_000;
            requests.add(request(n, at, 1, down.then_some(503)), false);
        }
        assert_eq!(requests.limit(), None);
    }

    #[test]
    fn where_pages_are_refused_at_any_rate_a_few_refusals_are_no_limit() {
        let found = |dead: i64| {
            let mut requests = requests_to(5.0, 1, pauses());
            let last = requests.last.expect("requests").millis();
            for n in 1..=dead {
                let refused = request(-n, last + n * 5_000, 1, Some(503));
                let refused = Limited {
                    ever_fine: false,
                    ..refused
                };
                requests.add(refused, false);
            }
            requests.limit().is_some()
        };
        assert_eq!((found(0), found(2), found(200)), (true, true, false));
    }

    #[test]
    fn a_url_that_is_refused_at_any_rate_is_no_limit() {
        let mut requests = LimitedRequests::default();
        for n in 0..40_i64 {
            let refused = n % 10 == 0 && n < 30;
            let url = if n % 10 == 0 { 7 } else { 100 + n };
            requests.add(request(url, n * 3_000, 1, refused.then_some(503)), false);
        }
        assert_eq!(requests.limit(), None);
    }
}
