//! Pages that answer 4xx: no failures of the server, and broken all the same.

use rusqlite::Connection;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::{count, list};
use crate::store::runs::id::RunId;

/// A page that answers 4xx, and never failed.
#[derive(Clone, Debug, PartialEq)]
pub struct MissingPage {
    /// The URL in readable form.
    pub address: String,
    /// The URL in the form that requests use.
    pub encoded: String,
    /// Its last status.
    pub status: u16,
    /// Number of links to it.
    pub inlinks: u64,
    /// What named it first, a page or a sitemap, in readable form and as it was requested; absent for a start page.
    pub found_on: Option<(String, String)>,
}

impl Store {
    /// Returns pages of a concluded run that answer 4xx, those with the most links first, at most `most`.
    pub fn missing_pages(&self, run: RunId, most: u32) -> Result<Vec<MissingPage>, StoreError> {
        self.read(|connection| missing(connection, run, most))
    }
}

fn missing(connection: &Connection, run: RunId, most: u32) -> rusqlite::Result<Vec<MissingPage>> {
    let sql =
        "SELECT coalesce(u.readable, u.address), u.address, last.status, coalesce(u.inlinks, 0),
            coalesce(f.readable, f.address), f.address
         FROM assessment s CROSS JOIN url u ON u.run = s.run AND u.id = s.url
         CROSS JOIN attempt last ON last.run = s.run AND last.url = s.url AND last.number = (
            SELECT max(number) FROM evidence WHERE run = s.run AND url = s.url)
         LEFT JOIN url f ON f.run = u.run AND f.id = u.found_on
         WHERE s.run = ? AND s.verdict = 'ok' AND u.role = 3 AND last.status BETWEEN 400 AND 499
         ORDER BY u.inlinks DESC, u.address LIMIT ?";
    list(connection, sql, (run, most), |row| {
        let named: (Option<String>, Option<String>) = (row.get(4)?, row.get(5)?);
        Ok(MissingPage {
            address: row.get(0)?,
            encoded: row.get(1)?,
            status: row.get(2)?,
            inlinks: count(row, 3)?,
            found_on: named.0.zip(named.1),
        })
    })
}
