//! The state that this machine has no network, with its beginning and its evidence.

use std::fmt;

use crate::crawl::Ended;
use crate::model::{Moment, Silence};
use crate::store::{RunId, Store, StoreError};

/// The error that this machine has no network, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offline {
    /// When the network was lost; absent if there was none from the beginning.
    since: Option<Moment>,
    /// The evidence that the network is gone.
    silence: Option<Silence>,
}

impl Offline {
    /// Returns whether a run ended because this machine had no network.
    pub(in crate::audit) fn of(
        store: &Store,
        run: RunId,
        ended: Ended,
    ) -> Result<Option<Offline>, StoreError> {
        if !matches!(ended, Ended::Offline | Ended::NeverOnline) {
            return Ok(None);
        }
        let last = store.own_outages(run)?.pop();
        Ok(Some(Offline {
            since: last
                .as_ref()
                .filter(|_| ended == Ended::Offline)
                .map(|outage| outage.began),
            silence: last.map(|outage| outage.silence),
        }))
    }
}

impl fmt::Display for Offline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this machine has no network")?;
        if let Some(since) = self.since {
            write!(f, " since {since}")?;
        }
        match &self.silence {
            Some(silence) => write!(f, ": {silence}"),
            None => Ok(()),
        }
    }
}
