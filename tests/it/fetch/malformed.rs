//! Answers that are not HTTP, not whole, or do not come at all.

use std::time::{Duration, Instant};

use gatecrawl::fetch::Fetcher;

use super::{SHORT, fetch, fetcher, outcome, request};
use crate::answer::{After, close, hang, ok, raw, reset};
use crate::origin::Origin;

#[tokio::test]
async fn an_answer_that_is_not_http_has_a_bad_status_line() {
    for text in [
        "\u{1}\u{2}\u{3}nonsense\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "<html>hi</html>",
    ] {
        let exchange = fetch(raw(text)).await;
        assert_eq!(exchange.outcome.id(), "bad_status_line", "{text}");
        assert_eq!(
            (exchange.status, exchange.fault.as_str()),
            (None, "the answer is not HTTP")
        );
    }
}

#[tokio::test]
async fn rubbish_on_a_reused_connection_is_a_bad_status_line_too() {
    let origin = Origin::start().await;
    origin.script("/", [ok("fine"), raw("nonsense nonsense\r\n\r\n")]);
    let fetcher = fetcher();
    fetcher.fetch(request(&origin.url("/"))).await;
    let exchange = fetcher.fetch(request(&origin.url("/"))).await;
    assert_eq!(exchange.outcome.id(), "bad_status_line");
}

#[tokio::test]
async fn conflicting_lengths_are_a_bad_header() {
    let two = ok("hello")
        .header("Content-Length", "5")
        .header("Content-Length", "7");
    let exchange = fetch(two).await;
    assert_eq!(exchange.outcome.id(), "bad_header");
    assert_eq!(
        outcome(ok("x").header("Content-Length", "many")).await,
        "bad_header"
    );
}

#[tokio::test]
async fn sloppy_headers_are_forgiven() {
    let sloppy = "HTTP/1.1 200 OK\r\nno colon here\r\nX-Space : v\r\nX-Long: a\r\n b\r\n\
                  Content-Type: text/html\r\nContent-Length: 2\r\n\r\nhi";
    let exchange = fetch(raw(sloppy)).await;
    assert_eq!(exchange.outcome.id(), "ok_html");
    assert_eq!(exchange.header("x-space").as_deref(), Some("v"));
}

#[tokio::test]
async fn ten_thousand_headers_and_a_mebibyte_of_header_are_too_large() {
    let many = (0..10_000).fold(ok("x"), |answer, n| answer.header(&format!("X-{n}"), "v"));
    assert_eq!(outcome(many).await, "header_too_large");
    let long = ok("x").header("Set-Cookie", &"c".repeat(1 << 20));
    assert_eq!(outcome(long).await, "header_too_large");
    let usual = (0..300).fold(ok("x"), |answer, n| answer.header(&format!("X-{n}"), "v"));
    assert_eq!(outcome(usual).await, "ok_html");
}

#[tokio::test]
async fn a_connection_closed_without_a_byte_is_an_empty_reply() {
    let exchange = fetch(close()).await;
    assert_eq!(exchange.outcome.id(), "empty_reply");
    assert_eq!(exchange.fault, "connection closed without an answer");
}

#[tokio::test]
async fn a_reset_before_the_answer_is_told() {
    assert_eq!(outcome(reset()).await, "reset_before_headers");
}

#[tokio::test]
async fn over_plain_http_an_answer_cut_inside_its_header_block_looks_like_none() {
    let half = raw("HTTP/1.1 200 OK\r\nContent-Ty");
    assert_eq!(outcome(half.clone()).await, "empty_reply");
    assert_eq!(
        outcome(half.then(After::Reset)).await,
        "reset_before_headers"
    );
}

#[tokio::test]
async fn a_connection_that_went_stale_is_told_by_its_reuse() {
    let origin = Origin::start().await;
    origin.script("/", [ok("fine"), reset()]);
    let fetcher = fetcher();
    fetcher.fetch(request(&origin.url("/"))).await;
    let exchange = fetcher.fetch(request(&origin.url("/"))).await;
    assert_eq!(exchange.outcome.id(), "reset_before_headers");
    assert!(exchange.reused);
    assert_eq!(origin.requests().len(), 2);
}

#[tokio::test]
async fn early_hints_are_no_answer() {
    let hinted = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n\
                  HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(outcome(raw(hinted)).await, "server_503");
}

#[tokio::test]
async fn silence_is_a_first_byte_timeout() {
    let started = Instant::now();
    let half = raw("HTTP/1.1 200 OK\r\nContent-").then(After::Hang);
    let origin = Origin::start().await;
    origin.script("/", [hang(), half]);
    let mut request = request(&origin.url("/"));
    request.first_byte_limit = SHORT;
    for _ in 0..2 {
        let exchange = fetcher().fetch(request.clone()).await;
        assert_eq!(exchange.outcome.id(), "ttfb_timeout");
    }
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_slow_answer_within_the_limit_is_fine_and_its_wait_is_told() {
    let exchange = fetch(ok("slow").after(Duration::from_millis(150))).await;
    assert_eq!(exchange.outcome.id(), "ok_html");
    assert!(exchange.timings.first_byte.unwrap() >= Duration::from_millis(150));
}
