//! A page of each host that never failed: the start page, if it is one.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::model::CrawlUrl;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::host_ids::HostIds;
use crate::store::rows::ids::UrlId;
use crate::store::runs::id::RunId;

/// Whether a page was fine at every attempt, and whether it was requested at the IP addresses of its host.
const STATE_OF_PAGE: &str = "
    SELECT NOT EXISTS (
            SELECT 1 FROM evidence a JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND a.url = ?2 AND (o.failure = 1 OR a.status IS NOT 200)),
        EXISTS (
            SELECT 1 FROM attempt p
            WHERE p.run = ?1 AND p.url = ?2 AND p.purpose = 'probe:address')";

impl Store {
    /// Returns one page for each host of a run, for at most `most` hosts: the first page of the host that was fine at
    /// every attempt. Leaves out a host if that page was already requested at each of its IP addresses.
    pub fn fine_pages(&self, run: RunId, most: usize) -> Result<Vec<CrawlUrl>, StoreError> {
        let found = self.read(|connection| read(connection, run, most))?;
        found.iter().map(|it| self.stored_url(it)).collect()
    }
}

fn read(connection: &Connection, run: RunId, most: usize) -> rusqlite::Result<Vec<String>> {
    let mut hosts = HostIds::of_run(connection, run)?;
    let mut state = connection.prepare(STATE_OF_PAGE)?;
    let mut pages = connection.prepare(
        "SELECT id, host, address FROM url WHERE run = ? AND state = 2 AND role = 3 ORDER BY id",
    )?;
    let mut rows = pages.query([run])?;
    let (mut done, mut found) = (HashSet::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let (id, host): (UrlId, u32) = (row.get(0)?, hosts.of(row.get(1)?)?);
        if done.contains(&host) {
            continue;
        }
        let (is_fine, was_tried): (bool, bool) =
            state.query_row((run, id), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if is_fine {
            done.insert(host);
            if !was_tried {
                found.push(row.get(2)?);
            }
        }
        if done.len() == most {
            break;
        }
    }
    Ok(found)
}
