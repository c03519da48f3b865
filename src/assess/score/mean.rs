//! The risk of many URLs as one: a mean weighted by how much each matters.

use super::risk::Risk;
use crate::assess::statistics::rate::Interval;

/// A weighted mean of risks, kept as sums: of constant size, and the order of URLs does not matter.
/// Every fetched URL belongs in it, healthy ones with risk 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WeightedRisk {
    weights: f64,
    squares: f64,
    low: f64,
    value: f64,
    high: f64,
}

impl WeightedRisk {
    /// Takes one URL: its risk (0..100) and its weight (1..7).
    pub fn add(&mut self, risk: Risk, weight: f64) {
        self.weights += weight;
        self.squares += weight * weight;
        self.low += weight * risk.low;
        self.value += weight * risk.value;
        self.high += weight * risk.high;
    }

    /// The expected share (0..100 %) of the weighted URLs at risk, where every URL was fetched:
    /// the bounds are the means of the bounds.
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

    /// The same where only a sample was fetched: the bounds are Wilson's for the effective number
    /// of URLs.
    pub fn sampled(&self) -> Risk {
        let value = self.full().value;
        let size = self.effective_size();
        Interval::wilson(value / 100.0 * size, size).map(|rate| 100.0 * rate)
    }

    /// How many equally weighted URLs would tell as much (Kish's effective sample size).
    pub fn effective_size(&self) -> f64 {
        if self.squares <= 0.0 {
            return 0.0;
        }
        self.weights * self.weights / self.squares
    }

    /// Sum of the weights.
    pub const fn weights(&self) -> f64 {
        self.weights
    }
}
