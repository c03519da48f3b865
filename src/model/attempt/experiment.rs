//! Experiments on a URL, mostly on one that fails: requests that differ in one thing.

use serde::{Serialize, Serializer};

/// An experiment: one way of requesting a failing URL again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Experiment {
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

impl Experiment {
    /// All experiments, in the order in which they are made.
    pub const ALL: [Experiment; 11] = [
        Experiment::Alone,
        Experiment::Browser,
        Experiment::FreshConnection,
        Experiment::Http1,
        Experiment::Address,
        Experiment::CacheBusting,
        Experiment::Uncompressed,
        Experiment::WithoutQuery,
        Experiment::WithoutCookies,
        Experiment::Respelled,
        Experiment::Burst,
    ];

    /// Returns the name in the `Purpose` column.
    pub const fn name(self) -> &'static str {
        match self {
            Experiment::Alone => "probe:alone",
            Experiment::Browser => "probe:browser",
            Experiment::FreshConnection => "probe:fresh",
            Experiment::Http1 => "probe:http1",
            Experiment::Address => "probe:address",
            Experiment::CacheBusting => "probe:cache",
            Experiment::Uncompressed => "probe:identity",
            Experiment::WithoutQuery => "probe:no-query",
            Experiment::WithoutCookies => "probe:no-cookies",
            Experiment::Respelled => "probe:spelling",
            Experiment::Burst => "probe:burst",
        }
    }

    /// Returns the experiment with a name of the `Purpose` column.
    pub fn from_name(name: &str) -> Option<Experiment> {
        Experiment::ALL
            .into_iter()
            .find(|experiment| experiment.name() == name)
    }

    /// Returns how the request is made, for people: "as a browser".
    pub const fn way(self) -> &'static str {
        match self {
            Experiment::Alone => "alone, in the crawl's own way",
            Experiment::Browser => "as a browser",
            Experiment::FreshConnection => "over a new connection",
            Experiment::Http1 => "over HTTP/1.1",
            Experiment::Address => "at one address of the host",
            Experiment::CacheBusting => "past caches",
            Experiment::Uncompressed => "without compression",
            Experiment::WithoutQuery => "without its query",
            Experiment::WithoutCookies => "without cookies",
            Experiment::Respelled => "at another spelling of its address",
            Experiment::Burst => "in quick succession",
        }
    }

    /// Returns what it separates, for people: "a block of crawlers from a fault of the server".
    pub const fn separates(self) -> &'static str {
        match self {
            Experiment::Alone => "a fault of the server from too little headroom",
            Experiment::Browser => "a block of crawlers from a fault of the server",
            Experiment::FreshConnection => "a stale connection from a fault of the server",
            Experiment::Http1 => "a fault of the HTTP/2 endpoint from one behind it",
            Experiment::Address => "one bad address from all of them",
            Experiment::CacheBusting => "a cached error from one that the site makes each time",
            Experiment::Uncompressed => "a fault of the compression from a fault of the page",
            Experiment::WithoutQuery => {
                "a fault of the parameters from a fault of the code behind the path"
            }
            Experiment::WithoutCookies => "a fault that cookies cause from a fault of the page",
            Experiment::Respelled => {
                "one backend behind a hash of the address from a fault of the page"
            }
            Experiment::Burst => "a limit of requests per second from a fault of the page",
        }
    }
}

impl Serialize for Experiment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_read_back() {
        for experiment in Experiment::ALL {
            assert!(experiment.name().starts_with("probe:"));
            assert_eq!(Experiment::from_name(experiment.name()), Some(experiment));
        }
        assert_eq!(Experiment::from_name("confirm"), None);
    }
}
