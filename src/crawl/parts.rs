//! The parts of a crawl, its start and its end.

use std::sync::Arc;

use crate::frontier::FrontierError;
use crate::model::CrawlUrl;
use crate::store::{Store, StoreError};

use super::clock::Clock;
use super::stop::Stop;

/// The parts of a crawl.
#[derive(Debug)]
pub struct Parts<F, Q, O> {
    /// Performs exchanges.
    pub fetcher: Arc<F>,
    /// Maximum visits under way at a time, over all hosts: limits memory and open files.
    pub open: usize,
    /// Returns the URLs that are due.
    pub frontier: Q,
    /// Stores the results.
    pub store: Store,
    /// Receives the events.
    pub observer: O,
    /// Returns the time.
    pub clock: Clock,
    /// Random numbers for jitter.
    pub dice: fastrand::Rng,
    /// Ends the crawl early.
    pub stop: Stop,
}

/// How a crawl starts: with new URLs, or where an interrupted run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// With these start URLs.
    Fresh(Vec<CrawlUrl>),
    /// From where it was interrupted, and with the URLs of hosts that were given up.
    Resume,
}

/// How a crawl ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was fetched or skipped with a reason.
    Finished,
    /// A host of the site was given up, and its URLs were not requested; `Start::Resume` queues
    /// them again.
    Incomplete,
    /// A stop was requested; `Start::Resume` continues.
    Interrupted,
    /// This machine lost its network and did not get it back in time; `Start::Resume` continues.
    Offline,
    /// This machine had no network from the beginning: nothing ever answered.
    NeverOnline,
}

/// The reason why a crawl could not continue. It is never the site.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The frontier failed.
    #[error(transparent)]
    Frontier(#[from] FrontierError),
}
