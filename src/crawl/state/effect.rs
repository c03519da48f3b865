//! The effects of a crawl's decisions. Only the dispatcher carries them out, in this order.

use std::collections::BTreeSet;

use crate::crawl::event::Event;
use crate::crawl::visit::Brought;
use crate::crawl::visit::series::Probed;
use crate::frontier::{Discovery, Settlement, Ticket};
use crate::model::{Held, HostKey, Moment, Pace};
use crate::policy::Family;
use crate::store::Change;

/// The result of a lease.
#[derive(Debug)]
pub(in crate::crawl) enum Returned {
    /// One request, and the data read from its answer.
    Visit(Box<Brought>),
    /// Experiments.
    Series(Box<Probed>),
}

/// One effect.
#[derive(Debug)]
pub(in crate::crawl) enum Effect {
    /// Queue URLs.
    Offer(Vec<Discovery>),
    /// Report to the fetcher that a host led to others.
    Led(HostKey, BTreeSet<HostKey>),
    /// Queue URLs once more for a pass, and store that they are.
    Reopen(Vec<Discovery>, u8),
    /// Request a host at this pace.
    Slow(HostKey, Pace),
    /// Request nothing of a host before then.
    Park(HostKey, Moment),
    /// Count an open lease as one of the slow lane of a family.
    MoveAside(Ticket, Family),
    /// End the slow lane of a family.
    Rejoin(HostKey, Family),
    /// Store a change that settles no lease.
    Store(Change),
    /// Store a lease's result, then settle it.
    HandOver(Change, Ticket, Settlement),
    /// Free the memory of a body: the data read from it was handed over.
    Release(Held),
    /// Settle a lease that has nothing to store.
    Settle(Ticket, Settlement),
    /// Process a result that came back at that moment.
    TakeIn(Returned, Moment),
    /// Discard a result, and request its URL again.
    Discard(Returned),
    /// Send an event to the observer.
    Say(Event<'static>),
}

/// Several effects, one after the other.
pub(in crate::crawl) type Effects = Vec<Effect>;
