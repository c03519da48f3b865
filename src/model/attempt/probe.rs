//! Experiments on a URL, mostly on one that fails: requests that differ in one thing.

use serde::{Serialize, Serializer};

/// An experiment: one way of requesting a failing URL again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    /// In our own way, alone and slowly. Separates a fault that is independent of load from one that
    /// load causes. The other experiments are compared with it.
    Alone,
    /// As a browser. Separates a block of crawlers from a fault of the server.
    Browser,
    /// Over a connection of its own. Separates a stale connection from a fault of the server.
    FreshConnection,
    /// Over HTTP/1.1. Separates a fault of the HTTP/2 endpoint from one behind it.
    Http1,
    /// At one IP address of the host. Separates one bad IP address from all of them.
    Address,
    /// With a query parameter that no cache has seen. Separates a stored error from a new one.
    CacheBusting,
    /// Without compression (`Accept-Encoding: identity`). Separates a fault of the compression from
    /// one of the page.
    Uncompressed,
    /// Without its query. Separates a fault that the parameters cause from one of the code behind the
    /// path.
    WithoutQuery,
    /// Without the cookies that the crawl sends. Separates a fault caused by a session or an oversized
    /// header from one of the page.
    WithoutCookies,
    /// With another spelling of its URL, which names the same page. Separates one backend behind a hash of the URL
    /// from a fault of the page.
    Respelled,
    /// In quick succession, each pause a little longer than the last. Separates a rate limit, and finds
    /// its value, from failures of any other kind.
    Burst,
}

impl Probe {
    /// All experiments, in the order in which they are made.
    pub const ALL: [Probe; 11] = [
        Probe::Alone,
        Probe::Browser,
        Probe::FreshConnection,
        Probe::Http1,
        Probe::Address,
        Probe::CacheBusting,
        Probe::Uncompressed,
        Probe::WithoutQuery,
        Probe::WithoutCookies,
        Probe::Respelled,
        Probe::Burst,
    ];

    /// Returns the name in the `Purpose` column.
    pub const fn name(self) -> &'static str {
        match self {
            Probe::Alone => "probe:alone",
            Probe::Browser => "probe:browser",
            Probe::FreshConnection => "probe:fresh",
            Probe::Http1 => "probe:http1",
            Probe::Address => "probe:address",
            Probe::CacheBusting => "probe:cache",
            Probe::Uncompressed => "probe:identity",
            Probe::WithoutQuery => "probe:no-query",
            Probe::WithoutCookies => "probe:no-cookies",
            Probe::Respelled => "probe:spelling",
            Probe::Burst => "probe:burst",
        }
    }

    /// Returns the experiment with a name of the `Purpose` column.
    pub fn from_name(name: &str) -> Option<Probe> {
        Probe::ALL.into_iter().find(|probe| probe.name() == name)
    }

    /// Returns how the request is made, for people: "as a browser".
    pub const fn way(self) -> &'static str {
        match self {
            Probe::Alone => "alone, in the crawl's own way",
            Probe::Browser => "as a browser",
            Probe::FreshConnection => "over a new connection",
            Probe::Http1 => "over HTTP/1.1",
            Probe::Address => "at one address of the host",
            Probe::CacheBusting => "past caches",
            Probe::Uncompressed => "without compression",
            Probe::WithoutQuery => "without its query",
            Probe::WithoutCookies => "without cookies",
            Probe::Respelled => "at another spelling of its address",
            Probe::Burst => "in quick succession",
        }
    }

    /// Returns what it separates, for people: "a block of crawlers from a fault of the server".
    pub const fn separates(self) -> &'static str {
        match self {
            Probe::Alone => "a fault of the server from too little headroom",
            Probe::Browser => "a block of crawlers from a fault of the server",
            Probe::FreshConnection => "a stale connection from a fault of the server",
            Probe::Http1 => "a fault of the HTTP/2 endpoint from one behind it",
            Probe::Address => "one bad address from all of them",
            Probe::CacheBusting => "a cached error from one that the site makes each time",
            Probe::Uncompressed => "a fault of the compression from a fault of the page",
            Probe::WithoutQuery => {
                "a fault of the parameters from a fault of the code behind the path"
            }
            Probe::WithoutCookies => "a fault that cookies cause from a fault of the page",
            Probe::Respelled => "one backend behind a hash of the address from a fault of the page",
            Probe::Burst => "a limit of requests per second from a fault of the page",
        }
    }
}

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_read_back() {
        for probe in Probe::ALL {
            assert!(probe.name().starts_with("probe:"));
            assert_eq!(Probe::from_name(probe.name()), Some(probe));
        }
        assert_eq!(Probe::from_name("confirm"), None);
    }
}
