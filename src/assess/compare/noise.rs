//! What the site's own noise explains: pages that fail now and then make some look changed.

use std::collections::BTreeMap;

use super::judge::{Pair, Yardstick, is_apart};
use super::sight::PageState;

/// Share of the pages called changed that may be so by chance: the false discovery rate (5 % is
/// the convention).
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Low bits of a probability that are not told apart, so that what is kept of any number of pages
/// has a bound. Eight bits of mantissa are left, rounded up.
const BLUR: u32 = 44;

/// Learns, pair by pair, how often pages fail that do not fail for good, and how many changes of
/// which probability there are. What it keeps does not grow with the number of pages.
#[derive(Clone, Debug, Default)]
pub struct Noise {
    /// Pages that failed at least once and were fine at least once, in either run.
    mixed: u64,
    /// Pages that did not fail at every look.
    working: u64,
    /// Pages that both runs looked at: so many tests are made.
    compared: u64,
    /// Pairs whose rates are apart, by what decides how probable they are by chance: failed passes
    /// of the worse run, its passes, and the better run's rate, blurred.
    apart: BTreeMap<(u32, u32, u64), u64>,
}

impl Noise {
    /// Takes in a pair.
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

    /// Pages that both runs looked at.
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// The rate at which pages fail that do not fail for good: the share of those that failed at
    /// least once among all that were fine at least once, in both runs. What always fails is what is
    /// looked for. Half a failure in one more page keeps nothing seen from meaning never (the prior
    /// of Jeffreys).
    pub fn background(&self) -> f64 {
        (self.mixed as f64 + 0.5) / (self.working as f64 + 1.0)
    }

    /// The measure for all pairs, by the step-up procedure of Y. Benjamini and Y. Hochberg,
    /// "Controlling the false discovery rate", Journal of the Royal Statistical Society B 57 (1995),
    /// 289-300: the greatest probability `p` so that `p <= rate * (pairs up to p) / (all pairs)`.
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

/// How probable it is that the worse of two runs fails as often as it did if nothing changed: the
/// page fails at the better run's rate, or at the site's if that is higher.
pub(super) fn by_chance(old: &PageState, new: &PageState, background: f64) -> f64 {
    let (better, worse) = by_rate(old, new);
    let rate = f64::from_bits(blurred(better.error_rate.value)).max(background);
    tail(worse.failed_passes(), worse.passes, rate)
}

/// The better and the worse.
fn by_rate<'a>(old: &'a PageState, new: &'a PageState) -> (&'a PageState, &'a PageState) {
    if new.error_rate.value < old.error_rate.value {
        (new, old)
    } else {
        (old, new)
    }
}

/// A rate as bits, rounded up. The bits of positive numbers are in the order of the numbers.
fn blurred(rate: f64) -> u64 {
    if rate <= 0.0 {
        return 0;
    }
    let up = (rate.to_bits() >> BLUR) + 1;
    f64::from_bits(up << BLUR).min(1.0).to_bits()
}

/// The probability of `k` or more failures in `n` independent looks that each fail at `rate`: the
/// upper tail of the binomial distribution, summed exactly.
fn tail(k: u32, n: u32, rate: f64) -> f64 {
    if k == 0 || rate >= 1.0 {
        return 1.0;
    }
    if rate <= 0.0 || k > n {
        return 0.0;
    }
    // The logarithm of a term: its power of a small rate may be less than any number.
    let (hit, miss) = (rate.ln(), (1.0 - rate).ln());
    let mut choose = 0.0;
    let mut sum = 0.0;
    for i in 0..=n {
        if i > 0 {
            choose += f64::from(n - i + 1).ln() - f64::from(i).ln();
        }
        if i >= k {
            sum += (choose + f64::from(i) * hit + f64::from(n - i) * miss).exp();
        }
    }
    sum.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_of_the_binomial_distribution() {
        let cases = [
            (3, 3, 0.2, 0.008),
            (2, 3, 0.2, 0.104),
            (0, 3, 0.2, 1.0),
            (1, 10, 0.5, 1.0 - 1.0 / 1024.0),
            (1, 1, 0.0, 0.0),
            (5, 3, 0.5, 0.0),
            (3, 3, 1.0, 1.0),
        ];
        for (k, n, rate, expected) in cases {
            assert!(
                (tail(k, n, rate) - expected).abs() < 1e-12,
                "{k} of {n} at {rate}"
            );
        }
    }

    #[test]
    fn rates_are_blurred_upwards_and_little() {
        for rate in [1e-9, 0.1, 1.0 / 3.0, 0.9999, 1.0] {
            let found = f64::from_bits(blurred(rate));
            assert!(found >= rate && found <= rate * 1.01, "{rate}: {found}");
        }
        assert_eq!(blurred(0.0), 0);
    }
}
