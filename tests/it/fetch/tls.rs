//! TLS and what comes over it: certificates, handshakes, HTTP/2.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatecrawl::fetch::{FetchSettings, Fetcher, HttpFetcher};
use gatecrawl::model::{Exchange, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{fetcher, hasty, request, settings};
use crate::answer::{After, close, raw, reset};
use crate::origin::Origin;
use crate::tls::{self, Authority, H2Answer};

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

#[tokio::test]
async fn a_connection_that_ends_inside_the_header_block_is_like_one_that_never_answers() {
    let authority = Authority::named("Known");
    let half = raw("HTTP/1.1 200 OK\r\nContent-Ty");
    let cases = [
        (close(), "empty_reply"),
        (reset(), "reset_before_headers"),
        (half.clone(), "empty_reply"),
        (half.then(After::Reset), "reset_before_headers"),
    ];
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let origin = Origin::start_tls(authority.server_on("localhost", versions)).await;
        for (answer, id) in &cases {
            origin.script("/", [answer.clone()]);
            let exchange = over_tls(&authority, &origin).await;
            assert_eq!(exchange.outcome.id(), *id, "{answer:?} {versions:?}");
        }
    }
}

/// A TCP server that reads the ClientHello and then does as it is told.
async fn at_client_hello(reply: &'static [u8], after: After) -> Exchange {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let fetcher = match after {
        After::Hang => hasty(),
        _ => fetcher(),
    };
    tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.expect("a client");
        let hello = tcp.read(&mut [0; 4096]).await;
        assert!(hello.expect("a ClientHello") > 0);
        tcp.write_all(reply).await.expect("an open connection");
        match after {
            After::Reset => tcp.set_zero_linger().expect("a socket"),
            After::Hang => drop(tcp.read(&mut [0]).await),
            _ => tcp.shutdown().await.expect("an open connection"),
        }
    });
    let url = format!("https://localhost:{}/", address.port());
    fetcher.fetch(request(&url)).await
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
        assert!(exchange.timings.total < Duration::from_secs(5));
    }
}

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
    assert_eq!(exchange.version.map(Version::name), Some("2"));
    assert_eq!(exchange.body, b"<p>two</p>");
}

#[tokio::test]
async fn broken_streams_are_told_and_never_asked_for_again() {
    let cases = [
        H2Answer::Reset(h2::Reason::INTERNAL_ERROR),
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

#[tokio::test]
async fn a_refused_stream_is_told_from_a_broken_one() {
    let (exchange, asked) = over_h2(H2Answer::Reset(h2::Reason::REFUSED_STREAM)).await;
    assert_eq!(
        exchange.outcome.id(),
        "stream_refused",
        "{}",
        exchange.fault
    );
    assert_eq!(asked, 1);
}

/// An HTTP/2 server that says goodbye once a request is there, naming no stream as looked at.
async fn at_goodbye(reason: u8) -> Exchange {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    let authority = Authority::named("Known");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let mut config = authority.server("localhost");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a client");
        let mut line = acceptor.accept(tcp).await.expect("a client");
        line.write_all(&SETTINGS).await.expect("a client");
        line.read_exact(&mut [0; PREFACE]).await.expect("a client");
        let mut kind = 0;
        while kind != HEADERS {
            let mut head = [0; 9];
            line.read_exact(&mut head).await.expect("a client");
            kind = head[3];
            let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
            let mut payload = vec![0; length as usize];
            line.read_exact(&mut payload).await.expect("a client");
        }
        let goodbye = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, reason];
        line.write_all(&goodbye).await.expect("a client");
        let _ = line.read_to_end(&mut Vec::new()).await;
    });
    let url = format!("https://localhost:{}/", address.port());
    trusting(&authority).fetch(request(&url)).await
}

#[tokio::test]
async fn a_graceful_goodbye_refuses_what_it_leaves_out() {
    for (reason, id) in [(0, "stream_refused"), (11, "http2_stream_error")] {
        let exchange = at_goodbye(reason).await;
        assert_eq!(exchange.outcome.id(), id, "{}", exchange.fault);
    }
}

#[tokio::test]
async fn http2_is_not_offered_when_it_is_not_wanted() {
    let authority = Authority::named("Known");
    let (address, asked) = tls::h2_server(authority.server("localhost"), H2Answer::Page).await;
    let fetcher = HttpFetcher::new(FetchSettings {
        http1_only: true,
        extra_roots: vec![authority.root.clone()],
        ..settings()
    });
    let url = format!("https://localhost:{}/", address.port());
    let exchange = fetcher.unwrap().fetch(request(&url)).await;
    assert_eq!(exchange.fault, "tls alert NoApplicationProtocol");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

/// Two requests at once. One is answered on the first connection, which is then closed under the
/// other; the second connection gets ready before that, or not at all.
async fn an_overtaken_dial(ready: bool) -> Vec<Exchange> {
    let authority = Authority::named("Known");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost")));
    let server = tokio::spawn(async move {
        let (first, _) = listener.accept().await.expect("a client");
        let mut first = acceptor.accept(first).await.expect("a client");
        let mut request = [0; 4096];
        assert!(first.read(&mut request).await.expect("a client") > 0);
        let (second, _) = listener.accept().await.expect("a client");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi";
        first.write_all(answer).await.expect("a client");
        assert!(first.read(&mut request).await.expect("a client") > 0);
        if !ready {
            return (Some(second), None);
        }
        let second = acceptor.accept(second).await.expect("a client");
        // The client was through with its handshake before its last flight was here.
        drop(first);
        (None, Some(second))
    });
    let fetcher = trusting(&authority);
    let url = format!("https://localhost:{}/", address.port());
    let both = (0..2).map(|_| fetcher.fetch(request(&url)));
    let exchanges = futures_util::future::join_all(both).await;
    server.await.expect("a server that ends");
    exchanges
}

#[tokio::test]
async fn a_request_is_told_by_the_connection_that_carried_it() {
    for ready in [false, true] {
        let mut exchanges = an_overtaken_dial(ready).await;
        exchanges.sort_by_key(|exchange| exchange.outcome);
        let [answered, failed] = &exchanges[..] else {
            panic!("two requests");
        };
        assert_eq!(answered.outcome.id(), "ok_html", "{}", answered.fault);
        assert!(!answered.reused);
        assert_eq!(failed.outcome.id(), "empty_reply", "{}", failed.fault);
        assert!(failed.reused, "ready: {ready}");
        assert_eq!(failed.timings.tls, None);
    }
}
