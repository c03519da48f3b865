//! Names every concrete type once and wires them: a checked order in, a stored run out.

mod exposed;
mod files;
mod text_file;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use crate::crawl::{self, Clock, CrawlError, Ended, Observer, Parts, Site, SiteError, Start, Stop};
use crate::fetch::{
    FetchSettings, FetchSetupError, HostOverride, HttpFetcher, Named, ProxyAddress, Secrets,
    SecretsFor,
};
use crate::frontier::LocalFrontier;
use crate::model::{CrawlPlan, CrawlUrl, HostKey, Moment, ScopePlan, Sitemaps};
use crate::store::{NewRun, RunRow, Store, StoreError};

pub use exposed::is_exposed;
pub use files::{MOST_OPEN, TooFewFiles, check_files, most_open};
pub use text_file::read_text;

/// Exchanges of one lease at most: a robots.txt with its redirects.
const EXCHANGES: u32 = 6;

/// Longest exchange besides its own first-byte limit, and some time to store it.
const EXCHANGE: Duration = Duration::from_mins(3);

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

/// An audit to be made.
#[derive(Debug)]
pub struct Order {
    /// What to crawl, and how.
    pub plan: CrawlPlan,
    /// What is written as the run's site.
    pub label: String,
    /// What a new run is called towards the site; one that goes on keeps its own.
    pub token: String,
    /// How the site is reached.
    pub network: Network,
    /// Where the run is kept.
    pub store: Store,
    /// Which run it is.
    pub run: RunOrder,
    /// What it is asked for besides, to be kept with it until that stands.
    pub asked: Option<String>,
}

/// Which run an order is about.
#[derive(Debug)]
pub enum RunOrder {
    /// A new one, from these URLs.
    New(Vec<CrawlUrl>),
    /// An interrupted one. Its plan's scope has been put into the order's plan.
    Resume(Box<RunRow>),
}

/// Why an audit could not be made: our own trouble, never the site's.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The fetcher cannot be built.
    #[error(transparent)]
    Fetcher(#[from] FetchSetupError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The crawl failed.
    #[error(transparent)]
    Crawl(#[from] CrawlError),
    /// There were too few open files for requests.
    #[error(
        "too many open files on this machine for a minute; allow more with `ulimit -n`, or ask for less at a time with --concurrency"
    )]
    OutOfFiles,
}

/// Makes an audit. Returns the run as it is stored, and how it ended.
pub async fn audit<O: Observer>(
    order: Order,
    observer: O,
    stop: Stop,
) -> Result<(RunRow, Ended), AuditError> {
    let site = Arc::new(Site::new(order.plan)?);
    let store = order.store;
    let now = wall_clock();
    let token = match &order.run {
        RunOrder::New(_) => order.token,
        RunOrder::Resume(run) => run.token.clone(),
    };
    // Before the run is recorded: what cannot be fetched with leaves no run behind.
    let settings = settings(&site, order.network, &token);
    let fetcher = Arc::new(HttpFetcher::new(settings)?);
    let (run, start) = match order.run {
        RunOrder::New(seeds) => {
            let run = store.create_run(&NewRun {
                token: &token,
                site: &order.label,
                plan: &site.plan,
                started: now,
            })?;
            (store.run_by_id(run)?, Start::Fresh(seeds))
        }
        RunOrder::Resume(run) => (*run, Start::Resume),
    };
    if order.asked.is_some() {
        store.set_asked(run.id, order.asked.as_deref())?;
    }
    let pace = crawl::first_pace(&site.plan.pace);
    let parts = Parts {
        fetcher: Arc::clone(&fetcher),
        open: most_open(),
        frontier: LocalFrontier::new(pace, lease_time(&site.plan)),
        store: store.clone(),
        observer,
        clock: Clock::starting_at(wall_clock()),
        dice: fastrand::Rng::new(),
        stop,
    };
    let ended = tokio::select! {
        biased;
        // Before anything is believed of requests that could not be made.
        () = fetcher.starved() => return Err(AuditError::OutOfFiles),
        ended = crawl::run(site, run.id, start, parts) => ended?,
    };
    Ok((store.run_by_id(run.id)?, ended))
}

/// How long a leased URL may take before it is given out again: longer than any lease with every
/// limit of its exchanges used up. A series of experiments begins no exchange after ten minutes, so
/// it is over before the quarter of an hour that this is at least.
fn lease_time(plan: &CrawlPlan) -> Duration {
    (plan.requests.first_byte + EXCHANGE) * EXCHANGES
}

/// The time of day. The only place where the wall clock is read.
pub fn wall_clock() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment::from_millis(since.as_millis() as i64)
}

/// A name for a run towards the site: 48 random bits in hex.
pub fn new_token() -> String {
    format!("{:012x}", fastrand::u64(..) >> 16)
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
        pool_per_host: files::idle_per_host(most_open(), site.plan.pace.concurrency as usize),
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
