//! `gatecrawl audit --dry-run`: prints what an audit would do. It makes one request to each host, for robots.txt, which
//! says what may be fetched.

mod secrets;

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::audit::{CrawlOrder, RunOrder, label, settings};
use crate::crawl::Site;
use crate::fetch::{FetchSettings, Fetcher, HttpFetcher};
use crate::model::{
    ConfirmPlan, Coverage, CrawlPlan, CrawlUrl, SamplePlan, ScopePlan, Sitemaps, bytes_in_words,
};
use crate::parse::robots::{Access, SIZE_LIMIT, access};
use crate::policy::DiskBudget;
use crate::report::words;
use crate::store::free_space;

use crate::cli::database;
use crate::settings::args::StoreArgs;
use crate::settings::failure::Failure;
use crate::settings::parse;
use crate::settings::source::{Fetched, fetch};
use crate::terminal::streams::Console;
use crate::terminal::text;

/// Maximum hosts whose robots.txt is requested.
const MAX_HOSTS: usize = 10;

/// Number of pages for which the time is estimated.
const PAGES: u32 = 1_000;

/// Prints what the audit would do.
pub(in crate::cli) async fn run(
    order: &CrawlOrder,
    place: &StoreArgs,
    console: &mut Console,
) -> Result<(), Failure> {
    let plan = &order.plan;
    let mut lines = Lines(&mut console.stdout);
    let config = parse::in_use(place.config.as_ref());
    let config = config.map(|path| path.display().to_string());
    lines.add("config", config.as_deref().unwrap_or("none"))?;
    match &order.run {
        RunOrder::New { seeds, .. } => {
            lines.add("start", &text::count(seeds.len() as u64, "URL"))?;
        }
        RunOrder::Resume(run) | RunOrder::Recheck(run, _) => {
            lines.add("resume", &format!("run {}", run.id))?;
        }
    }
    for seed in plan.scope.seeds.iter().take(MAX_HOSTS) {
        lines.add("seed", seed.as_str())?;
    }
    scope(&plan.scope, &mut lines)?;
    lines.add("max-disk", &max_disk(&plan.scope, place)?)?;
    let site = Arc::new(Site::new(plan.clone()).map_err(Failure::own)?);
    for line in secrets::lines(plan, &site.scope) {
        lines.add("secrets", &line)?;
    }
    lines.add("known", &known(order, place)?)?;
    let delay = robots(order, &site, &mut lines).await?;
    pace(plan, delay, &mut lines)
}

/// Lines of the form `name: value`.
struct Lines<'a>(&'a mut (dyn Write + Send));

impl Lines<'_> {
    fn add(&mut self, name: &str, value: &str) -> Result<(), Failure> {
        Ok(writeln!(self.0, "{name}: {}", text::tame(value))?)
    }
}

fn scope(scope: &ScopePlan, lines: &mut Lines<'_>) -> Result<(), Failure> {
    let follow = match scope.coverage {
        Coverage::Site => "links, redirects and sitemaps are followed",
        Coverage::List => "exactly these URLs, and where they redirect to",
    };
    lines.add("coverage", follow)?;
    for host in &scope.hosts {
        lines.add("host", host)?;
    }
    for pattern in &scope.include {
        lines.add("include", pattern)?;
    }
    for pattern in &scope.exclude {
        lines.add("exclude", pattern)?;
    }
    let depth = scope.max_depth.map(u64::from);
    if let Some(time) = scope.max_time {
        lines.add("max-time", &text::duration(time))?;
    }
    let limits = [
        ("max-depth", depth),
        ("max-pages", scope.max_pages),
        ("max-hosts", scope.max_hosts),
    ];
    for (name, limit) in limits {
        if let Some(limit) = limit {
            lines.add(name, &limit.to_string())?;
        }
    }
    let switches = [
        ("subdomains", scope.subdomains),
        ("resources", scope.resources),
        ("external", scope.external),
        ("follow-nofollow", scope.follow_nofollow),
        ("ignore-robots", scope.ignore_robots),
    ];
    for (name, _) in switches.iter().filter(|(_, on)| *on) {
        lines.add(name, "yes")?;
    }
    Ok(())
}

/// Returns the text about the limit of the growth of the database.
fn max_disk(scope: &ScopePlan, place: &StoreArgs) -> Result<String, Failure> {
    let free = free_space(&database::path(place)?);
    let budget = DiskBudget::new(scope.max_disk, free);
    let size = bytes_in_words(budget.bytes);
    Ok(if budget.is_lowered() {
        format!("{size}, half of the free space")
    } else {
        size
    })
}

/// Returns the earlier run whose pages are requested too.
fn known(order: &CrawlOrder, place: &StoreArgs) -> Result<String, Failure> {
    let scope = &order.plan.scope;
    if !scope.known {
        return Ok("no pages of an earlier run".to_owned());
    }
    let (site, before) = match &order.run {
        RunOrder::New { .. } => (label(&scope.seeds), None),
        RunOrder::Resume(run) | RunOrder::Recheck(run, _) => (run.site.clone(), Some(run.id)),
    };
    let earlier = match database::open_if_there(place)? {
        Some(store) => store.comparable_run(&site, scope, before)?,
        None => None,
    };
    Ok(match earlier {
        Some(run) => format!("pages that run {} of {} fetched", run.id, run.started),
        None => "no pages: no earlier run of this site has the same scope".to_owned(),
    })
}

/// Prints what each host's robots.txt allows and which sitemaps would be read. Returns the longest `Crawl-delay`.
async fn robots(
    order: &CrawlOrder,
    site: &Arc<Site>,
    lines: &mut Lines<'_>,
) -> Result<Option<Duration>, Failure> {
    let scope = &order.plan.scope;
    let fetcher = fetcher(order, site)?;
    let mut hosts: Vec<_> = scope.seeds.iter().map(CrawlUrl::host_key).collect();
    hosts.dedup();
    let mut delay = None;
    for host in hosts.iter().take(MAX_HOSTS) {
        let url = host.robots_txt();
        let answer = fetch(&fetcher, &url, SIZE_LIMIT + 1).await;
        let mut sitemaps = vec![host.default_sitemap()];
        let meaning = match access(answer.outcome, &answer.exchange.body) {
            Access::AllowAll => "everything may be fetched".to_owned(),
            Access::DisallowAll => "nothing may be fetched".to_owned(),
            Access::Rules(robots) => {
                let agents = &order.plan.requests.robots_agents;
                let agents: Vec<&str> = agents.iter().map(String::as_str).collect();
                let group = robots.group(&agents);
                delay = delay.max(group.crawl_delay());
                let named: Vec<_> = named(robots.sitemaps(), &answer)
                    .filter_map(|url| match fetcher.redactor() {
                        Some(redactor) => redactor.url(url).ok(),
                        None => Some(url),
                    })
                    .collect();
                if !named.is_empty() {
                    sitemaps = named;
                }
                format!(
                    "{} rules for all, {}",
                    robots.rule_count(),
                    forbidden(scope, host, &group)
                )
            }
        };
        lines.add(
            "robots.txt",
            &format!("{url}: {}: {meaning}", answer.status()),
        )?;
        if let Sitemaps::Discovered(_) = scope.sitemaps {
            for sitemap in sitemaps {
                lines.add("sitemap", sitemap.as_str())?;
            }
        }
    }
    match &scope.sitemaps {
        Sitemaps::Off => lines.add("sitemap", "none")?,
        Sitemaps::Discovered(more) => {
            for sitemap in more {
                lines.add("sitemap", sitemap.as_str())?;
            }
        }
    }
    Ok(delay)
}

fn named(sitemaps: &[(usize, String)], answer: &Fetched) -> impl Iterator<Item = CrawlUrl> {
    let urls = sitemaps.iter().map(|(_, text)| answer.url.join(text));
    urls.filter_map(Result::ok)
}

fn forbidden(
    scope: &ScopePlan,
    host: &crate::model::HostKey,
    group: &crate::parse::robots::Group,
) -> String {
    let mut seeds = scope.seeds.iter().filter(|seed| seed.host_key() == *host);
    match seeds.find(|seed| !group.verdict(seed.path_and_query()).allowed) {
        Some(seed) => format!("{seed} is forbidden"),
        None => "the start is allowed".to_owned(),
    }
}

/// Returns the fetcher that the audit would have.
fn fetcher(order: &CrawlOrder, site: &Arc<Site>) -> Result<HttpFetcher, Failure> {
    let settings = settings(site, order.network.clone(), "");
    // There is no run.
    HttpFetcher::new(FetchSettings {
        run: None,
        ..settings
    })
    .map_err(Failure::own)
}

/// Returns when failing URLs are requested again, counted from the end of the crawl.
fn confirm(plan: &ConfirmPlan) -> String {
    if plan.delays.is_empty() {
        return "none: failing pages stay unconfirmed".to_owned();
    }
    let delays = plan.delays.iter().map(|delay| text::duration(*delay));
    format!(
        "failing URLs are requested again {} after the crawl, for {} at most without the waits; \
         then once more those that were fine and failed last",
        delays.collect::<Vec<_>>().join(", "),
        text::duration(plan.budget)
    )
}

fn sample(plan: SamplePlan) -> String {
    let pages = match plan {
        SamplePlan::Off | SamplePlan::Pages(0) => return "none".to_owned(),
        SamplePlan::Usual => {
            "pages that never failed, as many as 5 % of all pages (20 to 200),".to_owned()
        }
        SamplePlan::Pages(pages) => format!("{} that never failed", text::count(pages, "page")),
        SamplePlan::Share(share) => {
            format!(
                "pages that never failed, as many as {} of all pages,",
                words::percent(share)
            )
        }
    };
    format!("{pages} requested once more")
}

fn pace(plan: &CrawlPlan, delay: Option<Duration>, lines: &mut Lines<'_>) -> Result<(), Failure> {
    let pace = plan.pace;
    let rate = match pace.rate {
        Some(rate) => format!("{rate} requests/s"),
        None => "no limit of requests/s".to_owned(),
    };
    let open = format!("{rate} and {} open requests per host", pace.concurrency);
    lines.add("pace", &open)?;
    if let Some(delay) = delay {
        lines.add("crawl-delay", &text::duration(delay))?;
    }
    lines.add("retries", &pace.retries.to_string())?;
    lines.add("confirm", &confirm(&plan.confirm))?;
    lines.add("sample", &sample(plan.sample))?;
    let experiments = match (plan.experiments.enabled, plan.experiments.cache) {
        (false, _) => "none",
        (true, false) => "a few failing URLs are requested in other ways",
        (true, true) => "a few failing URLs are requested in other ways, also past caches",
    };
    lines.add("experiments", experiments)?;
    lines.add("user-agent", &plan.requests.user_agent)?;
    let interval = plan.interval(delay);
    let estimate = match interval {
        Duration::ZERO => "as fast as the site answers".to_owned(),
        interval => format!(
            "at least {} ms for each page of a host: {PAGES} pages take {} or more",
            interval.as_millis(),
            text::duration(interval * PAGES)
        ),
    };
    lines.add("estimate", &estimate)
}
