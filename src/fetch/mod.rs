//! One HTTP exchange per call: ask once, read under caps, and say what happened. A fault of the
//! server, the network or the name service is a value with an outcome of its own, told apart by
//! the types of errors and never by their words. What this machine spoilt, by sleeping or for
//! want of open files, is made again and is no exchange. Absent on purpose: retries, redirects, pace
//! and robots.txt, which belong to the engine.

mod answer;
mod attempt;
mod body;
mod budget;
mod canonical;
mod client;
mod codings;
mod decode;
mod dial;
mod dns;
mod dns_cache;
mod dns_sockets;
mod echo;
mod echoes;
mod fault;
mod files;
mod guard;
mod neighbours;
mod outbound;
mod packed;
mod redact;
mod secrets;
mod settings;
mod setup;
mod sink;
mod sleep;
mod tls;
mod tls_fault;
mod windows;
mod witness;

use std::future::Future;
use std::net::IpAddr;

use crate::model::{CrawlUrl, Exchange, Network, Request, Witnesses};

pub use answer::location;
pub use client::HttpFetcher;
pub use echo::Echo;
pub use neighbours::{MOST_NEIGHBOURS, Named};
pub use outbound::outbound_client;
pub use redact::{Redactor, TooManySecrets};
pub use secrets::{Confided, HostSecret, Secrets, SecretsFor};
pub use settings::{DnsSource, FetchSettings, HostOverride, OverrideFault, ProxyAddress};
pub use setup::FetchSetupError;
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
