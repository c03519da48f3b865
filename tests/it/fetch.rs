//! Every outcome a client can see, made by an origin that misbehaves just so.

mod bodies;
mod codings;
mod connections;
mod malformed;
mod names;
mod sent;
mod statuses;
mod tls;
mod varied;
mod witnesses;

use std::net::Ipv4Addr;
use std::time::Duration;

use gatecrawl::fetch::{DnsSource, FetchSettings, Fetcher, HttpFetcher, Named};
use gatecrawl::model::{CrawlUrl, Exchange, Request};

use crate::answer::Answer;
use crate::nameserver::NameServer;
use crate::origin::Origin;

fn settings() -> FetchSettings {
    FetchSettings {
        named: Named::everybody(),
        system_roots: false,
        ..FetchSettings::default()
    }
}

/// Limits for tests that wait for them to pass; others must not fail on a busy machine.
const SHORT: Duration = Duration::from_millis(200);

fn hasty() -> HttpFetcher {
    let fetcher = HttpFetcher::new(FetchSettings {
        connect_timeout: SHORT,
        idle_timeout: SHORT,
        total_timeout: SHORT,
        ..settings()
    });
    fetcher.expect("settings in order")
}

fn fetcher() -> HttpFetcher {
    HttpFetcher::new(settings()).expect("settings in order")
}

fn request(url: &str) -> Request {
    Request {
        first_byte_limit: Duration::from_secs(10),
        body_limit: 1 << 20,
        ..Request::page(CrawlUrl::parse(url).expect("a URL"))
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

/// A fetcher that asks one name server and nothing else.
fn asking(names: &NameServer) -> HttpFetcher {
    let fetcher = HttpFetcher::new(FetchSettings {
        dns: DnsSource::Servers(vec![names.address]),
        ..settings()
    });
    fetcher.expect("settings in order")
}
