//! What is given out and not settled. Every lease lasts equally long and time never runs
//! backwards, so the order of the tickets is the order in which leases expire.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::host::Charge;
use super::lane::Entry;
use crate::frontier::Ticket;
use crate::model::{HostKey, Moment};

/// The open leases.
#[derive(Debug)]
pub(super) struct Leases {
    open: BTreeMap<Ticket, Held>,
    ttl: Duration,
    issued: u64,
}

/// A leased entry.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) host: Arc<HostKey>,
    pub(super) entry: Entry,
    /// The host's last request before this one, should this one turn out not to be made.
    pub(super) before: Option<Charge>,
    until: Moment,
}

impl Leases {
    pub(super) fn new(ttl: Duration) -> Leases {
        Leases {
            open: BTreeMap::new(),
            // Moments are whole milliseconds: a lease of less would expire at once.
            ttl: ttl.max(Duration::from_millis(1)),
            issued: 0,
        }
    }

    /// A ticket that was never used.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.issued += 1;
        Ticket(self.issued)
    }

    /// Keeps what is given out under this ticket.
    pub(super) fn hold(
        &mut self,
        ticket: Ticket,
        host: Arc<HostKey>,
        entry: Entry,
        before: Option<Charge>,
        now: Moment,
    ) {
        let until = now + self.ttl;
        let held = Held {
            host,
            entry,
            before,
            until,
        };
        self.open.insert(ticket, held);
    }

    /// Ends a lease, unless it has ended.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<Held> {
        self.open.remove(&ticket)
    }

    /// Ends one lease that lasted too long.
    pub(super) fn expire(&mut self, now: Moment) -> Option<Held> {
        let first = self.open.first_entry()?;
        (first.get().until <= now).then(|| first.remove())
    }

    /// When the first lease expires.
    pub(super) fn next_at(&self) -> Option<Moment> {
        self.open.first_key_value().map(|(_, held)| held.until)
    }
}
