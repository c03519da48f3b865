//! What decisions of a crawl ask for. The dispatcher carries it out, in this order and in one place.

use std::collections::BTreeSet;

use crate::crawl::event::Event;
use crate::crawl::visit::Brought;
use crate::crawl::visit::series::Probed;
use crate::frontier::{Discovery, Settlement, Ticket};
use crate::model::{Held, HostKey, Moment, Pace};
use crate::policy::Family;
use crate::store::Change;

/// What a lease brings back.
#[derive(Debug)]
pub(in crate::crawl) enum Returned {
    /// One request, and what was read.
    Visit(Box<Brought>),
    /// Experiments.
    Series(Box<Probed>),
}

/// One thing to be done.
#[derive(Debug)]
pub(in crate::crawl) enum Effect {
    /// Queue URLs.
    Offer(Vec<Discovery>),
    /// Tell the fetcher that a host led to others.
    Led(HostKey, BTreeSet<HostKey>),
    /// Queue URLs once more for a pass, and store that they are.
    Reopen(Vec<Discovery>, u8),
    /// Request a host at this pace.
    Slow(HostKey, Pace),
    /// Request nothing of a host before then.
    Park(HostKey, Moment),
    /// End the slow lane of a family.
    Rejoin(HostKey, Family),
    /// Store what settles no lease.
    Store(Change),
    /// Store what a lease brought, then settle it.
    HandOver(Change, Ticket, Settlement),
    /// Give back the memory of a body: what was read of it has been handed over.
    Release(Held),
    /// Settle a lease of which there is nothing to store.
    Settle(Ticket, Settlement),
    /// Take in what came back at that moment.
    TakeIn(Returned, Moment),
    /// Discard what came back, and have its URL requested again.
    Discard(Returned),
    /// Tell the observer.
    Say(Event<'static>),
}

/// Several things to be done, one after the other.
pub(in crate::crawl) type Effects = Vec<Effect>;
