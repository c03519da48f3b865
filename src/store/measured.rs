//! The pages of a run in the numbers that gates look at: pages of the site alone, neither resources
//! nor links to others.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, OptionalExtension};

use super::error::StoreError;
use super::file::Store;
use super::row::{count, tally};
use super::runs::RunId;

/// Pages of the site, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageCounts {
    /// Pages that belong to the audit.
    pub known: u64,
    /// Pages that were fetched.
    pub fetched: u64,
    /// Fetched pages by their last status; 0 where there was no answer.
    pub by_status: BTreeMap<u16, u64>,
    /// Fetched pages by verdict.
    pub by_verdict: BTreeMap<String, u64>,
    /// Pages with a 5xx that had none in the run of the site before; absent without such a run.
    pub new_server_errors: Option<u64>,
}

/// Pages whose last attempt, experiments aside, was answered with 500-599.
const SERVER_ERRORS: &str = "SELECT u.address FROM url u
    CROSS JOIN attempt a ON a.run = u.run AND a.url = u.id
        AND a.number = (SELECT max(number) FROM attempt
            WHERE run = u.run AND url = u.id AND purpose NOT LIKE 'probe:%')
    WHERE u.run = ? AND u.role = 3 AND a.status BETWEEN 500 AND 599";

impl Store {
    /// Counts the pages of a run that was concluded.
    pub fn page_counts(&self, run: RunId) -> Result<PageCounts, StoreError> {
        let connection = self.connect()?;
        page_counts(&connection, run.0).map_err(|source| self.fault(source))
    }
}

fn page_counts(connection: &Connection, run: i64) -> rusqlite::Result<PageCounts> {
    let (known, fetched) = connection.query_row(
        "SELECT (SELECT count(*) FROM url WHERE run = ?1 AND role = 3
                AND (state < 3 OR reason NOT IN (3, 8))),
            (SELECT count(*) FROM url WHERE run = ?1 AND role = 3
                AND (state = 2 OR state = 1 AND pass > 1))",
        [run],
        |row| Ok((count(row, 0)?, count(row, 1)?)),
    )?;
    Ok(PageCounts {
        known,
        fetched,
        by_status: by_status(connection, run)?,
        by_verdict: tally(
            connection,
            "SELECT s.verdict, count(*) FROM assessment s
             CROSS JOIN url u ON u.run = s.run AND u.id = s.url
             WHERE s.run = ? AND u.role = 3 GROUP BY s.verdict",
            run,
        )?,
        new_server_errors: new_server_errors(connection, run)?,
    })
}

fn by_status(connection: &Connection, run: i64) -> rusqlite::Result<BTreeMap<u16, u64>> {
    connection
        .prepare(
            "SELECT coalesce(a.status, 0), count(*) FROM url u
             CROSS JOIN attempt a ON a.run = u.run AND a.url = u.id
                AND a.number = (SELECT max(number) FROM attempt
                    WHERE run = u.run AND url = u.id AND purpose NOT LIKE 'probe:%')
             WHERE u.run = ? AND u.role = 3 GROUP BY a.status",
        )?
        .query_map([run], |row| Ok((row.get(0)?, count(row, 1)?)))?
        .collect()
}

fn new_server_errors(connection: &Connection, run: i64) -> rusqlite::Result<Option<u64>> {
    let before: Option<i64> = connection
        .query_row(
            "SELECT max(id) FROM run WHERE id < ?1 AND state = 'finished'
                AND site = (SELECT site FROM run WHERE id = ?1)",
            [run],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let Some(before) = before else {
        return Ok(None);
    };
    let mut statement = connection.prepare(SERVER_ERRORS)?;
    let known: HashSet<String> = statement
        .query_map([before], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut new = 0;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        new += u64::from(!known.contains(row.get_ref(0)?.as_str()?));
    }
    Ok(Some(new))
}
