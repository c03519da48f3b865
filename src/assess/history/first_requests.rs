//! Pages that fail at the first request and are fine at the next. The server generates a page at its first request;
//! this takes too long or fails, and the result is then cached (a cold cache, a start on demand). This is not an
//! outage: meanwhile second requests to other pages are fine. Of constant size.

use super::timed_attempt::{Nth, TimedAttempt};
use crate::assess::diagnose::Ratio;
use crate::assess::statistics::chance::hits_or_more;

/// Minimum first requests (ours).
const FEWEST: u64 = 10;

/// Minimum later requests to pages that failed first, made while other first requests failed (ours).
const FEWEST_MEANWHILE: u64 = 3;

/// Minimum share of the first requests that fail (ours): a cache may hold some pages already.
const NEARLY_ALL: f64 = 0.8;

/// Maximum share of the later requests that fail (ours).
const HARDLY_ANY: f64 = 0.1;

/// Maximum probability by chance, if first and later requests failed alike (ours).
const BY_CHANCE: f64 = 0.001;

/// The first and later requests to the pages of a group.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::assess) struct FirstRequests {
    /// First requests that failed, out of all.
    first: Ratio,
    /// Later requests that failed, out of all to pages that failed first, made before another first request failed.
    meanwhile: Ratio,
    /// Later requests that failed, out of all to pages that failed first, made after the last first request that
    /// failed.
    since: Ratio,
}

/// Pages of a group that fail at their first request only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailsFirst {
    /// First requests that failed, out of all.
    pub first: Ratio,
    /// Later requests that failed, out of all to pages that failed first.
    pub later: Ratio,
}

impl FirstRequests {
    /// Adds the next request, in time order.
    pub(in crate::assess) fn add(&mut self, seen: TimedAttempt) {
        match seen.nth {
            Nth::First => {
                self.first.count(seen.failed);
                if seen.failed {
                    self.meanwhile = sum(self.meanwhile, std::mem::take(&mut self.since));
                }
            }
            Nth::Again => self.since.count(seen.failed),
            Nth::Other => {}
        }
    }

    /// Returns the counts if nearly all pages fail at their first request only, which chance does not explain (Fisher's
    /// exact test).
    pub(in crate::assess) fn fails_first(self) -> Option<FailsFirst> {
        let (first, meanwhile) = (self.first, self.meanwhile);
        let later = sum(meanwhile, self.since);
        let both = sum(first, meanwhile);
        let is_so = first.of >= FEWEST
            && first.share() >= NEARLY_ALL
            && meanwhile.of >= FEWEST_MEANWHILE
            && meanwhile.share() <= HARDLY_ANY
            && later.share() <= HARDLY_ANY
            && hits_or_more(first.part, first.of, both.part, both.of) < BY_CHANCE;
        is_so.then_some(FailsFirst { first, later })
    }
}

fn sum(one: Ratio, other: Ratio) -> Ratio {
    Ratio::new(one.part + other.part, one.of + other.of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    /// `F` and `.` are first requests that fail and are fine, `f` and `o` later ones to pages that failed first.
    fn found(requests: &str) -> Option<FailsFirst> {
        let mut history = FirstRequests::default();
        for mark in requests.chars() {
            history.add(TimedAttempt {
                url: 0,
                part: 0,
                family: 0,
                started: Moment::default(),
                failed: matches!(mark, 'F' | 'f'),
                ever_fine: true,
                open: 1,
                nth: match mark {
                    'F' | '.' => Nth::First,
                    _ => Nth::Again,
                },
            });
        }
        history.fails_first()
    }

    #[test]
    fn pages_that_fail_first_and_are_fine_meanwhile_are_found() {
        let cold = found(&"FFoo".repeat(8)).expect("found");
        assert_eq!(
            (cold.first, cold.later),
            (Ratio::new(16, 16), Ratio::new(0, 16))
        );
        assert!(found(&format!("{}.{}", "FFo".repeat(8), "oooo".repeat(4))).is_some());
    }

    #[test]
    fn an_outage_and_pages_that_fail_at_times_are_something_else() {
        for (requests, why) in [
            ("FFFfffFFFfffFFFfffFFFooooooooo", "all recovered together"),
            (
                "FFFFFFFFFFFFFFFFFFFFoooooooooo",
                "nothing was requested again meanwhile",
            ),
            ("F.oF.oF.oF.oF.oF.oF.oF.oF.oF.o", "half are fine"),
            ("FfoFofFfoFofFfoFofFfoFof", "later ones fail too"),
            ("FoFoFo", "too few"),
        ] {
            assert_eq!(found(requests), None, "{why}");
        }
    }
}
