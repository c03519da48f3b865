//! What a run was asked for besides being stored: kept with it until all of that stands, so that a process that is killed
//! while it writes exports leaves word of them. What it says is known to whoever asks.

use rusqlite::OptionalExtension;

use super::id::RunId;
use crate::store::error::StoreError;
use crate::store::file::open::Store;

impl Store {
    /// What a run still owes; none if all that was asked for stands.
    pub fn asked(&self, run: RunId) -> Result<Option<String>, StoreError> {
        let asked = self
            .connect()?
            .query_row("SELECT asked FROM run WHERE id = ?", [run.0], |row| {
                row.get(0)
            })
            .optional();
        asked
            .map(Option::flatten)
            .map_err(|source| self.fault(source))
    }

    /// Keeps what a run is asked for, or that it stands.
    pub fn set_asked(&self, run: RunId, asked: Option<&str>) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute("UPDATE run SET asked = ? WHERE id = ?", (asked, run.0))
                .map(drop)
        })
    }
}
