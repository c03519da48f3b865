//! Where a redirect or a link leads: secrets go along to the site itself and to nobody else, whatever the protocol.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::{core, plain_canary};
use crate::answer::redirect;
use crate::cli::{Said, Workdir, output};
use crate::origin::{Origin, Seen};
use crate::tls::self_signed_server;

const FIELDS: [&str; 3] = ["authorization", "cookie", "x-key"];

/// Audits an address and what it leads to, with all kinds of secrets.
async fn audit(workdir: &Workdir, url: &str, more: &[String]) -> Said {
    let fixed = [
        "audit",
        url,
        "--external",
        "--no-sitemap",
        "--insecure",
        "--rate",
        "0",
        "--retries",
        "0",
    ];
    let more = more.iter().map(String::as_str);
    let end = ["--confirm", "none", "--no-probe"];
    let args: Vec<&str> = fixed.into_iter().chain(more).chain(end).collect();
    let mut command = workdir.command(&args);
    command
        .env(
            "GATECRAWL_BASIC_AUTH",
            format!("u:{}", plain_canary("pass")),
        )
        .env("GATECRAWL_COOKIE", format!("a={}", plain_canary("cook")))
        .env(
            "GATECRAWL_HEADER",
            format!("X-Key: {}", plain_canary("head")),
        );
    Said::from(output(command).await)
}

/// A name for an address.
fn resolve(host: &str, origin: &Origin) -> [String; 2] {
    let port = origin.address().port();
    ["--resolve".to_owned(), format!("{host}:{port}:127.0.0.1")]
}

/// Whether a request carried all secrets; panics if it carried some.
fn confided(seen: &Seen) -> bool {
    let sent = FIELDS.map(|name| seen.header(name).is_some());
    assert!(sent == [true; 3] || sent == [false; 3], "{seen:?}");
    sent[0]
}

async fn secure() -> Origin {
    Origin::start_tls(self_signed_server("site.test")).await
}

#[tokio::test]
async fn a_redirect_carries_secrets_within_the_site_alone() {
    let (site, port, other) = (secure().await, secure().await, secure().await);
    let plain = Origin::start().await;
    let plain_host = format!("site.test:{}", plain.address().port());
    let leads = [
        ("/same", site.url_as("site.test", "/landed")),
        ("/subdomain", site.url_as("sub.site.test", "/landed")),
        ("/port", port.url_as("site.test", "/landed")),
        ("/plain", plain.url_as("site.test", "/landed")),
        ("/other", other.url_as("other.test", "/hop")),
    ];
    let links: Vec<_> = leads
        .iter()
        .map(|(path, _)| format!("<a href='{path}'>x</a>"))
        .collect();
    site.page("/", &format!("<p>home {}", links.concat()));
    for (path, to) in &leads {
        site.script(path, [redirect(302, to)]);
    }
    // There and back again.
    other.script("/hop", [redirect(302, &site.url_as("site.test", "/back"))]);
    for origin in [&site, &port, &plain] {
        origin.page("/landed", "<p>landed");
        origin.page("/back", "<p>back");
    }
    let workdir = Workdir::new();
    let mut more = [resolve("site.test", &site), resolve("sub.site.test", &site)].concat();
    more.extend(resolve("site.test", &port));
    more.extend(resolve("site.test", &plain));
    more.extend(resolve("other.test", &other));
    // Even where its plain twin belongs to the site.
    more.extend(["--host".to_owned(), plain_host]);
    let said = audit(&workdir, &site.url_as("site.test", "/"), &more).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let host = |seen: &Seen| seen.header("host").expect("a host").to_owned();
    for seen in site.requests() {
        assert_eq!(
            confided(&seen),
            host(&seen).starts_with("site.test:"),
            "{seen:?}"
        );
    }
    let paths = |origin: &Origin| -> Vec<String> {
        origin
            .requests()
            .iter()
            .map(|seen| format!("{}{}", host(seen), seen.path))
            .collect()
    };
    let all = paths(&site);
    for (start, end) in [
        ("site.test", "/landed"),
        ("sub.site.test", "/landed"),
        ("site.test", "/back"),
    ] {
        assert!(
            all.iter()
                .any(|path| path.starts_with(start) && path.ends_with(end)),
            "{start} {end}: {all:?}"
        );
    }
    for (origin, end) in [(&port, "/landed"), (&plain, "/landed"), (&other, "/hop")] {
        assert!(
            paths(origin).iter().any(|path| path.ends_with(end)),
            "{end}: {}",
            said.err
        );
        for seen in origin.requests() {
            assert!(!confided(&seen), "{seen:?}");
        }
    }
}

#[tokio::test]
async fn a_plain_site_gives_its_secrets_to_no_other_port_or_host() {
    let (site, port, other) = (
        Origin::start().await,
        Origin::start().await,
        Origin::start().await,
    );
    site.page("/", "<p>home <a href='/port'>p</a><a href='/other'>o</a>");
    site.script(
        "/port",
        [redirect(307, &port.url_as("127.0.0.1", "/landed"))],
    );
    site.script(
        "/other",
        [redirect(308, &other.url_as("localhost", "/hop"))],
    );
    other.script("/hop", [redirect(301, &site.url("/back"))]);
    site.page("/back", "<p>back");
    let said = audit(&Workdir::new(), &site.url("/"), &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(site.requests().iter().all(confided));
    assert!(site.requests().iter().any(|seen| seen.path == "/back"));
    for origin in [&port, &other] {
        assert!(!origin.requests().is_empty());
        assert!(!origin.requests().iter().any(confided));
    }
}

/// A request as HTTP/2 carries it: its path and its header fields.
type H2Seen = Arc<Mutex<Vec<(String, http::HeaderMap)>>>;

/// An HTTP/2 server that redirects one path and serves all others.
async fn h2_redirecting(from: &'static str, to: String) -> (std::net::SocketAddr, H2Seen) {
    let mut tls = self_signed_server("site.test");
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(tls));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let seen = H2Seen::default();
    let book = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, book, to) = (acceptor.clone(), Arc::clone(&book), to.clone());
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(tcp).await else {
                    return;
                };
                let Ok(mut connection) = h2::server::handshake(stream).await else {
                    return;
                };
                while let Some(Ok((asked, mut respond))) = connection.accept().await {
                    let path = asked.uri().path().to_owned();
                    let head = http::Response::builder().header("content-type", "text/html");
                    let head = if path == from {
                        head.status(302).header("location", &to)
                    } else {
                        head
                    };
                    book.lock()
                        .expect("alive")
                        .push((path, asked.headers().clone()));
                    let head = head.body(()).expect("a head");
                    if let Ok(mut body) = respond.send_response(head, false) {
                        let page = format!("<p>two <a href='{from}'>x</a>");
                        let _ = body.send_data(page.into(), true);
                    }
                }
            });
        }
    });
    (address, seen)
}

#[tokio::test]
async fn a_redirect_carries_secrets_within_the_site_alone_over_http2() {
    let other = secure().await;
    let (address, seen) = h2_redirecting("/other", other.url_as("other.test", "/hop")).await;
    let home = format!("https://site.test:{}/", address.port());
    other.script("/hop", [redirect(302, &format!("{home}back"))]);
    let mut more = resolve("other.test", &other).to_vec();
    more.extend([
        "--resolve".to_owned(),
        format!("site.test:{}:127.0.0.1", address.port()),
    ]);
    let said = audit(&Workdir::new(), &home, &more).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let seen = seen.lock().expect("alive");
    assert!(seen.iter().any(|(path, _)| path == "/back"), "{}", said.err);
    for (path, headers) in seen.iter() {
        assert!(
            FIELDS.iter().all(|name| headers.contains_key(*name)),
            "{path}"
        );
    }
    assert!(other.requests().iter().any(|seen| seen.path == "/hop"));
    assert!(!other.requests().iter().any(confided));
}

/// A proxy that connects to one origin, whatever it is asked for; it notes the heads of what it is asked.
async fn tunnel(origin: &Origin) -> (std::net::SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (heads, target) = (Arc::<Mutex<Vec<String>>>::default(), origin.address());
    let book = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let book = Arc::clone(&book);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = client.read_u8().await else {
                        return;
                    };
                    head.push(byte);
                }
                let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
                book.lock().expect("alive").push(head);
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                if let Ok(mut server) = TcpStream::connect(target).await {
                    let _ = copy_bidirectional(&mut client, &mut server).await;
                }
            });
        }
    });
    (address, heads)
}

#[tokio::test]
async fn a_proxy_is_told_its_own_password_and_the_site_its_own() {
    let site = secure().await;
    site.page("/", "<p>home");
    let (proxy, heads) = tunnel(&site).await;
    let workdir = Workdir::new();
    let address = format!("http://me:{}@{proxy}", core("prox"));
    let said = audit(
        &workdir,
        "https://site.test/",
        &["--proxy".to_owned(), address],
    )
    .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let heads = heads.lock().expect("alive");
    assert!(!heads.is_empty());
    for head in heads.iter() {
        assert!(
            head.starts_with("connect site.test:443 ")
                && head.contains("\nproxy-authorization: basic "),
            "{head}"
        );
        for name in ["\nauthorization", "cookie", "x-key"] {
            assert!(!head.contains(name), "{head}");
        }
    }
    assert!(!site.requests().is_empty());
    for seen in site.requests() {
        assert!(
            confided(&seen) && seen.header("proxy-authorization").is_none(),
            "{seen:?}"
        );
    }
}
