//! The lines of server logs about the failures of a run.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::id::RunId;
use crate::assess::Verdict;
use crate::model::{Cause, Moment, Role};
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{list, named};

/// Maximum failed attempts that are compared with logs: the first ones. Ours.
const MOST: i64 = 100_000;

/// A failed attempt, with the fields by which it is found in logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedAttempt {
    /// Number of the URL.
    pub url: u32,
    /// Number of the attempt at it.
    pub number: u32,
    /// The URL.
    pub address: String,
    /// When it began.
    pub started: Moment,
    /// How long it took, in milliseconds.
    pub took: i64,
    /// The id of the request that the answer named.
    pub request_id: Option<String>,
}

/// The line of a server log about a failed attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Number of the URL.
    pub url: u32,
    /// Number of the attempt at it.
    pub number: u32,
    /// The cause that the line proves.
    pub cause: Option<Cause>,
    /// The file.
    pub file: String,
    /// Number of the line in it, from 1.
    pub line: u64,
    /// Name of the known message, if it is of an error log.
    pub pattern: Option<String>,
}

/// Requests of a run's URLs in server logs, of users and search engines.
#[derive(Clone, Copy, Debug)]
pub struct LogHits<'a> {
    /// The number of each URL and its requests.
    pub by_url: &'a [(u32, u64)],
    /// The days that the logs cover.
    pub days: u32,
}

/// A URL of a run and its verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedUrl {
    /// Its number.
    pub url: u32,
    /// The URL.
    pub address: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Attempts.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// The last failure.
    pub last_failed: Option<Moment>,
}

impl Store {
    /// Returns failed attempts of a run in the order of time, the first hundred thousand.
    pub fn failed_attempts(&self, run: RunId) -> Result<Vec<FailedAttempt>, StoreError> {
        let sql = "SELECT a.url, a.number, u.address, a.started, a.total_us, a.request_id
            FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
                CROSS JOIN url u ON u.run = a.run AND u.id = a.url
            WHERE a.run = ? AND o.failure = 1 ORDER BY a.started LIMIT ?";
        self.read(|connection| {
            list(connection, sql, (run, MOST), |row| {
                Ok(FailedAttempt {
                    url: row.get(0)?,
                    number: row.get(1)?,
                    address: row.get(2)?,
                    started: Moment::from_millis(row.get(3)?),
                    took: row.get::<_, i64>(4)? / 1_000,
                    request_id: row.get(5)?,
                })
            })
        })
    }

    /// Calls a function with each requested URL of the site.
    pub fn judged_urls(
        &self,
        run: RunId,
        each: &mut dyn FnMut(JudgedUrl),
    ) -> Result<(), StoreError> {
        let sql = "SELECT u.id, u.address, v.verdict, v.attempts, v.failed, v.last_failed
            FROM assessment v CROSS JOIN url u ON u.run = v.run AND u.id = v.url
            WHERE v.run = ? AND u.role <> ? ORDER BY v.url";
        self.read(|connection| {
            let mut query = connection.prepare(sql)?;
            let mut rows = query.query((run, Role::External.code()))?;
            while let Some(row) = rows.next()? {
                each(JudgedUrl {
                    url: row.get(0)?,
                    address: row.get(1)?,
                    verdict: named(row, 2, Verdict::from_name)?,
                    attempts: row.get::<_, i64>(3)?.unsigned_abs(),
                    failed: row.get::<_, i64>(4)?.unsigned_abs(),
                    last_failed: row.get::<_, Option<i64>>(5)?.map(Moment::from_millis),
                });
            }
            Ok(())
        })
    }

    /// Stores lines with a run, and draws its conclusions again if there are any.
    pub fn add_log_lines(&self, run: RunId, lines: &[LogLine]) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        self.add_of_logs(run, lines, None)
    }

    /// Stores lines and the requests of pages in place of earlier ones, and draws the conclusions of the run again.
    pub fn weigh_by_logs(
        &self,
        run: RunId,
        lines: &[LogLine],
        hits: &LogHits<'_>,
    ) -> Result<(), StoreError> {
        self.add_of_logs(run, lines, Some(hits))
    }

    fn add_of_logs(
        &self,
        run: RunId,
        lines: &[LogLine],
        hits: Option<&LogHits<'_>>,
    ) -> Result<(), StoreError> {
        let _lock = self.lock_run(run)?;
        self.write(|tx| {
            let mut insert = tx.prepare(
                "INSERT OR REPLACE INTO log_line (run, url, number, cause, file, line, pattern)
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?;
            for line in lines {
                insert.execute(params![
                    run,
                    line.url,
                    line.number,
                    line.cause.map(Cause::id),
                    line.file,
                    line.line.cast_signed(),
                    line.pattern
                ])?;
            }
            if let Some(hits) = hits {
                tx.execute("DELETE FROM log_hit WHERE run = ?", [run])?;
                let mut insert =
                    tx.prepare("INSERT INTO log_hit (run, url, hits) VALUES (?, ?, ?)")?;
                for (url, hits) in hits.by_url {
                    insert.execute((run, url, hits.cast_signed()))?;
                }
                let sql = "UPDATE run SET log_days = ? WHERE id = ?";
                tx.execute(sql, (hits.days, run))?;
            }
            // No number of attempts: its conclusions are out of date.
            tx.execute("UPDATE run SET concluded = -1 WHERE id = ?", [run])
        })?;
        self.conclude(run)
    }

    /// Returns the lines about the failures of a run.
    pub fn log_lines(&self, run: RunId) -> Result<Vec<LogLine>, StoreError> {
        self.read(|connection| of_run(connection, run))
    }
}

/// Returns the lines about the failures of a run, in the order of URLs and attempts.
fn of_run(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<LogLine>> {
    let sql = "SELECT url, number, cause, file, line, pattern FROM log_line WHERE run = ?";
    list(connection, sql, [run], |row| {
        Ok(LogLine {
            url: row.get(0)?,
            number: row.get(1)?,
            cause: row
                .get::<_, Option<String>>(2)?
                .and_then(|id| Cause::from_id(&id)),
            file: row.get(3)?,
            line: row.get::<_, i64>(4)?.unsigned_abs(),
            pattern: row.get(5)?,
        })
    })
}

/// Returns the causes that lines prove, and where the lines are, by URL and attempt.
pub(in crate::store) fn by_attempt(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<HashMap<(UrlId, u32), (Cause, String)>> {
    let lines = of_run(connection, run)?.into_iter();
    let with_cause = lines.filter_map(|line| {
        let place = format!("line {} of {}", line.line, line.file);
        Some(((line.url, line.number), (line.cause?, place)))
    });
    Ok(with_cause.collect())
}
