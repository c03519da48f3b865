//! What waits beyond the memory that a crawl may take is read again from the store.

use crate::frontier::{FrontierError, Shelf};
use crate::model::Fingerprint;
use crate::store::Addresses;

/// The addresses that the run has stored.
#[derive(Debug)]
pub(super) struct StoreShelf(pub(super) Addresses);

impl Shelf for StoreShelf {
    fn address(&self, url: Fingerprint) -> Result<Option<String>, FrontierError> {
        let address = self.0.of(url);
        address.map_err(|fault| FrontierError::Unreachable(fault.to_string()))
    }
}
