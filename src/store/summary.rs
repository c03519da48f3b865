//! A run in numbers, for whoever tells people about it. What is held in memory does not grow with the
//! number of URLs.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::census::census;
use super::error::StoreError;
use super::file::Store;
use super::found::{self, RunScores, StoredFinding, StoredTrial};
use super::measured::PageCounts;
use super::row::{list, named};
use super::runs::{RunCounts, RunId};
use crate::assess::Verdict;
use crate::model::{Outcome, RobotsAccess, SkipReason};

/// What is to be said of a run as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// URLs of the site known, fetched and failing, and all attempts.
    pub counts: RunCounts,
    /// Pages of the site alone.
    pub pages: PageCounts,
    /// Links to other sites.
    pub external: ExternalCounts,
    /// Attempts that were not the first at their URL.
    pub retries: u64,
    /// Pages by the status code of their last attempt; 0 where there was no answer.
    pub by_status: BTreeMap<u16, u64>,
    /// The same by class.
    pub classes: StatusClasses,
    /// Pages by the outcome of their last attempt.
    pub by_outcome: BTreeMap<Outcome, u64>,
    /// Pages by what their attempts amount to.
    pub by_verdict: BTreeMap<Verdict, u64>,
    /// URLs that were not fetched, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Pages and resources that were not requested because their host was given up.
    pub given_up: u64,
    /// What each host's robots.txt allows.
    pub robots: Vec<RobotsSummary>,
    /// Scores, and what they consist of.
    pub scores: RunScores,
    /// What the diagnosis rules found, the worst first.
    pub findings: Vec<StoredFinding>,
    /// What came of experiments.
    pub trials: Vec<StoredTrial>,
}

/// URLs of other sites that `--external` requests. They are no part of the site's coverage.
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
    /// What it allows.
    pub access: RobotsAccess,
}

/// A page and how long it took.
#[derive(Clone, Debug, PartialEq)]
pub struct SlowPage {
    /// The address as people read it.
    pub address: String,
    /// Seconds from the start of the last attempt to its end.
    pub seconds: f64,
}

impl Store {
    /// Counts a run that was concluded.
    pub fn summary(&self, run: RunId) -> Result<RunSummary, StoreError> {
        let mut connection = self.connect()?;
        summarise(&mut connection, run.0).map_err(|source| self.fault(source))
    }

    /// The pages of a run that took longest, the slowest first.
    pub fn slowest_pages(&self, run: RunId, most: u32) -> Result<Vec<SlowPage>, StoreError> {
        let connection = self.connect()?;
        slowest(&connection, run.0, most).map_err(|source| self.fault(source))
    }
}

fn summarise(connection: &mut Connection, run: i64) -> rusqlite::Result<RunSummary> {
    // One transaction for all its statements: they see one state of the file, and lock it once.
    let reading = connection.transaction()?;
    let summary = RunSummary {
        robots: robots(&reading, run)?,
        scores: found::scores(&reading, run)?,
        findings: found::findings(&reading, run)?,
        trials: found::trials(&reading, run)?,
        ..census(&reading, run)?
    };
    reading.finish()?;
    Ok(summary)
}

fn robots(connection: &Connection, run: i64) -> rusqlite::Result<Vec<RobotsSummary>> {
    let sql = "SELECT host, access FROM robots_txt WHERE run = ? ORDER BY host";
    list(connection, sql, [run], |row| {
        Ok(RobotsSummary {
            host: row.get(0)?,
            access: named(row, 1, RobotsAccess::from_name)?,
        })
    })
}

fn slowest(connection: &Connection, run: i64, most: u32) -> rusqlite::Result<Vec<SlowPage>> {
    let sql = "SELECT coalesce(u.readable, u.address), p.response_us / 1000000.0 FROM page p
        CROSS JOIN url u ON u.run = p.run AND u.id = p.url
        WHERE p.run = ? AND u.role >= 3 ORDER BY p.response_us DESC, u.address LIMIT ?";
    list(connection, sql, (run, most), |row| {
        Ok(SlowPage {
            address: row.get(0)?,
            seconds: row.get(1)?,
        })
    })
}

impl StatusClasses {
    /// The class of a status; 0 stands for no answer.
    pub(super) fn of(&mut self, status: u16) -> &mut u64 {
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
