//! Counts over a run.

use super::found::{RunScores, StoredExperiment, StoredFinding};
use super::url_counts::UrlCounts;
use crate::assess::compare::Comparison;
use crate::model::RobotsAccess;
use crate::store::runs::traffic::RunTraffic;

/// The summary of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// Pages of the site: what every headline, score and gate is about.
    pub pages: UrlCounts,
    /// Images, scripts, styles and fonts of the site, which `--resources` requests.
    pub resources: UrlCounts,
    /// Links to other sites.
    pub external: ExternalCounts,
    /// URLs that are out of the audit's scope.
    pub out_of_scope: u64,
    /// Links that are not URLs, or too long.
    pub invalid: u64,
    /// Links and sitemap entries that were not taken in, as their page, their sitemap or the run had no room for
    /// them. They may lead to pages that are not known. A sitemap that was not read, or not to its end, counts as one, and
    /// so does an index page that was never fine.
    pub unseen: u64,
    /// Of these, the sitemaps whose server failed, or was given up.
    pub unread_sitemaps: u64,
    /// Of these, the index pages that were never fine.
    pub unread_indexes: u64,
    /// Pages with a 5xx that had none in the baseline; `None` without a baseline.
    pub new_server_errors: Option<u64>,
    /// Pages with a 5xx that the baseline knew and did not request.
    pub maybe_new_server_errors: u64,
    /// All attempts, also at robots.txt, sitemaps, resources and other sites.
    pub attempts: u64,
    /// Attempts that were not the first at their URL.
    pub retries: u64,
    /// Pages and resources that were not requested because their host was given up.
    pub given_up: u64,
    /// The access that each host's robots.txt allows.
    pub robots: Vec<RobotsSummary>,
    /// Scores and their deductions.
    pub scores: RunScores,
    /// Findings of the diagnosis rules, the worst first.
    pub findings: Vec<StoredFinding>,
    /// Results of experiments.
    pub experiments: Vec<StoredExperiment>,
    /// Visits of the pages, if the run uses any.
    pub traffic: Option<RunTraffic>,
}

impl RunSummary {
    /// Fills in what a comparison with the baseline counted, if there was one.
    pub fn compared_with(&mut self, found: Option<&Comparison>) {
        self.new_server_errors = found.map(|found| found.new_5xx);
        self.maybe_new_server_errors = found.map_or(0, |found| found.maybe_new_5xx);
    }
}

/// URLs of other sites that `--external` requests. They are not part of the site's coverage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExternalCounts {
    /// URLs to be requested.
    pub known: u64,
    /// URLs that were requested at least once.
    pub requested: u64,
}

/// A host's robots.txt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobotsSummary {
    /// The origin.
    pub host: String,
    /// The access that it allows.
    pub access: RobotsAccess,
}
