//! Bodies that end early, late or never.

use std::time::Duration;

use gatecrawl::fetch::Fetcher;
use gatecrawl::model::Keep;

use super::{fetch, fetcher, hasty, outcome, request};
use crate::answer::{After, Answer, bytes, html, ok, raw, status};
use crate::origin::Origin;

#[tokio::test]
async fn a_short_body_is_truncated() {
    let short = ok("hello")
        .header("Content-Length", "50")
        .then(After::Close);
    let exchange = fetch(short).await;
    assert_eq!(exchange.outcome.id(), "body_truncated");
    assert_eq!(
        (exchange.status, exchange.body.as_slice()),
        (Some(200), &b"hello"[..])
    );
    let cut = chunked("5\r\nhello\r\n").then(After::Close);
    assert_eq!(outcome(cut).await, "body_truncated");
    let inside = chunked("50\r\nhello").then(After::Close);
    assert_eq!(outcome(inside).await, "body_truncated");
}

#[tokio::test]
async fn a_page_that_nobody_reads_is_counted_and_hardly_kept() {
    let origin = Origin::start().await;
    origin.script("/", [ok(&"x".repeat(200_000))]);
    let mut asked = request(&origin.url("/"));
    asked.keep = Keep::Excerpts;
    let exchange = fetcher().fetch(asked.clone()).await;
    assert_eq!(exchange.outcome.id(), "ok_html");
    assert_eq!(exchange.body.len(), 64 * 1024);
    assert_eq!(exchange.decoded_bytes, 200_000);
    asked.body_limit = 100_000;
    let exchange = fetcher().fetch(asked).await;
    assert_eq!(exchange.outcome.id(), "too_large");
    assert_eq!(exchange.decoded_bytes, 100_000);
}

fn chunked(wire: &str) -> Answer {
    html(200, wire).header("Transfer-Encoding", "chunked")
}

#[tokio::test]
async fn a_bad_chunk_is_a_bad_encoding() {
    assert_eq!(
        outcome(chunked("5\r\nhello\r\nzz\r\n\r\n")).await,
        "bad_encoding"
    );
    assert_eq!(
        outcome(chunked("5\r\nhelloXX0\r\n\r\n")).await,
        "bad_encoding"
    );
    let fine = fetch(chunked("5\r\nhello\r\n0\r\n\r\n")).await;
    assert_eq!(
        (fine.outcome.id(), fine.body.as_slice()),
        ("ok_html", &b"hello"[..])
    );
}

#[tokio::test]
async fn a_reset_inside_the_body_is_told() {
    let cut = ok("hello")
        .header("Content-Length", "50")
        .then(After::Reset);
    let exchange = fetch(cut).await;
    assert_eq!(exchange.outcome.id(), "body_reset");
    assert_eq!(exchange.fault, "connection reset inside the body");
}

#[tokio::test]
async fn a_body_that_stops_coming_times_out() {
    let stuck = ok("hello").header("Content-Length", "50").then(After::Hang);
    let origin = Origin::start().await;
    origin.script("/", [stuck]);
    let exchange = hasty().fetch(request(&origin.url("/"))).await;
    assert_eq!(exchange.outcome.id(), "body_timeout");
}

#[tokio::test]
async fn a_body_that_drips_is_stopped_in_the_end() {
    let origin = Origin::start().await;
    let drip = After::Repeat(b".".to_vec(), Duration::from_millis(20));
    origin.script("/", [ok("").header("Content-Length", "100000").then(drip)]);
    let mut request = request(&origin.url("/"));
    request.first_byte_limit = Duration::from_millis(600);
    let exchange = hasty().fetch(request).await;
    assert_eq!(exchange.outcome.id(), "total_timeout");
    assert!(exchange.timings.total < Duration::from_secs(5));
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_limit() {
    let origin = Origin::start().await;
    let endless = After::Repeat(vec![b'x'; 16 * 1024], Duration::ZERO);
    let page = raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n").then(endless);
    origin.script("/", [page]);
    let exchange = fetcher().fetch(request(&origin.url("/"))).await;
    assert_eq!(exchange.outcome.id(), "too_large");
    assert_eq!(exchange.body.len(), 1 << 20);
    assert!(exchange.wire_bytes < (1 << 20) + (1 << 20));
}

#[tokio::test]
async fn a_large_file_that_nobody_wants_is_not_read() {
    let film = bytes("x")
        .header("Content-Type", "video/mp4")
        .header("Content-Length", "99999999");
    let exchange = fetch(film.then(After::Hang)).await;
    assert_eq!(
        (exchange.outcome.id(), exchange.wire_bytes),
        ("too_large", 0)
    );
}

#[tokio::test]
async fn an_error_page_is_kept_up_to_64_kib_and_its_status_decides() {
    let exchange = fetch(html(502, &"e".repeat(200_000))).await;
    assert_eq!(
        (exchange.outcome.id(), exchange.body.len()),
        ("server_502", 64 * 1024)
    );
    let broken = status(500)
        .header("Content-Length", "5000")
        .then(After::Reset);
    assert_eq!(outcome(broken).await, "server_500");
}
