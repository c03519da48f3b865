//! Requests made in another way than our own: as another client, over another protocol, at a chosen
//! address.

use std::net::{IpAddr, Ipv4Addr};

use gatecrawl::fetch::{
    DnsSource, FetchSettings, Fetcher, HttpFetcher, Named, ProxyAddress, Secrets, SecretsFor,
};
use gatecrawl::model::{
    ClientPreset, Coding, Cookies, CrawlUrl, Guise, Protocol, Request, Version,
};
use http::{HeaderMap, HeaderValue};

use super::{asking, fetcher, request, settings};
use crate::nameserver::NameServer;
use crate::origin::Origin;
use crate::tls::{self, Authority, H2Answer};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn as_browser(url: &str) -> Request {
    Request {
        guise: ClientPreset::named("chrome").map(Guise::from),
        ..request(url)
    }
}

#[tokio::test]
async fn a_browser_is_imitated_as_far_as_its_headers_go() {
    let origin = Origin::start().await;
    let fetcher = fetcher();
    fetcher.fetch(as_browser(&origin.url("/"))).await;
    fetcher.fetch(request(&origin.url("/"))).await;
    fetcher
        .fetch(Request {
            guise: Some(Guise::called("AcmeBot/2.0")),
            ..request(&origin.url("/"))
        })
        .await;
    let seen = origin.requests();
    let agent = |at: usize| seen[at].header("user-agent").unwrap();
    assert_eq!(agent(0), ClientPreset::BROWSER.user_agent);
    assert!(
        ClientPreset::BROWSER.headers.is_empty(),
        "an experiment changes one thing"
    );
    assert!(seen[0].header("accept").unwrap().contains("image/avif"));
    assert_eq!(seen[0].header("accept-language"), Some("en-US,en;q=0.9"));
    let named = |name: &str| {
        let fields = seen[0].headers.iter();
        fields.filter(|(given, _)| given == name).count()
    };
    assert_eq!((named("accept"), named("user-agent")), (1, 1));
    assert!(agent(1).starts_with("gatecrawl/"));
    assert_eq!(seen[1].header("accept-language"), None);
    assert_eq!(agent(2), "AcmeBot/2.0");
    assert_eq!(seen[1].header("accept"), seen[2].header("accept"));
}

#[tokio::test]
async fn a_browser_is_given_the_secrets_of_the_site_and_no_others() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let headers = [("x-key", "hunter2"), ("accept-language", "de")].map(|(name, value)| {
        let name = http::HeaderName::from_static(name);
        (name, HeaderValue::from_static(value))
    });
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        secrets: Secrets {
            headers: HeaderMap::from_iter(headers),
            ..Secrets::default()
        },
        secrets_for: SecretsFor::hosts(["site.example"]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    for host in ["site.example", "other.example"] {
        fetcher.fetch(as_browser(&origin.url_as(host, "/"))).await;
    }
    let seen = origin.requests();
    let sent = |at: usize| ["x-key", "accept-language"].map(|name| seen[at].header(name));
    assert_eq!(sent(0), [Some("hunter2"), Some("de")]);
    assert_eq!(sent(1), [None, Some("en-US,en;q=0.9")]);
}

#[tokio::test]
async fn compression_and_cookies_can_be_done_without() {
    let origin = Origin::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        secrets: Secrets {
            cookies: Some(HeaderValue::from_static("id=1")),
            ..Secrets::default()
        },
        secrets_for: SecretsFor::hosts(["127.0.0.1"]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let usual = request(&origin.url("/"));
    assert!(fetcher.sends_cookies(&usual.url));
    let plain = Request {
        coding: Coding::Identity,
        ..usual.clone()
    };
    let bare = Request {
        cookies: Cookies::Without,
        ..usual.clone()
    };
    for asked in [usual, plain, bare] {
        fetcher.fetch(asked).await;
    }
    let seen = origin.requests();
    let sent = |at: usize| ["accept-encoding", "cookie"].map(|name| seen[at].header(name));
    let codings = Some("gzip, deflate, br, zstd");
    assert_eq!(sent(0), [codings, Some("id=1")]);
    assert_eq!(sent(1), [Some("identity"), Some("id=1")]);
    assert_eq!(sent(2), [codings, None]);
}

#[tokio::test]
async fn a_client_that_no_header_can_name_is_told_and_not_sent() {
    let origin = Origin::start().await;
    let asked = Request {
        guise: Some(Guise::called("two\nlines")),
        ..request(&origin.url("/"))
    };
    let exchange = fetcher().fetch(asked).await;
    assert_eq!(exchange.outcome.id(), "write_failed");
    assert!(origin.requests().is_empty());
}

#[tokio::test]
async fn http1_is_asked_for_where_http2_is_there() {
    let authority = Authority::named("Known");
    let fetcher = HttpFetcher::new(FetchSettings {
        extra_roots: vec![authority.root.clone()],
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let over_http1 = |url: &str| Request {
        protocol: Protocol::Http1,
        ..request(url)
    };

    let (address, _) = tls::h2_server(authority.server("localhost"), H2Answer::Page).await;
    let url = format!("https://localhost:{}/", address.port());
    let usual = fetcher.fetch(request(&url)).await;
    assert_eq!(usual.version, Some(Version::Http2));
    let refused = fetcher.fetch(over_http1(&url)).await;
    assert_eq!(refused.version, None, "a server with HTTP/2 alone");

    let origin = Origin::start_tls(authority.server("localhost")).await;
    origin.page("/", "<p>one</p>");
    for _ in 0..2 {
        let url = origin.url_as("localhost", "/");
        let exchange = fetcher.fetch(over_http1(&url)).await;
        assert_eq!(exchange.version, Some(Version::Http11));
        assert!(!exchange.reused);
    }
}

#[tokio::test]
async fn a_chosen_address_is_asked_whatever_the_name_leads_to() {
    let origin = Origin::start().await;
    origin.page("/", "<p>this machine</p>");
    let names = NameServer::start().await;
    let fetcher = asking(&names);
    let url = origin.url_as("nxdomain.example", "/");
    let asked = Request {
        address: Some(HERE),
        ..request(&url)
    };
    for _ in 0..2 {
        let exchange = fetcher.fetch(asked.clone()).await;
        assert_eq!(exchange.outcome.id(), "ok_html", "{}", exchange.fault);
        assert_eq!(exchange.remote.unwrap().ip(), HERE);
        assert!(!exchange.reused);
    }
    assert_eq!(names.asked("nxdomain.example"), 0);
    let host = format!("nxdomain.example:{}", origin.address().port());
    assert_eq!(origin.requests()[0].header("host"), Some(host.as_str()));
    let usual = fetcher.fetch(request(&url)).await;
    assert_eq!(usual.outcome.id(), "dns_nxdomain");
}

#[tokio::test]
async fn an_address_that_is_not_public_cannot_be_chosen() {
    let origin = Origin::start().await;
    let names = NameServer::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        named: Named::default(),
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    let exchange = fetcher
        .unwrap()
        .fetch(Request {
            address: Some(HERE),
            ..request(&origin.url_as("www.example", "/"))
        })
        .await;
    assert_eq!(exchange.outcome.id(), "address_refused");
    assert_eq!(exchange.fault, "address 127.0.0.1 is not public");
    assert!(origin.requests().is_empty());
}

#[tokio::test]
async fn a_name_given_by_hand_can_be_asked_at_that_address_and_no_other() {
    let origin = Origin::start().await;
    let port = origin.address().port();
    let fetcher = HttpFetcher::new(FetchSettings {
        named: Named::default(),
        overrides: vec![format!("www.example:{port}:127.0.0.1").parse().unwrap()],
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let url = CrawlUrl::parse(&origin.url_as("www.example", "/")).unwrap();
    assert_eq!(fetcher.addresses(&url).await, [HERE]);
    let at = |address: IpAddr| Request {
        address: Some(address),
        ..request(url.as_str())
    };
    let there = fetcher.fetch(at(HERE)).await;
    assert_eq!(there.status, Some(404), "{}", there.fault);
    let next_door = fetcher.fetch(at(Ipv4Addr::new(127, 0, 0, 2).into())).await;
    assert_eq!(next_door.outcome.id(), "address_refused");
}

#[tokio::test]
async fn the_addresses_of_a_host_are_those_that_may_be_asked() {
    let names = NameServer::start().await;
    let vouched = ["http://www.example/", "http://127.0.0.1:8080/"];
    let vouched = vouched.map(|text| CrawlUrl::parse(text).unwrap());
    let fetcher = HttpFetcher::new(FetchSettings {
        named: Named::of(&vouched),
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let cases: [(&str, &[IpAddr]); 4] = [
        ("http://www.example/", &[HERE]),
        ("http://private.example/", &[]),
        ("http://servfail.example/", &[]),
        ("http://127.0.0.1:8080/", &[HERE]),
    ];
    for (url, expected) in cases {
        let url = CrawlUrl::parse(url).unwrap();
        assert_eq!(fetcher.addresses(&url).await, expected, "{url}");
    }
}

#[tokio::test]
async fn behind_a_proxy_no_address_is_known_or_chosen() {
    let proxy = Origin::start().await;
    let fetcher = HttpFetcher::new(FetchSettings {
        proxy: Some(ProxyAddress::new(format!("http://{}", proxy.address()))),
        ..settings()
    });
    let fetcher = fetcher.unwrap();
    let url = CrawlUrl::parse("http://www.example/").unwrap();
    assert!(fetcher.addresses(&url).await.is_empty());
    let exchange = fetcher
        .fetch(Request {
            address: Some(HERE),
            ..request(url.as_str())
        })
        .await;
    assert_eq!(exchange.outcome.id(), "address_refused");
    assert!(proxy.requests().is_empty());
}
