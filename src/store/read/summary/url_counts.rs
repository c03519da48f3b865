//! The one definition of everything that is counted of a run's URLs; every surface takes its numbers from
//! here. `docs/numbers.md` says in words what each of them means.

use std::collections::BTreeMap;

use crate::assess::Verdict;
use crate::model::{Outcome, SkipReason};

/// Counts over the pages of a run, or over its resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UrlCounts {
    /// URLs that belong to the audit: they were fetched, wait, or were skipped for another reason than being out
    /// of scope.
    pub known: u64,
    /// Known URLs with an answer, or a failure, that counts.
    pub fetched: u64,
    /// URLs that were requested at least once, whether they belong to the audit or not.
    pub requested: u64,
    /// Known URLs that were not requested, though no limit of the user excludes them: their host was given up, or
    /// the crawl ended before.
    pub not_requested: u64,
    /// Requested URLs by the status of their last attempt; 0 where there was no answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Requested URLs by the outcome of their last attempt.
    pub by_outcome: BTreeMap<Outcome, u64>,
    /// Requested URLs by verdict.
    pub by_verdict: BTreeMap<Verdict, u64>,
    /// Known URLs that were skipped, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
}

impl UrlCounts {
    /// URLs with a verdict. One of a host that was given up has a verdict if it was requested before.
    pub fn judged(&self) -> u64 {
        self.by_verdict.values().sum()
    }

    /// URLs with this verdict.
    pub fn with_verdict(&self, verdict: Verdict) -> u64 {
        self.by_verdict.get(&verdict).copied().unwrap_or(0)
    }

    /// URLs that failed at least once: those with another verdict than `ok`.
    pub fn failing(&self) -> u64 {
        self.judged() - self.with_verdict(Verdict::Ok)
    }

    /// Share of the known URLs that were fetched, 0 to 1; `None` if no URL is known.
    pub fn coverage(&self) -> Option<f64> {
        (self.known > 0).then(|| self.fetched as f64 / self.known as f64)
    }

    /// Known URLs that the crawl did not come to before it ended.
    pub fn not_reached(&self) -> u64 {
        let settled = self.fetched + self.skipped.values().sum::<u64>();
        self.known.saturating_sub(settled)
    }

    /// Requested URLs by the class of their last status.
    pub fn classes(&self) -> StatusClasses {
        let mut classes = StatusClasses::default();
        for (status, urls) in &self.by_status {
            *classes.of(*status) += urls;
        }
        classes
    }
}

/// URLs by the class of their status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusClasses {
    /// 200-299.
    pub success: u64,
    /// 300-399.
    pub redirect: u64,
    /// 400-499.
    pub client_error: u64,
    /// 500-599.
    pub server_error: u64,
    /// Any other status code.
    pub other: u64,
    /// No answer.
    pub none: u64,
}

impl StatusClasses {
    /// Returns the count for the class of a status; 0 stands for no answer.
    fn of(&mut self, status: u16) -> &mut u64 {
        match status {
            0 => &mut self.none,
            200..=299 => &mut self.success,
            300..=399 => &mut self.redirect,
            400..=499 => &mut self.client_error,
            500..=599 => &mut self.server_error,
            _ => &mut self.other,
        }
    }
}
