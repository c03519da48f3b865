//! The history of one URL: its attempts in the order of time.

use rusqlite::Connection;

use crate::assess::is_telling;
use crate::model::{Moment, Outcome, Purpose};

use super::failing::worst::WorstPage;
use super::timeline::AttemptKind;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{list, named};
use crate::store::runs::id::RunId;

/// An attempt at a page, as one mark in a row of marks.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Its number among the attempts at the page, from 1.
    pub number: u32,
    /// The pass it belongs to.
    pub pass: u32,
    /// Its purpose.
    pub purpose: Purpose,
    /// When it began.
    pub started: Moment,
    /// The status code; absent without an answer.
    pub status: Option<u16>,
    /// Its outcome for the crawl.
    pub outcome: Outcome,
    /// Whether it counts for the verdict: no experiment does, nor a request that says nothing about the page.
    pub counts: bool,
    /// Its kind on a timeline.
    pub kind: AttemptKind,
    /// Milliseconds from start to end.
    pub total_ms: f64,
}

impl Store {
    /// Returns the first attempts at a page, at most `most`, without discarded ones.
    pub fn marks(&self, run: RunId, page: &WorstPage, most: u32) -> Result<Vec<Mark>, StoreError> {
        self.read(|connection| marks(connection, run, page, most))
    }
}

fn marks(
    connection: &Connection,
    run: RunId,
    page: &WorstPage,
    most: u32,
) -> rusqlite::Result<Vec<Mark>> {
    let sql = "SELECT a.number, a.pass, a.purpose, a.started, a.status, o.id, o.failure,
            a.total_us / 1000.0, a.reused
        FROM attempt a CROSS JOIN outcome o ON o.code = a.outcome
        WHERE a.run = ? AND a.url = ? AND a.purpose <> 'outage' ORDER BY a.number LIMIT ?";
    list(connection, sql, (run, page.id, most), |row| {
        let purpose = named(row, 2, Purpose::from_name)?;
        let status = row.get(4)?;
        let outcome = named(row, 5, Outcome::from_id)?;
        Ok(Mark {
            counts: purpose.is_evidence() && is_telling(outcome, row.get(8)?),
            number: row.get(0)?,
            pass: row.get(1)?,
            kind: AttemptKind::of(
                status,
                row.get(6)?,
                matches!(purpose, Purpose::Experiment(_)),
            ),
            purpose,
            started: Moment::from_millis(row.get(3)?),
            status,
            outcome,
            total_ms: row.get(7)?,
        })
    })
}
