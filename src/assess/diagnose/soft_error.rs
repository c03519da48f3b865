//! Is a page that says 200 an error page?
//!
//! It is careful: an article about 502 is no error. A page counts when it is blank, when it is
//! short and its text or heading is that of an error page, or when PHP wrote its complaint into it.
//! Only the beginning of the page is looked at.

use std::cell::LazyCell;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;
use serde::Serialize;

use super::fingerprints::{BODY_HEAD, by_text, head, headline};
use crate::model::Cause;

/// How much of a page is looked at for its text.
const LOOKED_AT: usize = 16 * 1024;
/// Error pages say less than this; what says more is an article, a form, a shop.
const SHORT_TEXT: usize = 500;
/// The longest text of a known error page; Squid's is the longest of those captured.
const KNOWN_TEXT: usize = 1200;
/// A page with more links than this is a page of the site, whatever its heading says.
const FEW_LINKS: usize = 12;
/// Fingerprints below this need a heading that agrees: their words stand on other pages too.
const OWN_WORDS: f64 = 0.85;

/// A page with a status of success that is an error page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SoftError {
    /// What gave it away.
    pub sign: SoftSign,
    /// The fingerprint whose text is in it.
    pub fingerprint: Option<&'static str>,
    /// The cause that the page points at.
    pub cause: Cause,
    /// Its title, heading or only line.
    pub headline: Option<String>,
}

impl SoftError {
    /// One of which nothing is kept but that it was one.
    pub const fn unexplained() -> SoftError {
        SoftError {
            sign: SoftSign::Heading,
            fingerprint: None,
            cause: Cause::ApplicationError,
            headline: None,
        }
    }
}

/// What gives an error page away although it says 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SoftSign {
    /// There is no page at all.
    Blank,
    /// The text of a known error page.
    KnownPage,
    /// A heading that is an error's, over little text.
    Heading,
    /// A program's complaint in the page.
    Complaint,
}

impl SoftSign {
    /// The sign in words.
    pub const fn title(self) -> &'static str {
        match self {
            SoftSign::Blank => "an empty page",
            SoftSign::KnownPage => "the text of a known error page",
            SoftSign::Heading => "the heading of an error page over little text",
            SoftSign::Complaint => "an error message of the program in the page",
        }
    }
}

/// Headings that are an error's and nothing else, but for the name of a site behind a separator.
static ERROR_HEADING: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let kinds = [
        r"(http )?(error[: ]+)?50[0-9]\b[ :.-]*",
        r"(error )?(internal server error|bad gateway|service (temporarily )?unavailable|gateway time-?out|server error)( \(50[0-9]\))?",
        r"(error: )?(server error|internal error|application error|proxy error|fatal error)",
        r"database (connection )?error|error establishing a database connection",
        r"(site |website |scheduled |down for |under |in )?maintenance( mode)?",
        r"(site |website |page )?temporarily unavailable",
        r"(we.ll|we&rsquo;ll|we will) be (right )?back( soon| shortly)?",
        r"something went wrong|an error (has )?occurred|whoops, looks like something went wrong",
        r"[a-z_.]*(exception|error) at /.*",
    ];
    let pattern = format!(
        r"(?i)^(?:50[0-9][ :-]+)?(?:{})[.!\s]*(?:[|\u{{2013}}\u{{2014}}-]\s*.{{1,40}})?$",
        kinds.join("|")
    );
    Regex::new(&pattern).ok()
});

/// Every complaint has one of these words. Looking for them first spares most pages the pattern.
static COMPLAINT_WORDS: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let words = [
        "Fatal error",
        "Parse error",
        "Uncaught Error",
        "Traceback (most recent call last):",
        "SQLSTATE[",
    ];
    // Only this kind of match is looked for in steps of many bytes.
    let searcher = AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostFirst)
        .build(words);
    searcher.ok()
});

/// Complaints of programs that no page writes in this form on purpose: a page about them has them
/// escaped.
static COMPLAINT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"<b>(?:Fatal error|Parse error|Uncaught Error)</b>:\s.{1,400}\bin <b>|^\s*(?:<[^>]{1,80}>\s*){0,4}Traceback \(most recent call last\):|^\s*(?:<[^>]{1,80}>\s*){0,4}(?:(?:PHP )?Fatal error: |SQLSTATE\[)",
    )
    .ok()
});

/// Whether an answer with this status and page is an error after all. The body is decoded HTML or
/// plain text, whole or its beginning.
pub fn soft_error(status: u16, body: &[u8]) -> Option<SoftError> {
    if !(200..300).contains(&status) || matches!(status, 204..=206) {
        return None;
    }
    // Most pages are told without a look at their characters.
    let text = LazyCell::new(|| head(body));
    let found = |sign, fingerprint, cause| {
        Some(SoftError {
            sign,
            fingerprint,
            cause,
            headline: headline(&text).map(str::to_owned),
        })
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        return found(SoftSign::Blank, None, Cause::ApplicationError);
    }
    let beginning = &body[..body.len().min(BODY_HEAD)];
    let may_complain = COMPLAINT_WORDS
        .as_ref()
        .is_none_or(|words| words.is_match(beginning));
    if may_complain && matches(&COMPLAINT, &text) {
        return found(SoftSign::Complaint, None, Cause::ApplicationError);
    }
    let length = text_length(body)?;
    let has_heading = headings(&text).any(|heading| matches(&ERROR_HEADING, heading));
    let page = by_text(&text).filter(|page| page.confidence >= OWN_WORDS || has_heading);
    if let Some(page) = page {
        let cause = page
            .causes
            .ranked()
            .first()
            .map_or(Cause::ApplicationError, |c| c.0);
        return found(SoftSign::KnownPage, Some(&page.id), cause);
    }
    if !has_heading || length > SHORT_TEXT {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let cause = if lower.contains("maintenance") || lower.contains("be back") {
        Cause::Maintenance
    } else {
        Cause::ApplicationError
    };
    found(SoftSign::Heading, None, cause)
}

/// The title and the first heading.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    let after_title = text.find("</title").map_or("", |at| &text[at + 7..]);
    [headline(text), headline(after_title)]
        .into_iter()
        .flatten()
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}

/// How much there is to read on a page, in bytes without white space; `None`, if that is more than
/// a known error page has, or if there are the links of a page of the site. Most pages are told by
/// their first kilobytes.
fn text_length(body: &[u8]) -> Option<usize> {
    let mut rest = &body[..body.len().min(LOOKED_AT)];
    let (mut shown, mut links) = (0, 0);
    loop {
        let at = memchr::memchr(b'<', rest).unwrap_or(rest.len());
        let text = &rest[..at];
        shown += text.iter().filter(|b| !b.is_ascii_whitespace()).count();
        rest = &rest[at..];
        links += usize::from(begins(rest, b"<a "));
        if shown > KNOWN_TEXT || links > FEW_LINKS {
            return None;
        }
        if rest.is_empty() {
            return Some(shown);
        }
        rest = match () {
            () if begins(rest, b"<script") => after_end_tag(rest, b"</script"),
            () if begins(rest, b"<style") => after_end_tag(rest, b"</style"),
            () if begins(rest, b"<!--") => after(rest, memchr::memmem::find(rest, b"-->"), 3),
            () => after(rest, memchr::memchr(b'>', rest), 1),
        };
    }
}

fn begins(text: &[u8], with: &[u8]) -> bool {
    let start = text.get(..with.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(with))
}

fn after_end_tag<'a>(text: &'a [u8], tag: &[u8]) -> &'a [u8] {
    let mut starts = memchr::memchr_iter(b'<', text);
    let at = starts.find(|at| begins(&text[*at..], tag));
    after(text, at, tag.len())
}

/// What comes after something of this length; nothing, if it is not there.
fn after(text: &[u8], at: Option<usize>, length: usize) -> &[u8] {
    at.map_or(&[], |at| &text[at + length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NGINX: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center>\
                         <h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>\n</body></html>";

    fn sign(body: &str) -> Option<SoftSign> {
        soft_error(200, body.as_bytes()).map(|found| found.sign)
    }

    #[test]
    fn error_pages_are_seen_behind_their_200() {
        let page = |title: &str, text: &str| {
            format!("<html><head><title>{title}</title></head><body><p>{text}</p></body></html>")
        };
        let cases = [
            (String::new(), SoftSign::Blank),
            (" \r\n\t ".to_owned(), SoftSign::Blank),
            (NGINX.to_owned(), SoftSign::KnownPage),
            (
                page(
                    "Database Error",
                    "<h1>Error establishing a database connection</h1>",
                ),
                SoftSign::KnownPage,
            ),
            (
                page("Home", "There has been a critical error on this website."),
                SoftSign::KnownPage,
            ),
            (
                page("Site Maintenance", "We are performing maintenance"),
                SoftSign::KnownPage,
            ),
            (
                page("500 Internal Server Error | My Shop", "Sorry."),
                SoftSign::Heading,
            ),
            (page("Service Unavailable", "Try again."), SoftSign::Heading),
            (
                page("Shop", "<h1>Something went wrong</h1>"),
                SoftSign::Heading,
            ),
            (page("Error 503", "Sorry."), SoftSign::Heading),
            (
                page(
                    "Shop",
                    &format!(
                        "{}<br /><b>Fatal error</b>:  Uncaught PDOException: gone in <b>/srv/a.php</b>",
                        "words ".repeat(300)
                    ),
                ),
                SoftSign::Complaint,
            ),
            (
                "SQLSTATE[HY000] [2002] Connection refused".to_owned(),
                SoftSign::Complaint,
            ),
            (
                "Traceback (most recent call last):\n  File \"app.py\"".to_owned(),
                SoftSign::Complaint,
            ),
        ];
        for (body, expected) in cases {
            assert_eq!(sign(&body), Some(expected), "{body}");
        }
    }

    #[test]
    fn pages_about_errors_are_no_errors() {
        let article = format!(
            "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1>{}\
             <pre>&lt;b&gt;Fatal error&lt;/b&gt;: x in &lt;b&gt;</pre></body></html>",
            "<p>A 502 Bad Gateway means that nginx got no valid answer.</p>".repeat(40)
        );
        let nav = "<a href=/x>x</a>".repeat(20);
        let cases = [
            article,
            "<title>How to fix a 502 Bad Gateway</title><p>Read on.</p>".to_owned(),
            "<title>Elevators</title><h1>Our service</h1><p>Planned maintenance of lifts.</p>"
                .to_owned(),
            format!("<title>Service Unavailable</title>{nav}<p>A band from Leeds.</p>"),
            "<title>App</title><div id=root></div><script>var a = '502 Bad Gateway'</script>"
                .to_owned(),
            "<title>500 miles</title><p>A song.</p>".to_owned(),
            "<h1>Bad Gateway Studios</h1>".to_owned(),
        ];
        for body in cases {
            assert_eq!(sign(&body), None, "{body}");
        }
        assert_eq!(soft_error(502, NGINX.as_bytes()), None);
        assert_eq!(soft_error(204, b""), None);
    }

    #[test]
    fn any_bytes_have_an_answer() {
        for body in [
            &b"<"[..],
            b"<script",
            b"<!--",
            b"\xff\xfe<title>",
            b"<title></title",
        ] {
            assert_eq!(soft_error(200, body), None);
        }
    }
}
