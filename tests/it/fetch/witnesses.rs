//! Whose network is gone: what name servers and proxies tell, and who is never asked. Hosts are asked
//! in the tests against real servers, in a network of their own.

use std::time::Instant;

use gatecrawl::fetch::ProxyAddress;
use gatecrawl::model::{Network, Silence, Witnesses};

use super::*;

/// What a fetcher that asks this name server tells when it knew a name before.
async fn told(known: &str, dns_timeout: Duration) -> Network {
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        dns_timeout,
        ..settings()
    });
    let witnesses = Witnesses {
        name: Some(known.to_owned()),
        ..Witnesses::default()
    };
    fetcher.expect("settings in order").network(witnesses).await
}

fn no_name_server() -> Network {
    Network::Down(Silence {
        name_servers: vec![Ipv4Addr::LOCALHOST.into()],
        ..Silence::default()
    })
}

#[tokio::test]
async fn a_name_server_that_still_reaches_others_tells_that_the_network_is_there() {
    // The site's own may be gone: others of its top-level domain are there.
    for known in [
        "site.test",
        "site.test.",
        "nxdomain.test",
        "nodata.test",
        "servfail.test",
        "silent.test",
    ] {
        assert_eq!(told(known, SHORT).await, Network::Up, "{known}");
    }
}

#[tokio::test]
async fn a_site_whose_own_name_servers_are_silent_for_long_is_no_network_that_is_gone() {
    let long = Duration::from_secs(20);
    assert_eq!(told("silent.test", long).await, Network::Up);
}

#[tokio::test]
async fn a_name_server_that_reaches_nobody_tells_that_it_is_not() {
    for known in ["servfail", "refused", "silent"] {
        assert_eq!(told(known, SHORT).await, no_name_server(), "{known}");
    }
}

#[tokio::test]
async fn where_nobody_can_be_asked_nothing_is_told() {
    let fetcher = fetcher();
    let here = Origin::start().await;
    let place = here.address();
    let private = "10.0.0.1:80".parse().expect("a place");
    let cases = [vec![], vec![place], vec![private]];
    for others in cases {
        let witnesses = Witnesses {
            others,
            ..Witnesses::default()
        };
        let began = Instant::now();
        let told = fetcher.network(witnesses.clone()).await;
        assert_eq!(told, Network::Unknown, "{witnesses:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{witnesses:?}");
    }
}

#[tokio::test]
async fn a_proxy_of_this_machine_tells_nothing_of_its_network() {
    let proxied = HttpFetcher::new(FetchSettings {
        proxy: Some(ProxyAddress::new("socks5://127.0.0.1")),
        ..settings()
    });
    let witnesses = Witnesses {
        name: Some("site.test".to_owned()),
        ..Witnesses::default()
    };
    let told = proxied.expect("settings in order").network(witnesses).await;
    assert_eq!(told, Network::Unknown);
}
