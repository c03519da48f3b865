//! Fifty kinds of faults on one level of one site.

use std::time::Duration;

use super::behaviour::{
    Behaviour, GOOD, INSTANT, always, announced, custom, error, fine, fine_after, once,
    unavailable_soon,
};
use super::error_page;
use super::origin::Origin;
use super::request::Reply;
use super::run::audit;
use super::site::Site;
use super::want::Wants;

const PERSISTENT: &[&str] = &["persistent"];

/// Bytes as the whole answer, on a connection that closes after them.
fn bytes(verdicts: &'static [&'static str], status: Option<u16>, text: &str) -> Behaviour {
    let bytes = text.as_bytes().to_vec();
    custom(verdicts, status, move |_| Reply::Bytes {
        bytes: bytes.clone(),
        after: INSTANT,
    })
}

fn redirect(status: u16, to: &'static str) -> Behaviour {
    // The verdict of a redirect depends on where it leads.
    custom(&[], Some(status), move |_| Reply::Error {
        status,
        after: GOOD,
        headers: to,
    })
}

/// Answers that break off or are no HTTP.
fn broken_answers() -> Vec<(&'static str, Behaviour)> {
    let html = "Content-Type: text/html\r\n";
    let long = |head: &str| format!("HTTP/1.1 200 OK\r\n{html}{head}\r\n<p>half");
    vec![
        (
            "cut-length",
            bytes(PERSISTENT, None, &long("Content-Length: 900\r\n")),
        ),
        (
            "cut-chunks",
            bytes(
                PERSISTENT,
                None,
                &long("Transfer-Encoding: chunked\r\n\r\nff"),
            ),
        ),
        (
            "two-lengths",
            bytes(
                PERSISTENT,
                None,
                &long("Content-Length: 7\r\nContent-Length: 9\r\n"),
            ),
        ),
        (
            "bad-coding",
            bytes(PERSISTENT, None, &long("Content-Encoding: gzip\r\n")),
        ),
        ("no-http", bytes(PERSISTENT, Some(0), "hello\r\n\r\n")),
        (
            "bad-status",
            bytes(PERSISTENT, Some(0), "HTTP/1.1 abc OK\r\n\r\n"),
        ),
        (
            "half-header",
            bytes(PERSISTENT, Some(0), "HTTP/1.1 200 OK\r\nCont"),
        ),
        ("no-byte", bytes(PERSISTENT, Some(0), "")),
        ("reset", custom(PERSISTENT, Some(0), |_| Reply::Reset)),
        ("silent", custom(PERSISTENT, Some(0), |_| Reply::Hang)),
    ]
}

/// Answers of another kind than their status says, or at other times.
fn changing_answers() -> Vec<(&'static str, Behaviour)> {
    let dressed = error_page::body(502);
    let soft = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{dressed}",
        dressed.len()
    );
    let by_turns = |status: u16| {
        custom(&["transient", "intermittent"], None, move |request| {
            if request.visit.is_multiple_of(2) {
                error(status)
            } else {
                Reply::Page(GOOD)
            }
        })
    };
    vec![
        ("soft-502", bytes(&[], None, &soft)),
        ("once-500", once(500)),
        ("once-502", once(502)),
        ("once-503", once(503)),
        ("once-504", once(504)),
        ("by-turns-502", by_turns(502)),
        ("by-turns-503", by_turns(503)),
        ("slow", fine_after(Duration::from_secs(4))),
        ("wait-5", unavailable_soon("Retry-After: 5\r\n")),
        ("wait-30", unavailable_soon("Retry-After: 30\r\n")),
        ("wait-hour", announced("Retry-After: 3600\r\n")),
        ("wait-soon", unavailable_soon("Retry-After: soon\r\n")),
        (
            "to-502",
            redirect(302, "Location: /kind-status-502.html\r\n"),
        ),
        (
            "to-404",
            redirect(301, "Location: /kind-status-404.html\r\n"),
        ),
        (
            "to-itself",
            redirect(302, "Location: /kind-to-itself.html\r\n"),
        ),
    ]
}

const STATUSES: [u16; 18] = [
    500, 501, 502, 503, 504, 505, 506, 507, 508, 509, 510, 520, 521, 522, 523, 524, 525, 529,
];

/// Answers that search engines do not treat like a fault of the server.
const REFUSALS: [u16; 7] = [401, 403, 404, 406, 410, 451, 511];

#[test]
#[ignore = "takes minutes"]
fn fifty_kinds_of_faults_get_an_answer_each() {
    let mut kinds: Vec<(String, Behaviour)> = Vec::new();
    for status in STATUSES {
        kinds.push((format!("status-{status}"), always(status)));
    }
    for status in REFUSALS {
        let refusal = custom(&["ok"], Some(status), move |_| error(status));
        kinds.push((format!("status-{status}"), refusal));
    }
    let odd = broken_answers().into_iter().chain(changing_answers());
    kinds.extend(odd.map(|(name, behaviour)| (name.to_owned(), behaviour)));
    assert_eq!(kinds.len(), 50);

    let mut site = Site::new();
    for (name, behaviour) in kinds {
        site = site.page(&format!("/kind-{name}.html"), behaviour);
    }
    let site = site
        .page("/about.html", fine())
        .page("/contact.html", fine());
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("50 kinds of faults on one level", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("skipped URLs", 0, run.skipped.len());
    wants.end();
}
