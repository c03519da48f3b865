//! The crawl's clock. It takes the wall time at the start, and then follows the runtime's clock,
//! which never runs backwards and stands still in tests.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::Moment;

/// A clock that counts from the moment of its creation.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Moment,
    origin: Instant,
}

impl Clock {
    /// Returns a clock that shows `started` now. Must be called within a runtime.
    pub fn starting_at(started: Moment) -> Clock {
        Clock {
            started,
            origin: Instant::now(),
        }
    }

    /// Returns this clock, set forward if it is before a recorded moment. The machine's clock may
    /// have been set back since; the times that a run has recorded must stay in the past.
    #[must_use]
    pub fn no_earlier_than(self, moment: Moment) -> Clock {
        let behind = moment.since(self.now());
        Clock {
            started: self.started + behind,
            ..self
        }
    }

    /// Returns the time.
    pub fn now(&self) -> Moment {
        self.started + self.origin.elapsed()
    }

    /// Waits until a moment, or not at all if it is past.
    pub async fn sleep_until(&self, moment: Moment) {
        // A millisecond more than the difference: moments are whole milliseconds and the clock must
        // show at least `moment` when this returns.
        let left = moment.since(self.now());
        if left > Duration::ZERO {
            tokio::time::sleep(left + Duration::from_millis(1)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clock_is_set_forward_and_never_back() {
        let clock = Clock::starting_at(Moment::from_millis(5_000));
        let put = |to| clock.no_earlier_than(Moment::from_millis(to)).now();
        assert_eq!(put(9_000), Moment::from_millis(9_000));
        assert_eq!(put(1_000), Moment::from_millis(5_000));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_at_or_after_the_moment() {
        let clock = Clock::starting_at(Moment::from_millis(1_000));
        let until = Moment::from_millis(61_000);
        clock.sleep_until(until).await;
        assert!(clock.now() >= until);
        assert!(clock.now().since(until) < Duration::from_millis(5));
    }
}
