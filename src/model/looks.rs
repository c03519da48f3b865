//! Looks at one URL, and the sequential test that separates a page that fails often from one that failed
//! by accident.
//!
//! The test is Wald's sequential probability ratio test (A. Wald, "Sequential Tests of Statistical
//! Hypotheses", Annals of Mathematical Statistics 16, 1945). It compares two probabilities of failure: at
//! most [`RARELY`], and at least [`OFTEN`]. It starts after the first good answer that follows a failure:
//! all failures until then are one episode, and the reason for the test. About nine good looks in a row
//! clear a page; two failed ones, with few good ones between, convict it.

use std::time::Duration;

use super::time::moment::Moment;

/// Highest probability of failure of a page that fails by accident. Ours.
pub const RARELY: f64 = 0.02;

/// Lowest probability of failure of a page that fails intermittently. Ours.
pub const OFTEN: f64 = 0.3;

/// Nominal probability of error of the test in either direction, 0..1. Wald's bounds allow a factor of `1
/// / (1 - TEST_ERROR)` more: 5.3 %. Ours.
pub const TEST_ERROR: f64 = 0.05;

/// Minimum time between two looks of one pass after the crawl. Ours.
pub const LOOK_SPACING: Duration = Duration::from_secs(2);

/// Attempts of the crawl's own pass closer together than this are one look: quick retries share their
/// fate. Ours.
const ONE_LOOK: Duration = Duration::from_mins(1);

/// How often a page with failures and successes fails, as far as the test decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frequency {
    /// The failure was an accident.
    Rarely,
    /// It fails intermittently.
    Often,
}

/// The sequential test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlakyTest {
    good: u32,
    failed: u32,
    decided: Option<Frequency>,
}

impl FlakyTest {
    /// Adds a look. The first decision stands.
    pub fn add(&mut self, failed: bool) {
        if failed {
            self.failed += 1;
        } else {
            self.good += 1;
        }
        let bound = ((1.0 - TEST_ERROR) / TEST_ERROR).ln();
        let evidence = self.evidence();
        if self.decided.is_none() && evidence.abs() >= bound {
            self.decided = Some(if evidence > 0.0 {
                Frequency::Often
            } else {
                Frequency::Rarely
            });
        }
    }

    /// Returns the decision, if there is one.
    pub const fn decided(&self) -> Option<Frequency> {
        self.decided
    }

    fn evidence(&self) -> f64 {
        looks_evidence(self.failed, self.good)
    }
}

/// Returns the logarithm of a likelihood ratio for these failed and good looks: the page fails [`OFTEN`],
/// over it fails [`RARELY`].
pub fn looks_evidence(failed: u32, good: u32) -> f64 {
    let of_failed = (OFTEN / RARELY).ln();
    let of_good = ((1.0 - OFTEN) / (1.0 - RARELY)).ln();
    f64::from(failed) * of_failed + f64::from(good) * of_good
}

/// Counts of the looks at one URL. A look is an attempt that is independent of all others. The crawl's first attempt
/// stands for its quick retries; in later passes each spaced attempt is a look. Of constant size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    all: u32,
    failed: u32,
    /// The pass of the newest look, its start, and the start of its newest attempt.
    newest: Option<(u32, Moment, Moment)>,
    /// Whether anything failed, and whether anything was fine after that.
    broke: bool,
    recovered: bool,
    test: FlakyTest,
}

impl Looks {
    /// Adds an attempt; attempts come in the order in which they were made.
    pub fn add(&mut self, pass: u32, started: Moment, failed: bool) {
        let shares = self.newest.is_some_and(|(known, began, last)| {
            known == pass
                && if pass <= 1 {
                    started.since(began) < ONE_LOOK
                } else {
                    started.since(last) < LOOK_SPACING
                }
        });
        if shares {
            self.newest = self.newest.map(|(pass, began, _)| (pass, began, started));
        } else {
            self.newest = Some((pass, started, started));
            self.all += 1;
            self.failed += u32::from(failed);
            if self.recovered {
                self.test.add(failed);
            }
        }
        self.recovered |= self.broke && !failed;
        self.broke |= failed;
    }

    /// Returns the number of looks.
    pub const fn all(&self) -> u32 {
        self.all
    }

    /// Returns the number of looks whose first attempt failed.
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// Returns the decision of the sequential test, if there is one.
    pub const fn frequency(&self) -> Option<Frequency> {
        self.test.decided()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the looks of a history, with a word for each pass and a mark for each attempt, ten seconds
    /// apart: `F` fails, `.` is fine.
    fn looks(course: &str) -> Looks {
        let mut looks = Looks::default();
        let mut at = Moment::default();
        for (pass, attempts) in (1..).zip(course.split(' ')) {
            for mark in attempts.chars() {
                looks.add(pass, at, mark == 'F');
                at = at + Duration::from_secs(10);
            }
        }
        looks
    }

    #[test]
    fn nine_good_looks_clear_a_page_and_a_second_failure_convicts_it() {
        use Frequency::{Often, Rarely};
        let cases = [
            ("FFF", None),
            ("FFF FFFF FFFF", None),
            ("F. ........", None),
            ("F. .........", Some(Rarely)),
            ("FFF ..........", Some(Rarely)),
            ("F. FF", Some(Often)),
            ("F. F.F", Some(Often)),
            ("FFF ....F..F", Some(Often)),
            ("F. F.......................", Some(Rarely)),
            ("F. FF ..............................", Some(Often)),
        ];
        for (course, expected) in cases {
            assert_eq!(looks(course).frequency(), expected, "{course}");
        }
    }

    #[test]
    fn quick_retries_are_one_look_and_spaced_attempts_of_a_pass_are_several() {
        let cases = [("FF. FF F", 4, 4), (". .", 2, 0), (". .F.", 4, 1)];
        for (course, all, failed) in cases {
            let found = looks(course);
            assert_eq!((found.all(), found.failed()), (all, failed), "{course}");
        }
        let mut close = Looks::default();
        for millis in [0, 900, 1_800] {
            close.add(2, Moment::from_millis(millis), true);
        }
        assert_eq!(close.all(), 1);
    }

    #[test]
    fn the_test_errs_no_more_often_than_stated() {
        const PAGES: u32 = 20_000;
        let mut dice = fastrand::Rng::with_seed(3);
        let mut wrong = |chance: f64, wrong: Frequency| -> f64 {
            let mut count = 0_u32;
            for _ in 0..PAGES {
                let mut test = FlakyTest::default();
                while test.decided().is_none() {
                    test.add(dice.f64() < chance);
                }
                count += u32::from(test.decided() == Some(wrong));
            }
            f64::from(count) / f64::from(PAGES)
        };
        // Wald's bound, which is slightly above the nominal probability.
        let bound = TEST_ERROR / (1.0 - TEST_ERROR);
        assert!(wrong(RARELY, Frequency::Often) <= bound);
        assert!(wrong(OFTEN, Frequency::Rarely) <= bound);
        assert!(wrong(0.5, Frequency::Rarely) < 0.01);
    }
}
