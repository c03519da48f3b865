//! The pages of a run in the numbers that gates look at: pages of the site alone, neither resources
//! nor links to others.

use std::collections::{BTreeMap, HashSet};

use rusqlite::{Connection, OptionalExtension};

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

/// Pages whose last attempt, experiments aside, was answered with 500-599. All attempts are walked,
/// and only for these is anything looked up.
const SERVER_ERRORS: &str = "SELECT u.address FROM attempt a
    CROSS JOIN url u ON u.run = a.run AND u.id = a.url
    WHERE a.run = ? AND a.status BETWEEN 500 AND 599 AND a.purpose NOT LIKE 'probe:%' AND u.role = 3
        AND a.number = (SELECT max(number) FROM attempt
            WHERE run = a.run AND url = a.url AND purpose NOT LIKE 'probe:%')";

/// Counts pages with a 5xx that had none in the finished run of the site before.
pub(super) fn new_server_errors(
    connection: &Connection,
    run: i64,
) -> rusqlite::Result<Option<u64>> {
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
