//! Pending outputs of a run: exports and gates that the command line requests. They stay stored with the run
//! until all are done, so that a process killed while writing exports leaves a record of them. Callers define
//! the format.

use rusqlite::OptionalExtension;

use super::id::RunId;
use crate::store::error::StoreError;
use crate::store::file::open::Store;

impl Store {
    /// Returns the pending outputs of a run, or `None` if all are done.
    pub fn asked(&self, run: RunId) -> Result<Option<String>, StoreError> {
        let sql = "SELECT asked FROM run WHERE id = ?";
        let pending = self.read(|connection| {
            connection
                .query_row(sql, [run], |row| row.get(0))
                .optional()
        })?;
        Ok(pending.flatten())
    }

    /// Stores the pending outputs of a run; `None` if all are done.
    pub fn set_asked(&self, run: RunId, pending: Option<&str>) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE run SET asked = ? WHERE id = ?", (pending, run))
                .map(drop)
        })
    }
}
