//! One HTTP exchange per call: ask once, read under caps, and say what happened. A fault of the
//! server, the network or the name service is a value with an outcome of its own, told apart by
//! the types of errors and never by their words. What this machine spoilt, by sleeping or for
//! want of open files, is made again and is no exchange. Absent on purpose: retries, redirects, pace
//! and robots.txt, which belong to the engine.

mod body;
mod client;
mod dns;
mod fault;
mod guard;
mod secrets;
mod tls;

use std::future::Future;
use std::net::IpAddr;

use crate::model::{CrawlUrl, Exchange, Network, Request, Witnesses};

pub use client::answer::location;
pub use client::http::HttpFetcher;
pub use client::outbound::outbound_client;
pub use client::settings::{DnsSource, FetchSettings, HostOverride, OverrideFault, ProxyAddress};
pub use client::setup::FetchSetupError;
pub use guard::neighbours::{MOST_NEIGHBOURS, Named};
pub use secrets::confided::{Confided, HostSecret, Secrets, SecretsFor};
pub use secrets::echo::Echo;
pub use secrets::redact::{Redactor, TooManySecrets};
pub use tls::TlsSetupError;

/// Performs single HTTP exchanges.
pub trait Fetcher: Send + Sync {
    /// Sends one GET request and reads its answer; whatever happens is the value.
    fn fetch(&self, request: Request) -> impl Future<Output = Exchange> + Send;

    /// The addresses of a URL's host that may be asked, a few at most; none if it has none, or if
    /// a proxy chooses among them.
    fn addresses(&self, url: &CrawlUrl) -> impl Future<Output = Vec<IpAddr>> + Send;

    /// Is told that what was fetched from one URL's host leads to another URL. Pages of a private network
    /// may lead on within it; those of the open internet must not.
    fn led(&self, _from: &CrawlUrl, _to: &CrawlUrl) {}

    /// Is told at which addresses a URL's host answered in an earlier process. Returns whether that
    /// agrees with where the host is now.
    fn was_at(&self, _: &CrawlUrl, _: &[IpAddr]) -> bool {
        true
    }

    /// Whether cookies are sent with requests for a URL.
    fn sends_cookies(&self, _: &CrawlUrl) -> bool {
        false
    }

    /// What cuts secrets out of texts that were put together from answers; none if there are no secrets.
    fn redactor(&self) -> Option<&Redactor> {
        None
    }

    /// Whether any of those who answered before still does, when a host has fallen silent: is it
    /// the host, or this machine's own network? Who has no network of his own cannot tell.
    fn network(&self, _: Witnesses) -> impl Future<Output = Network> + Send {
        async { Network::Unknown }
    }
}
