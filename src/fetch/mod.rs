//! One HTTP exchange per call: send one request, read the answer under caps, and return the outcome. A
//! fault of the server, the network or the name service is a value with an outcome of its own. Faults are
//! separated by the types of errors and never by their words. An exchange that failed because this
//! machine slept or ran out of open files is repeated and not reported. Absent on purpose: retries,
//! redirects, pace and robots.txt, which belong to the engine.

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
pub use dns::lookups::{LookupFailed, NameLookups};
pub use fault::NOT_TLS;
pub use guard::neighbours::{MOST_NEIGHBOURS, Named};
pub use secrets::confided::{Confided, HostSecret, Secrets, SecretsFor};
pub use secrets::echo::Echo;
pub use secrets::redact::{Redactor, TooManySecrets};
pub use tls::TlsSetupError;

/// An HTTP client for single exchanges.
pub trait Fetcher: Send + Sync {
    /// Sends one GET request and reads its answer. Every failure is a value, too.
    fn fetch(&self, request: Request) -> impl Future<Output = Exchange> + Send;

    /// Returns a few IP addresses of a URL's host that may be requested. Empty if it has none, or if a proxy
    /// chooses among them.
    fn addresses(&self, url: &CrawlUrl) -> impl Future<Output = Vec<IpAddr>> + Send;

    /// Records that an answer from one URL's host led to another URL. Pages of a private network may lead
    /// to hosts within it; those of the public internet must not.
    fn led(&self, _from: &CrawlUrl, _to: &CrawlUrl) {}

    /// Records the IP addresses at which a URL's host answered in an earlier process. Returns whether they
    /// agree with where the host is now.
    fn was_at(&self, _: &CrawlUrl, _: &[IpAddr]) -> bool {
        true
    }

    /// Returns whether cookies are sent with requests for a URL.
    fn sends_cookies(&self, _: &CrawlUrl) -> bool {
        false
    }

    /// Returns the redactor that cuts secrets out of texts that were put together from answers, or `None`
    /// if there are no secrets.
    fn redactor(&self) -> Option<&Redactor> {
        None
    }

    /// Returns whether any witness that answered before still does, after a host fell silent. This separates a dead
    /// host from a local outage. Fetchers without a network of their own do not know.
    fn network(&self, _: Witnesses) -> impl Future<Output = Network> + Send {
        async { Network::Unknown }
    }
}
