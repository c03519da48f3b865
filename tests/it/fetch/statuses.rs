//! Complete answers: the status, the headers and the type decide.

use gatecrawl::fetch::Fetcher;
use gatecrawl::model::{Connection, Keep, Version};

use super::{fetch, fetcher, outcome, request};
use crate::answer::{bytes, ok, raw, redirect, status};
use crate::origin::Origin;

#[tokio::test]
async fn a_page_is_ok_with_all_its_parts() {
    let origin = Origin::start().await;
    origin.page("/a", "<p>hello</p>");
    let fetcher = fetcher();
    let first = fetcher.fetch(request(&origin.url("/a"))).await;
    assert_eq!(first.outcome.id(), "ok_html");
    assert_eq!(
        (first.status, first.body.as_slice()),
        (Some(200), &b"<p>hello</p>"[..])
    );
    assert_eq!((first.wire_bytes, first.decoded_bytes), (12, 12));
    assert_eq!(first.remote, Some(origin.address()));
    assert_eq!(first.version.map(Version::name), Some("1.1"));
    assert_eq!(first.fault, "");
    assert!(!first.reused);
    assert!(first.timings.connect.is_some() && first.timings.first_byte.is_some());
    assert!(first.timings.dns.is_none() && first.timings.tls.is_none());
    assert!(first.timings.total >= first.timings.first_byte.unwrap());

    let second = fetcher.fetch(request(&origin.url("/a"))).await;
    assert!(second.reused);
    assert_eq!(second.timings.connect, None);

    let mut fresh = request(&origin.url("/a"));
    fresh.connection = Connection::Fresh;
    for _ in 0..2 {
        let third = fetcher.fetch(fresh.clone()).await;
        assert!(!third.reused);
    }
    let connections: Vec<usize> = origin
        .requests()
        .iter()
        .map(|seen| seen.connection)
        .collect();
    assert_eq!(connections, [0, 0, 1, 2]);
}

#[tokio::test]
async fn every_error_status_has_its_own_outcome() {
    let origin = Origin::start().await;
    let fetcher = fetcher();
    let named = [
        400, 401, 403, 404, 408, 410, 421, 425, 429, 451, 500, 501, 502, 503, 504, 505, 507, 508,
        509, 511, 529, 540, 561, 598, 599,
    ];
    for code in named {
        origin.script("/", [status(code)]);
        let exchange = fetcher.fetch(request(&origin.url("/"))).await;
        let kind = if code < 500 { "client" } else { "server" };
        assert_eq!(exchange.outcome.id(), format!("{kind}_{code}"));
        assert_eq!(exchange.status, Some(code));
        assert_eq!(exchange.body, format!("<h1>{code}</h1>").into_bytes());
        assert_eq!(exchange.fault, "");
    }
    for code in [520, 521, 522, 523, 524, 525, 526, 527, 530] {
        origin.script("/", [status(code)]);
        let exchange = fetcher.fetch(request(&origin.url("/"))).await;
        assert_eq!(exchange.outcome.id(), format!("cf_{code}"));
    }
    assert_eq!(outcome(status(418)).await, "client_other");
    assert_eq!(outcome(status(555)).await, "server_other");
    let announced = status(503).header("Retry-After", "120");
    assert_eq!(outcome(announced).await, "server_503_retry_after");
}

#[tokio::test]
async fn statuses_that_do_not_exist_are_invalid() {
    for code in [999, 600, 99] {
        let line = format!("HTTP/1.1 {code:03} Denied\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(outcome(raw(line)).await, "status_invalid", "{code}");
    }
}

#[tokio::test]
async fn a_reason_phrase_with_control_characters_hides_the_status() {
    let exchange = fetch(raw("HTTP/1.1 502 \u{1b}[31mRED\r\n\r\n")).await;
    assert_eq!(exchange.outcome.id(), "status_invalid");
    assert_eq!(exchange.status, None);
    let fault = "status code or reason phrase is malformed";
    assert_eq!(exchange.fault, fault);
}

#[tokio::test]
async fn an_unusual_reason_phrase_is_kept() {
    let exchange = fetch(status(502).reason("Upstream Gone")).await;
    assert_eq!(exchange.reason.as_deref(), Some("Upstream Gone"));
    assert_eq!(fetch(status(502).reason("Bad Gateway")).await.reason, None);
}

#[tokio::test]
async fn a_script_is_played_in_order_and_nothing_is_asked_twice() {
    let origin = Origin::start().await;
    origin.script("/b", [status(502), status(502), ok("<p>back</p>")]);
    let fetcher = fetcher();
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        let exchange = fetcher.fetch(request(&origin.url("/b"))).await;
        outcomes.push(exchange.outcome.id());
    }
    assert_eq!(outcomes, ["server_502", "server_502", "ok_html", "ok_html"]);
    assert_eq!(origin.requests().len(), 4);
    assert!(origin.requests().is_sorted_by_key(|seen| seen.at));
}

#[tokio::test]
async fn redirects_are_told_and_not_followed() {
    let origin = Origin::start().await;
    for code in [301, 302, 303, 307, 308] {
        origin.script("/", [redirect(code, "/next")]);
        let exchange = fetcher().fetch(request(&origin.url("/"))).await;
        assert_eq!(exchange.outcome.id(), "redirect");
        assert_eq!(exchange.header("location").as_deref(), Some("/next"));
    }
    assert!(origin.requests().iter().all(|seen| seen.path == "/"));
    assert_eq!(outcome(status(302)).await, "redirect_bad");
    assert_eq!(
        outcome(redirect(301, "javascript:void(0)")).await,
        "redirect_bad"
    );
    assert_eq!(
        outcome(raw("HTTP/1.1 304 Not Modified\r\n\r\n")).await,
        "status_unrequested"
    );
}

#[tokio::test]
async fn other_media_types_are_counted_and_not_kept() {
    let picture = bytes(vec![7; 5000]).header("Content-Type", "image/png");
    let exchange = fetch(picture.clone()).await;
    assert_eq!(exchange.outcome.id(), "ok_non_html");
    assert_eq!((exchange.wire_bytes, exchange.body.len()), (5000, 0));

    let origin = Origin::start().await;
    origin.script("/", [picture]);
    let mut all = request(&origin.url("/"));
    all.keep = Keep::All;
    assert_eq!(fetcher().fetch(all).await.body.len(), 5000);

    assert_eq!(outcome(bytes("<!doctype html><p>x")).await, "ok_html");
    assert_eq!(outcome(bytes("User-agent: *")).await, "ok_non_html");
}
