//! Sitemaps that a site has no more, or has again.

use rusqlite::Connection;

use crate::assess::compare::Comparison;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;
use crate::store::runs::list::RunRow;

/// The sitemaps of a run by URL: whether each was read, and whether its last request failed.
const ALL: &str = "SELECT u.address, coalesce(f.entries > 0 OR f.format = 'index', 0),
        coalesce((SELECT o.failure FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = u.run AND a.url = u.id ORDER BY a.number DESC LIMIT 1), 0)
    FROM url u LEFT JOIN sitemap_file f ON f.run = u.run AND f.url = u.id
    WHERE u.run = ? AND u.role = 2 ORDER BY u.address";

/// A sitemap in a run.
struct Sitemap {
    address: String,
    was_read: bool,
    failed: bool,
}

impl Store {
    /// Sitemaps that an earlier run in `store` read and that are not there any more, and those that it could not read and that are
    /// there again. One that fails may come back, and so may those that only it names. None if the runs were to read
    /// different ones.
    pub(super) fn changed_sitemaps(
        &self,
        run: &RunRow,
        store: &Store,
        old: &RunRow,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        if run.plan.scope.sitemaps != old.plan.scope.sitemaps || run.site != old.site {
            return Ok((Vec::new(), Vec::new()));
        }
        let new = sitemaps(&*self.connect()?, run.id).map_err(|source| self.fault(source))?;
        let old = sitemaps(&*store.connect()?, old.id).map_err(|source| store.fault(source))?;
        let any_failed = new.iter().any(|sitemap| sitemap.failed) || new.is_empty();
        let is_lost = |address: &str| match new
            .binary_search_by(|new| new.address.as_str().cmp(address))
            .ok()
            .and_then(|at| new.get(at))
        {
            Some(new) => !new.was_read && !new.failed,
            None => !any_failed,
        };
        let is_read = |address: &str| {
            let at = new.binary_search_by(|new| new.address.as_str().cmp(address));
            at.is_ok_and(|at| new.get(at).is_some_and(|new| new.was_read))
        };
        let named = |is: &dyn Fn(&Sitemap) -> bool| {
            let found = old.iter().filter(|old| is(old));
            let found = found.map(|old| old.address.clone());
            found.take(Comparison::MOST_LOST_SITEMAPS).collect()
        };
        Ok((
            named(&|old| old.was_read && is_lost(&old.address)),
            named(&|old| !old.was_read && is_read(&old.address)),
        ))
    }
}

fn sitemaps(connection: &Connection, run: RunId) -> rusqlite::Result<Vec<Sitemap>> {
    list(connection, ALL, [run], |row| {
        Ok(Sitemap {
            address: row.get(0)?,
            was_read: row.get(1)?,
            failed: row.get(2)?,
        })
    })
}
