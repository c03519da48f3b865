//! Random pages of a run that never failed: the source of a sample.

use rusqlite::Connection;

use crate::model::CrawlUrl;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::runs::id::RunId;

/// A page that was fine at every attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinePage {
    /// The URL.
    pub url: CrawlUrl,
    /// Clicks from a seed when it was found.
    pub depth: Option<u32>,
    /// Consecutive redirects that led to it.
    pub hops: u8,
}

impl Store {
    /// Returns at most `most` settled pages of a run that never failed, all with the same probability.
    /// `roll` returns a random number below its argument.
    pub fn never_failed(
        &self,
        run: RunId,
        most: usize,
        roll: &mut dyn FnMut(usize) -> usize,
    ) -> Result<Vec<FinePage>, StoreError> {
        let read = self.read(|connection| never_failed(connection, run, most, roll))?;
        let pages = read.into_iter().map(|(address, depth, hops)| {
            let url = self.stored_url(&address)?;
            Ok(FinePage { url, depth, hops })
        });
        pages.collect()
    }
}

type Row = (String, Option<u32>, u8);

/// Draws a reservoir (Vitter's algorithm R). It draws numbers first, so that only chosen rows are read.
fn never_failed(
    connection: &Connection,
    run: RunId,
    most: usize,
    roll: &mut dyn FnMut(usize) -> usize,
) -> rusqlite::Result<Vec<Row>> {
    let mut ids: Vec<u32> = Vec::new();
    let mut statement = connection.prepare(
        "WITH failed AS (
            SELECT DISTINCT a.url FROM evidence a JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND o.failure = 1
         )
         SELECT id FROM url WHERE run = ?1 AND state = 2 AND role = 3
            AND id NOT IN (SELECT url FROM failed) ORDER BY id",
    )?;
    let mut rows = statement.query([run])?;
    let mut seen = 0_usize;
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        seen += 1;
        if ids.len() < most {
            ids.push(id);
        } else if let Some(place) = ids.get_mut(roll(seen)) {
            *place = id;
        }
    }
    let mut read = connection
        .prepare("SELECT address, found_depth, hops FROM url WHERE run = ? AND id = ?")?;
    ids.iter()
        .map(|id| read.query_row((run, id), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))))
        .collect()
}
