//! The frontier of one machine, in memory behind one mutex with short critical sections. A host is due when
//! four conditions hold: it has a queued URL, its pace allows a request, it is not parked, and it may have
//! another request open. Hosts are served in the order in which they become due. No clock is read: `lease` is
//! given the time, which never runs backwards.
//!
//! Memory: a queued URL costs its path and query and about six bytes; one that waits for its moment 48 bytes
//! more. With a shelf, paths take at most 16 MiB, and each further queued URL takes 14 bytes. Every known URL
//! costs 10 to 12 bytes. A host costs about 500 bytes. It is forgotten some minutes after its last request
//! unless a pace was set for it.

mod entry;
mod fifo;
mod host;
mod lane;
mod leases;
mod pacing;
mod path_memory;
mod queue;
mod slow;
mod state;
mod turns;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use self::state::State;
use super::{Discovery, Frontier, FrontierError, Next, Pace, Settlement, Shelf, Ticket};
use crate::model::{HostKey, Moment};
use crate::policy::Family;

/// Bytes of paths that are kept in memory, if there is a shelf: those of about 250,000 URLs of usual length,
/// so that only very large or hostile sites have more. Ours.
const MOST_IN_MEMORY: usize = 16 << 20;

/// A frontier in the memory of this process.
#[derive(Debug)]
pub struct LocalFrontier {
    // A std mutex: no section awaits, and none does more than a few lookups and the read of a URL.
    state: Mutex<State>,
}

impl LocalFrontier {
    /// Creates an empty frontier. Hosts keep `default_pace` unless another pace is set. A lease that is not
    /// settled within `lease_ttl` (at least a millisecond) is leased again.
    pub fn new(default_pace: Pace, lease_ttl: Duration) -> LocalFrontier {
        LocalFrontier {
            state: Mutex::new(State::new(default_pace, lease_ttl, MOST_IN_MEMORY)),
        }
    }

    /// Creates one with another bound on the memory for paths, in bytes.
    #[cfg(test)]
    pub(crate) fn with_room(default_pace: Pace, lease_ttl: Duration, room: usize) -> LocalFrontier {
        LocalFrontier {
            state: Mutex::new(State::new(default_pace, lease_ttl, room)),
        }
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, FrontierError> {
        self.state
            .lock()
            .map_err(|_| FrontierError::Unreachable("a panic left it half changed".to_owned()))
    }
}

impl Frontier for LocalFrontier {
    async fn offer(&self, found: &[Discovery]) -> Result<usize, FrontierError> {
        Ok(self.state()?.offer(found))
    }

    async fn lease(&self, now: Moment) -> Result<Next, FrontierError> {
        self.state()?.lease(now)
    }

    async fn answered(&self, ticket: Ticket) -> Result<(), FrontierError> {
        self.state()?.answered(ticket);
        Ok(())
    }

    async fn settle(&self, ticket: Ticket, how: Settlement) -> Result<(), FrontierError> {
        self.state()?.settle(ticket, how);
        Ok(())
    }

    async fn slow(&self, host: &HostKey, pace: Pace) -> Result<(), FrontierError> {
        self.state()?.slow(host, pace);
        Ok(())
    }

    async fn rejoin(&self, host: &HostKey, family: Family) -> Result<(), FrontierError> {
        self.state()?.rejoin(host, family);
        Ok(())
    }

    async fn move_aside(&self, ticket: Ticket, family: Family) -> Result<(), FrontierError> {
        self.state()?.move_aside(ticket, family);
        Ok(())
    }

    async fn charge(&self, host: &HostKey, now: Moment) -> Result<Moment, FrontierError> {
        Ok(self.state()?.charge(host, now))
    }

    async fn park(&self, host: &HostKey, until: Moment) -> Result<(), FrontierError> {
        self.state()?.park(host, until);
        Ok(())
    }

    async fn use_shelf(&self, addresses: Arc<dyn Shelf>) -> Result<(), FrontierError> {
        self.state()?.use_shelf(addresses);
        Ok(())
    }

    async fn clear_by(&self, now: Moment) -> Result<Option<Moment>, FrontierError> {
        Ok(self.state()?.clear_by(now))
    }

    async fn pending(&self) -> Result<u64, FrontierError> {
        Ok(self.state()?.pending())
    }
}

#[cfg(test)]
mod tests {
    use super::LocalFrontier;
    use crate::frontier::contract;

    contract::suite!(LocalFrontier::new);

    /// The whole contract again, with nothing in memory.
    mod shelved {
        use std::sync::Arc;
        use std::time::Duration;

        use super::super::*;
        use crate::frontier::contract::{self, TestShelf};

        struct Shelved {
            inner: LocalFrontier,
            shelf: Arc<TestShelf>,
        }

        fn shelved(pace: Pace, lease_ttl: Duration) -> Shelved {
            let shelf = Arc::<TestShelf>::default();
            let inner = LocalFrontier::with_room(pace, lease_ttl, 0);
            inner
                .state()
                .expect("new")
                .use_shelf(Arc::clone(&shelf) as Arc<dyn Shelf>);
            Shelved { inner, shelf }
        }

        impl Frontier for Shelved {
            async fn offer(&self, found: &[Discovery]) -> Result<usize, FrontierError> {
                self.shelf.store(found);
                self.inner.offer(found).await
            }

            async fn lease(&self, now: Moment) -> Result<Next, FrontierError> {
                self.inner.lease(now).await
            }

            async fn answered(&self, ticket: Ticket) -> Result<(), FrontierError> {
                self.inner.answered(ticket).await
            }

            async fn settle(&self, ticket: Ticket, how: Settlement) -> Result<(), FrontierError> {
                self.inner.settle(ticket, how).await
            }

            async fn slow(&self, host: &HostKey, pace: Pace) -> Result<(), FrontierError> {
                self.inner.slow(host, pace).await
            }

            async fn rejoin(&self, host: &HostKey, family: Family) -> Result<(), FrontierError> {
                self.inner.rejoin(host, family).await
            }

            async fn move_aside(
                &self,
                ticket: Ticket,
                family: Family,
            ) -> Result<(), FrontierError> {
                self.inner.move_aside(ticket, family).await
            }

            async fn charge(&self, host: &HostKey, now: Moment) -> Result<Moment, FrontierError> {
                self.inner.charge(host, now).await
            }

            async fn park(&self, host: &HostKey, until: Moment) -> Result<(), FrontierError> {
                self.inner.park(host, until).await
            }

            async fn use_shelf(&self, addresses: Arc<dyn Shelf>) -> Result<(), FrontierError> {
                self.inner.use_shelf(addresses).await
            }

            async fn clear_by(&self, now: Moment) -> Result<Option<Moment>, FrontierError> {
                self.inner.clear_by(now).await
            }

            async fn pending(&self) -> Result<u64, FrontierError> {
                self.inner.pending().await
            }
        }

        contract::suite!(shelved);
    }
}
