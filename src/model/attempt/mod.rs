//! The record of one attempt: what is kept for ever of one exchange.

pub(super) mod client;
pub(super) mod exchange;
pub(super) mod probe;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::moment::Moment;
use super::outcome::Outcome;
use exchange::{Exchange, Timings, Version};
use probe::Probe;

/// One HTTP exchange with a URL, or its failure, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// 1 is the crawl itself with its quick retries.
    pub pass: u32,
    /// Why it was made.
    pub purpose: Purpose,
    /// When it began.
    pub started: Moment,
    /// What happened.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// The reason phrase, or what went wrong in words.
    pub status_text: String,
    /// How long each part took.
    pub timings: Timings,
    /// Time since the attempt before at this URL; absent for the first.
    pub waited: Option<Duration>,
    /// Bytes of the body on the wire.
    pub wire_bytes: u64,
    /// The address that answered; of an experiment at one address, that one.
    pub remote: Option<IpAddr>,
    /// The protocol of the answer.
    pub version: Option<Version>,
    /// Whether it went over a connection that was open already.
    pub reused: bool,
    /// The `User-Agent` it was made with.
    pub user_agent: Arc<str>,
    /// The pace at which the host was being asked.
    pub pressure: Pressure,
    /// Header fields that tell who answered.
    pub trace: Trace,
    /// What stands for the body, so that equal error pages are seen to be equal.
    pub body_fingerprint: Option<u64>,
    /// Where a redirect leads, as received.
    pub redirect: Option<String>,
    /// How long `Retry-After` asked to wait, if it could be read.
    pub announced: Option<Duration>,
    /// What the answer says of itself, if it is an error.
    pub error_page: Option<ErrorPage>,
}

/// An answer that is an error, as far as it tells who made it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorPage {
    /// Identity of the best fingerprint that it matches.
    pub fingerprint: Option<&'static str>,
    /// The kind of machine that made it, such as `reverse_proxy`.
    pub made_by: Option<&'static str>,
    /// At most [`MAX_ERROR_HEAD`] bytes of its decoded body: its beginning, or the error message in it.
    pub head: Vec<u8>,
}

/// What is kept of the body of an error, in bytes: error pages are smaller, and say who they are
/// near the top.
pub const MAX_ERROR_HEAD: usize = 4_096;

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The first of a crawl.
    Crawl,
    /// A quick retry within the pass.
    Retry,
    /// Asked again in a later pass, slowly.
    Confirm,
    /// A page that never failed, chosen at random and requested once more after the crawl.
    Sample,
    /// An experiment, to tell causes apart; no evidence of how often it fails.
    Probe(Probe),
    /// Whatever it was made for: this machine had no network, and it says nothing of the site.
    Outage,
}

impl Purpose {
    /// Whether it says how the URL is; the view `evidence` has the same attempts.
    pub const fn is_evidence(self) -> bool {
        !matches!(self, Purpose::Probe(_) | Purpose::Outage)
    }

    /// The name in the `Purpose` column.
    pub const fn name(self) -> &'static str {
        match self {
            Purpose::Crawl => "crawl",
            Purpose::Retry => "retry",
            Purpose::Confirm => "confirm",
            Purpose::Sample => "sample",
            Purpose::Probe(probe) => probe.name(),
            Purpose::Outage => "outage",
        }
    }

    /// The purpose with a name of the `Purpose` column.
    pub fn from_name(name: &str) -> Option<Purpose> {
        match name {
            "crawl" => Some(Purpose::Crawl),
            "retry" => Some(Purpose::Retry),
            "confirm" => Some(Purpose::Confirm),
            "sample" => Some(Purpose::Sample),
            "outage" => Some(Purpose::Outage),
            name => Probe::from_name(name).map(Purpose::Probe),
        }
    }
}

/// How hard the crawl was asking a host when an attempt began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pressure {
    /// Requests open on the host, this one included.
    pub in_flight: u32,
    /// Ceiling in requests per second; absent for none.
    pub rate: Option<f64>,
}

/// Header fields that tell which machine and product answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// `Server`.
    pub server: Option<String>,
    /// `Via`.
    pub via: Option<String>,
    /// What a cache said of itself: `X-Cache`, `CF-Cache-Status`, `Cache-Status` and their kin.
    pub cache_status: Option<String>,
    /// `Age`, in seconds.
    pub age: Option<u64>,
    /// `Retry-After` as received.
    pub retry_after: Option<String>,
    /// The name under which the operator finds this request: `X-Request-Id`, `CF-Ray`, ...
    pub request_id: Option<String>,
}

/// Names of headers that carry a cache's verdict, best first.
const CACHE_STATUS: [&str; 6] = [
    "cf-cache-status",
    "cache-status",
    "x-cache-status",
    "x-cache",
    "x-proxy-cache",
    "x-vercel-cache",
];

/// Names of headers that carry an identity of the request, best first.
const REQUEST_ID: [&str; 8] = [
    "x-request-id",
    "cf-ray",
    "x-amzn-trace-id",
    "x-amz-cf-id",
    "x-correlation-id",
    "x-vercel-id",
    "x-served-by",
    "x-varnish",
];

impl Trace {
    /// Reads the fields from an answer's headers, each as far as it is kept.
    pub fn of(exchange: &Exchange) -> Trace {
        let first = |names: &[&str]| names.iter().find_map(|name| exchange.header_text(name));
        Trace {
            server: exchange.header_text("server"),
            via: exchange.header_text("via"),
            cache_status: first(&CACHE_STATUS),
            age: exchange.header("age").and_then(|age| age.parse().ok()),
            retry_after: exchange.header_text("retry-after"),
            request_id: first(&REQUEST_ID),
        }
    }
}
