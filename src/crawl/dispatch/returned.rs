//! What the tasks of a crawl bring back.

use crate::crawl::experiment::series::Probed;
use crate::crawl::visit::Brought;
use crate::model::Network;

/// Mark of changes that settle nothing.
pub(in crate::crawl) const NO_LEASE: u64 = u64::MAX;

/// What a lease brings back.
#[derive(Debug)]
pub(in crate::crawl) enum Returned {
    /// One request, and what was read.
    Visit(Box<Brought>),
    /// Experiments.
    Series(Box<Probed>),
}

/// What a task of the crawl ends with.
#[derive(Debug)]
pub(in crate::crawl) enum Done {
    /// A lease was carried out.
    Lease(Returned),
    /// Whether those who answered before still do.
    Network(Network),
}
