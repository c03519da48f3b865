//! What a run knows of a page.

use serde::{Deserialize, Serialize};

use crate::assess::{Interval, Verdict};

/// Runs that are looked back on, the new one included.
pub const FLAPPING_RUNS: usize = 5;

/// Changes between failing and fine among them that make a page flapping. Five runs have four
/// transitions; a page that one of them did not look at has fewer.
pub const FLAPPING_CHANGES: usize = 3;

/// What a run's looks at a page amount to: what a comparison needs, and what a `summary.json` keeps
/// of each failing page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageState {
    /// The page's verdict.
    pub verdict: Verdict,
    /// The last status code; 0 where there was no answer.
    pub status: u16,
    /// Attempts, experiments aside.
    pub attempts: u32,
    /// Those of them that failed.
    pub failed: u32,
    /// Passes they were made in: attempts that follow one another quickly share their fate.
    pub passes: u32,
    /// Share of attempts that failed, 0..1, with its clustered 95 % Wilson interval.
    pub error_rate: Interval,
    /// What mending it is worth: risk times weight, 0 and up.
    pub priority: f64,
}

/// What a run knows of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// It was looked at.
    Seen(PageState),
    /// It was not, and why: a reason such as `robots`, or in words.
    NotSeen(String),
    /// The run followed all links and sitemaps and did not find it.
    Absent,
    /// It is no part of what the run was to cover, and why, in words.
    OutOfScope(String),
}

/// A page in two runs.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// Its address in the new run; where that does not have it, what it would be there.
    pub address: &'a str,
    /// Its address in the old run.
    pub old_address: &'a str,
    /// What the old run knows of it.
    pub old: Sight,
    /// What the new run knows of it.
    pub new: Sight,
    /// Whether nothing leads to it any more in the new run: no sitemap, and no chain of links from a
    /// start page. False where what led to it before could not be read now.
    pub unlinked: bool,
    /// Where it redirects to in the new run.
    pub target: Option<&'a str>,
    /// Whether it failed in each of the last [`super::FLAPPING_RUNS`] runs that looked at it, the
    /// oldest first; empty where it failed in none of them or there are fewer runs.
    pub states: &'a [bool],
}

/// How often a page changedbetween failing and fine, from run to run.
pub fn state_changes(fails: &[bool]) -> usize {
    fails.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

impl PageState {
    /// A page of which only is known that it is not among the failing ones: one fine look, the least
    /// that every page had.
    pub fn unlisted() -> PageState {
        PageState {
            verdict: Verdict::Ok,
            status: 200,
            attempts: 1,
            failed: 0,
            passes: 1,
            error_rate: Interval::clustered(0, 1, 1),
            priority: 0.0,
        }
    }

    /// Whether the page fails: [`Verdict::is_failing`].
    pub const fn fails(&self) -> bool {
        self.verdict.is_failing()
    }

    /// Whether the server says that there is no such page.
    pub const fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Whether it answers 200-299 and does not fail.
    pub(super) const fn is_fine(&self) -> bool {
        self.status >= 200 && self.status <= 299 && !self.fails()
    }

    /// Whether it answers 300-399 and does not fail.
    pub(super) const fn is_redirect(&self) -> bool {
        self.status >= 300 && self.status <= 399 && !self.fails()
    }

    /// Whether it answers 500-599.
    pub const fn is_server_error(&self) -> bool {
        self.status >= 500 && self.status <= 599
    }

    /// Whole passes' worth of failures: the rate times the passes.
    pub(super) fn failed_passes(&self) -> u32 {
        let share = self.error_rate.value * f64::from(self.passes);
        // Rates come back rounded: two thirds of three are two.
        (share + 1e-3).floor() as u32
    }
}

impl Sight {
    /// The page as it was seen.
    pub const fn state(&self) -> Option<&PageState> {
        match self {
            Sight::Seen(state) => Some(state),
            Sight::NotSeen(_) | Sight::Absent | Sight::OutOfScope(_) => None,
        }
    }
}
