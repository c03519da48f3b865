//! Attempt counts of a run.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use rusqlite::{OptionalExtension, Row};

use crate::model::{Moment, Outcome};
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list, named};
use crate::store::runs::id::RunId;

impl Store {
    /// Returns whether any page of a run was answered.
    pub(in crate::store) fn has_answers(&self, run: RunId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM url u
                CROSS JOIN evidence a ON a.run = u.run AND a.url = u.id
            WHERE u.run = ? AND u.role = 3 AND a.status IS NOT NULL)";
        self.read(|connection| connection.query_row(sql, [run], |row| row.get(0)))
    }

    /// Counts the attempts of a run by outcome, including experiments, without discarded ones. Also
    /// returns the mean pace allowed at the time of these attempts, in requests per second; `None`
    /// if there was no ceiling.
    pub fn attempt_counts(
        &self,
        run: RunId,
    ) -> Result<(BTreeMap<Outcome, u64>, Option<f64>), StoreError> {
        let sql = "SELECT o.id, count(*), sum(a.rate), count(a.rate)
            FROM attempt a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ? AND a.purpose <> 'outage' GROUP BY a.outcome";
        let counted = |row: &Row<'_>| {
            let paced: (Option<f64>, u64) = (row.get(2)?, count(row, 3)?);
            Ok((named(row, 0, Outcome::from_id)?, count(row, 1)?, paced))
        };
        let rows = self.read(|connection| list(connection, sql, [run], counted))?;
        let paced: u64 = rows.iter().map(|(_, _, (_, paced))| paced).sum();
        let rates: f64 = rows.iter().filter_map(|(_, _, (rates, _))| *rates).sum();
        let mean = (paced > 0).then(|| rates / paced as f64);
        let counts = rows
            .into_iter()
            .map(|(outcome, attempts, _)| (outcome, attempts));
        Ok((counts.collect(), mean))
    }

    /// Returns the status that most failed attempts of a time had; `None` if most were not answered.
    pub fn status_of_failures(
        &self,
        run: RunId,
        time: RangeInclusive<Moment>,
    ) -> Result<Option<u16>, StoreError> {
        let sql = "SELECT a.status FROM attempt a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ? AND o.failure = 1 AND a.started BETWEEN ? AND ?
            GROUP BY a.status ORDER BY count(*) DESC LIMIT 1";
        let params = (run, time.start().millis(), time.end().millis());
        self.read(|connection| {
            connection
                .query_row(sql, params, |row| row.get(0))
                .optional()
                .map(Option::flatten)
        })
    }

    /// Returns pages that were fine in a time, two at most.
    pub fn fine_pages_between(
        &self,
        run: RunId,
        time: RangeInclusive<Moment>,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT u.address FROM evidence a
            CROSS JOIN outcome o ON o.code = a.outcome
            CROSS JOIN url u ON u.run = a.run AND u.id = a.url
            WHERE a.run = ? AND o.failure = 0 AND u.role = 3 AND a.started BETWEEN ? AND ?
            LIMIT 2";
        let params = (run, time.start().millis(), time.end().millis());
        self.read(|connection| list(connection, sql, params, |row| row.get(0)))
    }
}
