//! Reads the summary of a run. Memory does not grow with the number of URLs.

use rusqlite::Connection;
use serde::Serialize;

use super::counts::{RobotsSummary, RunSummary};
use super::found::{self, RunScores, StoredFinding};
use super::tally::{count_run, count_section};
use super::url_counts::UrlCounts;
use crate::model::RobotsAccess;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{list, named};
use crate::store::runs::id::RunId;
use crate::store::runs::traffic::run_traffic;

/// A page and its response time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SlowPage {
    /// The URL in readable form.
    pub address: String,
    /// Seconds from the start of the last attempt to its end.
    pub seconds: f64,
}

impl Store {
    /// Returns the summary of a concluded run.
    pub fn summary(&self, run: RunId) -> Result<RunSummary, StoreError> {
        let mut connection = self.connect()?;
        summarise(&mut connection, run).map_err(|source| self.fault(source))
    }

    /// Returns the counts of the pages of a section of a concluded run.
    pub fn section_counts(&self, run: RunId, section: &str) -> Result<UrlCounts, StoreError> {
        self.read(|connection| count_section(connection, run, section))
    }

    /// Returns the scores of a concluded run; empty if the run was not concluded.
    pub fn scores(&self, run: RunId) -> Result<RunScores, StoreError> {
        self.read(|connection| found::scores(connection, run))
    }

    /// Returns the findings of a concluded run, the worst first.
    pub fn findings(&self, run: RunId) -> Result<Vec<StoredFinding>, StoreError> {
        self.read(|connection| found::findings(connection, run))
    }

    /// Returns the slowest pages of a run, the slowest first.
    pub fn slowest_pages(&self, run: RunId, most: u32) -> Result<Vec<SlowPage>, StoreError> {
        self.read(|connection| slowest(connection, run, most))
    }
}

fn summarise(connection: &mut Connection, run: RunId) -> rusqlite::Result<RunSummary> {
    // One transaction for all statements: they see one state of the file, and lock it once.
    let reading = connection.transaction()?;
    let summary = RunSummary {
        robots: robots(&reading, run)?,
        scores: found::scores(&reading, run)?,
        findings: found::findings(&reading, run)?,
        experiments: found::experiments(&reading, run)?,
        traffic: run_traffic(&reading, run)?,
        ..count_run(&reading, run)?
    };
    reading.finish()?;
    Ok(summary)
}

fn robots(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<RobotsSummary>> {
    let sql = "SELECT host, access FROM robots_txt WHERE run = ? ORDER BY host";
    list(connection, sql, [run], |row| {
        Ok(RobotsSummary {
            host: row.get(0)?,
            access: named(row, 1, RobotsAccess::from_name)?,
        })
    })
}

fn slowest(connection: &Connection, run: RunId, most: u32) -> rusqlite::Result<Vec<SlowPage>> {
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
