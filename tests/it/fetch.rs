//! Every outcome a client can see, made by an origin that misbehaves just so.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gatecrawl::fetch::{DnsSource, FetchSettings, Fetcher, HttpFetcher, Secrets, SecretsFor};
use gatecrawl::model::{Connection, CrawlUrl, Exchange, Keep, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::answer::{After, Answer, bytes, close, hang, html, ok, raw, redirect, reset, status};
use crate::nameserver::NameServer;
use crate::origin::Origin;
use crate::tls::{self, Authority, H2Answer};

fn settings() -> FetchSettings {
    FetchSettings {
        private_addresses: true,
        system_roots: false,
        connect_timeout: Duration::from_millis(300),
        dns_timeout: Duration::from_millis(300),
        idle_timeout: Duration::from_millis(200),
        ..FetchSettings::default()
    }
}

fn fetcher() -> HttpFetcher {
    HttpFetcher::new(settings()).expect("settings in order")
}

fn request(url: &str) -> Request {
    Request {
        url: CrawlUrl::parse(url).expect("a URL"),
        connection: Connection::Pooled,
        first_byte_limit: Duration::from_millis(300),
        body_limit: 1 << 20,
        keep: Keep::Pages,
    }
}

/// Serves one answer and fetches it with a new fetcher.
async fn fetch(answer: Answer) -> Exchange {
    let origin = Origin::start().await;
    origin.script("/", [answer]);
    fetcher().fetch(request(&origin.url("/"))).await
}

async fn outcome(answer: Answer) -> &'static str {
    let exchange = fetch(answer).await;
    exchange.outcome.id()
}

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
    assert_eq!(first.version.map(|v| v.name()), Some("1.1"));
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
async fn a_refused_connection_is_told() {
    let free = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let exchange = fetcher().fetch(request(&format!("http://{free}/"))).await;
    assert_eq!(exchange.outcome.id(), "connect_refused");
    assert_eq!(exchange.fault, "connection refused");
    assert_eq!(exchange.status, None);
}

// === HTTP: statuses ===

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
        "not_modified"
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

// === HTTP: malformed answers ===

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
            (None, "answer is not http")
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
async fn silence_is_a_first_byte_timeout() {
    let started = Instant::now();
    let exchange = fetch(hang()).await;
    assert_eq!(exchange.outcome.id(), "ttfb_timeout");
    assert!(started.elapsed() < Duration::from_secs(2));
    let half = raw("HTTP/1.1 200 OK\r\nContent-").then(After::Hang);
    assert_eq!(outcome(half).await, "ttfb_timeout");
}

#[tokio::test]
async fn a_slow_answer_within_the_limit_is_fine_and_its_wait_is_told() {
    let exchange = fetch(ok("slow").after(Duration::from_millis(150))).await;
    assert_eq!(exchange.outcome.id(), "ok_html");
    assert!(exchange.timings.first_byte.unwrap() >= Duration::from_millis(150));
}

// === HTTP: bodies ===

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
    assert_eq!(outcome(stuck).await, "body_timeout");
}

#[tokio::test]
async fn a_body_that_drips_is_stopped_in_the_end() {
    let origin = Origin::start().await;
    let drip = After::Repeat(b".".to_vec(), Duration::from_millis(20));
    origin.script("/", [ok("").header("Content-Length", "100000").then(drip)]);
    let fetcher = HttpFetcher::new(FetchSettings {
        total_timeout: Duration::from_millis(200),
        ..settings()
    });
    let exchange = fetcher.unwrap().fetch(request(&origin.url("/"))).await;
    assert_eq!(exchange.outcome.id(), "total_timeout");
    assert!(exchange.timings.total < Duration::from_secs(1));
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

// === Content codings ===

const PAGE: &str = "<p>hello hello hello hello hello</p>";

fn coded(coding: &str, body: impl Into<Vec<u8>>) -> Answer {
    bytes(body)
        .header("Content-Type", "text/html")
        .header("Content-Encoding", coding)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn raw_deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn br(data: &[u8]) -> Vec<u8> {
    let mut coded = Vec::new();
    brotli::CompressorWriter::new(&mut coded, 4096, 5, 22)
        .write_all(data)
        .unwrap();
    coded
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).unwrap()
}

#[tokio::test]
async fn every_coding_is_undone() {
    let (one, two) = PAGE.as_bytes().split_at(10);
    let cases = [
        ("gzip", gzip(PAGE.as_bytes())),
        ("x-gzip", gzip(PAGE.as_bytes())),
        ("gzip", [gzip(one), gzip(two)].concat()),
        (
            "gzip",
            [gzip(PAGE.as_bytes()), b"\0\0rubbish".to_vec()].concat(),
        ),
        ("deflate", zlib(PAGE.as_bytes())),
        ("deflate", raw_deflate(PAGE.as_bytes())),
        ("br", br(PAGE.as_bytes())),
        ("zstd", zstd(PAGE.as_bytes())),
        ("zstd", [zstd(one), zstd(two)].concat()),
        ("identity", PAGE.into()),
        ("UTF-8", PAGE.into()),
        ("br, gzip", gzip(&br(PAGE.as_bytes()))),
        ("gzip, gzip", gzip(&gzip(PAGE.as_bytes()))),
    ];
    for (coding, body) in cases {
        let wire = body.len() as u64;
        let exchange = fetch(coded(coding, body)).await;
        assert_eq!(
            exchange.outcome.id(),
            "ok_html",
            "{coding}: {}",
            exchange.fault
        );
        assert_eq!(String::from_utf8_lossy(&exchange.body), PAGE, "{coding}");
        assert_eq!(
            (exchange.wire_bytes, exchange.decoded_bytes),
            (wire, PAGE.len() as u64)
        );
    }
    assert_eq!(fetch(coded("gzip", "")).await.outcome.id(), "ok_html");
}

#[tokio::test]
async fn a_body_that_does_not_decode_is_a_bad_encoding() {
    let long: Vec<u8> = (0..100_000u32)
        .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
        .collect();
    for (coding, body) in [
        ("gzip", gzip(&long)),
        ("deflate", zlib(&long)),
        ("deflate", raw_deflate(&long)),
        ("br", br(&long)),
        ("zstd", zstd(&long)),
    ] {
        let cut = body[..body.len() - 5].to_vec();
        assert_eq!(
            outcome(coded(coding, cut)).await,
            "bad_encoding",
            "{coding} cut"
        );
    }
    let mut wrong = gzip(&long);
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert_eq!(outcome(coded("gzip", wrong)).await, "bad_encoding");
    for coding in ["gzip", "br", "zstd", "deflate"] {
        let plain = coded(coding, "<p>I am not compressed at all</p>");
        assert_eq!(outcome(plain).await, "bad_encoding", "{coding}");
    }
    let thrice = coded("gzip, gzip, gzip", gzip(&gzip(&gzip(b"x"))));
    assert_eq!(outcome(thrice).await, "bad_encoding");
}

#[tokio::test]
async fn bombs_go_off_under_the_cap() {
    let zeros = vec![0; 64 << 20];
    let bombs = [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("br", br(&zeros)),
        ("zstd", zstd(&zeros)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
    ];
    for (coding, bomb) in bombs {
        let started = Instant::now();
        let exchange = fetch(coded(coding, bomb)).await;
        assert_eq!(exchange.outcome.id(), "too_large", "{coding}");
        assert_eq!(
            (exchange.body.len(), exchange.decoded_bytes),
            (1 << 20, 1 << 20)
        );
        assert!(exchange.body.capacity() <= 4 << 20);
        assert!(started.elapsed() < Duration::from_secs(5), "{coding}");
    }
}

#[tokio::test]
async fn an_endless_bomb_is_stopped_early() {
    // A raw block of a mebibyte of zeros that can follow itself for ever.
    let mut block = Vec::with_capacity(8192);
    let mut encoder = flate2::Compress::new(flate2::Compression::fast(), false);
    let zeros = vec![0; 1 << 20];
    encoder
        .compress_vec(&zeros, &mut block, flate2::FlushCompress::Full)
        .unwrap();
    let head = [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n".as_slice(),
        b"\x1f\x8b\x08\0\0\0\0\0\0\xff",
    ]
    .concat();
    let endless = raw(head).then(After::Repeat(block, Duration::ZERO));
    let exchange = fetch(endless).await;
    assert_eq!(
        (exchange.outcome.id(), exchange.body.len()),
        ("too_large", 1 << 20)
    );
    assert!(exchange.wire_bytes < 1 << 20);
}

// === TCP ===

#[tokio::test]
async fn a_full_accept_queue_is_a_connect_timeout() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let connecting = tokio::net::TcpStream::connect(address);
        waiting.push(tokio::time::timeout(Duration::from_millis(50), connecting).await);
    }
    let exchange = fetcher()
        .fetch(request(&format!("http://{address}/")))
        .await;
    assert_eq!(exchange.outcome.id(), "connect_timeout");
    assert_eq!(exchange.fault, "connect timed out");
    assert!(exchange.timings.total < Duration::from_secs(1));
}

#[tokio::test]
async fn addresses_that_are_not_public_are_not_asked() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        private_addresses: false,
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let loopback = fetcher.fetch(request(&origin.url("/"))).await;
    assert_eq!(loopback.outcome.id(), "connect_unreachable");
    assert_eq!(loopback.fault, "address 127.0.0.1 is not public");
    let named = fetcher.fetch(request("http://private.example/")).await;
    assert_eq!(named.fault, "address 10.0.0.1 is not public");
    let localhost = fetcher
        .fetch(request(&origin.url_as("localhost", "/")))
        .await;
    assert_eq!(localhost.outcome.id(), "connect_unreachable");
    assert!(origin.requests().is_empty());
}

// === DNS ===

async fn named(host: &str) -> Exchange {
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    fetcher
        .unwrap()
        .fetch(request(&format!("http://{host}.example/")))
        .await
}

#[tokio::test]
async fn failures_of_name_service_are_told_apart() {
    for (host, words) in [
        ("nxdomain", "name does not exist"),
        ("nodata", "name has no address"),
        ("servfail", "name server failed"),
        ("refused", "name server refused the query"),
    ] {
        let exchange = named(host).await;
        assert_eq!(exchange.outcome.id(), format!("dns_{host}"));
        assert_eq!(exchange.fault, words);
        assert!(exchange.timings.dns.is_some() && exchange.timings.connect.is_none());
    }
    let exchange = named("silent").await;
    assert_eq!(exchange.outcome.id(), "dns_timeout");
    assert!(exchange.timings.total < Duration::from_secs(1));
}

#[tokio::test]
async fn a_name_is_asked_once_and_its_time_is_told() {
    let origin = Origin::start().await;
    origin.page("/", "<p>named</p>");
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let mut fresh = request(&origin.url_as("www.example", "/"));
    fresh.connection = Connection::Fresh;
    for _ in 0..3 {
        let exchange = fetcher.fetch(fresh.clone()).await;
        assert_eq!(exchange.outcome.id(), "ok_html");
        assert!(exchange.timings.dns.is_some() && exchange.timings.connect.is_some());
    }
    assert_eq!(names.asked("www.example"), 2, "A and AAAA, once each");
    let host = format!("www.example:{}", origin.address().port());
    assert_eq!(origin.requests()[0].header("host"), Some(host.as_str()));
}

#[tokio::test]
async fn an_override_stands_above_name_service_and_guard() {
    let origin = Origin::start().await;
    origin.page("/", "<p>staging</p>");
    let port = origin.address().port();
    let fetcher = HttpFetcher::new(FetchSettings {
        private_addresses: false,
        overrides: vec![format!("www.example.com:{port}:127.0.0.1").parse().unwrap()],
        ..settings()
    });
    let exchange = fetcher
        .unwrap()
        .fetch(request(&origin.url_as("www.example.com", "/")))
        .await;
    assert_eq!(exchange.outcome.id(), "ok_html");
}

// === TLS ===

/// Fetches over TLS from `localhost`, trusting one authority.
async fn over_tls(authority: &Authority, origin: &Origin) -> Exchange {
    trusting(authority)
        .fetch(request(&origin.url_as("localhost", "/")))
        .await
}

fn trusting(authority: &Authority) -> HttpFetcher {
    let fetcher = HttpFetcher::new(FetchSettings {
        extra_roots: vec![authority.root.clone()],
        ..settings()
    });
    fetcher.expect("settings in order")
}

#[tokio::test]
async fn a_good_certificate_is_accepted_and_its_handshake_timed() {
    let authority = Authority::named("Known");
    let origin = Origin::start_tls(authority.server("localhost")).await;
    origin.page("/", "<p>safe</p>");
    let exchange = over_tls(&authority, &origin).await;
    assert_eq!(exchange.outcome.id(), "ok_html", "{}", exchange.fault);
    assert!(exchange.timings.connect.is_some() && exchange.timings.tls.is_some());
}

#[tokio::test]
async fn bad_certificates_are_told_apart() {
    let (authority, stranger) = (Authority::named("Known"), Authority::named("Stranger"));
    let cases = [
        (
            authority.expired_server("localhost"),
            "tls_expired",
            "certificate expired 2021-01-02",
        ),
        (
            authority.server("example.org"),
            "tls_name",
            "certificate is for another name",
        ),
        (
            stranger.server("localhost"),
            "tls_untrusted",
            "certificate issuer unknown or intermediate missing",
        ),
        (
            tls::self_signed_server("localhost"),
            "tls_self_signed",
            "self-signed certificate",
        ),
    ];
    for (server, id, words) in cases {
        let origin = Origin::start_tls(server).await;
        let exchange = over_tls(&authority, &origin).await;
        assert_eq!(
            (exchange.outcome.id(), exchange.fault.as_str()),
            (id, words)
        );
        assert!(origin.requests().is_empty());
    }
}

#[tokio::test]
async fn insecure_accepts_what_is_bad() {
    let origin = Origin::start_tls(tls::self_signed_server("example.org")).await;
    origin.page("/", "<p>whatever</p>");
    let fetcher = HttpFetcher::new(FetchSettings {
        insecure: true,
        ..settings()
    })
    .unwrap();
    let exchange = fetcher
        .fetch(request(&origin.url_as("localhost", "/")))
        .await;
    assert_eq!(exchange.outcome.id(), "ok_html");
}

/// A TCP server that reads the ClientHello and then does as it is told.
async fn at_client_hello(reply: &'static [u8], after: After) -> Exchange {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.read(&mut [0; 4096]).await.unwrap();
        tcp.write_all(reply).await.unwrap();
        match after {
            After::Reset => tcp.set_zero_linger().unwrap(),
            After::Hang => drop(tcp.read(&mut [0]).await),
            _ => tcp.shutdown().await.unwrap(),
        }
    });
    fetcher()
        .fetch(request(&format!("https://localhost:{}/", address.port())))
        .await
}

#[tokio::test]
async fn broken_handshakes_are_told_apart() {
    let alert = |code| match code {
        112 => b"\x15\x03\x03\0\x02\x02\x70",
        _ => b"\x15\x03\x03\0\x02\x02\x28",
    };
    let plain = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let cases: [(&[u8], After, &str); 6] = [
        (alert(112), After::Close, "tls_sni_rejected"),
        (alert(40), After::Close, "tls_handshake"),
        (plain, After::Close, "tls_not_tls"),
        (b"", After::Close, "tls_handshake"),
        (b"", After::Reset, "connect_reset"),
        (b"", After::Hang, "tls_handshake"),
    ];
    for (reply, after, id) in cases {
        let exchange = at_client_hello(reply, after.clone()).await;
        assert_eq!(
            exchange.outcome.id(),
            id,
            "{reply:?} {after:?} {}",
            exchange.fault
        );
        assert!(exchange.timings.total < Duration::from_secs(2));
    }
}

// === HTTP/2 ===

async fn over_h2(answer: H2Answer) -> (Exchange, usize) {
    let authority = Authority::named("Known");
    let (address, asked) = tls::h2_server(authority.server("localhost"), answer).await;
    let url = format!("https://localhost:{}/", address.port());
    let exchange = trusting(&authority).fetch(request(&url)).await;
    (exchange, asked.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_page_comes_over_http2() {
    let (exchange, _) = over_h2(H2Answer::Page).await;
    assert_eq!(exchange.outcome.id(), "ok_html", "{}", exchange.fault);
    assert_eq!(exchange.version.map(|v| v.name()), Some("2"));
    assert_eq!(exchange.body, b"<p>two</p>");
}

#[tokio::test]
async fn broken_streams_are_told_and_never_asked_for_again() {
    let cases = [
        H2Answer::Reset(h2::Reason::INTERNAL_ERROR),
        H2Answer::Reset(h2::Reason::REFUSED_STREAM),
        H2Answer::ResetInBody(h2::Reason::CANCEL),
        H2Answer::GoAway(h2::Reason::ENHANCE_YOUR_CALM),
        H2Answer::GoAway(h2::Reason::NO_ERROR),
    ];
    for answer in cases {
        let (exchange, asked) = over_h2(answer).await;
        assert_eq!(
            exchange.outcome.id(),
            "http2_stream_error",
            "{answer:?} {}",
            exchange.fault
        );
        assert_eq!(asked, 1, "{answer:?}");
    }
}

// === What is sent ===

#[tokio::test]
async fn secrets_go_to_the_site_and_nowhere_else() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let mut headers = http::HeaderMap::new();
    headers.insert("x-key", http::HeaderValue::from_static("hunter2"));
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        run: Some(http::HeaderValue::from_static("r1")),
        secrets: Secrets {
            headers,
            basic_auth: Some(("user".into(), Some("pass".into()))),
            cookies: Some(http::HeaderValue::from_static("session=1")),
        },
        secrets_for: SecretsFor::hosts(["site.example"]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    for host in ["site.example", "other.example"] {
        fetcher.fetch(request(&origin.url_as(host, "/"))).await;
    }
    let seen = origin.requests();
    let secrets = ["x-key", "authorization", "cookie", "x-gatecrawl-run"];
    let sent = secrets.map(|name| seen[0].header(name));
    assert_eq!(
        sent,
        [
            Some("hunter2"),
            Some("Basic dXNlcjpwYXNz"),
            Some("session=1"),
            Some("r1")
        ]
    );
    assert_eq!(secrets.map(|name| seen[1].header(name)), [None; 4]);
    for seen in seen {
        assert_eq!(
            seen.header("accept-encoding"),
            Some("gzip, deflate, br, zstd")
        );
        assert!(seen.header("user-agent").unwrap().starts_with("gatecrawl/"));
        assert!(seen.header("accept").unwrap().starts_with("text/html"));
    }
}

#[tokio::test]
async fn a_proxy_is_asked_for_everything() {
    let proxy = Origin::start().await;
    proxy.script("http://site.example/a", [ok("<p>by proxy</p>")]);
    let address = proxy.address();
    let fetcher = HttpFetcher::new(FetchSettings {
        private_addresses: false,
        proxy: Some(format!("http://user:pass@{address}")),
        ..settings()
    });
    let exchange = fetcher
        .unwrap()
        .fetch(request("http://site.example/a"))
        .await;
    assert_eq!(exchange.outcome.id(), "ok_html", "{}", exchange.fault);
    let seen = proxy.requests();
    assert_eq!(
        seen[0].header("proxy-authorization"),
        Some("Basic dXNlcjpwYXNz")
    );
}
