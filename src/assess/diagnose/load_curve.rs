//! Failures of a host by how hard it was asked, and the load from which on it fails more. Load is told
//! in two ways, as servers limit it in both: requests open at once, and requests begun within a second.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

use super::context::Ratio;
use crate::assess::statistics::chance::hits_or_more;
use crate::model::Moment;

/// Loads up to this many are told apart exactly, larger ones in steps of a tenth.
const EXACT: u32 = 64;

/// Places for loads; the last is for all from some thousand on.
const PLACES: usize = 96;

/// Most starts within a second that are counted.
const MOST_STARTS: usize = 4_096;

/// Fewest failures at a load (ours): one proves nothing.
const FEWEST: u64 = 2;

/// Up to this part of the share above, the share below is another one (ours): what fails often
/// at any load has another cause.
const APART: f64 = 0.25;

/// Chance to part failures at random as well, over all loads that are looked at (ours, the usual 5 %).
const BY_CHANCE: f64 = 0.05;

/// Failures by load, from requests in time order. Of constant size, some 3 kB.
#[derive(Clone, Debug, Default)]
pub struct LoadCurve {
    open: Counts,
    begun: Counts,
    /// When the requests of the last second began.
    lately: VecDeque<Moment>,
}

/// What was counted of a load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// Requests open at once.
    Open,
    /// Requests begun within a second.
    Begun,
}

/// The load from which on a host fails more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadStep {
    /// What is counted.
    pub load: Load,
    /// The least of it that fails more.
    pub from: u32,
    /// Failures below it.
    pub below: Ratio,
    /// Failures from there on.
    pub above: Ratio,
    /// Highest chance, 0..1, that failures at random would be parted as well as this.
    pub chance: f64,
}

impl LoadCurve {
    /// Counts the next request in time order; `open` counts itself.
    pub fn add(&mut self, started: Moment, open: u32, failed: bool) {
        let is_old = |at: &Moment| started.since(*at) >= Duration::from_secs(1);
        while self.lately.front().is_some_and(is_old) {
            self.lately.pop_front();
        }
        if self.lately.len() < MOST_STARTS {
            self.lately.push_back(started);
        }
        self.open.add(open, failed);
        self.begun.add(self.lately.len() as u32, failed);
    }

    /// The load that parts failing from fine best, if chance does not explain it: Fisher's exact test
    /// (R. A. Fisher, "The Design of Experiments", 1935), the chance times the number of loads looked
    /// at (Bonferroni).
    pub fn step(&self) -> Option<LoadStep> {
        let begun = self.begun.step(Load::Begun);
        let open = self.open.step(Load::Open);
        let steps = open.into_iter().chain(begun);
        steps.min_by(|one, other| one.chance.total_cmp(&other.chance))
    }
}

/// Failures by one kind of load.
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

    fn step(&self, load: Load) -> Option<LoadStep> {
        let add = |sum: Ratio, more: &Ratio| Ratio::new(sum.part + more.part, sum.of + more.of);
        let all = self.0.iter().fold(Ratio::default(), add);
        let seen = self.0.iter().filter(|count| count.of > 0).count();
        let mut below = Ratio::default();
        let mut best: Option<LoadStep> = None;
        for (at, count) in self.0.iter().enumerate() {
            let above = Ratio::new(all.part - below.part, all.of - below.of);
            let is_apart = below.share() <= APART * above.share();
            if count.of > 0 && below.of > 0 && above.part >= FEWEST && is_apart {
                let chance =
                    hits_or_more(above.part, above.of, all.part, all.of) * (seen - 1) as f64;
                if chance <= best.map_or(BY_CHANCE, |best| best.chance) {
                    best = Some(LoadStep {
                        load,
                        from: lowest(at),
                        below,
                        above,
                        chance,
                    });
                }
            }
            below = add(below, count);
        }
        best
    }
}

/// Where a load is counted.
fn place(load: u32) -> usize {
    if load <= EXACT {
        return load as usize;
    }
    let steps = (f64::from(load) / f64::from(EXACT)).ln() / 1.1_f64.ln();
    (EXACT as usize + steps.ceil() as usize).min(PLACES - 1)
}

/// The lowest load of a place.
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
    fn every_load_lies_in_a_place_that_begins_no_higher() {
        for load in 0..3_000 {
            let at = place(load);
            assert!(lowest(at) <= load.max(1), "{load}");
            assert!(at + 1 == PLACES || load < lowest(at + 1), "{load}");
        }
    }

    /// Requests with these pauses in milliseconds, open requests and failures.
    fn curve(requests: impl IntoIterator<Item = (i64, u32, bool)>) -> LoadCurve {
        let mut curve = LoadCurve::default();
        let mut at = 0;
        for (pause, open, failed) in requests {
            at += pause;
            curve.add(Moment::from_millis(at), open, failed);
        }
        curve
    }

    #[test]
    fn the_load_at_which_errors_start_is_found() {
        let open = |n: u32| 1 + n % 8;
        let by_open = curve((0..200).map(|n| (250, open(n), open(n) >= 6 && n % 3 != 0)));
        let step = by_open.step().expect("a step");
        assert_eq!((step.load, step.from, step.below.part), (Load::Open, 6, 0));
        // Three failures suffice where nothing else was asked as fast.
        let by_rate = curve((0..240).map(|n: u32| {
            let is_fast = (20..60).contains(&n);
            (
                if is_fast { 30 } else { 70 },
                3,
                is_fast && [52, 55, 58].contains(&n),
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
    fn failures_at_random_are_rarely_blamed_on_load() {
        let mut dice = fastrand::Rng::with_seed(11);
        let mut blamed = 0;
        for _ in 0..400 {
            let mut request = || (20 + dice.i64(0..200), 1 + dice.u32(0..8), dice.f64() < 0.24);
            let requests: Vec<_> = (0..300).map(|_| request()).collect();
            blamed += u32::from(curve(requests).step().is_some());
        }
        // Two kinds of load, each with 5 % at most.
        assert!(blamed <= 40, "{blamed} of 400");
    }
}
