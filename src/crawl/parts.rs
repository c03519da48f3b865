//! What a crawl is made of, where it starts and how it ends.

use std::sync::Arc;

use crate::frontier::FrontierError;
use crate::model::CrawlUrl;
use crate::store::{Store, StoreError};

use super::clock::Clock;
use super::stop::Stop;

/// What a crawl is made of.
#[derive(Debug)]
pub struct Parts<F, Q, O> {
    /// Performs exchanges.
    pub fetcher: Arc<F>,
    /// Most visits under way at a time, over all hosts: bounds memory and open files.
    pub open: usize,
    /// Says what is due.
    pub frontier: Q,
    /// Keeps what is found.
    pub store: Store,
    /// Is told what happens.
    pub observer: O,
    /// Tells the time.
    pub clock: Clock,
    /// Rolled for jitter.
    pub dice: fastrand::Rng,
    /// Ends the crawl early.
    pub stop: Stop,
}

/// Where a crawl starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// From these URLs.
    Fresh(Vec<CrawlUrl>),
    /// From where it was interrupted, and with the URLs of hosts that were given up.
    Resume,
}

/// How a crawl ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was fetched or skipped with a reason.
    Finished,
    /// A host of the site was given up, and its URLs were not requested; `Start::Resume` queues them
    /// again.
    Incomplete,
    /// It was told to stop; `Start::Resume` goes on.
    Interrupted,
    /// This machine lost its network and did not get it back in time; `Start::Resume` goes on.
    Offline,
    /// This machine had no network from the beginning: nothing ever answered.
    NeverOnline,
}

/// Why a crawl could not go on: our own trouble, never the site's.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The frontier failed.
    #[error(transparent)]
    Frontier(#[from] FrontierError),
}
