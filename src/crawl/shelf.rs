//! What waits beyond the memory that a crawl may take is read again from the store.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::frontier::{FrontierError, Shelf};
use crate::model::{Fingerprint, Moment};
use crate::store::{Addresses, StoreError};

use super::clock::Clock;

/// How long reading may fail before that ends the crawl: files that are open elsewhere are closed, and a disk that is
/// busy answers again. Ours.
const PATIENCE: Duration = Duration::from_mins(1);

/// The addresses that the run has stored.
#[derive(Debug)]
pub(super) struct StoreShelf {
    addresses: Addresses,
    clock: Clock,
    /// Since when every attempt to read has failed.
    failing_since: Mutex<Option<Moment>>,
}

impl StoreShelf {
    pub(super) fn new(addresses: Addresses, clock: Clock) -> StoreShelf {
        StoreShelf {
            addresses,
            clock,
            failing_since: Mutex::default(),
        }
    }

    /// The addresses with these fingerprints, in their order; `None` for what is not stored yet or cannot be read
    /// just now.
    pub(super) fn read(&self, urls: &[Fingerprint]) -> Result<Vec<Option<String>>, StoreError> {
        let mut failing_since = self
            .failing_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match self.addresses.of(urls) {
            Ok(addresses) => {
                *failing_since = None;
                Ok(addresses)
            }
            Err(fault) => {
                let now = self.clock.now();
                let since = *failing_since.get_or_insert(now);
                let may_pass = fault.may_pass() && now.since(since) < PATIENCE;
                may_pass.then(|| vec![None; urls.len()]).ok_or(fault)
            }
        }
    }
}

impl Shelf for StoreShelf {
    fn address(&self, url: Fingerprint) -> Result<Option<String>, FrontierError> {
        let addresses = self.read(&[url]);
        let mut addresses =
            addresses.map_err(|fault| FrontierError::Unreachable(fault.to_string()))?;
        Ok(addresses.pop().flatten())
    }
}
