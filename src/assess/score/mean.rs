//! The risk of many URLs as one: a mean weighted by importance.

use super::risk::Risk;
use crate::assess::statistics::rate::Interval;

/// Minimum share of the home pages in the risk of a site (ours): the strongest page of a site must not
/// vanish among ten thousand others.
pub(super) const HOME_SHARE: f64 = 0.15;

/// A weighted mean of risks, kept as sums. It has a constant size and does not depend on the order of
/// URLs. Every fetched URL must be added, healthy ones with risk 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeightedRisk {
    home: Sums,
    others: Sums,
}

/// Sums over URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    weights: f64,
    squares: f64,
    low: f64,
    value: f64,
    high: f64,
}

impl Sums {
    fn add(&mut self, risk: Risk, weight: f64) {
        self.weights += weight;
        self.squares += weight * weight;
        self.low += weight * risk.low;
        self.value += weight * risk.value;
        self.high += weight * risk.high;
    }

    /// Returns these sums with weights times `factor`, and those of `others`.
    fn scaled_with(self, factor: f64, others: Sums) -> Sums {
        Sums {
            weights: factor * self.weights + others.weights,
            squares: factor * factor * self.squares + others.squares,
            low: factor * self.low + others.low,
            value: factor * self.value + others.value,
            high: factor * self.high + others.high,
        }
    }
}

impl WeightedRisk {
    /// Adds one URL: its risk (0..100) and its weight (1..7).
    pub fn add(&mut self, risk: Risk, weight: f64) {
        self.others.add(risk, weight);
    }

    /// Adds the home page of a site or host. All home pages together have at least [`HOME_SHARE`].
    pub fn add_home(&mut self, risk: Risk, weight: f64) {
        self.home.add(risk, weight);
    }

    /// Returns the expected share (0..100 %) of the weighted URLs at risk, if every URL was fetched. The
    /// bounds are the means of the bounds.
    pub fn full(&self) -> Risk {
        let all = self.all();
        if all.weights <= 0.0 {
            return Risk::default();
        }
        Risk {
            low: all.low / all.weights,
            value: all.value / all.weights,
            high: all.high / all.weights,
        }
    }

    /// Returns the same share if only a sample was fetched. The bounds are Wilson's for the effective
    /// number of URLs.
    pub fn sampled(&self) -> Risk {
        let value = self.full().value;
        let size = self.effective_size();
        Interval::wilson(value / 100.0 * size, size).map(|rate| 100.0 * rate)
    }

    /// Returns the number of equally weighted URLs with the same evidence (Kish's effective sample
    /// size).
    pub fn effective_size(&self) -> f64 {
        let all = self.all();
        if all.squares <= 0.0 {
            return 0.0;
        }
        all.weights * all.weights / all.squares
    }

    /// Returns the sum of the weights, with the home pages at their share.
    pub fn weights(&self) -> f64 {
        self.all().weights
    }

    /// Returns the factor by which the weights of home pages grow, 1 or more.
    pub fn home_factor(&self) -> f64 {
        let (home, others) = (self.home.weights, self.others.weights);
        if home <= 0.0 {
            return 1.0;
        }
        (others * HOME_SHARE / ((1.0 - HOME_SHARE) * home)).max(1.0)
    }

    fn all(&self) -> Sums {
        self.home.scaled_with(self.home_factor(), self.others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_page_has_its_share_in_a_large_site_and_its_weight_in_a_small_one() {
        let risk = |others: u32| {
            let mut mean = WeightedRisk::default();
            mean.add_home(Risk::exact(70.0), 7.0);
            for _ in 0..others {
                mean.add(Risk::default(), 3.0);
            }
            mean.full().value
        };
        assert!((risk(10_000) - 10.5).abs() < 1e-9, "{}", risk(10_000));
        assert!((risk(7) - 70.0 * 7.0 / 28.0).abs() < 1e-9, "{}", risk(7));
        assert!((risk(0) - 70.0).abs() < 1e-9, "{}", risk(0));
    }
}
