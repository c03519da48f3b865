//! Spacing between the requests of a host, by governor's keyed GCRA with a burst of one. A limiter
//! has a fixed quota, so there is one limiter for each interval in use, dropped with its last host.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use dashmap::DashMap;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::{DashMapStateStore, ShrinkableKeyedStateStore};
use governor::{Quota, RateLimiter};

use crate::model::{HostKey, Moment};

const NANOS_PER_MILLI: u64 = 1_000_000;

/// Maximum time and interval, a quarter of the range each (146 years). Governor adds them unchecked,
/// in nanoseconds of 64 bits, and this keeps the sum in range.
const LONGEST: u64 = u64::MAX / 4;

/// Lateness up to which a host counts as served in time: timers wake up in whole milliseconds, and
/// their losses would add up. Two requests may be closer by as much; on average they are an interval
/// apart.
const LATE: u64 = 3 * NANOS_PER_MILLI;

/// Number of shards. The frontier's one lock protects all state, so more shards would only cost
/// memory; dashmap needs at least two.
const SHARDS: usize = 2;

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

    /// Returns the time this long after it.
    pub(super) fn after(self, interval: Duration) -> Instant {
        Instant(self.0.saturating_add(nanos(interval)).min(LONGEST))
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

fn nanos(interval: Duration) -> u64 {
    u64::try_from(interval.as_nanos()).map_or(LONGEST, |nanos| nanos.min(LONGEST))
}

/// The limiters of all intervals in use.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    clock: ManualClock,
    /// By interval in nanoseconds; never zero, which means no limit.
    classes: HashMap<u64, Class>,
}

struct Class {
    limiter: RateLimiter<Arc<HostKey>, States, ManualClock, NoOpMiddleware<Nanos>>,
    states: States,
    /// Number of hosts that keep this interval.
    hosts: usize,
}

impl Pacing {
    /// Adds a host that keeps this interval; `last` is its last request.
    pub(super) fn join(&mut self, host: &Arc<HostKey>, interval: Duration, last: Option<Instant>) {
        let interval = nanos(interval);
        let Some(quota) = Quota::with_period(Duration::from_nanos(interval)) else {
            return;
        };
        // A limiter ignores moments before its creation. It is created at zero because `last` may be
        // in the past.
        self.clock.set(Instant(0));
        let clock = &self.clock;
        self.classes
            .entry(interval)
            .or_insert_with(|| Class::new(quota, clock.clone()))
            .hosts += 1;
        self.rewind(host, Duration::from_nanos(interval), last);
    }

    /// Removes a host that kept this interval.
    pub(super) fn leave(&mut self, host: &Arc<HostKey>, interval: Duration) {
        let interval = nanos(interval);
        if let Some(class) = self.classes.get_mut(&interval) {
            class.states.0.remove(host);
            class.hosts -= 1;
            if class.hosts == 0 {
                self.classes.remove(&interval);
            }
        }
    }

    /// Charges a request. If it is too early, returns when it would be allowed.
    pub(super) fn charge(
        &self,
        host: &Arc<HostKey>,
        interval: Duration,
        at: Instant,
    ) -> Result<(), Instant> {
        let Some(class) = self.classes.get(&nanos(interval)) else {
            return Ok(());
        };
        self.clock.set(at);
        let checked = class.limiter.check_key(host);
        checked.map_err(|refusal| Instant(refusal.earliest_possible().as_u64()))
    }

    /// Makes `last` the request from which the next one is spaced. A limiter cannot take a charge
    /// back, so it forgets the host and is charged for `last` again.
    pub(super) fn rewind(&self, host: &Arc<HostKey>, interval: Duration, last: Option<Instant>) {
        if let Some(class) = self.classes.get(&nanos(interval)) {
            class.states.0.remove(host);
            if let Some(last) = last {
                // The host is unknown to the limiter, so it cannot refuse.
                let _ = self.charge(host, interval, last);
            }
        }
    }

    /// Drops limiter state of hosts that may be requested at any time, because governor does not do
    /// so by itself.
    pub(super) fn tidy(&mut self, now: Moment) {
        self.clock.set(Instant::of(now));
        for class in self.classes.values() {
            class.limiter.retain_recent();
            class.limiter.shrink_to_fit();
        }
        self.classes.shrink_to_fit();
    }
}

impl Class {
    fn new(quota: Quota, clock: ManualClock) -> Class {
        let map = DashMap::with_shard_amount(SHARDS);
        let states = States(Arc::new(map));
        Class {
            limiter: RateLimiter::new(quota, states.clone(), clock),
            states,
            hosts: 0,
        }
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Class")
            .field("hosts", &self.hosts)
            .finish_non_exhaustive()
    }
}

/// A clock that shows the time it was set to.
#[derive(Clone, Debug, Default)]
struct ManualClock(Arc<AtomicU64>);

impl ManualClock {
    fn set(&self, now: Instant) {
        self.0.store(now.0, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(self.0.load(Ordering::Relaxed))
    }
}

/// Governor's own store, shared with the limiter: the limiter does not expose its store and cannot
/// forget one host.
#[derive(Clone)]
struct States(Arc<DashMapStateStore<Arc<HostKey>>>);

impl StateStore for States {
    type Key = Arc<HostKey>;

    fn measure_and_replace<T, F, E>(&self, key: &Arc<HostKey>, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, f)
    }
}

impl ShrinkableKeyedStateStore<Arc<HostKey>> for States {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CrawlUrl;

    const SECOND: Duration = Duration::from_secs(1);

    fn host(name: &str) -> Arc<HostKey> {
        let url = CrawlUrl::parse(&format!("http://{name}/")).expect("valid");
        Arc::new(url.host_key())
    }

    fn at(millis: i64) -> Instant {
        Instant::of(Moment::from_millis(millis))
    }

    #[test]
    fn requests_are_an_interval_apart() {
        let (mut pacing, h) = (Pacing::default(), host("h"));
        pacing.join(&h, SECOND, None);
        assert_eq!(pacing.charge(&h, SECOND, at(500)), Ok(()));
        assert_eq!(pacing.charge(&h, SECOND, at(1_499)), Err(at(1_500)));
        assert_eq!(pacing.charge(&h, SECOND, at(1_500)), Ok(()));
        assert_eq!(pacing.charge(&h, SECOND, at(1_500)), Err(at(2_500)));
    }

    #[test]
    fn no_interval_is_no_limiter() {
        let (mut pacing, h) = (Pacing::default(), host("h"));
        pacing.join(&h, Duration::ZERO, None);
        assert!(pacing.classes.is_empty());
        assert_eq!(pacing.charge(&h, Duration::ZERO, at(0)), Ok(()));
        assert_eq!(pacing.charge(&h, Duration::ZERO, at(0)), Ok(()));
    }

    #[test]
    fn an_earlier_request_counts_in_another_class() {
        let (mut pacing, h) = (Pacing::default(), host("h"));
        let slow = 10 * SECOND;
        pacing.join(&h, slow, Some(at(3_000)));
        assert_eq!(pacing.charge(&h, slow, at(4_000)), Err(at(13_000)));
        pacing.rewind(&h, slow, Some(at(1_000)));
        assert_eq!(pacing.charge(&h, slow, at(10_999)), Err(at(11_000)));
    }

    #[test]
    fn a_class_is_dropped_with_its_last_host() {
        let (mut pacing, a, b) = (Pacing::default(), host("a"), host("b"));
        pacing.join(&a, SECOND, None);
        pacing.join(&b, SECOND, None);
        pacing.leave(&a, SECOND);
        assert_eq!(pacing.classes.len(), 1);
        pacing.leave(&b, SECOND);
        assert!(pacing.classes.is_empty());
    }

    #[test]
    fn old_requests_are_forgotten() {
        let mut pacing = Pacing::default();
        for n in 0..1_000 {
            let h = host(&format!("h{n}"));
            pacing.join(&h, SECOND, None);
            assert_eq!(pacing.charge(&h, SECOND, at(n)), Ok(()));
        }
        let kept = |pacing: &Pacing| pacing.classes[&1_000_000_000].limiter.len();
        pacing.tidy(Moment::from_millis(999));
        assert_eq!(kept(&pacing), 1_000);
        pacing.tidy(Moment::from_millis(60_000));
        assert_eq!(kept(&pacing), 0);
    }

    #[test]
    fn fractions_of_a_millisecond_add_up() {
        let third = Duration::from_secs(1) / 30;
        let (mut pacing, h) = (Pacing::default(), host("h"));
        pacing.join(&h, third, None);
        let (mut due, mut now) = (at(0), Moment::from_millis(0));
        for _ in 0..300 {
            let served = due.served(now);
            assert_eq!(pacing.charge(&h, third, served), Ok(()));
            due = served.after(third);
            // A timer wakes up a millisecond late.
            now = due.moment() + Duration::from_millis(1);
        }
        assert!((9_999..=10_003).contains(&now.millis()), "{now:?}");
    }

    #[test]
    fn a_pause_is_not_saved_up() {
        let due = at(1_000);
        assert_eq!(due.served(Moment::from_millis(1_003)), due);
        assert_eq!(due.served(Moment::from_millis(1_004)), at(1_004));
    }

    #[test]
    fn extremes_are_capped() {
        let (mut pacing, h) = (Pacing::default(), host("h"));
        pacing.join(&h, Duration::MAX, None);
        assert_eq!(pacing.charge(&h, Duration::MAX, at(i64::MAX)), Ok(()));
        assert_eq!(at(i64::MAX).after(Duration::MAX), Instant(LONGEST));
    }
}
