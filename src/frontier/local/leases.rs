//! Leases that are not settled. Every lease lasts equally long and time never runs backwards, so
//! leases expire in the order of their tickets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::entry::Entry;
use super::pacing::Instant;
use crate::frontier::Ticket;
use crate::model::{HostKey, Moment, Role};
use crate::policy::Family;

/// The leases that are not settled.
#[derive(Debug)]
pub(super) struct Leases {
    /// Leases with the moment at which each expires.
    held: BTreeMap<Ticket, (Moment, Held)>,
    ttl: Duration,
    issued: u64,
}

/// An entry that is leased and not settled yet.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) host: Arc<HostKey>,
    pub(super) entry: Entry,
    /// The slow lane that it came from, if any.
    pub(super) lane: Option<Family>,
    /// Whether its request is open.
    pub(super) open: bool,
    /// The host's last request before this one, in case this one is not made.
    pub(super) before: Option<Charge>,
}

/// A request that was charged to its host's pace.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge {
    pub(super) ticket: Ticket,
    pub(super) at: Instant,
}

impl Leases {
    pub(super) fn new(ttl: Duration) -> Leases {
        Leases {
            held: BTreeMap::new(),
            // Moments are whole milliseconds: a shorter lease would expire at once.
            ttl: ttl.max(Duration::from_millis(1)),
            issued: 0,
        }
    }

    /// Returns a new ticket.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.issued += 1;
        Ticket(self.issued)
    }

    /// Adds a lease with this ticket.
    pub(super) fn hold(&mut self, ticket: Ticket, held: Held, now: Moment) {
        self.held.insert(ticket, (now + self.ttl, held));
    }

    /// Records that the request of a lease is over. Returns its host if the request was open until
    /// now.
    pub(super) fn answer(&mut self, ticket: Ticket) -> Option<Arc<HostKey>> {
        let (_, held) = self.held.get_mut(&ticket)?;
        std::mem::take(&mut held.open).then(|| Arc::clone(&held.host))
    }

    /// Moves a lease to the slow lane of a family. Returns its host if the lease was in none until now.
    pub(super) fn move_aside(&mut self, ticket: Ticket, family: Family) -> Option<Arc<HostKey>> {
        let (_, held) = self.held.get_mut(&ticket)?;
        if held.lane.is_some() || held.entry.role == Role::Robots {
            return None;
        }
        held.lane = Some(family);
        Some(Arc::clone(&held.host))
    }

    /// Ends a lease, unless it has ended.
    pub(super) fn end(&mut self, ticket: Ticket) -> Option<Held> {
        self.held.remove(&ticket).map(|(_, held)| held)
    }

    /// Ends one expired lease.
    pub(super) fn expire(&mut self, now: Moment) -> Option<Held> {
        let first = self.held.first_entry()?;
        let (until, _) = first.get();
        (*until <= now).then(|| first.remove().1)
    }

    /// Returns when the first lease expires.
    pub(super) fn next_at(&self) -> Option<Moment> {
        self.held.first_key_value().map(|(_, (until, _))| *until)
    }
}
