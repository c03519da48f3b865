//! Addresses of a run's URLs, read a few at a time: of what waits for its turn the crawl need not keep more than a
//! fingerprint.

use rusqlite::{Connection, OptionalExtension};

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

    /// The addresses with these fingerprints, in their order; `None` for each that is not stored yet.
    pub fn of(&self, urls: &[Fingerprint]) -> Result<Vec<Option<String>>, StoreError> {
        let connection = self.store.connect()?;
        let addresses = urls.iter().map(|url| self.read(&connection, *url));
        let addresses: rusqlite::Result<_> = addresses.collect();
        addresses.map_err(|source| self.store.fault(source))
    }

    fn read(&self, connection: &Connection, url: Fingerprint) -> rusqlite::Result<Option<String>> {
        const SQL: &str = "SELECT address FROM url WHERE run = ?1 AND id = ?2";
        // What the writer is about to store has its number already.
        let Some(known) = self.urls.get(url) else {
            return Ok(None);
        };
        let mut statement = connection.prepare_cached(SQL)?;
        let row = (self.run.0, known.id);
        statement.query_row(row, |row| row.get(0)).optional()
    }
}
