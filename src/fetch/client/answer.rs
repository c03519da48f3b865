//! The outcome of a complete answer, by its status and headers alone.

use std::fmt::Write;

use http::HeaderMap;
use http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};

use crate::model::{CrawlUrl, Moment, Outcome};
use crate::parse::{RetryAfter, retry_after};

/// Returns the outcome of an answer to a request without a range or a condition. `body` is the kept part of
/// the body. It decides whether an answer without a type is a page: by its first bytes, or by being empty.
pub(in crate::fetch) fn outcome(
    url: &CrawlUrl,
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
) -> Outcome {
    match status {
        206 | 304 => Outcome::StatusUnrequested,
        204 | 205 => Outcome::OkNonHtml,
        200..=299 if is_page(headers, body) => Outcome::OkHtml,
        200..=299 => Outcome::OkNonHtml,
        301 | 302 | 303 | 307 | 308 if location(url, headers).is_some() => Outcome::Redirect,
        300..=399 => Outcome::RedirectBad,
        _ => Outcome::of_error_status(status, has_usable_retry_after(headers)),
    }
}

/// Returns the target of a redirect, resolved against the requested URL.
pub fn location(url: &CrawlUrl, headers: &HeaderMap) -> Option<CrawlUrl> {
    let bytes = headers.get(LOCATION)?.as_bytes().trim_ascii();
    if bytes.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Percent-encodes bytes of `Location` that are not UTF-8, so that the server decodes the same bytes.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    url.join(&text).ok()
}

/// Returns whether the media type is that of a page, or missing.
pub(super) fn may_be_page(headers: &HeaderMap) -> bool {
    media_type(headers).is_none_or(|media_type| is_html(&media_type))
}

fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    match media_type(headers) {
        Some(media_type) => is_html(&media_type),
        None => looks_like_html(body) || body.trim_ascii().is_empty(),
    }
}

fn is_html(media_type: &str) -> bool {
    matches!(media_type, "text/html" | "application/xhtml+xml")
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = String::from_utf8_lossy(headers.get(CONTENT_TYPE)?.as_bytes());
    // If two layers of a server set the header, the last valid type counts (Fetch standard, "extract a MIME
    // type").
    value
        .rsplit(',')
        .map(essence)
        .find(|essence| essence.contains('/'))
        .or_else(|| value.split(',').next().map(essence))
        .map(str::to_ascii_lowercase)
        .filter(|essence| !essence.is_empty())
}

/// Returns the type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

/// Returns whether a body starts with one of the signs by which browsers recognise a page (MIME Sniffing
/// standard, section 7.1), of those that open a document.
fn looks_like_html(body: &[u8]) -> bool {
    let body = body
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(body)
        .trim_ascii_start();
    let marks: [&[u8]; 7] = [
        b"<!doctype html",
        b"<html",
        b"<head",
        b"<body",
        b"<title",
        b"<script",
        b"<!--",
    ];
    marks.iter().any(|mark| {
        body.get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark))
    })
}

/// Returns whether the value is a number of seconds or a date. The caller of the wait evaluates the date, so
/// any moment serves as the present one here.
fn has_usable_retry_after(headers: &HeaderMap) -> bool {
    headers.get(RETRY_AFTER).is_some_and(|value| {
        let value = String::from_utf8_lossy(value.as_bytes());
        retry_after(&value, None, Moment::default()) != RetryAfter::Invalid
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(status: u16, header: Option<(HeaderName, &[u8])>, body: &str) -> &'static str {
        let url = CrawlUrl::parse("https://example.com/a/b").expect("a URL");
        let header = header.map(|(name, value)| {
            (
                name,
                HeaderValue::from_bytes(value).expect("a header value"),
            )
        });
        outcome(&url, status, &header.into_iter().collect(), body.as_bytes()).id()
    }

    #[test]
    fn status_and_headers_decide_the_outcome_of_an_answer() {
        let typed = |value: &'static str| Some((CONTENT_TYPE, value.as_bytes()));
        let moved = |value: &'static str| Some((LOCATION, value.as_bytes()));
        let after = |value: &'static str| Some((RETRY_AFTER, value.as_bytes()));
        let announced = "server_503_retry_after";
        let cases = [
            (200, typed("Text/HTML; charset=x"), "", "ok_html"),
            (200, typed("application/xhtml+xml"), "", "ok_html"),
            (200, typed("text/html, text/html"), "", "ok_html"),
            (
                200,
                typed("text/html; charset=utf-8, text/html"),
                "",
                "ok_html",
            ),
            (200, typed("text/html, image/png"), "", "ok_non_html"),
            (203, typed("image/png"), "<html>", "ok_non_html"),
            (200, None, "\u{feff} <!DOCTYPE html><p>", "ok_html"),
            (200, None, "hello", "ok_non_html"),
            (200, None, "", "ok_html"),
            (200, None, " \r\n", "ok_html"),
            (200, typed("text/plain"), "", "ok_non_html"),
            (204, None, "", "ok_non_html"),
            (204, typed("text/html"), "", "ok_non_html"),
            (206, typed("text/html"), "<html>", "status_unrequested"),
            (304, None, "", "status_unrequested"),
            (301, moved("/c"), "", "redirect"),
            (308, moved("//example.org"), "", "redirect"),
            (302, None, "", "redirect_bad"),
            (302, moved(" "), "", "redirect_bad"),
            (302, moved("mailto:a@b.c"), "", "redirect_bad"),
            (302, moved("https://"), "", "redirect_bad"),
            (300, moved("/c"), "", "redirect_bad"),
            (503, None, "", "server_503"),
            (503, after("120"), "", announced),
            (503, after("Sun, 06 Nov 1994 08:49:37 GMT"), "", announced),
            (503, after("Sunday, 06-Nov-94 08:49:37 GMT"), "", announced),
            (503, after("Sun Nov  6 08:49:37 1994"), "", announced),
            (503, after("Sun Nov 06 08:49:37 1994"), "", announced),
            (503, after("Sun, 6 Nov 1994 08:49:37 GMT"), "", "server_503"),
            (503, after("-1"), "", "server_503"),
            (503, after("soon"), "", "server_503"),
            (700, None, "", "status_invalid"),
        ];
        for (status, header, body, expected) in cases {
            assert_eq!(
                of(status, header.clone(), body),
                expected,
                "{status} {header:?} {body}"
            );
        }
    }

    #[test]
    fn a_location_longer_than_the_url_limit_is_ignored() {
        let long = format!("/{}", "%".repeat(200 * 1024) + &"3".repeat(200 * 1024));
        let found = of(301, Some((LOCATION, long.as_bytes())), "");
        assert_eq!(found, "redirect_bad");
    }

    #[test]
    fn a_location_in_another_encoding_keeps_its_bytes() {
        let url = CrawlUrl::parse("https://example.com/a/b").expect("a URL");
        let value = HeaderValue::from_bytes(b"caf\xe9?q=1").expect("a header value");
        let headers = [(LOCATION, value)].into_iter().collect();
        let target = location(&url, &headers).expect("a location");
        assert_eq!(target.as_str(), "https://example.com/a/caf%E9?q=1");
    }
}
