//! What earlier runs saw of a URL that failed and recovered in this one. Each run by itself sees an
//! accident; a page that fails one week in three comes and goes all the same.
//!
//! A run counts as one look of the sequential test ([`crate::model::FlakyTest`]): it failed or it was
//! fine. This run's own failure is the reason to look back, so it does not count. Runs in a row that
//! ended failing are one bout, and if the newest of them did, this run's failure is its end.

use std::time::Duration;

use crate::model::looks_evidence;

/// Most earlier runs that are looked at, the newest (ours).
pub const MOST_EARLIER_RUNS: u32 = 8;

/// Age, in time before this run, from which on a run says nothing of a page any more (ours).
pub const OLDEST_EARLIER_RUN: Duration = Duration::from_hours(24 * 100);

/// How many times more likely the bouts must be of a page that comes and goes than of one that fails by
/// accident (ours). Of pages that fail by accident at each fiftieth look, at most four in a hundred that
/// fail now are taken for one that comes and goes.
const TIMES_MORE_LIKELY: f64 = 9.0;

/// What an earlier run saw of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlierSight {
    /// It never failed.
    Fine,
    /// It failed and recovered, or came and went.
    Recovered,
    /// It failed when the run ended.
    Failing,
    /// It failed with its host, section or family, or of the crawl's speed: that says nothing of the URL.
    Explained,
}

/// What earlier runs saw of a URL, counted. Of constant size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EarlierRuns {
    fine: u32,
    failed: u32,
    bouts: u32,
    /// Whether the newest of them ended failing.
    failing: bool,
}

impl EarlierRuns {
    /// Takes the next run, the oldest first.
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

    /// Runs in which it failed.
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// Runs that looked at it and say something.
    pub const fn all(&self) -> u32 {
        self.fine + self.failed
    }

    /// Whether a page that failed and recovered in this run comes and goes.
    pub fn comes_and_goes(&self) -> bool {
        let bouts = self.bouts - u32::from(self.failing);
        looks_evidence(bouts, self.fine) >= TIMES_MORE_LIKELY.ln()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mark a run, the oldest first: `.` fine, `r` recovered, `F` failing, `h` with its host.
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
    fn a_page_that_fails_one_week_in_three_comes_and_goes() {
        let cases = [
            ("", false),
            (".", false),
            ("r", true),
            // Failing in the first week and in this, the third.
            ("r.", true),
            (".r", true),
            // Once in a month is an accident, twice is none.
            ("r...", false),
            ("r..r", true),
            ("r..r...", true),
            ("........", false),
            // Dead until this run mended it.
            ("F", false),
            ("FFFF", false),
            (".FF", false),
            // Dead, mended, and failing again.
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
    fn accidents_are_rarely_taken_for_more() {
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
