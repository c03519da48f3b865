//! The bytes of the answer to a request's path, faults included.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::page::{Answer, Page};
use super::{html, site};
use crate::model::reason_phrase;

/// Wait before the slow page's first byte: long enough to stand out, and within every time limit.
const SLOW: Duration = Duration::from_millis(1_500);

/// Seconds in the `Retry-After` of the page under maintenance.
const RETRY_AFTER: u32 = 2;

/// The reply of the server to a request.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) wait: Duration,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
    pub(super) then: Then,
}

/// The end of a connection after an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Then {
    /// It stays open for the next request.
    #[default]
    Stay,
    /// It is closed.
    Close,
    /// It is reset.
    Reset,
}

/// The served site: its address, and how often each page was requested.
#[derive(Debug)]
pub(super) struct Visits {
    origin: String,
    asked: Vec<AtomicU32>,
}

impl Visits {
    pub(super) fn new(origin: String) -> Visits {
        Visits {
            origin,
            asked: site::pages().map(|_| AtomicU32::new(0)).collect(),
        }
    }

    /// Returns the reply for a path.
    pub(super) fn reply(&self, path: &str) -> Reply {
        match path {
            "/robots.txt" => reply(200, "text/plain", &site::robots_txt(&self.origin), ""),
            "/sitemap.xml" => reply(200, "application/xml", &site::sitemap(&self.origin), ""),
            _ => match site::find(path) {
                Some((number, page)) => {
                    let asked = &self.asked[number];
                    page_reply(page, asked.fetch_add(1, Ordering::Relaxed))
                }
                None => error(404, ""),
            },
        }
    }
}

/// Returns the reply of a page that was requested `before` times before.
fn page_reply(page: &Page, before: u32) -> Reply {
    match page.answer {
        Answer::Broken(status) => error(status, ""),
        Answer::Recovers if before == 0 => error(502, ""),
        Answer::Flaps if before.is_multiple_of(2) => error(502, ""),
        Answer::Page | Answer::NoIndex | Answer::Recovers | Answer::Flaps => ok(page),
        Answer::Maintenance => error(503, &format!("Retry-After: {RETRY_AFTER}\r\n")),
        Answer::Redirect(status, to) => {
            reply(status, "text/html", "", &format!("Location: {to}\r\n"))
        }
        Answer::Slow => Reply {
            wait: SLOW,
            ..ok(page)
        },
        Answer::CutShort => {
            let whole = ok(page);
            Reply {
                body: whole.body[..whole.body.len() / 2].to_vec(),
                then: Then::Close,
                ..whole
            }
        }
        Answer::Reset => Reply {
            then: Then::Reset,
            ..Reply::default()
        },
    }
}

fn ok(page: &Page) -> Reply {
    reply(200, "text/html; charset=utf-8", &html::render(page), "")
}

/// Returns an error page.
pub(super) fn error(status: u16, headers: &str) -> Reply {
    reply(status, "text/html", &html::error(status), headers)
}

fn reply(status: u16, media_type: &str, body: &str, headers: &str) -> Reply {
    let reason = reason_phrase(status);
    Reply {
        head: format!(
            "HTTP/1.1 {status} {reason}\r\nServer: front-door\r\nContent-Type: {media_type}\r\n\
             Content-Length: {}\r\n{headers}\r\n",
            body.len()
        ),
        body: body.as_bytes().to_vec(),
        ..Reply::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the status codes of `times` requests in a row.
    fn statuses(path: &str, times: usize) -> Vec<String> {
        let visits = Visits::new("http://example.com".to_owned());
        let mut statuses = Vec::new();
        for _ in 0..times {
            let head = visits.reply(path).head;
            statuses.push(head.split(' ').nth(1).unwrap_or("none").to_owned());
        }
        statuses
    }

    #[test]
    fn faults_come_and_go_as_the_table_says() {
        assert_eq!(statuses("/shop/tea/gyokuro/", 3), ["502", "502", "502"]);
        assert_eq!(statuses("/shop/tea/darjeeling/", 3), ["502", "200", "200"]);
        assert_eq!(statuses("/shop/tea/mint/", 4), ["502", "200", "502", "200"]);
        assert_eq!(statuses("/shop/cups/bicycle/", 2), ["none", "none"]);
        assert_eq!(statuses("/blog/spring-fair/", 1), ["404"]);
        assert_eq!(statuses("/teas", 1), ["301"]);
    }

    #[test]
    fn the_cut_page_promises_more_than_it_sends() {
        let visits = Visits::new("http://example.com".to_owned());
        let reply = visits.reply("/shop/pots/care/");
        assert!(!reply.head.contains(&format!(": {}\r\n", reply.body.len())));
        assert_eq!(reply.then, Then::Close);
    }

    #[test]
    fn maintenance_says_when_to_come_back() {
        let visits = Visits::new("http://example.com".to_owned());
        let head = visits.reply("/shop/pots/copper-kettle/").head;
        assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
        assert!(head.contains("Retry-After: 2\r\n"), "{head}");
    }
}
