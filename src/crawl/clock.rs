//! The crawl's clock: wall time at the start, then the runtime's own, which never runs backwards
//! and stands still in tests.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::Moment;

/// Tells the time since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Moment,
    origin: Instant,
}

impl Clock {
    /// A clock that shows `started` now. Must be called within a runtime.
    pub fn starting_at(started: Moment) -> Clock {
        Clock {
            started,
            origin: Instant::now(),
        }
    }

    /// This clock, put forward if it is before a moment that is over: the machine's may have been put
    /// back since, and what a run has recorded is neither to come nor to be waited for.
    #[must_use]
    pub fn no_earlier_than(self, moment: Moment) -> Clock {
        let behind = moment.since(self.now());
        Clock {
            started: self.started + behind,
            ..self
        }
    }

    /// The time.
    pub fn now(&self) -> Moment {
        self.started + self.origin.elapsed()
    }

    /// Waits until a moment; not at all if it is over.
    pub async fn sleep_until(&self, moment: Moment) {
        // A millisecond more than the difference: moments are whole milliseconds and the clock
        // must show at least `moment` when this returns.
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
    async fn a_clock_is_put_forward_and_never_back() {
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
