//! How the site of an audit is reached, and how its requests are made.

use std::collections::HashSet;
use std::sync::Arc;

use http::HeaderValue;

use crate::crawl::Site;
use crate::fetch::{FetchSettings, HostOverride, Named, ProxyAddress, Secrets, SecretsFor};
use crate::machine::{idle_per_host, most_open};
use crate::model::{CrawlUrl, HostKey, ScopePlan, Sitemaps};

/// How the site is reached. Not part of the plan, because some of it is secret.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// What only the site itself may see.
    pub secrets: Secrets,
    /// Addresses given by hand.
    pub overrides: Vec<HostOverride>,
    /// A proxy for everything.
    pub proxy: Option<ProxyAddress>,
    /// Accept every certificate.
    pub insecure: bool,
    /// Never speak HTTP/2.
    pub http1_only: bool,
}

/// How the requests of an audit are made, named `token` towards the site.
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

/// The hosts that the user named: those of start pages, of sitemaps and of `--host`.
fn named(scope: &ScopePlan) -> Named {
    let sitemaps = match &scope.sitemaps {
        Sitemaps::Off => &[][..],
        Sitemaps::Discovered(named) => named,
    };
    // Either scheme, on the port that is given or the usual ones.
    let hosts = scope.hosts.iter().flat_map(|host| {
        let schemes = ["http", "https"].into_iter();
        schemes.filter_map(move |scheme| CrawlUrl::parse(&format!("{scheme}://{host}/")).ok())
    });
    let hosts: Vec<CrawlUrl> = hosts.collect();
    Named::of(scope.seeds.iter().chain(sitemaps).chain(&hosts))
}

/// Which URLs may be sent secrets in clear: those at a place that was itself named with `http`. A
/// password meant for an encrypted site must not follow a link to its plain twin.
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
    fn a_plain_seed_speaks_for_its_own_host_alone() {
        let url = |text| CrawlUrl::parse(text).expect("a URL");
        let seeds = [url("http://plain.example/a"), url("https://safe.example/")];
        let may = may_be_overheard(&seeds);
        assert!(may(&url("http://plain.example/b")));
        assert!(!may(&url("http://safe.example/")));
        assert!(!may(&url("http://plain.example:8080/")));
    }
}
