//! Whether and when to retry within a pass. A retry that succeeds does not erase the failure: every
//! attempt is kept, and this only decides whether there is another.

use std::time::Duration;

use crate::model::{Layer, Outcome, QuickRetry};

/// First upper bound of the wait before a retry; each further one doubles it. Full jitter as in the
/// AWS Architecture Blog, "Exponential Backoff And Jitter".
const BACKOFF_BASE: Duration = Duration::from_secs(2);

/// Longest wait before a first retry without `Retry-After`. Other rules measure by it what counts as soon.
pub(super) const LONGEST_FIRST_WAIT: Duration = BACKOFF_BASE;

/// Maximum of the upper bound of the wait before a retry, however often it doubles.
const BACKOFF_CAP: Duration = Duration::from_mins(1);

/// Maximum time that the `Retry-After`s of one URL may hold it up within a pass: no announcement
/// holds up a crawl. A longer one leaves the URL to a later pass, or is reported as announced.
/// Ours.
pub const LONGEST_ANNOUNCED: Duration = Duration::from_mins(1);

/// Wait after a 429 without `Retry-After`.
const TOO_MANY_REQUESTS: Duration = Duration::from_secs(30);

/// Waits before further requests for a robots.txt whose quick retries failed: its whole host depends on it, and a deploy or
/// a restart is over by then. Ours.
const ROBOTS_AGAIN: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(45)];

/// Maximum immediate repeats over a new connection after a failure on a connection that was already open. The server
/// may have closed it while idle, which is not evidence about the page.
const STALE_REPEATS: u32 = 1;

/// The attempts at one URL so far, including the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// How the last attempt ended.
    pub outcome: Outcome,
    /// Attempts made in this pass.
    pub attempts: u32,
    /// Whether the last attempt failed on a connection that was open before, with no byte received.
    pub stale_connection: bool,
    /// The server's `Retry-After`, if it was usable.
    pub retry_after: Option<Duration>,
}

/// The next step after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The pass is over for this URL.
    Settle,
    /// Request it again after this time.
    Again(Duration),
}

/// Decides what follows an attempt. `roll` is a random number: at least 0, below 1.
pub fn after(tried: Tried, retries: u32, roll: f64) -> Decision {
    if tried.stale_connection && tried.attempts <= STALE_REPEATS {
        return Decision::Again(Duration::ZERO);
    }
    if tried.attempts > allowed(tried.outcome, retries) {
        return Decision::Settle;
    }
    let jitter = roll.clamp(0.0, 1.0);
    match announced(tried) {
        Some(wait) if wait * tried.attempts >= LONGEST_ANNOUNCED => Decision::Settle,
        // 0-10 % on top, so that crawls do not all return at the same moment; never sooner than
        // announced.
        Some(wait) => {
            let backoff = backoff_bound(tried.attempts).mul_f64(jitter);
            Decision::Again(wait.mul_f64(1.0 + 0.1 * jitter).max(backoff))
        }
        None => Decision::Again(backoff_bound(tried.attempts).mul_f64(jitter)),
    }
}

/// What depends on the robots.txt of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RobotsOf {
    /// The run starts there, so people wait for what it answers.
    Start,
    /// Another host of the site.
    Site,
    /// A host that the site only links to.
    Other,
}

/// Decides what follows an attempt at a robots.txt. There is no further wait if the host name does not resolve. Nor
/// is there one if the host where the run starts refuses the connection: there may be no server at all, and nothing
/// else to request meanwhile. On other hosts a restart is over after the wait, and the wait delays nothing.
pub fn after_robots(tried: Tried, of: RobotsOf, retries: u32, roll: f64) -> Decision {
    let decision = after(tried, retries, roll);
    let answers = tried.outcome.layer() == Layer::Http || tried.outcome.is_time_limit();
    let refused = tried.outcome == Outcome::ConnectRefused;
    let may_recover = match of {
        RobotsOf::Start => answers,
        RobotsOf::Site => answers || refused,
        RobotsOf::Other => refused,
    };
    if decision != Decision::Settle || retries == 0 || !tried.outcome.is_failure() || !may_recover {
        return decision;
    }
    let made = tried.attempts - allowed(tried.outcome, retries) - 1;
    let wait = ROBOTS_AGAIN.get(made as usize);
    wait.map_or(Decision::Settle, |wait| Decision::Again(*wait))
}

/// Returns the maximum quick retries after this outcome.
fn allowed(outcome: Outcome, retries: u32) -> u32 {
    match outcome.quick_retry() {
        QuickRetry::No | QuickRetry::AsTarget => 0,
        QuickRetry::Once => retries.min(1),
        QuickRetry::Yes | QuickRetry::AfterRetryAfter => retries,
    }
}

/// Returns the pause that the server announced for this URL.
pub fn announced(tried: Tried) -> Option<Duration> {
    let limited = tried.outcome == Outcome::Client429;
    tried.retry_after.or(limited.then_some(TOO_MANY_REQUESTS))
}

/// Returns the upper bound of the wait before the `retry`-th retry, counted from 1.
fn backoff_bound(retry: u32) -> Duration {
    let doublings = retry.saturating_sub(1).min(16);
    (BACKOFF_BASE * 2_u32.pow(doublings)).min(BACKOFF_CAP)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tried(outcome: Outcome, attempts: u32) -> Tried {
        Tried {
            outcome,
            attempts,
            stale_connection: false,
            retry_after: None,
        }
    }

    fn decide(tried: Tried) -> Decision {
        after(tried, 2, 0.5)
    }

    #[test]
    fn outcomes_are_retried_as_often_as_the_table_says() {
        let cases = [
            (Outcome::OkHtml, 1, false),
            (Outcome::Client404, 1, false),
            (Outcome::DnsNxdomain, 1, false),
            (Outcome::Server502, 1, true),
            (Outcome::Server502, 2, true),
            (Outcome::Server502, 3, false),
            (Outcome::Server500, 1, true),
            (Outcome::Server500, 2, false),
        ];
        for (outcome, attempts, again) in cases {
            let decision = decide(tried(outcome, attempts));
            assert_eq!(decision != Decision::Settle, again, "{outcome} {attempts}");
        }
        let mut never = tried(Outcome::Server502, 1);
        assert_eq!(after(never, 0, 0.5), Decision::Settle);
        never.retry_after = Some(Duration::from_secs(1));
        assert_eq!(after(never, 0, 0.5), Decision::Settle);
    }

    #[test]
    fn a_robots_txt_gets_two_late_requests_if_its_host_may_recover() {
        let waits_of = |of, outcome| -> Vec<u64> {
            let decide = |attempts| after_robots(tried(outcome, attempts), of, 2, 0.5);
            let made = (1..9).map_while(|attempts| match decide(attempts) {
                Decision::Again(wait) => Some(wait.as_secs()),
                Decision::Settle => None,
            });
            made.collect()
        };
        let waits = |outcome| waits_of(RobotsOf::Start, outcome);
        assert_eq!(waits(Outcome::Server502), [1, 2, 15, 45]);
        assert_eq!(waits(Outcome::Server500), [1, 15, 45]);
        assert_eq!(waits(Outcome::TtfbTimeout), [1, 15, 45]);
        assert_eq!(waits(Outcome::ConnectRefused), [1]);
        assert_eq!(waits(Outcome::Client404), [0; 0]);
        for of in [RobotsOf::Site, RobotsOf::Other] {
            assert_eq!(waits_of(of, Outcome::ConnectRefused), [1, 15, 45]);
            assert_eq!(waits_of(of, Outcome::DnsNxdomain), [0; 0]);
        }
        assert_eq!(waits_of(RobotsOf::Other, Outcome::Server502), [1, 2]);
    }

    #[test]
    fn an_announced_wait_is_obeyed_up_to_a_minute_in_total() {
        let announced = |outcome, attempts, seconds: Option<u64>| {
            let retry_after = seconds.map(Duration::from_secs);
            decide(Tried {
                retry_after,
                ..tried(outcome, attempts)
            })
        };
        let again = |seconds: f64| Decision::Again(Duration::from_secs_f64(seconds));
        let cases = [
            (Outcome::Server503RetryAfter, 1, Some(20), again(21.0)),
            (Outcome::Server503RetryAfter, 2, Some(20), again(21.0)),
            (Outcome::Server503RetryAfter, 1, Some(40), again(42.0)),
            (Outcome::Server503RetryAfter, 2, Some(40), Decision::Settle),
            (Outcome::Server503RetryAfter, 1, Some(60), Decision::Settle),
            (
                Outcome::Server503RetryAfter,
                1,
                Some(3_600),
                Decision::Settle,
            ),
            (Outcome::Client429, 1, None, again(31.5)),
            (Outcome::Client429, 2, None, Decision::Settle),
            (Outcome::Client429, 1, Some(2), again(2.1)),
        ];
        for (outcome, attempts, seconds, expected) in cases {
            let found = announced(outcome, attempts, seconds);
            assert_eq!(found, expected, "{outcome} {attempts} {seconds:?}");
        }
    }

    #[test]
    fn a_stale_connection_is_no_evidence() {
        let mut stale = tried(Outcome::EmptyReply, 1);
        stale.stale_connection = true;
        assert_eq!(after(stale, 0, 0.5), Decision::Again(Duration::ZERO));
    }

    /// The domain's own numbers, so that a changed backoff is decided there too.
    #[test]
    fn upper_bounds_double_up_to_a_minute() {
        #[derive(serde::Deserialize)]
        struct Vectors {
            backoff_upper_seconds: Bounds,
        }
        #[derive(serde::Deserialize)]
        struct Bounds {
            base: u64,
            cap: u64,
            retries: Vec<u32>,
            upper: Vec<u64>,
        }
        let text = include_str!("../../fixtures/domain/scoring-vectors.json");
        let vectors: Vectors = serde_json::from_str(text).expect("vectors");
        let expected = vectors.backoff_upper_seconds;
        assert_eq!(BACKOFF_BASE.as_secs(), expected.base);
        assert_eq!(BACKOFF_CAP.as_secs(), expected.cap);
        let retries = expected.retries.iter();
        let bounds: Vec<u64> = retries.map(|n| backoff_bound(*n).as_secs()).collect();
        assert_eq!(bounds, expected.upper);
        assert!(bounds.contains(&expected.cap), "{bounds:?}");
    }

    #[test]
    fn no_first_retry_waits_longer_than_the_longest_first_wait() {
        let decision = after(tried(Outcome::Server502, 1), 2, 1.0);
        assert_eq!(decision, Decision::Again(LONGEST_FIRST_WAIT));
    }

    proptest! {
        #[test]
        fn backoff_stays_within_its_bounds(attempts in 1_u32..40, roll in 0.0..1.0_f64) {
            match after(tried(Outcome::Server502, attempts), 50, roll) {
                Decision::Again(wait) => prop_assert!(wait <= backoff_bound(attempts)),
                Decision::Settle => prop_assert!(false, "settled"),
            }
        }
    }
}
