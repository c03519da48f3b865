//! The pages of a run in the numbers that gates look at: pages of the site alone, neither resources
//! nor links to others.

use std::collections::BTreeMap;

use crate::assess::Verdict;
use crate::assess::compare::Comparison;

/// Pages of the site, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Pages that belong to the audit.
    pub known: u64,
    /// Pages that were fetched.
    pub fetched: u64,
    /// Pages that were requested at least once.
    pub requested: u64,
    /// Known pages that were not requested, though no limit of the user excludes them: their host was
    /// given up, or the crawl ended before.
    pub not_requested: u64,
    /// Links and sitemap entries that were not taken in, as their page, their sitemap or the run had no room for
    /// them. They may lead to pages that are not known. A sitemap that was not read, or not to its end, counts as one.
    pub unseen: u64,
    /// Fetched pages by their last status; 0 where there was no answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Fetched pages by verdict.
    pub by_verdict: BTreeMap<Verdict, u64>,
    /// Pages with a 5xx that had none in the baseline: for who compares to fill in; absent without one.
    pub new_server_errors: Option<u64>,
    /// Pages with a 5xx that the baseline knew and did not request.
    pub maybe_new_server_errors: u64,
}

impl PageCounts {
    /// Fills in what a comparison with the baseline counted, if there was one.
    pub fn compared_with(&mut self, found: Option<&Comparison>) {
        self.new_server_errors = found.map(|found| found.new_5xx);
        self.maybe_new_server_errors = found.map_or(0, |found| found.maybe_new_5xx);
    }
}
