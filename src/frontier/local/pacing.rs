//! Spacing between the requests of a host, in fractions of a millisecond. Governor's GCRA with a burst of one decides
//! it. The frontier must know the next request before it is made, so it uses the answer of a limiter that was charged
//! at the last request.

use std::time::Duration;

use governor::clock::Clock;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};

use crate::model::Moment;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Maximum time and interval, a quarter of the range each (146 years). Governor adds them unchecked,
/// in nanoseconds of 64 bits, and this keeps the sum in range.
const LONGEST: u64 = u64::MAX / 4;

/// Lateness up to which a host counts as served in time: timers wake up in whole milliseconds, and
/// their losses would add up. Two requests may be closer by as much; on average they are an interval
/// apart.
const LATE: u64 = 3 * NANOS_PER_MILLI;

/// A time in nanoseconds since 1970. It is finer than a [`Moment`], so that fractions of a
/// millisecond are not lost from one request to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Instant(u64);

impl Instant {
    /// Returns the beginning of that millisecond.
    pub(super) fn of(moment: Moment) -> Instant {
        let millis = u64::try_from(moment.millis()).unwrap_or(0);
        Instant(millis.saturating_mul(NANOS_PER_MILLI).min(LONGEST))
    }

    /// Returns the first moment that is not before it.
    pub(super) fn moment(self) -> Moment {
        let millis = self.0.div_ceil(NANOS_PER_MILLI);
        Moment::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    /// Returns when the next request is allowed after one at this time.
    pub(super) fn after(self, interval: Duration) -> Instant {
        let interval =
            u64::try_from(interval.as_nanos()).map_or(LONGEST, |nanos| nanos.min(LONGEST));
        let Some(quota) = Quota::with_period(Duration::from_nanos(interval)) else {
            return self;
        };
        let limiter = RateLimiter::direct_with_clock(quota, Stopped(self));
        match limiter.check().and_then(|()| limiter.check()) {
            Ok(()) => self,
            Err(refusal) => Instant(refusal.earliest_possible().as_u64().min(LONGEST)),
        }
    }

    /// Returns the time at which a request at `now` is charged, if it was due at this one.
    pub(super) fn served(self, now: Moment) -> Instant {
        let now = Instant::of(now);
        if self <= now && now.0 - self.0 <= LATE {
            self
        } else {
            now
        }
    }
}

/// A clock that always shows the same time.
#[derive(Clone, Debug)]
struct Stopped(Instant);

impl Clock for Stopped {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Instant {
        Instant::of(Moment::from_millis(millis))
    }

    #[test]
    fn the_next_request_is_allowed_an_interval_later() {
        let cases = [
            (at(500), Duration::from_secs(1), at(1_500)),
            (at(500), Duration::ZERO, at(500)),
            (at(0), Duration::from_secs(1) / 30, Instant(33_333_333)),
            (at(i64::MAX), Duration::MAX, Instant(LONGEST)),
        ];
        for (last, interval, expected) in cases {
            assert_eq!(last.after(interval), expected, "{last:?} {interval:?}");
        }
    }

    #[test]
    fn a_pause_is_not_saved_up() {
        let due = at(1_000);
        assert_eq!(due.served(Moment::from_millis(1_003)), due);
        assert_eq!(due.served(Moment::from_millis(1_004)), at(1_004));
    }
}
