//! What the fetcher says, and to whom.

use gatecrawl::fetch::{
    DnsSource, FetchSettings, Fetcher, HttpFetcher, Named, ProxyAddress, Secrets, SecretsFor,
};

use gatecrawl::model::LONGEST_URL;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use super::{fetcher, request, settings};
use crate::answer::{ok, status};
use crate::nameserver::NameServer;
use crate::origin::Origin;

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
            ..Secrets::default()
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
        named: Named::default(),
        proxy: Some(ProxyAddress::new(format!("http://user:pass@{address}"))),
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

#[tokio::test]
async fn the_longest_address_is_sent_whole() {
    let origin = Origin::start().await;
    let start = origin.url("/");
    let path = format!("/{}", "a".repeat(LONGEST_URL - start.len()));
    let exchange = fetcher().fetch(request(&origin.url(&path))).await;
    assert_ne!(exchange.outcome.id(), "write_failed", "{}", exchange.fault);
    assert!(origin.requests().iter().any(|request| request.path == path));
}

#[test]
fn neither_settings_nor_fetcher_show_a_password() {
    let settings = FetchSettings {
        proxy: Some(ProxyAddress::new("http://user:hunter2@127.0.0.1:1")),
        ..settings()
    };
    assert!(!format!("{settings:?}").contains("hunter2"));
    let fetcher = HttpFetcher::new(settings).unwrap();
    assert!(!format!("{fetcher:?}").contains("hunter2"));
    let bad = HttpFetcher::new(FetchSettings {
        proxy: Some(ProxyAddress::new("hunter2://:::")),
        ..super::settings()
    });
    assert_eq!(bad.unwrap_err().to_string(), "proxy address is not valid");
}

fn behind(proxy: String) -> HttpFetcher {
    let fetcher = HttpFetcher::new(FetchSettings {
        proxy: Some(ProxyAddress::new(proxy)),
        ..settings()
    });
    fetcher.expect("settings in order")
}

#[tokio::test]
async fn localhost_is_not_asked_for_at_a_proxy() {
    let proxy = Origin::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        proxy: Some(ProxyAddress::new(format!("http://{}", proxy.address()))),
        named: Named::default(),
        ..settings()
    });
    let fetcher = fetcher.expect("settings in order");
    for url in ["http://localhost/", "http://app.localhost:8080/"] {
        let exchange = fetcher.fetch(request(url)).await;
        assert_eq!(exchange.outcome.id(), "address_refused", "{url}");
    }
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn a_proxy_that_will_not_connect_is_told() {
    let proxy = Origin::start().await;
    proxy.script("site.example:443", [status(502)]);
    let fetcher = behind(format!("http://{}", proxy.address()));
    let exchange = fetcher.fetch(request("https://site.example/")).await;
    assert_eq!(exchange.outcome.id(), "connect_unreachable");
    assert_eq!(exchange.fault, "could not connect");
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn a_socks_proxy_carries_the_request() {
    let origin = Origin::start().await;
    origin.page("/", "<p>by socks</p>");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = listener.local_addr().unwrap();
    let target = origin.address();
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await.unwrap();
        // Version, one method, none needed; then CONNECT to an IPv4 address.
        client.read_exact(&mut [0; 3]).await.unwrap();
        client.write_all(&[5, 0]).await.unwrap();
        client.read_exact(&mut [0; 10]).await.unwrap();
        client
            .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            .await
            .unwrap();
        let mut server = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut client, &mut server).await;
    });
    let fetcher = behind(format!("socks5://{proxy}"));
    let exchange = fetcher.fetch(request(&origin.url("/"))).await;
    assert_eq!(exchange.outcome.id(), "ok_html", "{}", exchange.fault);
}

#[tokio::test]
async fn many_requests_at_once_are_each_sent_once() {
    let origin = Origin::start().await;
    origin.page("/", "<p>busy</p>");
    let fetcher = fetcher();
    for _ in 0..5 {
        let exchanges = (0..20).map(|_| fetcher.fetch(request(&origin.url("/"))));
        for exchange in futures_util::future::join_all(exchanges).await {
            assert_eq!(exchange.outcome.id(), "ok_html", "{}", exchange.fault);
            assert_eq!(exchange.reused, exchange.timings.connect.is_none());
        }
    }
    assert_eq!(origin.requests().len(), 100);
}
