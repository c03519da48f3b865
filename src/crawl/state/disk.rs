//! Whether the database has grown by as much as it may while the run goes on: what runs store that share the file
//! counts, too, as they fill the same disk. Then no URL is requested for the first time any more; what failed
//! is still confirmed, and conclusions are drawn.

use crate::model::{Skip, SkipReason, bytes_in_words};
use crate::policy::DiskBudget;
use crate::store::{Store, StoreError};

/// How far the database may grow.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct Disk {
    budget: DiskBudget,
    /// Bytes that the database had before.
    at_first: u64,
    is_full: bool,
}

impl Disk {
    /// Of a run that begins or goes on now.
    pub(in crate::crawl) fn new(store: &Store, max_disk: Option<u64>) -> Result<Disk, StoreError> {
        Ok(Disk {
            budget: DiskBudget::new(max_disk, store.free_space()),
            at_first: store.size()?,
            is_full: false,
        })
    }

    /// Looks at the database. If it cannot be opened just now, the next look tells.
    pub(super) fn look(&mut self, store: &Store) {
        let most = self.at_first.saturating_add(self.budget.bytes);
        self.is_full |= store.takes(most).is_ok_and(|full| full);
    }

    /// Why no URL is requested for the first time any more, if none is.
    pub(super) fn refuse(&self) -> Option<Skip> {
        self.is_full.then(|| {
            let DiskBudget { bytes, is_usual } = self.budget;
            let size = bytes_in_words(bytes);
            let detail = match (is_usual, self.budget.is_lowered()) {
                (false, _) => format!("the database has grown by {size}"),
                (true, false) => {
                    format!("the database has grown by {size}: the site seems endless here")
                }
                (true, true) => {
                    format!("the database has grown by {size}, half of what was free")
                }
            };
            Skip::new(SkipReason::MaxDisk, detail)
        })
    }
}
