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
        let pending = self
            .connect()?
            .query_row("SELECT asked FROM run WHERE id = ?", [run.0], |row| {
                row.get(0)
            })
            .optional();
        pending
            .map(Option::flatten)
            .map_err(|source| self.fault(source))
    }

    /// Stores the pending outputs of a run; `None` if all are done.
    pub fn set_asked(&self, run: RunId, pending: Option<&str>) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE run SET asked = ? WHERE id = ?", (pending, run.0))
                .map(drop)
        })
    }
}
