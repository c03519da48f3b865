//! Whether and when to ask again within a pass. A retry that succeeds does not erase the failure:
//! every attempt is kept, and this only decides whether there is another.

use std::time::Duration;

use crate::model::{Outcome, QuickRetry};

/// First upper bound of the wait before a retry; each further one doubles it.
/// Full jitter as in the AWS Architecture Blog, "Exponential Backoff And Jitter".
const BACKOFF_BASE: Duration = Duration::from_secs(2);

/// Highest upper bound of the wait before a retry.
const BACKOFF_CAP: Duration = Duration::from_mins(1);

/// Longest `Retry-After` that is waited for within a pass; a longer one leaves the URL to a later
/// pass.
const RETRY_AFTER_CAP: Duration = Duration::from_hours(1);

/// Wait after a 429 without `Retry-After`.
const TOO_MANY_REQUESTS: Duration = Duration::from_secs(30);

/// Most immediate repeats over a new connection of what failed on a connection that was already
/// open: the server may have closed it while idle, which says nothing about the page.
const STALE_REPEATS: u32 = 1;

/// What was tried so far at one URL, the last attempt included.
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

/// What to do after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The pass is over for this URL.
    Settle,
    /// Ask again when so much time is over.
    Again(Duration),
    /// Ask again when so much time is over, and nothing else of this host before.
    AgainHost(Duration),
    /// The pass is over for this URL, and nothing else of this host is asked before so much time
    /// is over.
    SettlePark(Duration),
}

/// Decides what follows an attempt. `roll` is the dice: at least 0, below 1.
pub fn after(tried: Tried, retries: u32, budget: &mut RetryBudget, roll: f64) -> Decision {
    if tried.stale_connection && tried.attempts <= STALE_REPEATS {
        return Decision::Again(Duration::ZERO);
    }
    let allowed = match tried.outcome.quick_retry() {
        QuickRetry::No | QuickRetry::AsTarget => 0,
        QuickRetry::Once => retries.min(1),
        QuickRetry::Yes | QuickRetry::AfterRetryAfter => retries,
    };
    if tried.outcome.is_failure() {
        budget.failed();
    } else {
        budget.succeeded();
    }
    // Whether this URL is asked again is one question, whether the host wants a pause another.
    let again = tried.attempts <= allowed && budget.allows();
    let jitter = roll.clamp(0.0, 1.0);
    match (tried.outcome, tried.retry_after) {
        (_, Some(wait)) if wait > RETRY_AFTER_CAP => Decision::Settle,
        // 0-10 % on top, so that not everybody returns at the same moment.
        (Outcome::Client429, wait) => {
            let wait = wait.unwrap_or(TOO_MANY_REQUESTS * 2_u32.pow(tried.attempts.min(5) - 1));
            let wait = wait.mul_f64(1.0 + 0.1 * jitter);
            if again {
                Decision::AgainHost(wait)
            } else {
                Decision::SettlePark(wait)
            }
        }
        _ if !again => Decision::Settle,
        (_, Some(wait)) => Decision::Again(wait.mul_f64(1.0 + 0.1 * jitter)),
        (_, None) => Decision::Again(backoff_bound(tried.attempts).mul_f64(jitter)),
    }
}

/// The upper bound of the wait before the `retry`-th retry, counted from 1.
fn backoff_bound(retry: u32) -> Duration {
    let doublings = retry.saturating_sub(1).min(16);
    (BACKOFF_BASE * 2_u32.pow(doublings)).min(BACKOFF_CAP)
}

/// A host's allowance of retries, so that a host in trouble is not asked three times as often as
/// a healthy one: gRPC's retry throttling (proposal A6) with its recommended numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryBudget {
    tokens: f64,
}

impl RetryBudget {
    const FULL: f64 = 10.0;
    const PER_SUCCESS: f64 = 0.1;

    fn failed(&mut self) {
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    fn succeeded(&mut self) {
        self.tokens = (self.tokens + RetryBudget::PER_SUCCESS).min(RetryBudget::FULL);
    }

    fn allows(self) -> bool {
        self.tokens > RetryBudget::FULL / 2.0
    }
}

impl Default for RetryBudget {
    fn default() -> RetryBudget {
        RetryBudget {
            tokens: RetryBudget::FULL,
        }
    }
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
        after(tried, 2, &mut RetryBudget::default(), 0.5)
    }

    #[test]
    fn outcomes_are_asked_again_as_often_as_the_table_says() {
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
    }

    #[test]
    fn retry_after_is_obeyed_up_to_an_hour() {
        let mut announced = tried(Outcome::Server503RetryAfter, 1);
        announced.retry_after = Some(Duration::from_secs(100));
        assert_eq!(decide(announced), Decision::Again(Duration::from_secs(105)));
        announced.retry_after = Some(Duration::from_secs(3601));
        assert_eq!(decide(announced), Decision::Settle);
        let mut limited = tried(Outcome::Client429, 1);
        limited.retry_after = Some(Duration::from_secs(20));
        assert_eq!(
            decide(limited),
            Decision::AgainHost(Duration::from_secs(21))
        );
    }

    #[test]
    fn too_many_requests_mean_a_pause_whether_or_not_the_url_is_asked_again() {
        let limited = tried(Outcome::Client429, 1);
        let park = Decision::SettlePark(TOO_MANY_REQUESTS.mul_f64(1.05));
        assert_eq!(after(limited, 0, &mut RetryBudget::default(), 0.5), park);
        let mut spent = RetryBudget { tokens: 0.0 };
        assert_eq!(after(limited, 2, &mut spent, 0.5), park);
    }

    #[test]
    fn a_stale_connection_is_no_evidence() {
        let mut stale = tried(Outcome::EmptyReply, 1);
        stale.stale_connection = true;
        let mut budget = RetryBudget::default();
        assert_eq!(
            after(stale, 0, &mut budget, 0.5),
            Decision::Again(Duration::ZERO)
        );
        assert_eq!(budget, RetryBudget::default());
    }

    #[test]
    fn a_host_in_trouble_is_not_asked_three_times_as_often() {
        let mut budget = RetryBudget::default();
        let mut again = 0;
        for _ in 0..100 {
            if after(tried(Outcome::Server502, 1), 2, &mut budget, 0.5) != Decision::Settle {
                again += 1;
            }
        }
        assert_eq!(again, 4);
        for _ in 0..70 {
            after(tried(Outcome::OkHtml, 1), 2, &mut budget, 0.5);
        }
        assert_ne!(
            after(tried(Outcome::Server502, 1), 2, &mut budget, 0.5),
            Decision::Settle
        );
    }

    #[test]
    fn upper_bounds_double_up_to_a_minute() {
        let bounds: Vec<u64> = (1..8).map(|n| backoff_bound(n).as_secs()).collect();
        assert_eq!(bounds, [2, 4, 8, 16, 32, 60, 60]);
    }

    proptest! {
        #[test]
        fn backoff_stays_within_its_bounds(attempts in 1_u32..40, roll in 0.0..1.0_f64) {
            let mut budget = RetryBudget::default();
            match after(tried(Outcome::Server502, attempts), 50, &mut budget, roll) {
                Decision::Again(wait) => prop_assert!(wait <= backoff_bound(attempts)),
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}
