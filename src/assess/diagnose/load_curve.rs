//! Failures of a host by its load, and the load from which it fails more. Load has two measures, because servers
//! limit both: requests open at once, and requests begun within a second. Only the time from the first failure to the
//! last counts. A site that is slow for a while has more requests open in that time, so a comparison with other times
//! would blame the load.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::context::Ratio;
use crate::assess::statistics::chance::hits_or_more;
use crate::model::Moment;

/// Loads up to this are counted separately, larger ones in steps of a tenth.
const EXACT: u32 = 64;

/// Number of slots for loads; the last is for everything from some thousand on.
const PLACES: usize = 96;

/// Maximum starts within a second that are counted.
const MOST_STARTS: usize = 4_096;

/// Minimum failures at a load (ours): one proves nothing.
const FEWEST: u64 = 2;

/// Maximum share below the step, relative to the share above it (ours). If failures are frequent at any
/// load, the cause is another one.
const APART: f64 = 0.25;

/// Maximum probability that random failures are separated as well, over all loads tested (ours, the
/// usual 5 %).
const BY_CHANCE: f64 = 0.05;

/// Maximum probability that random failures are separated as well, for load to be the reason of failures that look
/// like outages (ours).
const SELDOM: f64 = 0.001;

/// Minimum share of the failures that lie above the step, for load to be their reason (ours). In outages fewer do,
/// because the crawl slows down in them.
const MOST: f64 = 0.8;

/// Maximum failures that are kept with their loads, the first of a host; 16 bytes each.
const MOST_FAILURES: usize = 65_536;

/// Failures by load, from requests in time order. About 6 kB, and the failures with their loads.
#[derive(Clone, Debug, Default)]
pub struct LoadCurve {
    /// From the first failure to the last, at URLs that also succeed.
    between_failures: ByLoad,
    /// Successes at such URLs since the last failure.
    since_failure: ByLoad,
    has_failed: bool,
    /// Start times of the requests of the last second.
    last_second: VecDeque<Moment>,
    /// The failures at URLs that also succeed.
    failures: Vec<Failure>,
}

/// A failure, and the load in which its request began.
#[derive(Clone, Copy, Debug)]
struct Failure {
    started: Moment,
    open: u32,
    begun: u32,
}

/// A measure of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Requests open at once.
    Open,
    /// Requests begun within a second.
    Begun,
}

/// The load from which a host fails more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadStep {
    /// The measure.
    pub load: Load,
    /// The lowest load that fails more.
    pub from: u32,
    /// Failures below this load.
    pub below: Ratio,
    /// Failures at this load or more.
    pub above: Ratio,
    /// Upper bound of the probability, 0..1, that random failures are separated as well.
    pub chance: f64,
}

impl LoadCurve {
    /// Counts the next request, in time order; `open` includes it. `ever_fine` says whether its URL succeeds at
    /// least sometimes.
    pub fn add(&mut self, started: Moment, open: u32, failed: bool, ever_fine: bool) {
        let is_old = |at: &Moment| started.since(*at) >= Duration::from_secs(1);
        while self.last_second.front().is_some_and(is_old) {
            self.last_second.pop_front();
        }
        if self.last_second.len() < MOST_STARTS {
            self.last_second.push_back(started);
        }
        let begun = self.last_second.len() as u32;
        if !ever_fine || !(failed || self.has_failed) {
            return;
        }
        self.has_failed = true;
        self.since_failure.add(open, begun, failed);
        if failed {
            self.between_failures.take(&mut self.since_failure);
            if self.failures.len() < MOST_FAILURES {
                self.failures.push(Failure {
                    started,
                    open,
                    begun,
                });
            }
        }
    }

    /// Returns the load that separates failures best, if chance does not explain it. Uses Fisher's exact
    /// test (R. A. Fisher, "The Design of Experiments", 1935), with the probability multiplied by the
    /// number of loads tested (Bonferroni). A load that leaves hardly any failure below it comes first: by the clock
    /// of the server one request more or less began within the second.
    pub fn step(&self) -> Option<LoadStep> {
        self.between_failures.step()
    }

    /// Returns whether load explains failures better than outages do. In an outage requests fail at any load. Here
    /// hardly any fails below some load, even between the first failure and the last.
    pub fn explains_failures(&self) -> bool {
        self.step()
            .is_some_and(|step| step.chance <= SELDOM && step.holds_most())
    }

    /// Returns when the requests began that failed above the load that explains the failures; none if no load does.
    pub fn overloads(&self) -> BTreeSet<Moment> {
        let step = self.step().filter(|_| self.explains_failures());
        let beyond = step.iter().flat_map(|step| {
            let is_beyond = |failure: &&Failure| match step.load {
                Load::Open => failure.open >= step.from,
                Load::Begun => failure.begun >= step.from,
            };
            self.failures.iter().filter(is_beyond)
        });
        beyond.map(|failure| failure.started).collect()
    }
}

impl LoadStep {
    /// Returns whether most of the failures lie above the step.
    fn holds_most(&self) -> bool {
        let failed = self.above.part + self.below.part;
        self.above.part as f64 >= MOST * failed as f64
    }

    /// Returns whether it separates the failures better than another: the surer, or the one that explains more of
    /// them if both are sure.
    fn is_better_than(&self, other: &LoadStep) -> bool {
        let rank = |step: &LoadStep| step.chance <= SELDOM && step.holds_most();
        match (rank(self), rank(other)) {
            (true, false) => true,
            (false, true) => false,
            _ => self.chance <= other.chance,
        }
    }
}

/// Failures by both measures of load.
#[derive(Clone, Debug, Default)]
struct ByLoad {
    open: Counts,
    begun: Counts,
}

impl ByLoad {
    fn add(&mut self, open: u32, begun: u32, failed: bool) {
        self.open.add(open, failed);
        self.begun.add(begun, failed);
    }

    /// Moves the counts of `other` into this one.
    fn take(&mut self, other: &mut ByLoad) {
        self.open.take(&mut other.open);
        self.begun.take(&mut other.begun);
    }

    fn step(&self) -> Option<LoadStep> {
        let begun = self.begun.step(Load::Begun);
        let open = self.open.step(Load::Open);
        match (open, begun) {
            (Some(open), Some(begun)) if !open.is_better_than(&begun) => Some(begun),
            (open, begun) => open.or(begun),
        }
    }
}

/// Failures by one measure of load.
#[derive(Clone, Debug)]
struct Counts(Box<[Ratio; PLACES]>);

impl Default for Counts {
    fn default() -> Counts {
        Counts(Box::new([Ratio::default(); PLACES]))
    }
}

impl Counts {
    fn add(&mut self, load: u32, failed: bool) {
        self.0[place(load)].count(failed);
    }

    fn take(&mut self, other: &mut Counts) {
        for (count, other) in self.0.iter_mut().zip(other.0.iter_mut()) {
            *count = sum(*count, std::mem::take(other));
        }
    }

    fn step(&self, load: Load) -> Option<LoadStep> {
        let all = self.0.iter().copied().fold(Ratio::default(), sum);
        let seen = self.0.iter().filter(|count| count.of > 0).count();
        let mut below = Ratio::default();
        let mut best: Option<LoadStep> = None;
        for (at, count) in self.0.iter().enumerate() {
            let above = Ratio::new(all.part - below.part, all.of - below.of);
            let is_apart = below.share() <= APART * above.share();
            if count.of > 0 && below.of > 0 && above.part >= FEWEST && is_apart {
                let chance =
                    hits_or_more(above.part, above.of, all.part, all.of) * (seen - 1) as f64;
                let step = LoadStep {
                    load,
                    from: lowest(at),
                    below,
                    above,
                    chance,
                };
                let is_best = best.is_none_or(|best| step.is_better_than(&best));
                if chance <= BY_CHANCE && is_best {
                    best = Some(step);
                }
            }
            below = sum(below, *count);
        }
        best
    }
}

const fn sum(one: Ratio, other: Ratio) -> Ratio {
    Ratio {
        part: one.part + other.part,
        of: one.of + other.of,
    }
}

/// Returns the slot of a load.
fn place(load: u32) -> usize {
    if load <= EXACT {
        return load as usize;
    }
    let steps = (f64::from(load) / f64::from(EXACT)).ln() / 1.1_f64.ln();
    (EXACT as usize + steps.ceil() as usize).min(PLACES - 1)
}

/// Returns the lowest load of a slot.
fn lowest(place: usize) -> u32 {
    let exact = EXACT as usize;
    if place <= exact {
        return place as u32;
    }
    (f64::from(EXACT) * 1.1_f64.powi((place - exact - 1) as i32)) as u32 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_slot_begins_above_its_loads() {
        for load in 0..3_000 {
            let at = place(load);
            assert!(lowest(at) <= load.max(1), "{load}");
            assert!(at + 1 == PLACES || load < lowest(at + 1), "{load}");
        }
    }

    /// Adds requests with these pauses in milliseconds, open requests and failures.
    fn curve(requests: impl IntoIterator<Item = (i64, u32, bool)>) -> LoadCurve {
        let mut curve = LoadCurve::default();
        let mut at = 0;
        for (pause, open, failed) in requests {
            at += pause;
            curve.add(Moment::from_millis(at), open, failed, true);
        }
        curve
    }

    #[test]
    fn the_load_at_which_errors_start_is_found() {
        let open = |n: u32| 1 + n % 8;
        let by_open = curve((0..200).map(|n| (250, open(n), open(n) >= 6 && n % 3 != 0)));
        let step = by_open.step().expect("a step");
        assert_eq!((step.load, step.from, step.below.part), (Load::Open, 6, 0));
        // Three failures suffice if no other request was made at that rate.
        let by_rate = curve((0..240).map(|n: u32| {
            let is_fast = (20..60).contains(&n) || (180..200).contains(&n);
            (
                if is_fast { 30 } else { 70 },
                3,
                is_fast && [52, 58, 198].contains(&n),
            )
        }));
        let step = by_rate.step().expect("a step");
        assert_eq!(step.load, Load::Begun, "{step:?}");
        assert!((20..=34).contains(&step.from), "{step:?}");
    }

    #[test]
    fn failures_at_any_load_have_no_step() {
        let even = curve((0..200).map(|n: u32| (100, 1 + n % 8, n.is_multiple_of(5))));
        assert_eq!(even.step(), None);
        assert_eq!(curve([(5, 1, true), (5, 2, true)]).step(), None);
        assert_eq!(LoadCurve::default().step(), None);
    }

    #[test]
    fn outages_of_which_only_fast_requests_fail_are_load() {
        let refused = |n: i64| {
            let is_fast = n % 12 < 6;
            (if is_fast { 100 } else { 1_000 }, 1, n % 12 > 0 && is_fast)
        };
        assert!(curve((0..60).map(refused)).explains_failures());
        // Down for five seconds in every thirty: the crawl slows down and keeps failing.
        let down = (0..120).map(|n: i64| match n % 40 {
            0..3 => (100, 4, true),
            3..8 => (1_000, 1, true),
            8..11 => (1_000, 1, false),
            _ => (100, 4, false),
        });
        assert!(!curve(down).explains_failures());
        // All slow requests are made after the outage is over.
        let once = (0..80).map(|n: i64| match n {
            0..12 => (100, 4, false),
            12..20 => (100, 4, true),
            _ => (1_000, 1, false),
        });
        let once = curve(once);
        assert!(once.step().is_none() && !once.explains_failures());
    }

    #[test]
    fn a_time_in_which_slow_requests_pile_up_and_fail_is_no_load() {
        // Good times with one open request, and a slow time in which the crawl keeps three open.
        let slow = |n: i64| match n {
            0..100 | 130..400 => (100, 1, false),
            _ => (1_500, 1 + (n % 3) as u32, n % 2 == 1),
        };
        assert_eq!(curve((0..400).map(slow)).step(), None);
    }

    #[test]
    fn random_failures_are_rarely_attributed_to_load() {
        let mut dice = fastrand::Rng::with_seed(11);
        let mut blamed = 0;
        for _ in 0..400 {
            let mut request = || (20 + dice.i64(0..200), 1 + dice.u32(0..8), dice.f64() < 0.24);
            let requests: Vec<_> = (0..300).map(|_| request()).collect();
            blamed += u32::from(curve(requests).step().is_some());
        }
        // Two measures of load, each with 5 % at most.
        assert!(blamed <= 40, "{blamed} of 400");
    }
}
