//! A page as a run knows it.

use serde::{Deserialize, Serialize};

use crate::assess::{Interval, Verdict};
use crate::model::RedirectEnd;

/// Number of runs that are examined for flapping, the new one included.
pub const FLAPPING_RUNS: usize = 5;

/// Minimum changes between failing and fine among them for a flapping page. Five runs have four
/// transitions; a page that one of them did not request has fewer.
pub const FLAPPING_CHANGES: usize = 3;

/// The state of a page in a run: the values that a comparison needs, and that `summary.json` has for
/// each failing page.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageState {
    /// The page's verdict.
    pub verdict: Verdict,
    /// The last status code; 0 if there was no answer.
    pub status: u16,
    /// Attempts without experiments.
    pub attempts: u32,
    /// Number of those that failed.
    pub failed: u32,
    /// Their passes: attempts in quick succession share their fate.
    pub passes: u32,
    /// Share of attempts that failed, 0..1, with its clustered 95 % Wilson interval.
    pub error_rate: Interval,
    /// Urgency of a fix: risk times weight, 0 and up.
    pub priority: f64,
    /// Whether it is only assumed to be fine, because a list of failing pages does not have it.
    #[serde(skip)]
    pub assumed: bool,
}

/// A run's knowledge of a page.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    /// It was requested.
    Seen(PageState),
    /// It was not requested, for this reason, such as `robots`, or in words.
    NotSeen(String),
    /// The run followed all links and sitemaps and did not find it.
    Absent,
    /// It is outside the scope of the run, for this reason in words.
    OutOfScope(String),
}

/// A page in two runs.
#[derive(Clone, Debug)]
pub struct Pair<'a> {
    /// Its URL in the new run. If that does not have it, the URL that it would have there.
    pub address: &'a str,
    /// Its URL in the old run.
    pub old_address: &'a str,
    /// The old run's knowledge of it.
    pub old: Sight,
    /// The new run's knowledge of it.
    pub new: Sight,
    /// Whether nothing leads to it any more in the new run: no sitemap and no chain of links from a
    /// start page. False if a page or sitemap that led to it could not be read now.
    pub unlinked: bool,
    /// The end of its redirects in the new run.
    pub target: Option<Target<'a>>,
    /// What it said to search engines in the old run and says in the new one; absent if one of them is not known, or
    /// the two sites have different addresses.
    pub marks: Option<(&'a Marks, &'a Marks)>,
    /// Whether it failed in each of the last [`super::FLAPPING_RUNS`] runs that requested it, the oldest
    /// first. Empty if it failed in none of them or there are fewer runs.
    pub states: &'a [bool],
}

/// What a page says to search engines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// Whether it has noindex.
    pub noindex: bool,
    /// The URL that it names as canonical, if it names one.
    pub canonical: Option<String>,
    /// Its title, if it has one.
    pub title: Option<String>,
}

/// The end of a chain of redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The last URL.
    pub address: &'a str,
    /// How the chain ends.
    pub end: RedirectEnd,
    /// Whether the last URL failed, answered 4xx or did not answer.
    pub fails: bool,
    /// Whether the last URL asks for a password.
    pub is_login: bool,
    /// Number of pages whose redirects end there.
    pub shared: u64,
}

/// Returns how often a page changed between failing and fine from run to run.
pub fn state_changes(fails: &[bool]) -> usize {
    fails.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

impl PageState {
    /// Returns the state of a page that is only known not to be listed as failing: one successful look,
    /// the minimum of every page.
    pub fn unlisted() -> PageState {
        PageState {
            verdict: Verdict::Ok,
            status: 200,
            attempts: 1,
            failed: 0,
            passes: 1,
            error_rate: Interval::clustered(0, 1, 1),
            priority: 0.0,
            assumed: true,
        }
    }

    /// Returns whether the page fails: [`Verdict::is_failing`].
    pub const fn fails(&self) -> bool {
        self.verdict.is_failing()
    }

    /// Returns whether the server answers that there is no such page.
    pub const fn is_missing(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Returns whether it answers that there is no such page, and does not fail.
    pub(super) const fn is_gone(&self) -> bool {
        self.is_missing() && !self.fails()
    }

    /// Returns whether it answers 4xx other than that there is no such page, and does not fail.
    pub(super) const fn is_refused(&self) -> bool {
        self.status >= 400 && self.status <= 499 && !self.is_missing() && !self.fails()
    }

    /// Returns whether it answers 200-299 and does not fail.
    pub(super) const fn is_fine(&self) -> bool {
        self.status >= 200 && self.status <= 299 && !self.fails()
    }

    /// Returns whether it answers 300-399 and does not fail.
    pub(super) const fn is_redirect(&self) -> bool {
        self.status >= 300 && self.status <= 399 && !self.fails()
    }

    /// Returns whether it answers 500-599.
    pub const fn is_server_error(&self) -> bool {
        self.status >= 500 && self.status <= 599
    }

    /// Returns the failures in whole passes: the rate times the passes.
    pub(super) fn failed_passes(&self) -> u32 {
        let share = self.error_rate.value * f64::from(self.passes);
        // Stored rates are rounded: two thirds of three must be two.
        (share + 1e-3).floor() as u32
    }
}

impl Sight {
    /// Returns the state of the page, if it was requested.
    pub const fn state(&self) -> Option<&PageState> {
        match self {
            Sight::Seen(state) => Some(state),
            Sight::NotSeen(_) | Sight::Absent | Sight::OutOfScope(_) => None,
        }
    }
}
