//! How soon a failure follows the last one: by the number of requests, and by time. Random failures do not depend on
//! the time of the last failure; those of one backend in a pool do. Backends take turns, or the one that failed is
//! left out for a while (nginx `fail_timeout`, Envoy's outlier detection). Only URLs count that fail at times and are
//! fine at others: URLs that always or never fail say nothing about the order. Of constant size.

use std::time::Duration;

use super::timed_attempt::Nth;
use crate::assess::diagnose::Ratio;
use crate::assess::statistics::chance::hits_or_more;
use crate::model::Moment;

/// Maximum backends that take turns (ours): with more of them, few failures are seen.
const MOST_BACKENDS: usize = 8;

/// Times for which a backend may be left out, in seconds (ours): nginx does so for 10, Envoy for 30, Apache for 60.
const LEFT_OUT: [u64; 7] = [5, 7, 10, 15, 20, 30, 60];

/// The share of requests that fail when it is the failing backend's turn (ours): order may differ on the way.
const AT_TURN: f64 = 0.5;

/// Maximum share of failures before the failing backend's turn, or before the time is over, relative to the share
/// from then on (ours).
const APART: f64 = 0.2;

/// Maximum probability that random failures look like turns, over all numbers of backends (ours).
const TURNS_BY_CHANCE: f64 = 0.001;

/// Maximum probability by chance for a backend that is left out for a time. Higher than for turns: it fails rarely.
/// Ours.
const LEFT_OUT_BY_CHANCE: f64 = 0.01;

/// Maximum probability by chance for requests that are not the first to their URL; they only confirm the pattern of
/// all. Ours.
const AGAIN_BY_CHANCE: f64 = 0.05;

/// Minimum requests at the failing backend's turn that are not the first to their URL (ours).
const FEWEST_AGAIN: u64 = 3;

/// From this part of the share of all requests on, those at a polite pace fail too (ours): a limit of the rate refuses
/// by turns as well.
const POLITELY: f64 = 0.25;

/// The order of failures if one backend of several fails.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rotation {
    /// Backends take turns.
    Turns {
        /// Number of backends.
        backends: u32,
        /// Failures of the requests that came `backends` requests after a failure.
        at_turn: Ratio,
        /// Failures of the requests that came sooner.
        sooner: Ratio,
    },
    /// One is left out for a time after each failure.
    LeftOut {
        /// The approximate time for which it is left out.
        time: Duration,
        /// Failures of the requests within that time after a failure.
        within: Ratio,
        /// Failures of the later ones.
        later: Ratio,
    },
}

/// Failures by what came since the last one, from requests in time order.
#[derive(Clone, Debug, Default)]
pub(in crate::assess) struct Recurrence {
    /// Requests since the last failure, this one included, and its time.
    last: Option<(usize, Moment)>,
    by_requests: [Ratio; MOST_BACKENDS + 1],
    /// Requests by the number of times in [`LEFT_OUT`] that have passed since the last failure.
    by_time: [Ratio; LEFT_OUT.len() + 1],
    /// `by_requests` without first requests. Only pages that failed are requested again, and many of them failed at
    /// the first request: that alone gives failures an order.
    again_by_requests: [Ratio; MOST_BACKENDS + 1],
    again_by_time: [Ratio; LEFT_OUT.len() + 1],
    all: Ratio,
    polite: Ratio,
}

/// A request, as one of many.
#[derive(Clone, Copy, Debug)]
pub(in crate::assess) struct NextRequest {
    /// When it began.
    pub(in crate::assess) started: Moment,
    /// Whether it failed.
    pub(in crate::assess) failed: bool,
    /// Whether its URL fails at times and is fine at others.
    pub(in crate::assess) counts: bool,
    /// Whether it was made at a pace that cannot have caused an overload.
    pub(in crate::assess) polite: bool,
    /// Whether it is the first to its URL, or a later one.
    pub(in crate::assess) nth: Nth,
}

impl Recurrence {
    /// Takes the next request.
    pub(in crate::assess) fn add(&mut self, next: NextRequest) {
        let NextRequest {
            started,
            failed,
            counts,
            polite,
            nth,
        } = next;
        if counts {
            self.all.count(failed);
            if polite {
                self.polite.count(failed);
            }
        }
        if let Some((requests, at)) = &mut self.last {
            *requests += 1;
            if counts {
                let seconds = started.since(*at).as_secs();
                let time = LEFT_OUT.partition_point(|time| *time <= seconds);
                self.by_time[time].count(failed);
                if let Some(count) = self.by_requests.get_mut(*requests) {
                    count.count(failed);
                }
                if nth != Nth::First {
                    self.again_by_time[time].count(failed);
                    if let Some(count) = self.again_by_requests.get_mut(*requests) {
                        count.count(failed);
                    }
                }
            }
        }
        if failed && counts {
            self.last = Some((0, started));
        }
    }

    /// Returns how the order of failures repeats, if chance does not explain it (Fisher's exact test, corrected for
    /// the numbers and times that are tested; C. E. Bonferroni, 1936).
    pub(in crate::assess) fn rotation(&self) -> Option<Rotation> {
        let fails_politely = self.polite.part > 0;
        let is_alike = self.polite.share() >= POLITELY * self.all.share();
        let found = self.turns().or_else(|| self.left_out());
        found.filter(|_| fails_politely && is_alike)
    }

    fn turns(&self) -> Option<Rotation> {
        let chance = TURNS_BY_CHANCE / (MOST_BACKENDS - 1) as f64;
        (2..=MOST_BACKENDS).find_map(|backends| {
            let at_turn = self.by_requests[backends];
            let sooner = sum(&self.by_requests[..backends]);
            let is_sure = chance_of(sooner, at_turn).is_some_and(|found| found <= chance);
            let again = self.again_by_requests[backends];
            let turns_again = again.of >= FEWEST_AGAIN && again.share() >= AT_TURN;
            (is_sure && turns_again && at_turn.share() >= AT_TURN).then_some(Rotation::Turns {
                backends: backends as u32,
                at_turn,
                sooner,
            })
        })
    }

    fn left_out(&self) -> Option<Rotation> {
        let most = LEFT_OUT_BY_CHANCE / LEFT_OUT.len() as f64;
        let parted = (1..).zip(LEFT_OUT).filter_map(|(at, seconds)| {
            let (within, later) = (sum(&self.by_time[..at]), sum(&self.by_time[at..]));
            let found = Rotation::LeftOut {
                time: Duration::from_secs(seconds),
                within,
                later,
            };
            let chance = chance_of(within, later).filter(|chance| *chance <= most)?;
            let (within, later) = (
                sum(&self.again_by_time[..at]),
                sum(&self.again_by_time[at..]),
            );
            chance_of(within, later).filter(|chance| *chance <= AGAIN_BY_CHANCE)?;
            Some((chance, found))
        });
        let best = parted.min_by(|one, other| one.0.total_cmp(&other.0));
        best.map(|(_, found)| found)
    }
}

/// Returns the probability by chance that so much more fails later; `None` if more than a little fails first.
fn chance_of(first: Ratio, later: Ratio) -> Option<f64> {
    let are_apart = first.of > 0 && first.share() <= APART * later.share();
    let all = sum(&[first, later]);
    are_apart.then(|| hits_or_more(later.part, later.of, all.part, all.of))
}

fn sum(counts: &[Ratio]) -> Ratio {
    counts.iter().fold(Ratio::default(), |sum, more| {
        Ratio::new(sum.part + more.part, sum.of + more.of)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests one after the other, each with the milliseconds since the one before.
    fn rotation(requests: impl IntoIterator<Item = (i64, bool)>) -> Option<Rotation> {
        let mut found = Recurrence::default();
        let mut at = 0;
        for (since, failed) in requests {
            at += since;
            found.add(next(at, failed));
        }
        found.rotation()
    }

    fn next(at: i64, failed: bool) -> NextRequest {
        NextRequest {
            started: Moment::from_millis(at),
            failed,
            counts: true,
            polite: true,
            nth: Nth::Again,
        }
    }

    #[test]
    fn one_backend_of_several_that_take_turns_is_found() {
        for backends in 2..=6 {
            let found = rotation((0..120).map(|n| (700, n % backends == 0)));
            let Some(Rotation::Turns {
                backends: said,
                at_turn,
                sooner,
            }) = found
            else {
                panic!("{found:?} with {backends}");
            };
            assert_eq!((said, sooner.part), (backends, 0));
            assert_eq!(at_turn.part, at_turn.of);
        }
    }

    #[test]
    fn a_backend_that_is_left_out_after_each_failure_is_found() {
        let mut out_until = 0;
        let requests = (0..150).map(|n| {
            let failed = n * 900 >= out_until && n % 3 == 0;
            if failed {
                out_until = n * 900 + 10_000;
            }
            (900, failed)
        });
        let found = rotation(requests);
        let Some(Rotation::LeftOut { time, .. }) = found else {
            panic!("{found:?}");
        };
        assert_eq!(time, Duration::from_secs(10));
    }

    #[test]
    fn failures_by_chance_hardly_look_like_a_rotation() {
        let mut dice = fastrand::Rng::with_seed(11);
        for share in [0.05, 0.2, 0.33, 0.5, 0.7] {
            let found = (0..1_000).filter(|_| {
                let requests: Vec<_> = (0..150).map(|_| (900, dice.f64() < share)).collect();
                rotation(requests).is_some()
            });
            let found = found.count();
            assert!(found <= 15, "{found} of 1,000 where {share} fail");
        }
    }

    #[test]
    fn outages_and_pages_that_always_fail_are_no_rotation() {
        assert_eq!(rotation((0..200).map(|n| (500, n % 40 < 15))), None);
        // A page that is down is requested by turns with a control.
        let mut found = Recurrence::default();
        for n in 0..200 {
            found.add(NextRequest {
                counts: n % 2 == 0,
                ..next(n * 1_000, n % 2 == 0)
            });
        }
        assert_eq!(found.rotation(), None);
    }

    #[test]
    fn pages_that_fail_at_their_first_request_only_are_no_rotation() {
        let mut found = Recurrence::default();
        for n in 0..120 {
            let first = n % 2 == 0;
            found.add(NextRequest {
                nth: if first { Nth::First } else { Nth::Again },
                ..next(n * 700, first)
            });
        }
        assert_eq!(found.rotation(), None);
        // Retries in the seconds after a failure, then other pages for the first time.
        let mut found = Recurrence::default();
        for n in 0..200 {
            let first = n % 5 == 0;
            found.add(NextRequest {
                nth: if first { Nth::First } else { Nth::Again },
                ..next(n / 5 * 10_000 + n % 5 * 900, first)
            });
        }
        assert_eq!(found.rotation(), None);
    }

    #[test]
    fn a_limit_that_refuses_every_other_request_at_speed_is_no_rotation() {
        for polite_fails in [false, true] {
            let mut found = Recurrence::default();
            for n in 0..100 {
                found.add(NextRequest {
                    polite: false,
                    ..next(n * 100, n % 2 == 0)
                });
            }
            for n in 0..20 {
                let failed = polite_fails && n % 2 == 0;
                found.add(next(10_000 + n * 1_000, failed));
            }
            assert_eq!(found.rotation().is_some(), polite_fails);
        }
    }
}
