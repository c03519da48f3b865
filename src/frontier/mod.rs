//! What is due, once, politely. The frontier owns order *and* politeness: it gives out a URL only
//! when its host may be asked, so there is no second throttle and nobody sleeps while holding a
//! slot. Nothing here fetches, and nothing here knows what a robots.txt says.

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
    /// The address.
    pub url: CrawlUrl,
    /// What it is to the crawl.
    pub role: Role,
    /// Clicks from a seed, as far as known when it was found.
    pub depth: u32,
    /// Redirects that led here in a row.
    pub hops: u8,
    /// The pass that asks: 1 is the crawl itself, later ones confirm what failed. What was settled
    /// in one pass may be offered again in the next.
    pub pass: u8,
    /// Attempts made before in this pass, by an interrupted run; otherwise 0.
    pub tries: u32,
    /// Not to be asked for before this moment, if it waits for a retry.
    pub not_before: Option<Moment>,
}

impl Discovery {
    /// A URL that was found in the crawl itself, next to a seed, and may be asked for at once.
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

/// A URL given out to be fetched now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Names this lease when it is settled.
    pub ticket: Ticket,
    /// What was found, with `tries` counting the attempts made so far; an attempt whose lease
    /// expired is not known to have been made and does not count.
    pub found: Discovery,
    /// Whether it waited in a slow lane.
    pub slow: bool,
    /// Requests open on this host, this one included.
    pub in_flight: u32,
    /// Leases of this host that are not settled, this one included: what its pace bounds.
    pub unsettled: u32,
    /// The pace in force.
    pub pace: Pace,
}

/// Names a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Fetch this now.
    Visit(Box<Lease>),
    /// Nothing is due before this moment, unless a lease is settled or something is offered.
    NotBefore(Moment),
    /// Nothing is queued and nothing is leased.
    Drained,
}

/// How a lease ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It was fetched for good.
    Done,
    /// It was fetched, and is to be fetched again from this moment on.
    Again(Moment),
    /// The request failed because of this machine: it does not count, and the URL may be requested again
    /// from this moment on.
    Discarded(Moment),
    /// It was not asked for and will not be: the host's pace is not charged, unless another request
    /// was charged since.
    Unused,
    /// It was not asked for yet: it waits in the slow lane of this family, until a moment if there is
    /// one, and the host's pace is not charged, as above.
    Aside(Family, Option<Moment>),
}

/// Why the frontier could not do its work: its own trouble, never a URL's.
#[derive(Debug, thiserror::Error)]
pub enum FrontierError {
    /// The store behind the frontier cannot be reached.
    #[error("frontier is unreachable: {0}")]
    Unreachable(String),
}

/// Where addresses are kept that wait to be fetched: a frontier need not hold the text of all of them in memory.
pub trait Shelf: Send + Sync + fmt::Debug {
    /// The address with this fingerprint; `None` if it is not stored yet.
    fn address(&self, url: Fingerprint) -> Result<Option<String>, FrontierError>;
}

/// The contract, kept by one suite of tests that runs against every implementation.
///
/// A URL is given out at most once between an offer and its settlement; what is leased and not
/// settled in time is given out again. While a host has an unsettled [`Role::Robots`] URL, nothing
/// else of that host is given out. Within a host, what waits for a retry comes first once it is
/// due, then sitemaps, then pages, then resources and external URLs, each in the order offered.
///
/// What is set aside waits in the slow lane of its family, its retries too. As long as the host has
/// anything else to give, every fourth URL comes from a slow lane; otherwise all do. Slow lanes take
/// turns, and as long as the host has anything else queued, at most half of the requests that its pace
/// allows to be open (at least one) are theirs.
pub trait Frontier: Send + Sync {
    /// Takes in what was found; returns how many of them were new. What was ever offered before is
    /// ignored, settled or not; a URL that was offered as a sitemap counts apart, as it may turn out to
    /// be a page.
    fn offer(
        &self,
        found: &[Discovery],
    ) -> impl Future<Output = Result<usize, FrontierError>> + Send;

    /// Gives out what is due at `now`. Time never runs backwards: an earlier moment than was handed
    /// in before counts as that one.
    fn lease(&self, now: Moment) -> impl Future<Output = Result<Next, FrontierError>> + Send;

    /// Notes that the request of a lease is over: it is open on its host no longer, as `in_flight` of later leases
    /// says. The lease goes on until it is settled. For one that is settled at once this need not be said.
    fn answered(&self, ticket: Ticket) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Ends a lease. A lease that expired meanwhile is ignored.
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

    /// Ends the slow lane of a family: what waits in it goes behind what the host has queued.
    fn rejoin(
        &self,
        host: &HostKey,
        family: Family,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Gives out nothing of this host before `until`. Of several moments the latest holds.
    fn park(
        &self,
        host: &HostKey,
        until: Moment,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// Says where addresses can be read again. Everything that is offered from now on, except a robots.txt, is
    /// stored there soon after it is offered. This changes what is kept in memory, and nothing else.
    fn use_shelf(
        &self,
        addresses: Arc<dyn Shelf>,
    ) -> impl Future<Output = Result<(), FrontierError>> + Send;

    /// URLs waiting or leased.
    fn pending(&self) -> impl Future<Output = Result<u64, FrontierError>> + Send;
}
