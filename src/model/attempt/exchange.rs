//! One HTTP exchange, or the way in which it failed.

use std::any::Any;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::client::Guise;
use crate::model::excerpt::excerpt;
use crate::model::outcome::Outcome;
use crate::model::url::CrawlUrl;

/// What is kept of a header field for people, in characters: real values have some dozen, while a
/// header block may have 400 KiB.
pub const MAX_HEADER_TEXT: usize = 1_024;

/// What to ask for.
#[derive(Clone, Debug)]
pub struct Request {
    /// The address.
    pub url: CrawlUrl,
    /// Which connection may carry it.
    pub connection: Connection,
    /// Longest wait for the first byte of the answer.
    pub first_byte_limit: Duration,
    /// Read no more than this of a body, on the wire and decoded alike, in bytes.
    pub body_limit: usize,
    /// Which bodies are kept for parsing.
    pub keep: Keep,
    /// As which client; absent for our own way.
    pub guise: Option<Guise>,
    /// Which protocol may carry it.
    pub protocol: Protocol,
    /// Connect to this address instead of looking the name up, over a connection of its own. The
    /// host that is asked for stays. A host that is written as an address has no other.
    pub address: Option<IpAddr>,
    /// Which codings of the body are accepted.
    pub coding: Coding,
    /// Which cookies are sent along.
    pub cookies: Cookies,
}

/// Longest wait for the first byte where nobody says otherwise: the default of a crawl.
const FIRST_BYTE: Duration = Duration::from_secs(30);

/// What is read of a body where nobody says otherwise, in bytes: the default of a crawl.
const BODY: usize = 10 * 1024 * 1024;

impl Request {
    /// A request for a page in our own way, with the limits that a crawl has by default.
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

/// Which codings of a body are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Every coding that can be undone here.
    Any,
    /// None: the body as it is.
    Identity,
}

/// Which cookies are sent along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// Those that the crawl was given for the site, if any.
    Given,
    /// None.
    Without,
}

/// Which protocol may carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The best that both ends speak.
    Any,
    /// HTTP/1.1, over a connection of its own.
    Http1,
}

/// Which connection may carry a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    /// One that is open already, if there is one.
    Pooled,
    /// A new one, so that a stale connection cannot be the reason of a failure.
    Fresh,
}

/// Which bodies are kept in memory for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// HTML, XHTML, and whatever comes with an error status or without a type.
    Pages,
    /// The beginnings of those that `Pages` would keep: nobody reads them, but their faults count.
    Excerpts,
    /// Every body: robots.txt and sitemaps come with all kinds of types.
    All,
    /// Every body, a large one as a gzip file of it: for a reader that unpacks.
    Packed,
}

/// One exchange: what was received, how long each part took, and what it amounts to.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// What happened.
    pub outcome: Outcome,
    /// What happened in words, where there was no HTTP answer ("connection refused"); else empty.
    pub fault: String,
    /// The status code, if a status line was received.
    pub status: Option<u16>,
    /// The reason phrase, if the server sent one that is not the standard one.
    pub reason: Option<String>,
    /// The header fields as received; names in lower case.
    pub headers: HeaderMap,
    /// The decoded body, as far as it was read and kept.
    pub body: Vec<u8>,
    /// The fingerprint of the body, if what is kept is a gzip file of it.
    pub packed: Option<u64>,
    /// Bytes of the body as they came over the wire.
    pub wire_bytes: u64,
    /// Bytes of the body after decoding. A body that is not kept is not decoded either: bytes on
    /// the wire then.
    pub decoded_bytes: u64,
    /// How long it took.
    pub timings: Timings,
    /// The address that answered.
    pub remote: Option<SocketAddr>,
    /// The protocol of the answer.
    pub version: Option<Version>,
    /// Whether the request went over a connection that was open already.
    pub reused: bool,
    /// The memory that the body is accounted for with.
    pub held: Held,
}

/// Memory of a bounded budget, given back when the last copy is dropped. It is to live as long as what
/// it was taken for.
#[derive(Clone, Default)]
pub struct Held(Option<Arc<dyn Any + Send + Sync>>);

impl Held {
    /// Holds what gives memory back when it is dropped.
    pub fn new(share: impl Any + Send + Sync) -> Held {
        Held(Some(Arc::new(share)))
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Held").field(&self.0.is_some()).finish()
    }
}

/// How long each part of an exchange took. Absent parts did not happen.
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
    /// The stored number: ten times the version.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The version with a stored number.
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
    /// A header's value as text; bytes that are not UTF-8 are replaced. The first, if repeated.
    pub fn header(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
    }

    /// The beginning of a header's value, for people to read.
    pub fn header_text(&self, name: &str) -> Option<String> {
        Some(excerpt(self.header(name)?, MAX_HEADER_TEXT))
    }
}
