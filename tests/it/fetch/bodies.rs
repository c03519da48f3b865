//! Bodies that end early, late or never.

use std::time::Duration;

use gatecrawl::fetch::{FetchSettings, Fetcher, HttpFetcher, Secrets};
use gatecrawl::model::Keep;

use super::{fetch, fetcher, hasty, outcome, request, settings};
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
    assert_eq!(
        exchange.fault,
        "not complete within the time limit of 0.8 s"
    );
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

/// A body that is a gzip file in memory, unpacked.
fn unpacked(file: &[u8]) -> String {
    let mut text = String::new();
    let mut unpacker = flate2::read::GzDecoder::new(file);
    std::io::Read::read_to_string(&mut unpacker, &mut text).expect("a whole gzip file");
    text
}

#[tokio::test]
async fn a_large_sitemap_is_packed_and_judged_by_what_it_is() {
    let large = "<loc>http://h/</loc>\n".repeat(40_000);
    let page = format!("<!doctype html><p>{large}");
    let cut = ok(&large)
        .header("Content-Length", "900000")
        .then(After::Close);
    let cases = [
        (ok(&large), "ok_html", &large),
        (bytes(large.as_str()), "ok_non_html", &large),
        (bytes(page.as_str()), "ok_html", &page),
        (cut, "body_truncated", &large),
    ];
    for (answer, outcome, expected) in cases {
        let origin = Origin::start().await;
        origin.script("/", [answer]);
        let mut asked = request(&origin.url("/"));
        asked.keep = Keep::Packed;
        let exchange = fetcher().fetch(asked.clone()).await;
        assert_eq!(exchange.outcome.id(), outcome);
        assert_eq!(exchange.decoded_bytes, expected.len() as u64);
        assert!(exchange.packed.is_some() && exchange.body.len() < 50_000);
        assert!(unpacked(&exchange.body) == *expected);
    }
    let origin = Origin::start().await;
    origin.script("/", [ok(&large)]);
    let mut asked = request(&origin.url("/"));
    (asked.keep, asked.body_limit) = (Keep::Packed, 500_000);
    let exchange = fetcher().fetch(asked).await;
    assert_eq!(exchange.outcome.id(), "too_large");
    assert!(unpacked(&exchange.body) == large[..500_000]);
}

#[tokio::test]
async fn a_large_error_page_and_a_small_sitemap_are_not_packed() {
    for answer in [html(502, &"x".repeat(400_000)), ok("<urlset/>")] {
        let origin = Origin::start().await;
        origin.script("/", [answer]);
        let mut asked = request(&origin.url("/"));
        asked.keep = Keep::Packed;
        let exchange = fetcher().fetch(asked).await;
        assert_eq!(exchange.packed, None);
        assert!(exchange.body.starts_with(b"x") || exchange.body == b"<urlset/>");
    }
}

#[tokio::test]
async fn a_secret_is_cut_out_of_a_large_sitemap_before_anybody_reads_it() {
    let mut headers = http::HeaderMap::new();
    let secret = "q7x-hunter-2";
    headers.insert("x-key", http::HeaderValue::from_static("q7x-hunter-2"));
    let fetcher = HttpFetcher::new(FetchSettings {
        secrets: Secrets {
            headers,
            ..Secrets::default()
        },
        ..settings()
    });
    let line = format!("<loc>http://h/?key={secret}</loc>\n");
    let origin = Origin::start().await;
    origin.script("/", [bytes(line.repeat(10_000))]);
    let mut asked = request(&origin.url("/"));
    asked.keep = Keep::Packed;
    let exchange = fetcher.expect("settings in order").fetch(asked).await;
    let expected = line.replace(secret, "[secret]").repeat(10_000);
    assert!(unpacked(&exchange.body) == expected);
    assert_eq!(exchange.decoded_bytes, (line.len() * 10_000) as u64);
    let fingerprint = xxhash_rust::xxh3::xxh3_64(expected.as_bytes());
    assert_eq!(exchange.packed, Some(fingerprint));
}
