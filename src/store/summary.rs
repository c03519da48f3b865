//! A run in numbers, for whoever tells people about it. Every figure is counted by the database:
//! what is held in memory does not grow with the number of URLs.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::error::StoreError;
use super::file::Store;
use super::found::{self, RunScores, StoredFinding, StoredTrial};
use super::measured::PageCounts;
use super::row::{count, list, tally};
use super::runs::{RunCounts, RunId};

/// What is to be said of a run as a whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// URLs known, fetched and failing, and all attempts.
    pub counts: RunCounts,
    /// Pages of the site alone.
    pub pages: PageCounts,
    /// Attempts that were not the first at their URL.
    pub retries: u64,
    /// Pages by the status code of their last attempt; 0 where there was no answer.
    pub by_status: BTreeMap<u16, u64>,
    /// The same by class.
    pub classes: StatusClasses,
    /// Pages by the outcome of their last attempt.
    pub by_outcome: BTreeMap<String, u64>,
    /// Pages by what their attempts amount to.
    pub by_verdict: BTreeMap<String, u64>,
    /// URLs that were not fetched, by reason.
    pub skipped: BTreeMap<String, u64>,
    /// What each host's robots.txt allows.
    pub robots: Vec<RobotsSummary>,
    /// Scores, and what they consist of.
    pub scores: RunScores,
    /// What the diagnosis rules found, the worst first.
    pub findings: Vec<StoredFinding>,
    /// What came of experiments.
    pub trials: Vec<StoredTrial>,
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
    /// `rules`, `allow_all` or `unreachable`.
    pub access: String,
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
        let (counts, pages) = (self.counts(run)?, self.page_counts(run)?);
        let connection = self.connect()?;
        summarise(&connection, run.0)
            .map(|summary| RunSummary {
                counts,
                pages,
                ..summary
            })
            .map_err(|source| self.fault(source))
    }

    /// The pages of a run that took longest, the slowest first.
    pub fn slowest_pages(&self, run: RunId, most: u32) -> Result<Vec<SlowPage>, StoreError> {
        let connection = self.connect()?;
        slowest(&connection, run.0, most).map_err(|source| self.fault(source))
    }
}

fn summarise(connection: &Connection, run: i64) -> rusqlite::Result<RunSummary> {
    let mut summary = RunSummary {
        retries: connection.query_row(
            "SELECT count(*) FROM attempt
             WHERE run = ? AND number > 1 AND purpose NOT LIKE 'probe:%'",
            [run],
            |row| count(row, 0),
        )?,
        by_verdict: tally(
            connection,
            "SELECT s.verdict, count(*) FROM assessment s
             CROSS JOIN url u ON u.run = s.run AND u.id = s.url
             WHERE s.run = ? AND u.role >= 3 GROUP BY s.verdict",
            run,
        )?,
        skipped: tally(
            connection,
            "SELECT \"Reason\", count(*) FROM skipped WHERE run = ? GROUP BY \"Reason\"",
            run,
        )?,
        robots: robots(connection, run)?,
        scores: found::scores(connection, run)?,
        findings: found::findings(connection, run)?,
        trials: found::trials(connection, run)?,
        ..RunSummary::default()
    };
    last_attempts(connection, run, &mut summary)?;
    Ok(summary)
}

/// Counts status codes and outcomes together, for both ask for the last attempt of each page.
fn last_attempts(
    connection: &Connection,
    run: i64,
    summary: &mut RunSummary,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT coalesce(a.status, 0), outcome.id, count(*) FROM url u
         CROSS JOIN attempt a ON a.run = u.run AND a.url = u.id
            AND a.number = (SELECT max(number) FROM attempt
                WHERE run = u.run AND url = u.id AND purpose NOT LIKE 'probe:%')
         CROSS JOIN outcome ON outcome.code = a.outcome
         WHERE u.run = ? AND u.role >= 3 GROUP BY a.status, a.outcome",
    )?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let (status, pages): (u16, u64) = (row.get(0)?, count(row, 2)?);
        *summary.by_status.entry(status).or_default() += pages;
        *summary.by_outcome.entry(row.get(1)?).or_default() += pages;
        *summary.classes.of(status) += pages;
    }
    Ok(())
}

fn robots(connection: &Connection, run: i64) -> rusqlite::Result<Vec<RobotsSummary>> {
    let sql = "SELECT host, access FROM robots_txt WHERE run = ? ORDER BY host";
    list(connection, sql, [run], |row| {
        Ok(RobotsSummary {
            host: row.get(0)?,
            access: row.get(1)?,
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
