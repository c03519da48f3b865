//! Log runs: what the server logs of a site said so far, by URL and hour, and how far each log was read. A call stores
//! its counts and its checkpoints in one transaction: a killed process leaves both as they were, and no line counts twice.
//!
//! URLs and failed requests are in packed parts. A call appends what it counted itself; who reads them adds up the counts
//! of a URL. Once the parts have twice as much as their sum, the sum takes their place.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::model::Moment;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::log_parts::{self, LogFailure, LogFailures, LogUrl};
use crate::store::rows::row::list;

/// Kinds of parts.
const URLS: i64 = 0;
const FAILURES: i64 = 1;

/// Number of the counts of an hour, in the order of the table.
pub const HOUR_COUNTS: usize = 13;

/// How far a log was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogCheckpoint {
    /// Hash of the first line.
    pub head: u64,
    /// Bytes that were read, decompressed.
    pub offset: u64,
    /// Hash of the last bytes before the offset.
    pub tail: u64,
    /// Number of the next line.
    pub line: u64,
    /// The device and the number of the file on it when it was read last.
    pub device: u64,
    /// See `device`.
    pub inode: u64,
    /// Its path then.
    pub path: String,
}

/// The counts of an hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogHour {
    /// Hours since 1970.
    pub hour: u32,
    /// The counts in the order of the table.
    pub counts: [u64; HOUR_COUNTS],
    /// Requests and failures of each minute, packed.
    pub minutes: Vec<u8>,
}

/// A log run as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRun {
    id: i64,
    version: i64,
    /// Crawlers, backends and messages, as JSON.
    pub rest: String,
    /// How far each log was read.
    pub checkpoints: Vec<LogCheckpoint>,
}

/// The data that a call adds to a log run.
#[derive(Debug, Default)]
pub struct LogChanges {
    /// Crawlers, backends and messages, as JSON.
    pub rest: String,
    /// How far logs were read. Earlier checkpoints of the same beginning are replaced.
    pub checkpoints: Vec<(LogCheckpoint, Option<LogCheckpoint>)>,
    /// Hours with a request in this call, with all of their counts.
    pub hours: Vec<LogHour>,
    /// Failed requests of this call.
    pub failures: LogFailures,
    /// Whether URLs and failed requests are those of all calls, and replace what is stored.
    pub is_whole: bool,
}

/// Calls a function with each URL.
type EachUrl<'a> = dyn Fn(&mut dyn FnMut(&LogUrl<'_>)) + 'a;

impl Store {
    /// Returns the log run of a site, if there is one.
    pub fn log_run(&self, site: &str) -> Result<Option<LogRun>, StoreError> {
        let connection = self.connect()?;
        let read = || {
            let sql = "SELECT id, version, rest FROM log_run WHERE site = ?";
            let found = connection
                .query_row(sql, [site], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })
                .optional()?;
            let Some((id, version, rest)) = found else {
                return Ok(None);
            };
            Ok(Some(LogRun {
                id,
                version,
                rest,
                checkpoints: checkpoints(&connection, id)?,
            }))
        };
        read().map_err(|source| self.fault(source))
    }

    /// Calls a function with the URLs of a log run; with each of them as often as calls counted it.
    pub fn log_urls(
        &self,
        run: &LogRun,
        each: &mut dyn FnMut(LogUrl<'_>),
    ) -> Result<(), StoreError> {
        self.log_parts(run, URLS, &mut |part| {
            let mut rest = part;
            while let Some(url) = log_parts::next_url(&mut rest) {
                each(url);
            }
        })
    }

    /// Calls a function with the failed requests of a log run, those of one call in the order of time.
    pub fn log_failures(
        &self,
        run: &LogRun,
        each: &mut dyn FnMut(LogFailure<'_>),
    ) -> Result<(), StoreError> {
        self.log_parts(run, FAILURES, &mut |part| LogFailures::each(part, each))
    }

    fn log_parts(
        &self,
        run: &LogRun,
        kind: i64,
        each: &mut dyn FnMut(&[u8]),
    ) -> Result<(), StoreError> {
        let connection = self.connect()?;
        let mut read = || {
            let sql = "SELECT bytes FROM log_part WHERE run = ? AND kind = ? ORDER BY id";
            let mut query = connection.prepare(sql)?;
            let mut rows = query.query((run.id, kind))?;
            while let Some(row) = rows.next()? {
                each(row.get_ref(0)?.as_blob()?);
            }
            Ok(())
        };
        read().map_err(|source| self.fault(source))
    }

    /// Returns the hours of a log run.
    pub fn log_hours(&self, run: &LogRun) -> Result<Vec<LogHour>, StoreError> {
        let connection = self.connect()?;
        list(
            &connection,
            "SELECT * FROM log_hour WHERE run = ?",
            [run.id],
            |row| {
                let mut counts = [0; HOUR_COUNTS];
                for (at, count) in counts.iter_mut().enumerate() {
                    *count = row.get::<_, i64>(at + 2)?.unsigned_abs();
                }
                Ok(LogHour {
                    hour: row.get(1)?,
                    counts,
                    minutes: row.get(2 + HOUR_COUNTS)?,
                })
            },
        )
        .map_err(|source| self.fault(source))
    }

    /// Stores what a call adds to the log run of a site; `urls` calls a function with each URL that it counted. Returns
    /// `false`, and stores nothing, if another process stored something since `before` was read.
    pub fn add_to_log_run(
        &self,
        site: &str,
        before: Option<&LogRun>,
        now: Moment,
        changes: &LogChanges,
        urls: &EachUrl<'_>,
    ) -> Result<bool, StoreError> {
        self.write(|tx| {
            let sql = "SELECT id, version FROM log_run WHERE site = ?";
            let found: Option<(i64, i64)> = tx
                .query_row(sql, [site], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            if found != before.map(|run| (run.id, run.version)) {
                return Ok(false);
            }
            let run = match found {
                Some((id, version)) => {
                    let sql = "UPDATE log_run SET version = ?, updated = ?, rest = ? WHERE id = ?";
                    tx.execute(sql, params![version + 1, now.millis(), changes.rest, id])?;
                    id
                }
                None => {
                    let sql =
                        "INSERT INTO log_run (site, version, updated, rest) VALUES (?, 1, ?, ?)";
                    tx.execute(sql, params![site, now.millis(), changes.rest])?;
                    tx.last_insert_rowid()
                }
            };
            if changes.is_whole {
                tx.execute("DELETE FROM log_part WHERE run = ?", [run])?;
            }
            store_parts(tx, run, changes, urls)?;
            store(tx, run, changes)?;
            Ok(true)
        })
    }
}

fn checkpoints(connection: &Connection, run: i64) -> rusqlite::Result<Vec<LogCheckpoint>> {
    let sql =
        "SELECT head, offset, tail, line, device, inode, path FROM log_checkpoint WHERE run = ?";
    let number = |value: i64| value.cast_unsigned();
    list(connection, sql, [run], |row| {
        Ok(LogCheckpoint {
            head: number(row.get(0)?),
            offset: number(row.get(1)?),
            tail: number(row.get(2)?),
            line: number(row.get(3)?),
            device: number(row.get(4)?),
            inode: number(row.get(5)?),
            path: row.get(6)?,
        })
    })
}

fn store(tx: &Transaction<'_>, run: i64, changes: &LogChanges) -> rusqlite::Result<()> {
    let sql = "DELETE FROM log_checkpoint WHERE run = ? AND head = ? AND offset = ? AND tail = ?";
    let mut delete = tx.prepare(sql)?;
    let sql =
        "INSERT OR REPLACE INTO log_checkpoint (run, head, offset, tail, line, device, inode, path)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = tx.prepare(sql)?;
    for (point, before) in &changes.checkpoints {
        if let Some(before) = before {
            let [head, offset, tail] =
                [before.head, before.offset, before.tail].map(u64::cast_signed);
            delete.execute((run, head, offset, tail))?;
        }
        let numbers = [
            point.head,
            point.offset,
            point.tail,
            point.line,
            point.device,
            point.inode,
        ];
        let [head, offset, tail, line, device, inode] = numbers.map(u64::cast_signed);
        insert.execute(params![
            run, head, offset, tail, line, device, inode, point.path
        ])?;
    }
    let sql = "INSERT OR REPLACE INTO log_hour (run, hour, requests, answered_500, answered_502, answered_503,
            answered_504, other_5xx, answered_4xx, user_requests, user_5xx, bot_requests, bot_5xx, googlebot_requests,
            googlebot_5xx, minutes)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let mut insert = tx.prepare(sql)?;
    for hour in &changes.hours {
        insert.raw_bind_parameter(1, run)?;
        insert.raw_bind_parameter(2, hour.hour)?;
        for (at, count) in hour.counts.iter().enumerate() {
            insert.raw_bind_parameter(at + 3, count.cast_signed())?;
        }
        insert.raw_bind_parameter(3 + HOUR_COUNTS, &hour.minutes)?;
        insert.raw_execute()?;
    }
    Ok(())
}

fn store_parts(
    tx: &Transaction<'_>,
    run: i64,
    changes: &LogChanges,
    urls: &EachUrl<'_>,
) -> rusqlite::Result<()> {
    let mut insert = tx.prepare("INSERT INTO log_part (run, kind, bytes) VALUES (?, ?, ?)")?;
    let mut part = Vec::new();
    let mut stored = Ok(0);
    urls(&mut |url| {
        log_parts::add_url(&mut part, url);
        if part.len() >= log_parts::SIZE {
            if stored.is_ok() {
                stored = insert.execute((run, URLS, &part));
            }
            part.clear();
        }
    });
    stored?;
    if !part.is_empty() {
        insert.execute((run, URLS, &part))?;
    }
    for part in changes.failures.parts() {
        insert.execute((run, FAILURES, part))?;
    }
    Ok(())
}
