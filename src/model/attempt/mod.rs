//! The permanent record of one attempt.

pub(super) mod client;
pub(super) mod exchange;
pub(super) mod experiment;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{self, HeaderName};

use super::outcome::Outcome;
use super::time::moment::Moment;
use exchange::{Exchange, Timings, Version};
use experiment::Experiment;

/// One HTTP exchange with a URL, or its failure, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// The pass; 1 is the crawl itself with its quick retries.
    pub pass: u32,
    /// Its purpose.
    pub purpose: Purpose,
    /// When it began.
    pub started: Moment,
    /// The outcome.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// The reason phrase, or the fault in words.
    pub status_text: String,
    /// The times of its parts.
    pub timings: Timings,
    /// Time since the previous attempt at this URL; absent for the first.
    pub waited: Option<Duration>,
    /// Bytes of the body on the wire.
    pub wire_bytes: u64,
    /// The IP address that answered; of an experiment at one IP address, that one.
    pub remote: Option<IpAddr>,
    /// The protocol of the answer.
    pub version: Option<Version>,
    /// Whether it used an open connection.
    pub reused: bool,
    /// The `User-Agent` of the request.
    pub user_agent: Arc<str>,
    /// The load on the host when it began.
    pub pressure: Pressure,
    /// Header fields that identify the server.
    pub trace: Trace,
    /// Fingerprint of the body, so that equal error pages can be recognised.
    pub body_fingerprint: Option<u64>,
    /// The target of a redirect, as received.
    pub redirect: Option<String>,
    /// The pause of `Retry-After`, if it could be read.
    pub announced: Option<Duration>,
    /// Facts about the answer, if it is an error.
    pub error_page: Option<ErrorPage>,
}

/// An error page, and its origin as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorPage {
    /// Identity of the best fingerprint that it matches.
    pub fingerprint: Option<&'static str>,
    /// The kind of machine that produced it, such as `reverse_proxy`.
    pub made_by: Option<&'static str>,
    /// At most [`MAX_ERROR_HEAD`] bytes of its decoded body: its beginning, or the error message in it.
    pub head: Vec<u8>,
}

/// Maximum bytes kept of the body of an error: error pages are smaller, and identify themselves near
/// the top.
pub const MAX_ERROR_HEAD: usize = 4_096;

/// The purpose of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The first attempt of a crawl.
    Crawl,
    /// A quick retry within the pass.
    Retry,
    /// Requested again in a later pass, slowly.
    Confirm,
    /// A page that never failed, chosen at random and requested once more after the crawl.
    Sample,
    /// An experiment, to separate causes; no evidence of how often the URL fails.
    Experiment(Experiment),
    /// Discarded: this machine had no network, so the attempt says nothing about the site, whatever its
    /// purpose was.
    Outage,
}

impl Purpose {
    /// Returns whether it is evidence about the URL; the view `evidence` has the same attempts.
    pub const fn is_evidence(self) -> bool {
        !matches!(self, Purpose::Experiment(_) | Purpose::Outage)
    }

    /// Returns the name in the `Purpose` column.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Crawl => "crawl",
            Purpose::Retry => "retry",
            Purpose::Confirm => "confirm",
            Purpose::Sample => "sample",
            Purpose::Experiment(experiment) => experiment.name(),
            Purpose::Outage => "outage",
        }
    }

    /// Returns the purpose with a name of the `Purpose` column.
    pub fn from_name(name: &str) -> Option<Purpose> {
        match name {
            "crawl" => Some(Purpose::Crawl),
            "retry" => Some(Purpose::Retry),
            "confirm" => Some(Purpose::Confirm),
            "sample" => Some(Purpose::Sample),
            "outage" => Some(Purpose::Outage),
            name => Experiment::from_name(name).map(Purpose::Experiment),
        }
    }
}

/// The load that the crawl put on a host when an attempt began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    /// Requests open on the host, including this one.
    pub in_flight: u32,
    /// Ceiling in requests per second; absent for none.
    pub rate: Option<f64>,
}

/// Header fields that identify the machine and product that answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// `Server`.
    pub server: Option<String>,
    /// `Via`.
    pub via: Option<String>,
    /// The status that a cache reported: `X-Cache`, `CF-Cache-Status`, `Cache-Status` and similar.
    pub cache_status: Option<String>,
    /// `Age`, in seconds.
    pub age: Option<u64>,
    /// `Retry-After` as received.
    pub retry_after: Option<String>,
    /// The request identity in the operator's logs: `X-Request-Id`, `CF-Ray`, ...
    pub request_id: Option<String>,
}

/// Names of headers that carry a cache's status, best first.
static CACHE_STATUS: [HeaderName; 6] = [
    HeaderName::from_static("cf-cache-status"),
    HeaderName::from_static("cache-status"),
    HeaderName::from_static("x-cache-status"),
    HeaderName::from_static("x-cache"),
    HeaderName::from_static("x-proxy-cache"),
    HeaderName::from_static("x-vercel-cache"),
];

/// Names of headers that carry a request identity, best first.
static REQUEST_ID: [HeaderName; 8] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("cf-ray"),
    HeaderName::from_static("x-amzn-trace-id"),
    HeaderName::from_static("x-amz-cf-id"),
    HeaderName::from_static("x-correlation-id"),
    HeaderName::from_static("x-vercel-id"),
    HeaderName::from_static("x-served-by"),
    HeaderName::from_static("x-varnish"),
];

impl Trace {
    /// Reads the fields from an answer's headers, cut at their maximum lengths.
    pub fn of(exchange: &Exchange) -> Trace {
        let first = |names: &[HeaderName]| names.iter().find_map(|name| exchange.header_text(name));
        Trace {
            server: exchange.header_text(header::SERVER),
            via: exchange.header_text(header::VIA),
            cache_status: first(&CACHE_STATUS),
            age: exchange
                .header(header::AGE)
                .and_then(|age| age.parse().ok()),
            retry_after: exchange.header_text(header::RETRY_AFTER),
            request_id: first(&REQUEST_ID),
        }
    }
}
