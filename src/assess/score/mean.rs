//! The risk of many URLs as one: a mean weighted by importance.

use super::risk::Risk;
use crate::assess::statistics::rate::Interval;

/// A weighted mean of risks, kept as sums. It has a constant size and does not depend on the order of
/// URLs. Every fetched URL must be added, healthy ones with risk 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeightedRisk {
    weights: f64,
    squares: f64,
    low: f64,
    value: f64,
    high: f64,
}

impl WeightedRisk {
    /// Adds one URL: its risk (0..100) and its weight (1..7).
    pub fn add(&mut self, risk: Risk, weight: f64) {
        self.weights += weight;
        self.squares += weight * weight;
        self.low += weight * risk.low;
        self.value += weight * risk.value;
        self.high += weight * risk.high;
    }

    /// Returns the expected share (0..100 %) of the weighted URLs at risk, if every URL was fetched. The
    /// bounds are the means of the bounds.
    pub fn full(&self) -> Risk {
        if self.weights <= 0.0 {
            return Risk::default();
        }
        Risk {
            low: self.low / self.weights,
            value: self.value / self.weights,
            high: self.high / self.weights,
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
        if self.squares <= 0.0 {
            return 0.0;
        }
        self.weights * self.weights / self.squares
    }

    /// Returns the sum of the weights.
    pub const fn weights(&self) -> f64 {
        self.weights
    }
}
