//! A test in the confirmation passes of whether the crawl's own load makes a host fail. It requests
//! a few failing URLs one at a time, one per second. If they fail as well, load is not the reason.
//! If they are fine, it tries the plan's pace; failures that come back show that load is the
//! reason. A server often continues a request that its proxy gave up. After a failure that took
//! long, the next careful request therefore waits for such work to end.

use std::time::Duration;

use crate::policy::pace::CAREFUL;

/// Minimum careful requests to a host before load may be excluded, and their maximum before the
/// plan's pace is tried in any case. They go out one at a time, one per second.
const FEWEST_CAREFUL: u32 = 5;
const MOST_CAREFUL: u32 = 10;

/// A careful request that failed after this time counts as several: alone on its host it waited long, and a
/// few such requests would take minutes. Two of them are enough to exclude load. Ours.
const SLOW: Duration = Duration::from_secs(5);
const WEIGHT_OF_SLOW: u32 = 3;

/// A failure after this time may leave work behind: a time limit ended it. Ours.
const LONG: Duration = Duration::from_secs(1);

/// Maximum pause after a failure that may leave work behind. The pause begins with the time that the failure took,
/// and doubles. Ours.
const LONGEST_REST: Duration = Duration::from_secs(10);

/// Minimum share of careful requests that fails if load is not the reason. Also the minimum share
/// of faster requests that fails if load is the reason and hardly any careful one failed. Ours.
const FAILING: f64 = 0.25;

/// Minimum failures at the plan's pace to rule out chance. Ours.
const NO_ACCIDENT: u32 = 3;

/// Minimum ratio of the share of failures at the plan's pace to that of careful requests: random failures occur at
/// any pace. Ours.
const MUCH_MORE: f64 = 5.0;

/// The result of the load test in a host's confirmation passes. It lasts for all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadTrial {
    careful: Seen,
    fast: Seen,
    stage: Stage,
    /// Careful requests in a row that failed after a long time.
    hung: u32,
    /// Whether a careful request succeeded after such failures.
    has_rested: bool,
    /// Time from the start of the last careful request to the next.
    interval: Duration,
}

/// The number of requests, and of those that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    all: u32,
    failed: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    /// One request at a time, one per second.
    #[default]
    Careful,
    /// At the plan's pace, while failures are counted.
    Trial,
    /// Load is not the reason.
    Excluded,
    /// Load is the reason.
    Convicted,
}

impl LoadTrial {
    /// A careful request that fails after this time, or has no answer yet, excludes load by itself: its host had all this
    /// time for what earlier requests left behind. Ours.
    pub const HUNG: Duration = Duration::from_secs(30);

    /// Maximum careful requests before the plan's pace is tried.
    pub(super) const MOST_CAREFUL: u32 = MOST_CAREFUL;

    /// Returns whether requests may be made at the plan's pace.
    pub const fn may_be_fast(&self) -> bool {
        matches!(self.stage, Stage::Trial | Stage::Excluded)
    }

    /// Returns whether load is not the reason.
    pub const fn is_excluded(&self) -> bool {
        matches!(self.stage, Stage::Excluded)
    }

    /// Returns whether load is the reason.
    pub const fn is_convicted(&self) -> bool {
        matches!(self.stage, Stage::Convicted)
    }

    /// Returns the minimum time between careful requests.
    pub fn interval(&self) -> Duration {
        self.interval.max(CAREFUL.interval)
    }

    /// Records an answer for a failing URL, and how long it took. Returns whether the pace changes from
    /// now on.
    pub fn answered(&mut self, failed: bool, took: Duration) -> bool {
        let before = (self.may_be_fast(), self.interval);
        let (seen, weight) = if self.may_be_fast() {
            (&mut self.fast, 1)
        } else {
            self.rest(failed, took);
            let weight = match () {
                () if failed && took >= LoadTrial::HUNG => FEWEST_CAREFUL,
                () if failed && took >= SLOW => WEIGHT_OF_SLOW,
                () => 1,
            };
            (&mut self.careful, weight)
        };
        seen.all += weight;
        seen.failed += if failed { weight } else { 0 };
        self.stage = match self.stage {
            Stage::Careful if self.careful.all >= FEWEST_CAREFUL && self.careful.many() => {
                Stage::Excluded
            }
            Stage::Careful if self.careful.all >= MOST_CAREFUL => Stage::Trial,
            Stage::Trial if self.fast.failed >= NO_ACCIDENT && self.fast.many() => {
                if self.fast.share() >= MUCH_MORE * self.careful.share() {
                    Stage::Convicted
                } else {
                    Stage::Excluded
                }
            }
            stage => stage,
        };
        (self.may_be_fast(), self.interval) != before
    }

    /// Leaves time after a careful request for the work that it may have left behind. The first success after such
    /// failures shows that earlier requests caused them: they do not count.
    fn rest(&mut self, failed: bool, took: Duration) {
        if failed && took >= LONG {
            let doubled = took.saturating_mul(1 << self.hung.min(8));
            self.interval = took + doubled.min(LONGEST_REST);
            self.hung += 1;
            return;
        }
        if self.hung > 0 && !failed && !self.has_rested {
            self.has_rested = true;
            self.careful = Seen::default();
        }
        self.hung = 0;
        self.interval = Duration::ZERO;
    }
}

impl Seen {
    fn share(self) -> f64 {
        f64::from(self.failed) / f64::from(self.all.max(1))
    }

    fn many(self) -> bool {
        f64::from(self.failed) >= FAILING * f64::from(self.all)
    }
}
