//! One HTTP exchange, or its failure.

use std::any::Any;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use http::header::AsHeaderName;

use super::client::Guise;
use crate::model::excerpt::excerpt;
use crate::model::outcome::Outcome;
use crate::model::url::CrawlUrl;

/// Maximum characters kept of a header field for people: real values have a few dozen, while a header
/// block may have 400 KiB.
pub const MAX_HEADER_TEXT: usize = 1_024;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The URL.
    pub url: CrawlUrl,
    /// The connections that may carry it.
    pub connection: Connection,
    /// Maximum wait for the first byte of the answer.
    pub first_byte_limit: Duration,
    /// Maximum bytes read of a body, on the wire and decoded alike.
    pub body_limit: usize,
    /// The bodies that are kept for parsing.
    pub keep: Keep,
    /// The client to imitate; absent for our own.
    pub guise: Option<Guise>,
    /// The protocols that may carry it.
    pub protocol: Protocol,
    /// Connect to this IP address instead of resolving the name, over a connection of its own. The
    /// requested host stays. A host that is an IP address has no other.
    pub address: Option<IpAddr>,
    /// The accepted codings of the body.
    pub coding: Coding,
    /// The cookies to send.
    pub cookies: Cookies,
}

/// Default maximum wait for the first byte of a crawl.
const FIRST_BYTE: Duration = Duration::from_secs(30);

/// Default maximum bytes read of a body of a crawl.
const BODY: usize = 10 * 1024 * 1024;

impl Request {
    /// Creates a request for a page in our own way, with the default limits of a crawl.
    pub fn page(url: CrawlUrl) -> Request {
        Request {
            url,
            connection: Connection::Pooled,
            first_byte_limit: FIRST_BYTE,
            body_limit: BODY,
            keep: Keep::Pages,
            guise: None,
            protocol: Protocol::Any,
            address: None,
            coding: Coding::Any,
            cookies: Cookies::Given,
        }
    }
}

/// The accepted codings of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Every coding that can be decoded here.
    Any,
    /// None: the body unchanged.
    Identity,
}

/// The cookies to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// The cookies that the crawl was given for the site, if any.
    Given,
    /// None.
    Without,
}

/// The protocols that may carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The best that both ends speak.
    Any,
    /// HTTP/1.1, over a connection of its own.
    Http1,
}

/// The connections that may carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// An open connection, if there is one.
    Pooled,
    /// A new connection, so that a stale one cannot cause a failure.
    Fresh,
}

/// The bodies that are kept in memory for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// HTML, XHTML, and every body with an error status or without a type.
    Pages,
    /// The beginnings of those that `Pages` would keep: they are not parsed, but their faults count.
    Excerpts,
    /// Every body: robots.txt and sitemaps have all kinds of types.
    All,
    /// Every body, a large one as a gzip file: for a reader that unpacks.
    Packed,
}

/// One exchange: the received data, the time of each part, and its outcome.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The outcome.
    pub outcome: Outcome,
    /// The fault in words, if there was no HTTP answer ("connection refused"); else empty.
    pub fault: String,
    /// The status code, if a status line was received.
    pub status: Option<u16>,
    /// The reason phrase, if the server sent one that is not the standard one.
    pub reason: Option<String>,
    /// The header fields as received; names in lower case.
    pub headers: HeaderMap,
    /// The decoded body, as far as it was read and kept.
    pub body: Vec<u8>,
    /// The fingerprint of the body, if the kept bytes are a gzip file.
    pub packed: Option<u64>,
    /// Bytes of the body on the wire.
    pub wire_bytes: u64,
    /// Bytes of the body after decoding. A body that is not kept is not decoded either: then bytes on
    /// the wire.
    pub decoded_bytes: u64,
    /// The times of its parts.
    pub timings: Timings,
    /// The IP address that answered.
    pub remote: Option<SocketAddr>,
    /// The protocol of the answer.
    pub version: Option<Version>,
    /// Whether the request used an open connection.
    pub reused: bool,
    /// The memory accounted for the body.
    pub held: Held,
}

impl Exchange {
    /// Creates an exchange without an answer; `fault` says why.
    pub fn unanswered(outcome: Outcome, fault: String) -> Exchange {
        Exchange {
            outcome,
            fault,
            status: None,
            reason: None,
            headers: HeaderMap::new(),
            body: Vec::new(),
            packed: None,
            wire_bytes: 0,
            decoded_bytes: 0,
            timings: Timings::default(),
            remote: None,
            version: None,
            reused: false,
            held: Held::default(),
        }
    }
}

/// Memory of a bounded budget, returned when the last copy is dropped. It must live as long as the
/// data that it was taken for.
#[derive(Clone, Default)]
pub struct Held(Option<Arc<dyn Any + Send + Sync>>);

impl Held {
    /// Holds a value that returns memory when it is dropped.
    pub fn new(share: impl Any + Send + Sync) -> Held {
        Held(Some(Arc::new(share)))
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Held").field(&self.0.is_some()).finish()
    }
}

/// The times of the parts of an exchange. Absent parts did not happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Name resolution.
    pub dns: Option<Duration>,
    /// From the first SYN to the connection.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the start of the attempt to the first byte of the answer.
    pub first_byte: Option<Duration>,
    /// From the start of the attempt to its end.
    pub total: Duration,
}

/// The HTTP version of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the protocol")]
#[repr(u8)]
pub enum Version {
    Http10 = 10,
    Http11 = 11,
    Http2 = 20,
}

impl Version {
    /// Returns the stored number: ten times the version.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// Returns the version with a stored number.
    pub const fn from_code(code: u8) -> Option<Version> {
        match code {
            10 => Some(Version::Http10),
            11 => Some(Version::Http11),
            20 => Some(Version::Http2),
            _ => None,
        }
    }

    /// `1.0`, `1.1` or `2`.
    pub const fn name(self) -> &'static str {
        match self {
            Version::Http10 => "1.0",
            Version::Http11 => "1.1",
            Version::Http2 => "2",
        }
    }
}

impl Exchange {
    /// Returns the first value of a header field as text; bytes that are not UTF-8 are replaced.
    pub fn header(&self, name: impl AsHeaderName) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
    }

    /// Returns the beginning of a header's value, for people to read.
    pub fn header_text(&self, name: impl AsHeaderName) -> Option<String> {
        Some(excerpt(self.header(name)?, MAX_HEADER_TEXT))
    }
}
