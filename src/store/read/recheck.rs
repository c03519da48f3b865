//! Results of rechecks long after a run: which pages recovered and which still fail.

use rusqlite::Connection;

use crate::assess::Verdict;
use crate::assess::compare::{PageState, loss};
use crate::store::compare::targets::{self, Targets};
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

/// Results of a confirmation pass for URLs that had failed before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rechecked {
    /// URLs whose last attempt before the pass failed, whose last attempt in it did not, and that do not come and
    /// go: their verdict is not one of a failing page.
    pub recovered: Vec<String>,
    /// Those of them that are not fine: they are missing, refused or redirected to where they are not.
    pub lost: Vec<String>,
    /// URLs whose last attempt failed, whether or not the pass requested them.
    pub failing: Vec<String>,
}

impl Store {
    /// Compares the last attempt before a pass with the last attempt of all, for each URL.
    pub fn rechecked(&self, run: RunId, pass: u8) -> Result<Rechecked, StoreError> {
        self.read(|connection| rechecked(connection, run, pass))
    }
}

fn rechecked(connection: &Connection, run: RunId, pass: u8) -> rusqlite::Result<Rechecked> {
    // Ordinary attempts at URLs that ever failed: the last one before the pass, and the last one.
    let sql = "WITH failed AS (
            SELECT DISTINCT a.url FROM evidence a JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND o.failure = 1
         ), last AS (
            SELECT f.url,
                (SELECT max(number) FROM evidence a WHERE a.run = ?1 AND a.url = f.url
                    AND a.pass < ?2) AS before,
                (SELECT max(number) FROM evidence a WHERE a.run = ?1 AND a.url = f.url) AS now
            FROM failed f
         )
         SELECT u.address, coalesce(bo.failure, 0), no.failure, s.verdict, n.status
         FROM last
         JOIN url u ON u.run = ?1 AND u.id = last.url AND u.role >= 3
         JOIN attempt n ON n.run = ?1 AND n.url = last.url AND n.number = last.now
         JOIN outcome no ON no.code = n.outcome
         LEFT JOIN assessment s ON s.run = ?1 AND s.url = last.url
         LEFT JOIN attempt b ON b.run = ?1 AND b.url = last.url AND b.number = last.before
         LEFT JOIN outcome bo ON bo.code = b.outcome
         ORDER BY u.address";
    let rows = list(connection, sql, (run, pass), |row| {
        Ok(RecheckedPage {
            address: row.get(0)?,
            failed_before: row.get(1)?,
            fails_now: row.get(2)?,
            verdict: row.get(3)?,
            status: row.get(4)?,
        })
    })?;
    let mut targets = connection.prepare(&targets::query(connection)?)?;
    let mut targets = Targets::of(targets.query([run])?);
    let mut found = Rechecked::default();
    for page in rows {
        let address = page.address;
        let verdict = page.verdict.as_deref().and_then(Verdict::from_name);
        if page.fails_now {
            found.failing.push(address);
        } else if page.failed_before && !verdict.is_some_and(Verdict::is_failing) {
            let state = PageState {
                status: page.status.unwrap_or_default(),
                ..PageState::unlisted()
            };
            let target = targets.of_page(&address)?;
            if state.is_missing() || loss(&state, (&address, target)).is_some() {
                found.lost.push(address);
            } else {
                found.recovered.push(address);
            }
        }
    }
    Ok(found)
}

/// A page that failed, as a recheck found it.
struct RecheckedPage {
    address: String,
    failed_before: bool,
    fails_now: bool,
    verdict: Option<String>,
    /// The status of the last answer.
    status: Option<u16>,
}
