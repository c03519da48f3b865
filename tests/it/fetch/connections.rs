//! Connections that do not come about, and addresses that are left alone.

use std::time::Duration;

use gatecrawl::fetch::{DnsSource, FetchSettings, Fetcher, HttpFetcher, Named};

use super::{fetcher, hasty, request, settings};
use crate::answer::{After, ok};
use crate::nameserver::NameServer;
use crate::origin::Origin;

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
    let exchange = hasty().fetch(request(&format!("http://{address}/"))).await;
    assert_eq!(exchange.outcome.id(), "connect_timeout");
    assert_eq!(exchange.fault, "connect timed out");
    assert!(exchange.timings.total < Duration::from_secs(5));
}

#[tokio::test]
async fn addresses_that_are_not_public_are_not_asked() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        named: Named::default(),
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let loopback = fetcher.fetch(request(&origin.url("/"))).await;
    assert_eq!(loopback.outcome.id(), "address_refused");
    assert_eq!(loopback.fault, "address 127.0.0.1 is not public");
    let by_name = fetcher.fetch(request("http://private.example/")).await;
    assert_eq!(by_name.outcome.id(), "address_refused");
    assert_eq!(by_name.fault, "address 10.0.0.1 is not public");
    let localhost = fetcher
        .fetch(request(&origin.url_as("localhost", "/")))
        .await;
    assert_eq!(localhost.outcome.id(), "address_refused");
    // An address to some, a name to the URL standard.
    let dotted = fetcher
        .fetch(request(&origin.url_as("127.0.0.1..", "/")))
        .await;
    assert_eq!(dotted.outcome.id(), "address_refused");
    assert!(origin.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_closed_after_an_answer_is_not_held_against_the_next_page() {
    const AT_ONCE: usize = 16;
    let origin = Origin::start().await;
    let fetcher = fetcher();
    for round in 0..20 {
        let paths: Vec<String> = (0..AT_ONCE).map(|n| format!("/{round}/{n}")).collect();
        for path in &paths {
            origin.script(path, [ok("<p>once</p>").then(After::Close)]);
        }
        let exchanges = paths.iter().map(|path| {
            let (fetcher, asking) = (fetcher.clone(), request(&origin.url(path)));
            tokio::spawn(async move { fetcher.fetch(asking).await })
        });
        let exchanges = futures_util::future::join_all(exchanges).await;
        let seen = origin.requests();
        for (path, exchange) in paths.iter().zip(exchanges) {
            let exchange = exchange.unwrap();
            let asked = seen.iter().any(|request| request.path == *path);
            assert!(
                asked || exchange.reused,
                "{path} {} {}",
                exchange.outcome,
                exchange.fault
            );
        }
    }
}
