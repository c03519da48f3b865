//! Estimates the number of pages that fail now and then and were never caught failing.
//!
//! The model is a mixture: each page has a failure probability, one of [`CHANCES`], and looks at it are
//! independent. The number of pages with each probability is unknown; a Dirichlet prior stands for it.
//! Gibbs sampling (S. Geman and D. Geman 1984; for mixtures J. Diebolt and C. Robert 1994) draws in turn
//! the probability of every page and the shares of the probabilities. The estimate is the number of
//! pages that never failed and have a probability above zero, over all draws, with its 95 % interval.
//! When looks at a page end may depend on their results: the likelihood is the same.
//!
//! The seed is fixed, so equal counts have equal estimates.

mod dice;

use std::collections::BTreeMap;

use crate::model::{Frequency, Looks};

use self::dice::{binomial, gamma};
use super::rate::Interval;

/// Failure probabilities that a page may have, 0..1. Probabilities below one in twenty cannot be
/// separated from zero. Ours.
const CHANCES: [f64; 9] = [0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0];

/// Weight of the prior in pages: of never failing, and of each other probability. Ours: chosen so that
/// the interval contains the true number on simulated sites of many kinds.
const PRIOR_FINE: f64 = 1.0;
const PRIOR_OTHER: f64 = 0.2;

/// Number of draws, and of those at the beginning that still depend on the start. Ours.
const DRAWS: usize = 2_400;
const FIRST_DRAWS: usize = 400;

/// Minimum pages for an estimate. Ours.
const FEWEST: u64 = 20;

/// Looks at a page beyond this number are not counted separately.
const MOST_LOOKS: u32 = 60;

/// Seed of the sampler.
const SEED: u64 = 1984;

/// Pages counted by their looks.
#[derive(Clone, Debug, Default)]
pub struct LookCounts {
    /// Number of pages by their looks and the failed ones among them.
    pages: BTreeMap<(u32, u32), u64>,
    /// Pages that failed and were then fine until the sequential test cleared them.
    cleared: u64,
    /// Other pages that failed and were fine at other times.
    flaky: u64,
}

/// Why the number of uncaught pages is not estimated: failures are not those of pages that fail by themselves, now
/// and then, as the model has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotEstimated {
    /// All pages that failed were fine afterwards, without exception.
    Recovered,
    /// Failures came together in time, and no outage explains them.
    Clustered,
}

impl NotEstimated {
    const ALL: [NotEstimated; 2] = [NotEstimated::Recovered, NotEstimated::Clustered];

    /// Returns the name in the database and in `summary.json`.
    pub const fn name(self) -> &'static str {
        match self {
            NotEstimated::Recovered => "recovered",
            NotEstimated::Clustered => "clustered",
        }
    }

    /// Returns the reason of this name.
    pub fn from_name(name: &str) -> Option<NotEstimated> {
        NotEstimated::ALL.into_iter().find(|why| why.name() == name)
    }
}

/// The estimate of uncaught pages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncaught {
    /// Pages that fail now and then and were never seen failing.
    pub pages: Interval,
    /// Pages that were never seen failing.
    pub never_failed: u64,
    /// Whether any page was seen both failing and fine. If none was, only the upper bound has a meaning.
    pub any_failed: bool,
}

impl LookCounts {
    /// Counts a page.
    pub fn add(&mut self, looks: Looks) {
        let (all, failed) = (looks.all(), looks.failed());
        if all > 0 {
            let key = (all.min(MOST_LOOKS), failed.min(MOST_LOOKS));
            *self.pages.entry(key).or_default() += 1;
        }
        if failed > 0 && looks.frequency() == Some(Frequency::Rarely) {
            self.cleared += 1;
        } else if failed > 0 && failed < all {
            self.flaky += 1;
        }
    }

    /// Returns whether pages failed, and all of them were fine in every later look. Pages that fail by themselves
    /// would have failed again.
    pub const fn have_recovered(&self) -> bool {
        self.cleared > 0 && self.flaky == 0
    }

    /// Adds the pages of another count.
    pub fn merge(&mut self, other: &LookCounts) {
        for (looks, pages) in &other.pages {
            *self.pages.entry(*looks).or_default() += pages;
        }
        self.cleared += other.cleared;
        self.flaky += other.flaky;
    }

    /// Returns the estimate, or `None` if there are too few pages.
    pub fn uncaught(&self) -> Option<Uncaught> {
        let of = |fine: bool| -> u64 {
            let groups = self.pages.iter();
            let groups = groups.filter(|((_, failed), _)| (*failed == 0) == fine);
            groups.map(|(_, pages)| pages).sum()
        };
        let (never_failed, failed) = (of(true), of(false));
        if never_failed + failed < FEWEST {
            return None;
        }
        let mut draws = self.draws();
        draws.sort_unstable();
        let at = |share: f64| draws[((draws.len() - 1) as f64 * share).round() as usize] as f64;
        let mean = draws.iter().sum::<u64>() as f64 / draws.len() as f64;
        let (low, high) = (at(0.025), at(0.975));
        Some(Uncaught {
            pages: Interval {
                low,
                value: mean.round().clamp(low, high),
                high,
            },
            never_failed,
            any_failed: (self.pages.keys()).any(|(all, failed)| *failed > 0 && failed < all),
        })
    }

    /// Returns draws of the number of uncaught pages.
    fn draws(&self) -> Vec<u64> {
        let groups: Vec<Group> = self.pages.iter().map(Group::of).collect();
        let mut dice = fastrand::Rng::with_seed(SEED);
        let mut shares = [1.0 / CHANCES.len() as f64; CHANCES.len()];
        let mut draws = Vec::with_capacity(DRAWS - FIRST_DRAWS);
        for draw in 0..DRAWS {
            let mut pages = [0_u64; CHANCES.len()];
            let mut uncaught = 0;
            for group in &groups {
                let with = group.draw(&shares, &mut dice);
                for (sum, pages) in pages.iter_mut().zip(with) {
                    *sum += pages;
                }
                if group.failed == 0 {
                    uncaught += with[1..].iter().sum::<u64>();
                }
            }
            if draw >= FIRST_DRAWS {
                draws.push(uncaught);
            }
            for (at, share) in shares.iter_mut().enumerate() {
                let prior = if at == 0 { PRIOR_FINE } else { PRIOR_OTHER };
                *share = gamma(prior + pages[at] as f64, &mut dice);
            }
            let sum: f64 = shares.iter().sum();
            for share in &mut shares {
                *share /= sum;
            }
        }
        draws
    }
}

/// Pages with equal looks.
struct Group {
    failed: u32,
    pages: u64,
    /// Likelihood of their looks for each failure probability.
    likelihood: [f64; CHANCES.len()],
}

impl Group {
    fn of((looks, pages): (&(u32, u32), &u64)) -> Group {
        let (all, failed) = *looks;
        let power = |base: f64, times: u32| base.powi(times.cast_signed());
        Group {
            failed,
            pages: *pages,
            likelihood: CHANCES
                .map(|chance| power(chance, failed) * power(1.0 - chance, all - failed)),
        }
    }

    /// Draws how many of the pages have each probability.
    fn draw(
        &self,
        shares: &[f64; CHANCES.len()],
        dice: &mut fastrand::Rng,
    ) -> [u64; CHANCES.len()] {
        let mut weights = self.likelihood;
        for (weight, share) in weights.iter_mut().zip(shares) {
            *weight *= share;
        }
        let mut rest: f64 = weights.iter().sum();
        let mut left = self.pages;
        let mut drawn = [0; CHANCES.len()];
        for (drawn, weight) in drawn.iter_mut().zip(weights) {
            let chance = if rest > 0.0 { weight / rest } else { 0.0 };
            *drawn = binomial(left, chance.clamp(0.0, 1.0), dice);
            left -= *drawn;
            rest -= weight;
        }
        // Rounding may leave a remainder for the last weight.
        if left > 0
            && let Some(last) = (0..CHANCES.len()).rfind(|at| weights[*at] > 0.0)
        {
            drawn[last] += left;
        }
        drawn
    }
}

#[cfg(test)]
mod tests;
