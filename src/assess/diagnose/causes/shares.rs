//! Ten numbers, one a cause: weights that are multiplied, then brought to a sum of one.

use crate::model::Cause;

/// The weight of each cause. Once normalised, the weights sum to one, or are all zero: nothing is known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares([f64; 10]);

impl Shares {
    /// Returns the weights of these causes; every other cause weighs nothing.
    pub fn of(weights: &[(Cause, f64)]) -> Shares {
        let mut shares = Shares::default();
        for (cause, weight) in weights {
            shares.add(*cause, *weight);
        }
        shares
    }

    /// Returns the weight of one cause.
    pub fn get(&self, cause: Cause) -> f64 {
        slot(cause).map_or(0.0, |at| self.0[at])
    }

    /// Returns whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|weight| *weight <= 0.0)
    }

    /// Adds to the weight of one cause.
    pub fn add(&mut self, cause: Cause, weight: f64) {
        if let Some(at) = slot(cause) {
            self.0[at] += weight;
        }
    }

    /// Multiplies the weights of these causes, as far as they have one.
    pub fn multiply(&mut self, factors: &[(Cause, f64)]) {
        for (cause, factor) in factors {
            if let Some(at) = slot(*cause) {
                self.0[at] *= factor;
            }
        }
    }

    /// Gives every cause at least this weight, so that evidence can raise an unexpected one.
    pub fn floor(&mut self, least: f64) {
        for weight in &mut self.0 {
            *weight = weight.max(least);
        }
    }

    /// Returns the same proportions with a sum of one; all zero stays all zero.
    #[must_use]
    pub fn normalised(mut self) -> Shares {
        let sum: f64 = self.0.iter().sum();
        if sum > 0.0 {
            for weight in &mut self.0 {
                *weight /= sum;
            }
        }
        self
    }

    /// Causes that weigh something, heaviest first.
    pub fn ranked(&self) -> Vec<(Cause, f64)> {
        let mut ranked: Vec<(Cause, f64)> = Cause::TEN
            .into_iter()
            .zip(self.0)
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }
}

fn slot(cause: Cause) -> Option<usize> {
    Cause::TEN.iter().position(|known| *known == cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportions_survive() {
        let mut shares = Shares::of(&[(Cause::Dns, 1.0), (Cause::Tls, 3.0), (Cause::None, 9.0)]);
        shares.multiply(&[(Cause::Tls, 2.0), (Cause::Network, 5.0)]);
        let shares = shares.normalised();
        assert!((shares.get(Cause::Tls) - 6.0 / 7.0).abs() < 1e-9);
        assert_eq!(shares.ranked()[0].0, Cause::Tls);
        assert_eq!(shares.ranked().len(), 2);
        assert!(Shares::default().normalised().is_empty());
    }
}
