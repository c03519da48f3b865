//! Name service: its failures, its cache and the ways around it.

use std::time::Duration;

use gatecrawl::fetch::{DnsSource, FetchSettings, Fetcher, HttpFetcher, Named};
use gatecrawl::model::{Connection, CrawlUrl, Exchange};

use super::{SHORT, asking, request, settings};
use crate::nameserver::NameServer;
use crate::origin::Origin;

async fn named(host: &str) -> Exchange {
    let names = NameServer::start().await;
    let fetcher = asking(&names);
    let url = format!("http://{host}.example/");
    fetcher.fetch(request(&url)).await
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
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        dns_timeout: SHORT,
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let exchange = fetcher.fetch(request("http://silent.example/")).await;
    assert_eq!(exchange.outcome.id(), "dns_timeout");
    assert!(exchange.timings.total < Duration::from_secs(5));
}

#[tokio::test]
async fn a_name_is_asked_once_and_its_time_is_told() {
    let origin = Origin::start().await;
    origin.page("/", "<p>named</p>");
    let names = NameServer::start().await;
    let fetcher = asking(&names);
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
        named: Named::default(),
        overrides: vec![format!("www.example.com:{port}:127.0.0.1").parse().unwrap()],
        ..settings()
    });
    let exchange = fetcher
        .unwrap()
        .fetch(request(&origin.url_as("www.example.com", "/")))
        .await;
    assert_eq!(exchange.outcome.id(), "ok_html");
}

fn naming(names: &NameServer, urls: &[&str]) -> HttpFetcher {
    let urls: Vec<CrawlUrl> = urls
        .iter()
        .map(|text| CrawlUrl::parse(text).expect("a URL"))
        .collect();
    let fetcher = HttpFetcher::new(FetchSettings {
        named: Named::of(&urls),
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    fetcher.expect("settings in order")
}

#[tokio::test]
async fn a_name_that_moves_to_another_network_is_requested_there_no_more() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let url = origin.url_as("rebound.example", "/");
    let fetcher = naming(&names, &[&url]);
    let mut fresh = request(&url);
    fresh.connection = Connection::Fresh;
    let first = fetcher.fetch(fresh.clone()).await;
    assert_eq!(first.status, Some(404), "{}", first.fault);
    // An answer that is not to be kept is kept for five seconds.
    tokio::time::sleep(Duration::from_millis(5_200)).await;
    let later = fetcher.fetch(fresh).await;
    assert_eq!(later.outcome.id(), "address_refused");
    assert_eq!(later.fault, "address 10.0.0.1 is not public");
}

#[tokio::test]
async fn a_private_network_is_open_only_where_a_page_of_it_led() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let site = origin.url_as("www.example", "/");
    let (next, literal) = (origin.url_as("next.example", "/"), origin.url("/"));
    let fetcher = naming(&names, &[&site, "http://nxdomain.example/"]);
    let outcome = async |url: &str| fetcher.fetch(request(url)).await.outcome.id();
    assert_eq!(outcome(&site).await, "client_404");
    let parse = |text: &str| CrawlUrl::parse(text).unwrap();
    for url in [&next, &literal] {
        fetcher.led(&parse("http://nxdomain.example/"), &parse(url));
        assert_eq!(outcome(url).await, "address_refused", "{url}");
        fetcher.led(&parse(&site), &parse(url));
        assert_eq!(outcome(url).await, "client_404", "{url}");
    }
}
