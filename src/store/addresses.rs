//! Addresses of a run's URLs, read one by one: of what waits for its turn the crawl need not keep more than a
//! fingerprint.

use rusqlite::OptionalExtension;

use crate::model::Fingerprint;

use super::error::StoreError;
use super::file::Store;
use super::runs::RunId;
use super::stored::StoredUrls;

/// Reads addresses of one run.
#[derive(Clone, Debug)]
pub struct Addresses {
    store: Store,
    run: RunId,
    urls: StoredUrls,
}

impl Addresses {
    /// Of the run whose writer has these URLs.
    pub fn new(store: &Store, run: RunId, urls: StoredUrls) -> Addresses {
        Addresses {
            store: store.clone(),
            run,
            urls,
        }
    }

    /// The address with this fingerprint; `None` if it is not stored yet.
    pub fn of(&self, url: Fingerprint) -> Result<Option<String>, StoreError> {
        const SQL: &str = "SELECT address FROM url WHERE run = ?1 AND id = ?2";
        let Some(known) = self.urls.get(url) else {
            return Ok(None);
        };
        let connection = self.store.connect()?;
        let read = || -> rusqlite::Result<Option<String>> {
            // What the writer is about to store has its number already.
            let mut statement = connection.prepare_cached(SQL)?;
            let row = (self.run.0, known.id);
            statement.query_row(row, |row| row.get(0)).optional()
        };
        read().map_err(|source| self.store.fault(source))
    }
}
