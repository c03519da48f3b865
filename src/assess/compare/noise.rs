//! The site's own noise: pages that fail now and then make some pages look changed.

use std::collections::BTreeMap;

use super::chance::{blurred, by_rate, is_apart, tail};
use super::judge::Yardstick;
use super::sight::Pair;

/// Share of the pages called changed that may look so by chance: the false discovery rate (5 % is the
/// convention).
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Counts over all pairs: how often pages fail that do not fail permanently, and how many changes have
/// which probability. Its size does not grow with the number of pages.
#[derive(Clone, Debug, Default)]
pub struct Noise {
    /// Pages that both failed and succeeded at least once in one run.
    mixed: u64,
    /// Pages that succeeded at least once.
    working: u64,
    /// Pages that both runs requested: the number of tests.
    compared: u64,
    /// Pairs whose rates differ, by the values that decide their probability: failed passes of the worse
    /// run, its passes, and the better run's rate, rounded.
    apart: BTreeMap<(u32, u32, u64), u64>,
}

impl Noise {
    /// Adds a pair.
    pub fn add(&mut self, pair: &Pair<'_>) {
        for state in [pair.old.state(), pair.new.state()].into_iter().flatten() {
            if state.failed < state.attempts {
                self.working += 1;
                self.mixed += u64::from(state.failed > 0);
            }
        }
        let (Some(old), Some(new)) = (pair.old.state(), pair.new.state()) else {
            return;
        };
        self.compared += 1;
        if is_apart(old, new) {
            let (better, worse) = by_rate(old, new);
            let rate = blurred(better.error_rate.value);
            let key = (worse.failed_passes(), worse.passes, rate);
            *self.apart.entry(key).or_default() += 1;
        }
    }

    /// Returns the number of pages that both runs requested.
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// Returns the failure rate of pages that do not fail permanently: the share of pages that failed at
    /// least once among those that succeeded at least once, in both runs. Pages that always fail are the
    /// result, not the noise. Half a failure in one more page (the prior of Jeffreys) keeps the rate
    /// above zero when none was seen.
    pub fn background(&self) -> f64 {
        (self.mixed as f64 + 0.5) / (self.working as f64 + 1.0)
    }

    /// Returns the measure for all pairs, by the step-up procedure of Y. Benjamini and Y. Hochberg,
    /// "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57 (1995),
    /// 289-300: the greatest probability `p` with `p <= rate * (pairs up to p) / (all pairs)`.
    pub fn yardstick(&self) -> Yardstick {
        let background = self.background();
        let mut by_probability: BTreeMap<u64, u64> = BTreeMap::new();
        for ((failed, passes, rate), pairs) in &self.apart {
            let rate = f64::from_bits(*rate).max(background);
            let key = tail(*failed, *passes, rate).to_bits();
            *by_probability.entry(key).or_default() += pairs;
        }
        let mut rank = 0;
        let mut chance = 0.0;
        for (key, pairs) in by_probability {
            rank += pairs;
            let probability = f64::from_bits(key);
            if probability <= FALSE_DISCOVERIES * rank as f64 / self.compared as f64 {
                chance = probability;
            }
        }
        Yardstick { background, chance }
    }
}
