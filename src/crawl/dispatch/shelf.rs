//! The shelf in the store: URLs that do not fit into the crawl's memory are read from the store
//! again.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::frontier::{FrontierError, Shelf};
use crate::model::{Fingerprint, Moment};
use crate::store::{Addresses, StoreError};

use crate::crawl::clock::Clock;

/// Maximum time for which reading may fail before the crawl ends: other processes close files, and a busy disk
/// answers again. Ours.
const PATIENCE: Duration = Duration::from_mins(1);

/// The URLs that the run has stored.
#[derive(Debug)]
pub(in crate::crawl) struct StoreShelf {
    addresses: Addresses,
    clock: Clock,
    failures: Mutex<Failures>,
}

/// The start of a time in which every attempt to read failed.
#[derive(Debug, Default)]
struct Failures(Option<Moment>);

impl StoreShelf {
    pub(in crate::crawl) fn new(addresses: Addresses, clock: Clock) -> StoreShelf {
        StoreShelf {
            addresses,
            clock,
            failures: Mutex::default(),
        }
    }

    /// Returns the URLs with these fingerprints, in their order; `None` if one is not stored
    /// yet or cannot be read at the moment.
    pub(in crate::crawl) fn read(
        &self,
        urls: &[Fingerprint],
    ) -> Result<Vec<Option<String>>, StoreError> {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let read = failures.tolerate(self.addresses.of(urls), self.clock.now())?;
        Ok(read.unwrap_or_else(|| vec![None; urls.len()]))
    }
}

impl Failures {
    /// Returns the read value; `None` if reading failed and may succeed later.
    fn tolerate<T>(
        &mut self,
        read: Result<T, StoreError>,
        now: Moment,
    ) -> Result<Option<T>, StoreError> {
        match read {
            Ok(read) => {
                self.0 = None;
                Ok(Some(read))
            }
            Err(fault) => {
                let since = *self.0.get_or_insert(now);
                let is_borne = fault.may_pass() && now.since(since) < PATIENCE;
                is_borne.then_some(None).ok_or(fault)
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::store::StoreFault;

    fn fault(source: StoreFault) -> StoreError {
        StoreError::Failed {
            path: PathBuf::from("runs.db"),
            source,
        }
    }

    #[test]
    fn a_read_that_fails_is_repeated_for_a_minute() {
        let at = |seconds: i64| Moment::from_millis(seconds * 1_000);
        let busy = || Err::<u8, _>(fault(StoreFault::OutOfFiles));
        let mut failures = Failures::default();
        for second in [10, 30, 69] {
            assert!(matches!(failures.tolerate(busy(), at(second)), Ok(None)));
        }
        assert!(matches!(failures.tolerate(Ok(7), at(69)), Ok(Some(7))));
        // A successful read starts the minute again.
        assert!(matches!(failures.tolerate(busy(), at(71)), Ok(None)));
        assert!(matches!(failures.tolerate(busy(), at(130)), Ok(None)));
        assert!(failures.tolerate(busy(), at(131)).is_err());
    }

    #[test]
    fn a_file_that_is_gone_ends_the_crawl_at_once() {
        let gone = Err::<u8, _>(fault(StoreFault::Gone));
        let mut failures = Failures::default();
        assert!(failures.tolerate(gone, Moment::from_millis(0)).is_err());
    }
}
