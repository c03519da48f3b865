//! The results of earlier runs for a URL that failed and recovered in this run. Each run alone suggests
//! an accident; but a page that fails one week in three is intermittent.
//!
//! A run counts as one look of the sequential test ([`crate::model::FlakyTest`]): it failed or it was
//! fine. This run's failure is the reason to look back, so it does not count. Consecutive runs that
//! ended failing are one bout. If the newest earlier run ended failing, this run's failure is the end of
//! that bout.

use std::time::Duration;

use crate::model::looks_evidence;

/// Maximum earlier runs that are considered, the newest (ours).
pub const MOST_EARLIER_RUNS: u32 = 8;

/// Age before this run from which a run is no longer evidence (ours).
pub const OLDEST_EARLIER_RUN: Duration = Duration::from_hours(24 * 100);

/// Minimum likelihood ratio of the bouts of failures, for an intermittent page against one that fails by accident
/// (ours). Among failing pages that fail by accident in one look out of fifty, at most four in a hundred are called
/// intermittent.
const TIMES_MORE_LIKELY: f64 = 9.0;

/// The result of an earlier run for a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlierSight {
    /// It never failed.
    Fine,
    /// It failed and recovered, or was intermittent.
    Recovered,
    /// It failed when the run ended.
    Failing,
    /// It failed with its host, section or family, or because of the crawl's speed. That is not evidence about the
    /// URL.
    Explained,
}

/// Counts of the results of earlier runs for a URL. Of constant size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarlierRuns {
    fine: u32,
    failed: u32,
    bouts: u32,
    /// Whether the newest earlier run ended failing.
    failing: bool,
}

impl EarlierRuns {
    /// Adds the next run, the oldest first.
    pub fn add(&mut self, sight: EarlierSight) {
        match sight {
            EarlierSight::Explained => {}
            EarlierSight::Fine => {
                self.fine += 1;
                self.failing = false;
            }
            EarlierSight::Recovered | EarlierSight::Failing => {
                self.failed += 1;
                self.bouts += u32::from(!self.failing);
                self.failing = sight == EarlierSight::Failing;
            }
        }
    }

    /// Returns the number of runs in which it failed.
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// Returns the number of runs with evidence about it.
    pub const fn all(&self) -> u32 {
        self.fine + self.failed
    }

    /// Returns whether a page that failed and recovered in this run is intermittent.
    pub fn comes_and_goes(&self) -> bool {
        let bouts = self.bouts - u32::from(self.failing);
        looks_evidence(bouts, self.fine) >= TIMES_MORE_LIKELY.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One mark for each run, the oldest first: `.` fine, `r` recovered, `F` failing, `h` failing with
    /// its host.
    fn runs(marks: &str) -> EarlierRuns {
        let mut runs = EarlierRuns::default();
        for mark in marks.chars() {
            runs.add(match mark {
                '.' => EarlierSight::Fine,
                'r' => EarlierSight::Recovered,
                'F' => EarlierSight::Failing,
                _ => EarlierSight::Explained,
            });
        }
        runs
    }

    #[test]
    fn a_page_that_fails_one_week_in_three_is_intermittent() {
        let cases = [
            ("", false),
            (".", false),
            ("r", true),
            // Failing in the first week and in the third, this one.
            ("r.", true),
            (".r", true),
            // Once in a month is an accident, twice is not.
            ("r...", false),
            ("r..r", true),
            ("r..r...", true),
            ("........", false),
            // Failing until it recovered in this run.
            ("F", false),
            ("FFFF", false),
            (".FF", false),
            // Failing, recovered, and failing again.
            ("FF.", true),
            ("hhh.h", false),
        ];
        for (marks, expected) in cases {
            assert_eq!(runs(marks).comes_and_goes(), expected, "{marks:?}");
        }
        let counted = runs("r.hF");
        assert_eq!((counted.failed(), counted.all()), (2, 3));
    }

    #[test]
    fn accidents_are_rarely_called_intermittent() {
        let mut dice = fastrand::Rng::with_seed(7);
        for earlier in 1..=MOST_EARLIER_RUNS {
            let mut taken = 0;
            for _ in 0..10_000 {
                let mut runs = EarlierRuns::default();
                for _ in 0..earlier {
                    let sight = if dice.f64() < 0.02 {
                        EarlierSight::Recovered
                    } else {
                        EarlierSight::Fine
                    };
                    runs.add(sight);
                }
                taken += u32::from(runs.comes_and_goes());
            }
            assert!(taken <= 450, "{taken} of 10,000 after {earlier} runs");
        }
    }
}
