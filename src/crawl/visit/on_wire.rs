//! The requests that are open right now: sent, and not answered. A visit is longer than its requests: it may wait for
//! the turn of a control, and a series for the end of a pause.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::crawl::clock::Clock;
use crate::fetch::{Fetcher, Redactor};
use crate::model::{CrawlUrl, Exchange, Moment, Network, Request, Witnesses};

/// A fetcher that knows its open requests.
#[derive(Debug)]
pub(in crate::crawl) struct OnWire<F> {
    fetcher: Arc<F>,
    clock: Clock,
    // A std mutex: no section awaits, and none does more than one lookup.
    open: Mutex<Open>,
}

/// The open requests, by their numbers in the order in which they were sent.
#[derive(Debug, Default)]
struct Open {
    sent: u64,
    requests: BTreeMap<u64, (CrawlUrl, Moment)>,
}

/// The request that has been open for the longest time.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::crawl) struct OldestOpen {
    pub(in crate::crawl) url: CrawlUrl,
    /// When it was sent.
    pub(in crate::crawl) since: Moment,
    /// Number of other open requests.
    pub(in crate::crawl) others: usize,
}

impl<F> OnWire<F> {
    pub(in crate::crawl) fn new(fetcher: Arc<F>, clock: Clock) -> OnWire<F> {
        OnWire {
            fetcher,
            clock,
            open: Mutex::default(),
        }
    }

    /// Returns the request that has been open for the longest time, if any is.
    pub(in crate::crawl) fn oldest(&self) -> Option<OldestOpen> {
        self.with(|open| {
            let (url, since) = open.requests.values().next()?;
            Some(OldestOpen {
                url: url.clone(),
                since: *since,
                others: open.requests.len() - 1,
            })
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut Open) -> T) -> T {
        // A panic elsewhere leaves it whole: each change is one call.
        change(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An open request; it ends when this is dropped, also if the visit is cut short.
struct Sent<'a, F> {
    on_wire: &'a OnWire<F>,
    number: u64,
}

impl<F> Drop for Sent<'_, F> {
    fn drop(&mut self) {
        let number = self.number;
        self.on_wire.with(|open| open.requests.remove(&number));
    }
}

impl<F: Fetcher> Fetcher for OnWire<F> {
    async fn fetch(&self, request: Request) -> Exchange {
        let (url, now) = (request.url.clone(), self.clock.now());
        let number = self.with(|open| {
            open.sent += 1;
            open.requests.insert(open.sent, (url, now));
            open.sent
        });
        let _sent = Sent {
            on_wire: self,
            number,
        };
        self.fetcher.fetch(request).await
    }

    async fn addresses(&self, url: &CrawlUrl) -> Vec<IpAddr> {
        self.fetcher.addresses(url).await
    }

    fn led(&self, from: &CrawlUrl, to: &CrawlUrl) {
        self.fetcher.led(from, to);
    }

    fn was_at(&self, url: &CrawlUrl, addresses: &[IpAddr]) -> bool {
        self.fetcher.was_at(url, addresses)
    }

    fn sends_cookies(&self, url: &CrawlUrl) -> bool {
        self.fetcher.sends_cookies(url)
    }

    fn redactor(&self) -> Option<&Redactor> {
        self.fetcher.redactor()
    }

    async fn network(&self, witnesses: Witnesses) -> Network {
        self.fetcher.network(witnesses).await
    }
}
