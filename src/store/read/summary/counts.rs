//! Counts over a run.

use std::collections::BTreeMap;

use super::found::{RunScores, StoredFinding, StoredTrial};
use super::measured::PageCounts;
use crate::assess::Verdict;
use crate::model::{Outcome, RobotsAccess, SkipReason};
use crate::store::runs::list::RunCounts;

/// The summary of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// URLs of the site known, fetched and failing, and all attempts.
    pub counts: RunCounts,
    /// Counts of pages of the site only.
    pub pages: PageCounts,
    /// Links to other sites.
    pub external: ExternalCounts,
    /// Attempts after the first at their URL.
    pub retries: u64,
    /// Pages by the status code of their last attempt; 0 without an answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Pages by the class of that status code.
    pub classes: StatusClasses,
    /// Pages by the outcome of their last attempt.
    pub by_outcome: BTreeMap<Outcome, u64>,
    /// Pages by verdict.
    pub by_verdict: BTreeMap<Verdict, u64>,
    /// URLs that were not fetched, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Pages and resources that were not requested because their host was given up.
    pub given_up: u64,
    /// The access that each host's robots.txt allows.
    pub robots: Vec<RobotsSummary>,
    /// Scores and their deductions.
    pub scores: RunScores,
    /// Findings of the diagnosis rules, the worst first.
    pub findings: Vec<StoredFinding>,
    /// Results of experiments.
    pub trials: Vec<StoredTrial>,
}

/// URLs of other sites that `--external` requests. They do not count for the site's coverage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExternalCounts {
    /// URLs to be requested.
    pub known: u64,
    /// URLs that were requested at least once.
    pub requested: u64,
}

/// Pages by the class of their status.
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

/// A host's robots.txt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobotsSummary {
    /// The origin.
    pub host: String,
    /// The access that it allows.
    pub access: RobotsAccess,
}

impl StatusClasses {
    /// Returns the counter of a status' class; 0 stands for no answer.
    pub(in crate::store) fn of(&mut self, status: u16) -> &mut u64 {
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
