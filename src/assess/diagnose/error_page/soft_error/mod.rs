//! Whether a page with status 200 is an error page.
//!
//! The check is careful: an article about 502 is not an error. A page counts if it is blank, if it is
//! short and its text or heading is that of an error page in one of some languages, or if it contains a program's error message
//! as the program writes it. Only its beginning is read and, because a fatal error ends the output, its
//! end.

mod complaint;
mod length;

use std::cell::LazyCell;

use serde::{Deserialize, Serialize};

use self::complaint::complaint;
use self::length::{SHORT_TEXT, text_length};
use crate::assess::diagnose::error_page::catalogue::by_text;
use crate::assess::diagnose::error_page::text::{BODY_HEAD, head, headline};
use crate::assess::diagnose::error_page::wording::{begins_with_error, of_heading};
use crate::model::Cause;

/// Minimum share of a page's text that a sentence about an error has, for the page to be one without a heading (ours).
const MOST_OF_IT: f64 = 0.5;
/// Fingerprints below this confidence need a heading that agrees: other pages contain their words too.
const OWN_WORDS: f64 = 0.85;

/// A page with a success status that is an error page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SoftError {
    /// The sign that shows it.
    pub sign: SoftSign,
    /// The fingerprint whose text it contains.
    pub fingerprint: Option<&'static str>,
    /// The probable cause.
    pub cause: Cause,
    /// Its title, heading or only line.
    pub headline: Option<String>,
}

impl SoftError {
    /// Returns an error page without details.
    pub const fn unexplained() -> SoftError {
        SoftError {
            sign: SoftSign::Heading,
            fingerprint: None,
            cause: Cause::ApplicationError,
            headline: None,
        }
    }
}

/// The sign that a page with status 200 is an error page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SoftSign {
    /// The page is empty.
    Blank,
    /// The text of a known error page.
    KnownPage,
    /// The heading of an error over little text.
    Heading,
    /// Little text besides a sentence that reports an error.
    Sentence,
    /// A program's error message in the page.
    Complaint,
}

impl SoftSign {
    /// Returns the sign in words.
    pub const fn title(self) -> &'static str {
        match self {
            SoftSign::Blank => "an empty page",
            SoftSign::KnownPage => "the text of a known error page",
            SoftSign::Heading => "the heading of an error page over little text",
            SoftSign::Sentence => "hardly any text but a sentence that reports an error",
            SoftSign::Complaint => "an error message of the program in the page",
        }
    }
}

/// Returns the part of a page with a success status that shows the error: a program's error message if
/// there is one, otherwise the whole page.
pub fn telling_part(body: &[u8]) -> &[u8] {
    complaint(body).map_or(body, |at| &body[at..])
}

/// Returns the error page in an answer with this status and page, if it is one. The body is decoded HTML
/// or plain text, complete or its beginning.
pub fn soft_error(status: u16, body: &[u8]) -> Option<SoftError> {
    if !(200..300).contains(&status) || matches!(status, 204..=206) {
        return None;
    }
    // Most pages are decided without reading their characters.
    let text = LazyCell::new(|| head(body));
    let found = |sign, fingerprint, cause| {
        Some(SoftError {
            sign,
            fingerprint,
            cause,
            headline: headline(&text).map(str::to_owned),
        })
    };
    if is_blank(body) {
        return found(SoftSign::Blank, None, Cause::ApplicationError);
    }
    if complaint(body).is_some() {
        return found(SoftSign::Complaint, None, Cause::ApplicationError);
    }
    let length = text_length(body)?;
    let named = headings(&text).find_map(of_heading);
    let page = by_text(&text).filter(|page| page.confidence >= OWN_WORDS || named.is_some());
    if let Some(page) = page {
        let cause = page
            .causes
            .ranked()
            .first()
            .map_or(Cause::ApplicationError, |c| c.0);
        return found(SoftSign::KnownPage, Some(&page.id), cause);
    }
    if length > SHORT_TEXT {
        return None;
    }
    if let Some(cause) = named {
        let lower = text.to_ascii_lowercase();
        let upkeep = lower.contains("maintenance") || lower.contains("be back");
        let cause = if upkeep { Cause::Maintenance } else { cause };
        return found(SoftSign::Heading, None, cause);
    }
    says_only_an_error(&text).then(|| found(SoftSign::Sentence, None, Cause::ApplicationError))?
}

/// Returns whether a page has little to say but a sentence that reports an error. In a page of scripts such a sentence
/// may be hidden until it is needed.
fn says_only_an_error(text: &str) -> bool {
    if text.len() >= BODY_HEAD || memchr::memmem::find(text.as_bytes(), b"<script").is_some() {
        return false;
    }
    let paragraphs = paragraphs(text);
    let size = |text: &str| {
        text.bytes()
            .filter(|byte| !byte.is_ascii_whitespace())
            .count()
    };
    let all: usize = paragraphs.iter().map(|text| size(text)).sum();
    let errors = (paragraphs.iter()).filter(|paragraph| begins_with_error(paragraph));
    let reported: usize = errors.map(|text| size(text)).sum();
    reported > 0 && reported as f64 >= MOST_OF_IT * all as f64
}

/// Returns the texts of a page's body, each without a tag except those within a line.
fn paragraphs(text: &str) -> Vec<String> {
    let within = ["b", "strong", "i", "em", "span", "font", "code", "small"];
    let lower = text.to_ascii_lowercase();
    let body = lower
        .find("</head")
        .or_else(|| Some(lower.find("</title")? + 7));
    let mut rest = &text[body.unwrap_or_default()..];
    let mut found = vec![String::new()];
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        found.last_mut().expect("never empty").push_str(before);
        let name = tag.trim_start_matches(['<', '/']);
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        if !within.contains(&name.as_str()) {
            found.push(String::new());
        }
        let end = match name.as_str() {
            "style" => tag.to_ascii_lowercase().find("</style"),
            _ if tag.starts_with("<!--") => tag.find("-->"),
            _ => tag.find('>'),
        };
        let Some(end) = end else {
            rest = "";
            break;
        };
        let closed = tag[end..].find('>').map_or(tag.len(), |at| end + at + 1);
        rest = &tag[closed..];
    }
    found.last_mut().expect("never empty").push_str(rest);
    let texts = found.iter().map(|text| text.trim().to_owned());
    texts.filter(|text| !text.is_empty()).collect()
}

/// Returns whether a page is empty except for white space and a byte order mark.
fn is_blank(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    body.iter().all(u8::is_ascii_whitespace)
}

/// Returns the title and the first heading.
fn headings(text: &str) -> impl Iterator<Item = &str> {
    let after_title = text.find("</title").map_or("", |at| &text[at + 7..]);
    [headline(text), headline(after_title)]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    const NGINX: &str = "<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<center>\
                         <h1>502 Bad Gateway</h1></center>\n<hr><center>nginx</center>\n</body></html>";

    fn sign(body: &str) -> Option<SoftSign> {
        soft_error(200, body.as_bytes()).map(|found| found.sign)
    }

    #[test]
    fn error_pages_with_status_200_are_recognised() {
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
            (
                page("Shop", "<h1>Sorry, something broke</h1>"),
                SoftSign::Heading,
            ),
            (page("Error 503", "Sorry."), SoftSign::Heading),
            (
                page("Es ist ein Fehler aufgetreten", "Bitte rufen Sie uns an."),
                SoftSign::Heading,
            ),
            (
                page(
                    "Boutique",
                    "<h1>Erreur de connexion &agrave; la base de donn&eacute;es</h1>",
                ),
                SoftSign::Heading,
            ),
            (
                page(
                    "Mein Laden",
                    "<b>Eine Verbindung zur Datenbank konnte nicht hergestellt werden.</b> \
                     Bitte versuchen Sie es später erneut.</p><p>Mein Laden GmbH",
                ),
                SoftSign::Sentence,
            ),
            (
                page("Boutique", "Une erreur est survenue. Merci de réessayer."),
                SoftSign::Sentence,
            ),
            (page("Shop", "Something went wrong."), SoftSign::Sentence),
            (
                page(
                    "Shop",
                    &format!(
                        "{}<br />\n<b>Fatal error</b>:  Uncaught PDOException: gone in <b>/srv/a.php</b> on line <b>3</b><br />",
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

    /// A page of a shop up to the error that ended it.
    fn begun() -> String {
        let rows = "<div class=row><a href=/p>Product</a> 12.00</div>\n".repeat(400);
        format!("<!DOCTYPE html><html><head><title>Shop</title></head><body>\n{rows}")
    }

    /// PHP's message for an uncaught exception.
    fn uncaught(frames: usize) -> String {
        let mut trace = String::new();
        for n in 0..frames {
            let _ = writeln!(
                trace,
                "#{n} /srv/www/app/src/Db.php({n}): PDO->__construct('mysql:host=db', 'shop')"
            );
        }
        format!(
            "<br />\n<b>Fatal error</b>:  Uncaught PDOException: SQLSTATE[HY000] [2002] Connection refused in \
             /srv/www/app/src/Db.php:12\nStack trace:\n{trace}#{frames} {{main}}\n  thrown in \
             <b>/srv/www/app/src/Db.php</b> on line <b>12</b><br />\n"
        )
    }

    #[test]
    fn a_fatal_php_error_is_found_wherever_the_page_broke_off() {
        let memory =
            "Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)";
        let bold = |kind: &str, text: &str| {
            format!("<br />\n<b>{kind}</b>:  {text} in <b>/srv/a.php</b> on line <b>12</b><br />\n")
        };
        let plain = |kind: &str, text: &str| format!("\n{kind}: {text} in /srv/a.php on line 12\n");
        let unexpected = "syntax error, unexpected token \"}\", expecting end of file";
        let cases = [
            uncaught(3),
            uncaught(60),
            begun() + &uncaught(3),
            begun() + &uncaught(60),
            begun() + &uncaught(3) + "</body></html>",
            begun() + &bold("Fatal error", memory),
            begun()
                + &bold(
                    "Fatal error",
                    "Maximum execution time of 30 seconds exceeded",
                ),
            begun()
                + &bold(
                    "Recoverable fatal error",
                    "Object of class A could not be converted",
                ),
            bold("Parse error", unexpected),
            plain("Parse error", unexpected),
            plain("PHP Fatal error", memory),
            begun() + &plain("Fatal error", memory),
            begun()
                + "\nFatal error: Uncaught Error: Call to undefined function x() in /srv/a.php:3\n\
                   Stack trace:\n#0 {main}\n  thrown in C:\\www\\a.php on line 3",
            format!(
                "<html><body><pre>{}</pre></body></html>",
                plain("Fatal error", memory)
            ),
        ];
        for body in cases {
            assert_eq!(sign(&body), Some(SoftSign::Complaint), "{body}");
            let shown = telling_part(body.as_bytes());
            let shown = &shown[..shown.len().min(200)];
            let shown = String::from_utf8_lossy(shown);
            assert!(shown.contains("error"), "{shown}");
        }
        assert_eq!(telling_part(NGINX.as_bytes()), NGINX.as_bytes());
    }

    #[test]
    fn development_pages_of_frameworks_of_any_length_are_recognised() {
        let frames = "<li>frame of a trace, with its source and its variables</li>".repeat(200);
        let cases = [
            "<!doctype html><html><head><title>OperationalError: no such table\n // Werkzeug Debugger</title>",
            "<!DOCTYPE html><html lang=en><head><meta name=\"robots\" content=\"NONE,NOARCHIVE\">\n\
             <title>OperationalError\n at /shop/</title></head>",
            "<html><head><title>Action Controller: Exception caught</title></head>",
            "<html><head><title>Runtime Error</title></head><body><span><H1>Server Error in '/' Application.<hr width=100%>",
            "<!-- An exception occurred in driver: SQLSTATE[HY000] (500 Internal Server Error) -->\n<!DOCTYPE html>",
            "<html><head><title>HTTP Status 500 \u{2013} Internal Server Error</title></head><body>\
             <h1>HTTP Status 500 \u{2013} Internal Server Error</h1><hr class=\"line\" />",
            "<!DOCTYPE html><html><head><title>Error</title></head><body>\n<pre>TypeError: x is undefined<br> &nbsp; &nbsp;at f (/srv/a.js:1:2)",
            "Traceback (most recent call last):\n  File &quot;app.py&quot;, line 3",
        ];
        for body in cases {
            let body = format!("{body}{frames}");
            assert_eq!(sign(&body), Some(SoftSign::Complaint), "{body}");
        }
        for body in [
            "The website encountered an unexpected error. Please try again later.",
            "<title>Shop</title><h1>Oops, an error occurred!</h1>",
            "<title>Error</title><h1>There has been an error processing your request</h1>",
        ] {
            assert_eq!(sign(body), Some(SoftSign::Heading), "{body}");
        }
    }

    #[test]
    fn a_page_of_white_space_and_a_byte_order_mark_is_blank() {
        assert_eq!(sign("\u{feff}\r\n"), Some(SoftSign::Blank));
    }

    #[test]
    fn pages_about_program_errors_are_not_errors() {
        let text = "<p>PHP writes this when the memory limit is reached, and ends the request.</p>"
            .repeat(20);
        let bold = "<b>Fatal error</b>: Uncaught Error: x in <b>/srv/a.php</b> on line <b>3</b>";
        let plain =
            "Fatal error: Allowed memory size of 134217728 bytes exhausted in /srv/a.php on line 3";
        let page = |body: &str| {
            format!(
                "<html><head><title>Parse error and fatal error</title></head><body>{body}</body></html>"
            )
        };
        let cases = [
            page(&format!("{text}<pre>{bold}</pre>")),
            page(&format!("<p>{bold}</p>{text}")),
            page(&format!("<pre><br />\n{bold}<br /></pre>{text}")),
            page(&format!("{text}<pre>{plain}</pre>")),
            page(&format!("<pre>\n{plain}\n</pre>{text}")),
            format!("<pre>{plain}</pre>{text}"),
            page(&format!(
                "<h1>What is a fatal error?</h1><p>{bold}</p><p>It ends the request.</p>"
            )),
            format!("<html><title>Fatal error: what it means</title>{text}"),
            format!(
                "<html><head><title>Traceback (most recent call last): explained</title>{text}"
            ),
            format!("<title>SQLSTATE[HY000] [2002]</title><h1>SQLSTATE[HY000]</h1>{text}"),
            format!("<h1>Fatal error: Uncaught Error in PHP 8</h1>{text}"),
            format!(
                "<title>HTTP Status 500 \u{2013} Internal Server Error</title><h1>HTTP Status 500 explained</h1>{text}"
            ),
            format!(
                "<title>Server Error in '/' Application.</title><h1>Server Error in '/' Application.</h1>{text}"
            ),
            format!(
                "<title>The // Werkzeug Debugger and its PIN</title>{text}<p>Exception caught (500 Internal Server Error) --&gt;"
            ),
            format!(
                "<meta name=\"robots\" content=\"NONE,NOARCHIVE\"><title>Archive</title>{text}"
            ),
        ];
        for body in cases {
            assert_eq!(sign(&body), None, "{body}");
        }
    }

    #[test]
    fn pages_about_errors_are_not_errors() {
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
            format!(
                "<title>Datenbankfehler</title><h1>Datenbankfehler</h1>{}",
                "<p>Ein Datenbankfehler ist aufgetreten, wenn die Verbindung fehlt.</p>".repeat(20)
            ),
            "<title>Hilfe</title><h1>Hilfe</h1><p>Es ist ein Fehler aufgetreten. Was nun?</p>\
             <p>Rufen Sie an, oder schreiben Sie uns: wir antworten am selben Tag und finden den Grund.</p>"
                .to_owned(),
            "<title>App</title><div id=error hidden>Something went wrong.</div><script src=/a.js></script>"
                .to_owned(),
            "<title>Forum</title><p>Un lecteur écrit : une erreur est survenue. Que faire ?</p>".to_owned(),
        ];
        for body in cases {
            assert_eq!(sign(&body), None, "{body}");
        }
        assert_eq!(soft_error(502, NGINX.as_bytes()), None);
        assert_eq!(soft_error(204, b""), None);
    }

    #[test]
    fn any_bytes_can_be_checked() {
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
