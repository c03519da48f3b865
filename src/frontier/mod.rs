//! The queue of URLs: what is due, once, politely. The frontier owns order *and* politeness: it leases a URL
//! only when its host may be requested. So there is no second throttle, and no task sleeps while holding a
//! slot. Nothing here fetches, and nothing here knows the rules of a robots.txt.

#[cfg(test)]
mod contract;
mod local;

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::model::{CrawlUrl, Fingerprint, HostKey, Moment, Role};
use crate::policy::Family;

pub use crate::model::Pace;
pub use local::LocalFrontier;

/// A URL found somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// The URL.
    pub url: CrawlUrl,
    /// Its role in the crawl.
    pub role: Role,
    /// Clicks from a seed, as far as known when it was found.
    pub depth: u32,
    /// Consecutive redirects that led here.
    pub hops: u8,
    /// The pass that requests it: 1 is the crawl itself, later ones confirm failures. A URL settled in one
    /// pass may be offered again in the next.
    pub pass: u8,
    /// Earlier attempts in this pass, by an interrupted run; otherwise 0.
    pub tries: u32,
    /// The earliest moment of its request, if it waits for a retry.
    pub not_before: Option<Moment>,
}

impl Discovery {
    /// Creates a URL that was found in the crawl itself, next to a seed, and may be requested at once.
    pub fn new(url: CrawlUrl, role: Role) -> Discovery {
        Discovery {
            url,
            role,
            depth: 0,
            hops: 0,
            pass: 1,
            tries: 0,
            not_before: None,
        }
    }
}

/// A URL leased to be fetched now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Identifies this lease when it is settled.
    pub ticket: Ticket,
    /// The URL, with `tries` counting the attempts so far. An attempt whose lease expired may not have been
    /// made and does not count.
    pub found: Discovery,
    /// Whether it came from a slow lane.
    pub slow: bool,
    /// Requests open on this host, including this one.
    pub in_flight: u32,
    /// Leases of this host that are not settled, including this one; its pace bounds them.
    pub unsettled: u32,
    /// The current pace.
    pub pace: Pace,
}

/// The identity of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What the caller of the frontier can do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Fetch this now.
    Visit(Box<Lease>),
    /// Nothing is due before this moment, unless a lease is settled or a URL is offered.
    NotBefore(Moment),
    /// Nothing is queued and nothing is leased.
    Drained,
}

/// How a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It was fetched, and is not requested again.
    Done,
    /// It was fetched, and must be fetched again from this moment on.
    Again(Moment),
    /// The request failed because of this machine: it does not count, and the URL may be requested again
    /// from this moment on.
    Discarded(Moment),
    /// It was not requested and will not be. The host's pace is not charged, unless another request was
    /// charged since.
    Unused,
    /// It was not requested yet. It waits in the slow lane of this family, until the moment if there is one.
    /// The host's pace is not charged, as above.
    Aside(Family, Option<Moment>),
}

/// Why the frontier failed: a fault of its own, never of a URL.
#[derive(Debug, thiserror::Error)]
pub enum FrontierError {
    /// The store behind the frontier cannot be reached.
    #[error("frontier is unreachable: {0}")]
    Unreachable(String),
}

/// A store for URLs that wait to be fetched, so that a frontier need not hold all their texts in memory.
pub trait Shelf: Send + Sync + fmt::Debug {
    /// Returns the URL with this fingerprint, or `None` if it is not stored yet.
    fn address(&self, url: Fingerprint) -> Result<Option<String>, FrontierError>;
}

/// The contract of a frontier, checked by one suite of tests that runs against every implementation.
///
/// A URL is leased at most once between an offer and its settlement; a lease that is not settled in time is
/// leased again. While a host has an unsettled [`Role::Robots`] URL, nothing else of that host is leased.
/// Within a host, URLs that wait for a retry come first once they are due. Then come sitemaps, pages, and
/// resources with external URLs, each in the order offered.
///
/// A URL set aside waits in the slow lane of its family, including its retries. While the host has anything
/// else to lease, every fourth URL comes from a slow lane; otherwise all do. Slow lanes take turns. While the
/// host has anything else queued, they may use at most half of the open requests that its pace allows, but at
/// least one.
pub trait Frontier: Send + Sync {
    /// Adds found URLs. Returns how many of them were new. URLs offered before are ignored, settled or not. A
    /// URL offered as a sitemap counts separately, as it may turn out to be a page.
    fn offer(
        &self,
        found: &[Discovery],
    ) -> impl Future<Output = Result<usize, FrontierError>> + Send;

    /// Leases a URL that is due at `now`. Time never runs backwards: a moment before the latest one counts as
    /// the latest one.
    fn lease(&self, now: Moment) -> impl Future<Output = Result<Next, FrontierError>> + Send;

    /// Records that the request of a lease is over: it no longer counts in `in_flight` of later leases. The
    /// lease continues until it is settled. A lease that is settled at once needs no such call.
    fn answered(&self, ticket: Ticket) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Ends a lease. A lease that has expired is ignored.
    fn settle(
        &self,
        ticket: Ticket,
        how: Settlement,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Sets the pace of one host from now on.
    fn slow(
        &self,
        host: &HostKey,
        pace: Pace,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Ends the slow lane of a family: its URLs are queued before the others of the host, as they were found earlier.
    fn rejoin(
        &self,
        host: &HostKey,
        family: Family,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Counts an open lease as one of the slow lane of this family from now on. A lease that has ended is ignored.
    fn move_aside(
        &self,
        ticket: Ticket,
        family: Family,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Charges the pace of a host with a request that is made beside a lease, such as a control. Returns its moment: the
    /// first, from `now` on, that the pace allows.
    fn charge(
        &self,
        host: &HostKey,
        now: Moment,
    ) -> impl Future<Output = Result<Moment, FrontierError>> + Send;

    /// Leases nothing of this host before `until`. The latest of several moments wins.
    fn park(
        &self,
        host: &HostKey,
        until: Moment,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Sets the store from which URLs can be read again. Every URL offered from now on, except a
    /// robots.txt, is stored there soon after its offer. This changes only memory use.
    fn use_shelf(
        &self,
        addresses: Arc<dyn Shelf>,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Returns when the last URL that is queued or waits by now can be leased, if every host keeps to its pace and
    /// nothing else delays it; `None` if there is none.
    fn clear_by(
        &self,
        now: Moment,
    ) -> impl Future<Output = Result<Option<Moment>, FrontierError>> + Send;

    /// Returns the number of URLs queued, waiting or leased.
    fn pending(&self) -> impl Future<Output = Result<u64, FrontierError>> + Send;
}
