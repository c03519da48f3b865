//! One entry, as different programs write it.

use std::net::IpAddr;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::net_error::outcome_of;
use crate::model::Outcome;
use crate::model::{CrawlUrl, MAX_HEADER_TEXT, Moment, Timings, UrlFault, Version, excerpt};

/// Maximum bytes kept of a body: error pages identify themselves near the top.
pub const BODY_HEAD: usize = 4096;

/// One request of a browser, and its result.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its position in the archive, counted from 1.
    pub number: u64,
    /// When it began.
    pub started: Option<Moment>,
    /// The requested URL.
    pub url: CrawlUrl,
    /// The header fields of the request, cookies included. `Debug` shows no value.
    pub sent: HeaderMap,
    /// The user agent of the client.
    pub user_agent: Option<String>,
    /// The status code; absent without an answer, because the request failed, was blocked or was
    /// given up.
    pub status: Option<u16>,
    /// The reason phrase; empty with HTTP/2.
    pub status_text: String,
    /// The browser's name of the failure, such as `net::ERR_CONNECTION_REFUSED`.
    pub error: Option<String>,
    /// The outcome of that failure; absent if the browser itself declined.
    pub failure: Option<Outcome>,
    /// The header fields of the answer, without those of HTTP/2 that begin with a colon.
    pub headers: HeaderMap,
    /// The beginning of the body, at most [`BODY_HEAD`] bytes.
    pub body_head: Vec<u8>,
    /// The times of the request, without the time in the browser's queue.
    pub timings: Timings,
    /// The IP address that answered.
    pub server: Option<IpAddr>,
    /// The protocol of the answer.
    pub version: Option<Version>,
    /// Whether it came out of the browser's cache, without a request.
    pub from_cache: bool,
}

/// Reads an entry. Returns `None` if its scheme is not HTTP.
pub(super) fn entry(number: u64, value: &Value) -> Result<Option<Entry>, String> {
    let url = text(value, "/request/url").ok_or("no request.url")?;
    let url = match CrawlUrl::parse(url) {
        Ok(url) => url,
        Err(UrlFault::Scheme(_)) => return Ok(None),
        Err(fault) => return Err(format!("request.url: {fault}")),
    };
    if !value.pointer("/response").is_some_and(Value::is_object) {
        return Err(format!("{}: no response", url.host_key()));
    }
    // The rest of the URL may hold the cookie of a session.
    let fault = || format!("{}: no status from 0 to 999", url.host_key());
    let status = status(value).ok_or_else(fault)?;
    let error = error(value);
    Ok(Some(Entry {
        number,
        started: text(value, "/startedDateTime").and_then(moment),
        url,
        sent: sent(value),
        user_agent: user_agent(value),
        status,
        status_text: kept(text(value, "/response/statusText").unwrap_or_default()),
        failure: error.as_deref().and_then(outcome_of),
        error,
        headers: headers(value, "/response/headers"),
        body_head: body_head(value),
        timings: timings(value),
        server: text(value, "/serverIPAddress").and_then(address),
        version: text(value, "/response/httpVersion").and_then(version),
        from_cache: from_cache(value),
    }))
}

fn text<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    value.pointer(path)?.as_str()
}

fn kept(text: &str) -> String {
    excerpt(text.trim().to_owned(), MAX_HEADER_TEXT)
}

/// Reads a status. HAR writes 0 if there was none; some programs write numbers as texts.
#[expect(clippy::option_option, reason = "unreadable, none, or a status")]
fn status(value: &Value) -> Option<Option<u16>> {
    let status = match value.pointer("/response/status")? {
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null => 0,
        number => number.as_u64()?,
    };
    let status = u16::try_from(status).ok().filter(|status| *status < 1000)?;
    Some((status > 0).then_some(status))
}

/// Returns the reason why there was no answer, or no whole one. Chromium writes it to a field of
/// its own.
fn error(value: &Value) -> Option<String> {
    let places = ["/response/_error", "/_error"];
    let found = places.iter().find_map(|path| text(value, path));
    found.filter(|error| !error.is_empty()).map(kept)
}

fn moment(text: &str) -> Option<Moment> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Moment::from_millis(time.as_millisecond()))
}

/// Returns the pairs of name and value.
fn fields<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = (&'v str, &'v str)> {
    let list = value.pointer(path).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|field| Some((text(field, "/name")?, text(field, "/value")?)))
}

/// Returns the header fields of the request. Some programs list cookies and leave the field out.
fn sent(value: &Value) -> HeaderMap {
    let mut sent = headers(value, "/request/headers");
    for (name, text) in fields(value, "/request/cookies") {
        if let Ok(cookie) = HeaderValue::from_str(&format!("{name}={text}")) {
            let _ = sent.try_append(COOKIE, cookie);
        }
    }
    for value in sent.values_mut() {
        value.set_sensitive(true);
    }
    sent
}

fn user_agent(value: &Value) -> Option<String> {
    fields(value, "/request/headers")
        .find(|(name, _)| name.eq_ignore_ascii_case("user-agent"))
        .map(|(_, value)| kept(value))
}

/// Returns header fields, without invalid ones. Chromium joins repeated fields by line breaks.
fn headers(value: &Value, path: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, values) in fields(value, path) {
        let Ok(name) = HeaderName::try_from(name) else {
            continue;
        };
        for value in values.split('\n') {
            if let Ok(value) = HeaderValue::from_str(value.trim()) {
                // A full map accepts no more fields.
                let _ = headers.try_append(name.clone(), value);
            }
        }
    }
    headers
}

/// Returns the beginning of the body. Four characters of base64 are three bytes.
fn body_head(value: &Value) -> Vec<u8> {
    let bytes = text(value, "/response/content/text")
        .unwrap_or_default()
        .as_bytes();
    match text(value, "/response/content/encoding") {
        Some(encoding) if encoding.eq_ignore_ascii_case("base64") => {
            let most = BODY_HEAD.div_ceil(3) * 4;
            let head = &bytes[..bytes.len().min(most)];
            let mut decoded = STANDARD.decode(head).unwrap_or_default();
            decoded.truncate(BODY_HEAD);
            decoded
        }
        _ => bytes[..bytes.len().min(BODY_HEAD)].to_vec(),
    }
}

/// Returns the times. In HAR `connect` includes `ssl`, and -1 is a part that did not happen.
fn timings(value: &Value) -> Timings {
    let part = |name: &str| {
        value
            .pointer(&format!("/timings/{name}"))
            .and_then(duration)
    };
    let (dns, both, tls) = (part("dns"), part("connect"), part("ssl"));
    let connect = both.map(|both| both.saturating_sub(tls.unwrap_or_default()));
    let until = [dns, both, part("send"), part("wait")];
    let first_byte: Duration = until.into_iter().flatten().sum();
    let received = part("receive").unwrap_or_default();
    Timings {
        dns,
        connect,
        tls,
        first_byte: part("wait").map(|_| first_byte),
        total: first_byte.saturating_add(received),
    }
}

/// Reads milliseconds, at most a day, which is more than any browser waits.
fn duration(millis: &Value) -> Option<Duration> {
    const DAY: f64 = 86_400_000.0;
    let millis = millis
        .as_f64()
        .filter(|millis| (0.0..=DAY).contains(millis))?;
    Some(Duration::from_secs_f64(millis / 1000.0))
}

fn address(text: &str) -> Option<IpAddr> {
    text.trim_matches(['[', ']']).parse().ok()
}

fn version(text: &str) -> Option<Version> {
    match text.to_ascii_lowercase().as_str() {
        "http/1.0" => Some(Version::Http10),
        "http/1.1" => Some(Version::Http11),
        "h2" | "http/2" | "http/2.0" => Some(Version::Http2),
        _ => None,
    }
}

/// Returns whether the answer came from a cache. Chromium writes `disk` or `memory`; an answer of a
/// service worker does not come from the server either.
fn from_cache(value: &Value) -> bool {
    let says = |path: &str| match value.pointer(path) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Bool(yes)) => *yes,
        _ => false,
    };
    says("/_fromCache") || says("/response/_fetchedViaServiceWorker")
}
