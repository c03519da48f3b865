//! The facts of one request.

use std::borrow::Cow;

use crate::model::Cause;

use super::scan::without_port;

/// A request of an access log. Absent texts are empty.
#[derive(Clone, Debug, Default)]
pub struct Entry<'a> {
    /// The time in milliseconds since 1970-01-01 UTC; absent if the log has none.
    pub time: Option<i64>,
    /// IP address of the client, as logged.
    pub client: &'a [u8],
    /// Host name without port.
    pub host: &'a [u8],
    /// Request method; empty if the request was not HTTP.
    pub method: &'a [u8],
    /// Path and query.
    pub target: Cow<'a, [u8]>,
    /// Status that the client got. May be below 100: nginx logs 009 for an upstream that spoke no HTTP.
    pub status: u16,
    /// User agent, as logged.
    pub agent: &'a [u8],
    /// Time of the request in milliseconds.
    pub millis: Option<u32>,
    /// IP address or name of the backend; the last one if several were tried.
    pub backend: &'a [u8],
    /// Id of the request, to join other logs.
    pub request_id: &'a [u8],
    /// Token of the run of this program that made the request.
    pub run: &'a [u8],
    /// The cause that the fields of this line prove.
    pub cause: Option<Cause>,
}

impl<'a> Entry<'a> {
    /// Sets method and target from a request line such as `GET /a HTTP/1.1`. A request that was not HTTP, such as the
    /// first bytes of a TLS connection, has neither.
    pub(super) fn set_request(&mut self, request: &'a [u8]) {
        let Some(space) = memchr::memchr(b' ', request) else {
            return;
        };
        let (method, rest) = (&request[..space], &request[space + 1..]);
        if method.is_empty() || !method.iter().all(u8::is_ascii_uppercase) {
            return;
        }
        let target = match memchr::memrchr(b' ', rest) {
            Some(end) if rest[end + 1..].starts_with(b"HTTP/") => &rest[..end],
            _ => rest,
        };
        self.method = method;
        self.set_target(Cow::Borrowed(target));
    }

    /// Sets the target. An absolute URL is split into host and path.
    pub(super) fn set_target(&mut self, target: Cow<'a, [u8]>) {
        if target.first() == Some(&b'/') {
            self.target = target;
            return;
        }
        let Cow::Borrowed(bytes) = target else {
            self.target = target;
            return;
        };
        let after = [b"http://".as_slice(), b"https://"]
            .into_iter()
            .find_map(|scheme| bytes.strip_prefix(scheme));
        let Some(after) = after else {
            self.target = target;
            return;
        };
        let end = memchr::memchr2(b'/', b'?', after).unwrap_or(after.len());
        if self.host.is_empty() {
            self.host = without_port(&after[..end]);
        }
        self.target = Cow::Borrowed(if end < after.len() {
            &after[end..]
        } else {
            b"/"
        });
    }

    /// Returns whether the server failed.
    pub const fn is_failure(&self) -> bool {
        self.status >= 500 && self.status < 600
    }
}
