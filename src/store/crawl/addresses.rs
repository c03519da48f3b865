//! Reads the texts of a run's URLs in small batches, so the crawl needs to keep only a fingerprint of each queued
//! URL.

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension};

use crate::model::Fingerprint;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::file::pool::Pooled;
use crate::store::runs::id::RunId;
use crate::store::write::stored::StoredUrls;

/// A reader of the URLs of one run.
#[derive(Debug)]
pub struct Addresses {
    store: Store,
    run: RunId,
    urls: StoredUrls,
    /// Kept from the first read on: neighbours are often read next, and its cache holds them.
    connection: Mutex<Option<Pooled>>,
}

impl Addresses {
    /// Creates a reader for the run whose writer has these URLs.
    pub fn new(store: &Store, run: RunId, urls: StoredUrls) -> Addresses {
        Addresses {
            store: store.clone(),
            run,
            urls,
            connection: Mutex::default(),
        }
    }

    /// Returns the URLs with these fingerprints, in their order; `None` for each that is not stored yet.
    pub fn of(&self, urls: &[Fingerprint]) -> Result<Vec<Option<String>>, StoreError> {
        let mut kept = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connection = match kept.take() {
            Some(connection) => {
                self.store.check_in_place()?;
                connection
            }
            None => self.store.connect()?,
        };
        let connection = kept.insert(connection);
        let addresses = urls.iter().map(|url| self.read(connection, *url));
        let addresses: rusqlite::Result<_> = addresses.collect();
        addresses.map_err(|source| self.store.fault(source))
    }

    fn read(&self, connection: &Connection, url: Fingerprint) -> rusqlite::Result<Option<String>> {
        const SQL: &str = "SELECT address FROM url WHERE run = ?1 AND id = ?2";
        // A URL that the writer is about to store already has a number.
        let Some(known) = self.urls.get(url) else {
            return Ok(None);
        };
        let mut statement = connection.prepare_cached(SQL)?;
        let row = (self.run, known.id);
        statement.query_row(row, |row| row.get(0)).optional()
    }
}
