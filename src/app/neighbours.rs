//! Which addresses that are not public a crawl may ask: those of the network its site is in.

use std::collections::HashSet;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::{Instant, timeout_at};

use crate::fetch::{HostOverride, PrivateAddresses, is_public};
use crate::model::CrawlUrl;

/// Longest wait for all addresses. What is not known by then counts as public.
const PATIENCE: Duration = Duration::from_secs(5);

/// Names looked up at once.
const AT_ONCE: usize = 32;

/// The addresses that the site's own place in the network opens. A site that has a public address
/// is public, whatever else its name leads to. Addresses given by hand are allowed by themselves.
pub async fn private_addresses(seeds: &[CrawlUrl], overrides: &[HostOverride]) -> PrivateAddresses {
    let mut seen = HashSet::new();
    let hosts = seeds
        .iter()
        .filter(|seed| !is_given(seed, overrides))
        .map(|seed| seed.host().to_string())
        .filter(|host| seen.insert(host.clone()))
        .collect();
    around(hosts, look_up).await
}

fn is_given(seed: &CrawlUrl, overrides: &[HostOverride]) -> bool {
    let (host, port) = (
        seed.host().to_string(),
        seed.as_url().port_or_known_default(),
    );
    overrides
        .iter()
        .any(|known| known.host == host && Some(known.port) == port)
}

async fn around<F>(hosts: Vec<String>, look_up: impl Fn(String) -> F) -> PrivateAddresses
where
    F: Future<Output = Vec<IpAddr>>,
{
    let until = Instant::now() + PATIENCE;
    let mut answers = stream::iter(hosts.into_iter().map(look_up)).buffer_unordered(AT_ONCE);
    let mut private = HashSet::new();
    while let Ok(Some(addresses)) = timeout_at(until, answers.next()).await {
        if !addresses.iter().any(|address| is_public(*address)) {
            private.extend(addresses);
        }
    }
    PrivateAddresses::around(private)
}

/// The addresses of a host; none if it has none. An address is its own.
async fn look_up(host: String) -> Vec<IpAddr> {
    let host = host.trim_matches(['[', ']']);
    match tokio::net::lookup_host((host, 0)).await {
        Ok(addresses) => addresses.map(|address| address.ip()).collect(),
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        let parse = |text: &&str| text.parse().expect("an address");
        texts.iter().map(parse).collect()
    }

    async fn found(hosts: &[&str]) -> PrivateAddresses {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        around(hosts, |host| async move {
            match host.as_str() {
                "inside" => addresses(&["10.0.0.1", "10.0.0.2"]),
                "both" => addresses(&["127.0.0.1", "1.1.1.1"]),
                "silent" => std::future::pending().await,
                _ => Vec::new(),
            }
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_with_a_public_address_opens_nothing() {
        let inside = PrivateAddresses::around(addresses(&["10.0.0.1"]));
        assert_eq!(
            found(&["both", "unknown"]).await,
            PrivateAddresses::default()
        );
        assert_eq!(found(&["both", "inside"]).await, inside);
    }

    #[tokio::test(start_paused = true)]
    async fn names_are_asked_for_together_and_not_for_ever() {
        let start = Instant::now();
        let inside = PrivateAddresses::around(addresses(&["10.0.0.1"]));
        assert_eq!(found(&["silent", "silent", "inside"]).await, inside);
        assert_eq!(start.elapsed().as_secs(), PATIENCE.as_secs());
    }

    #[tokio::test]
    async fn an_address_given_by_hand_opens_no_network() {
        let seeds = ["http://10.0.0.9/", "http://a.example:81/"];
        let seeds = seeds.map(|text| CrawlUrl::parse(text).expect("a URL"));
        let given = ["a.example:81:127.0.0.1", "10.0.0.9:80:127.0.0.1"];
        let given = given.map(|text| text.parse().expect("an override"));
        let opened = private_addresses(&seeds, &given).await;
        assert_eq!(opened, PrivateAddresses::default());
    }
}
