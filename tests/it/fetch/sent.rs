//! What the fetcher says, and to whom.

use gatecrawl::fetch::{
    DnsSource, FetchSettings, Fetcher, HttpFetcher, ProxyAddress, Secrets, SecretsFor,
};

use super::{fetcher, request, settings};
use crate::answer::ok;
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
async fn an_address_too_long_for_a_request_is_told_and_not_sent() {
    let origin = Origin::start().await;
    let url = origin.url(&format!("/{}", "a".repeat(70_000)));
    let exchange = fetcher().fetch(request(&url)).await;
    assert_eq!(exchange.outcome.id(), "write_failed");
    assert_eq!(exchange.fault, "request could not be made");
    assert!(!exchange.reused && origin.requests().is_empty());
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
