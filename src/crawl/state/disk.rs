//! The limit on the growth of the database during a run. Data that other runs store in the same
//! file counts, too, because it fills the same disk. At the limit, no URL is requested for the
//! first time any more. Failing URLs are still confirmed, and conclusions are drawn.

use crate::model::{Skip, SkipReason, bytes_in_words};
use crate::policy::DiskBudget;
use crate::store::{Store, StoreError};

/// The limit on the growth of the database.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct Disk {
    budget: DiskBudget,
    /// Bytes that the database had before.
    at_first: u64,
    is_full: bool,
}

impl Disk {
    /// Returns the limit of a run that begins or resumes now.
    pub(in crate::crawl) fn new(store: &Store, max_disk: Option<u64>) -> Result<Disk, StoreError> {
        Ok(Disk {
            budget: DiskBudget::new(max_disk, store.free_space()),
            at_first: store.size()?,
            is_full: false,
        })
    }

    /// Reads the size of the database. If it cannot be opened at the moment, the next call retries.
    pub(super) fn look(&mut self, store: &Store) {
        let most = self.at_first.saturating_add(self.budget.bytes);
        self.is_full |= store.takes(most).is_ok_and(|full| full);
    }

    /// Returns why no URL is requested for the first time any more, if the limit is reached.
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
