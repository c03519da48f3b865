//! The connection to the site of an audit, and the settings of its requests.

use std::collections::HashSet;
use std::sync::Arc;

use http::HeaderValue;

use crate::crawl::Site;
use crate::fetch::{FetchSettings, HostOverride, Named, ProxyAddress, Secrets, SecretsFor};
use crate::machine::{idle_per_host, most_open};
use crate::model::{CrawlUrl, HostKey, ScopePlan, Sitemaps};

/// The connection to the site. Not part of the plan, because some of it is secret.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The secrets, which only the site may see.
    pub secrets: Secrets,
    /// IP addresses of `--resolve`.
    pub overrides: Vec<HostOverride>,
    /// The proxy of all requests.
    pub proxy: Option<ProxyAddress>,
    /// Whether every certificate is accepted.
    pub insecure: bool,
    /// Whether HTTP/2 is off.
    pub http1_only: bool,
}

/// Returns the settings of the requests of an audit. They send `token` as `X-Gatecrawl-Run`.
pub fn settings(site: &Arc<Site>, network: Network, token: &str) -> FetchSettings {
    let requests = &site.plan.requests;
    let seeds = &site.plan.scope.seeds;
    let may_be_overheard = may_be_overheard(seeds);
    let theirs = Arc::clone(site);
    FetchSettings {
        user_agent: requests.user_agent.clone(),
        run: HeaderValue::from_str(token).ok(),
        secrets_for: SecretsFor::when(move |url| {
            theirs.scope.is_site(url) && (url.as_url().scheme() == "https" || may_be_overheard(url))
        }),
        named: named(&site.plan.scope),
        secrets: network.secrets,
        connect_timeout: requests.connect,
        idle_timeout: requests.body_idle,
        overrides: network.overrides,
        proxy: network.proxy,
        insecure: network.insecure,
        http1_only: network.http1_only,
        pool_per_host: idle_per_host(most_open(), site.plan.pace.concurrency as usize),
        ..FetchSettings::default()
    }
}

/// Returns the hosts that the user named: those of start pages, of sitemaps and of `--host`.
fn named(scope: &ScopePlan) -> Named {
    let sitemaps = match &scope.sitemaps {
        Sitemaps::Off => &[][..],
        Sitemaps::Discovered(named) => named,
    };
    // Both schemes, on the given port or the default ports.
    let hosts = scope.hosts.iter().flat_map(|host| {
        let schemes = ["http", "https"].into_iter();
        schemes.filter_map(move |scheme| CrawlUrl::parse(&format!("{scheme}://{host}/")).ok())
    });
    let hosts: Vec<CrawlUrl> = hosts.collect();
    Named::of(scope.seeds.iter().chain(sitemaps).chain(&hosts))
}

/// Returns a function that says whether a URL gets secrets over plain http: only URLs at a host and port that the user
/// named with `http`. A password for an https site must not follow a link to the same host over http.
fn may_be_overheard(seeds: &[CrawlUrl]) -> impl Fn(&CrawlUrl) -> bool + Send + Sync + use<> {
    let plain: HashSet<HostKey> = seeds
        .iter()
        .filter(|seed| seed.as_url().scheme() == "http")
        .map(CrawlUrl::host_key)
        .collect();
    move |url| plain.contains(&url.host_key())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_seed_counts_for_its_own_host_only() {
        let url = |text| CrawlUrl::parse(text).expect("a URL");
        let seeds = [url("http://plain.example/a"), url("https://safe.example/")];
        let may = may_be_overheard(&seeds);
        assert!(may(&url("http://plain.example/b")));
        assert!(!may(&url("http://safe.example/")));
        assert!(!may(&url("http://plain.example:8080/")));
    }
}
