//! Page counts of a run for gates. They cover pages of the site only, neither resources nor external links.

use std::collections::BTreeMap;

use crate::assess::Verdict;
use crate::assess::compare::Comparison;

/// Counts of pages of the site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Pages that belong to the audit.
    pub known: u64,
    /// Pages that were fetched.
    pub fetched: u64,
    /// Pages that were requested at least once.
    pub requested: u64,
    /// Known pages that were not requested although no limit of the user excludes them: their host was given
    /// up, or the crawl ended before.
    pub not_requested: u64,
    /// Links and sitemap entries that were dropped because their page, their sitemap or the run
    /// reached a bound. They may lead to unknown pages. A sitemap that was not read, or not to its
    /// end, counts as one.
    pub unseen: u64,
    /// Fetched pages by their last status; 0 without an answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Fetched pages by verdict.
    pub by_verdict: BTreeMap<Verdict, u64>,
    /// Pages with a 5xx that had none in the baseline. The comparison fills this in; absent without one.
    pub new_server_errors: Option<u64>,
    /// Pages with a 5xx that the baseline knew but did not request.
    pub maybe_new_server_errors: u64,
}

impl PageCounts {
    /// Fills in the counts of a comparison with the baseline, if there was one.
    pub fn compared_with(&mut self, found: Option<&Comparison>) {
        self.new_server_errors = found.map(|found| found.new_5xx);
        self.maybe_new_server_errors = found.map_or(0, |found| found.maybe_new_5xx);
    }
}
