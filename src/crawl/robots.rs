//! A host's robots.txt: fetched with its redirects, read, remembered.

use std::time::Duration;

use crate::fetch::{Fetcher, location};
use crate::frontier::Lease;
use crate::model::{
    Attempt, CrawlUrl, Exchange, HostKey, Keep, Outcome, Request, Skip, SkipReason,
};
use crate::parse::robots::{Access, Group, Robots, SIZE_LIMIT, access};
use crate::store::{KnownRobots, RobotsRecord};

use super::attempt::{Circumstances, record};
use super::clock::Clock;
use super::site::Site;

/// Most redirects of a robots.txt that are followed; beyond them it counts as missing
/// (RFC 9309 section 2.3.1.2, Google's robots.txt specification).
const MAX_HOPS: usize = 5;

/// What a host's robots.txt lets us do.
#[derive(Clone, Debug)]
pub(super) enum Rules {
    /// What these rules say.
    Group(Group),
    /// Everything.
    AllowAll,
    /// Nothing: it could not be read, because of this.
    Unreachable(Outcome),
}

impl Rules {
    /// Why a path must not be fetched, if it must not.
    pub(super) fn forbid(&self, url: &CrawlUrl) -> Option<Skip> {
        match self {
            Rules::AllowAll => None,
            Rules::Unreachable(_) => Some(Skip::new(
                SkipReason::Robots,
                "robots.txt could not be read, so nothing may be fetched",
            )),
            Rules::Group(group) => {
                let verdict = group.verdict(url.path_and_query());
                let line = verdict.line.unwrap_or_default();
                let rule = verdict.rule.unwrap_or_default();
                (!verdict.allowed)
                    .then(|| Skip::new(SkipReason::Robots, format!("line {line}: {rule}")))
            }
        }
    }

    /// The pause that the file asks for.
    pub(super) fn crawl_delay(&self) -> Option<Duration> {
        match self {
            Rules::Group(group) => group.crawl_delay(),
            Rules::AllowAll | Rules::Unreachable(_) => None,
        }
    }

    /// The rules that an interrupted crawl had stored.
    pub(super) fn restore(site: &Site, known: &KnownRobots) -> Rules {
        match (known.access.as_str(), &known.body) {
            ("rules", Some(body)) => Rules::Group(Robots::parse(body).group(&site.robots_agents())),
            ("unreachable", _) => Rules::Unreachable(Outcome::RobotsUnreachable),
            _ => Rules::AllowAll,
        }
    }
}

/// What asking for a robots.txt brought.
#[derive(Debug)]
pub(super) struct Answer {
    /// The answer to the first request.
    pub(super) first: Exchange,
    /// Attempts at the URLs it redirects to.
    pub(super) hops: Vec<(CrawlUrl, Attempt)>,
    /// What happened in the end.
    pub(super) outcome: Outcome,
    pub(super) rules: Rules,
    /// Without the sitemaps that are to be fetched, which the dispatcher decides.
    pub(super) record: RobotsRecord,
    /// Sitemaps it names, resolved.
    pub(super) sitemaps: Vec<CrawlUrl>,
}

/// Asks for a robots.txt. Its redirects are followed here, at once: they belong to the one question
/// that must be answered before anything else of the host is asked.
pub(super) async fn fetch<F: Fetcher>(
    fetcher: &F,
    site: &Site,
    lease: &Lease,
    clock: &Clock,
) -> Answer {
    let ask = |url: CrawlUrl| {
        fetcher.fetch(Request {
            connection: super::visit::connection(lease),
            first_byte_limit: site.plan.requests.first_byte,
            body_limit: SIZE_LIMIT + 1,
            keep: Keep::All,
            ..Request::page(url)
        })
    };
    let first = ask(lease.found.url.clone()).await;
    let mut hops: Vec<(CrawlUrl, Attempt)> = Vec::new();
    let mut at = lease.found.url.clone();
    let mut last: Option<Exchange> = None;
    let mut outcome = first.outcome;
    while outcome == Outcome::Redirect {
        let current = last.as_ref().unwrap_or(&first);
        let Some(target) = location(&at, &current.headers) else {
            break;
        };
        let seen = target == lease.found.url || hops.iter().any(|(url, _)| *url == target);
        if seen || hops.len() == MAX_HOPS {
            outcome = if seen {
                Outcome::RedirectLoop
            } else {
                Outcome::RedirectTooMany
            };
            break;
        }
        fetcher.led(&at, &target);
        let circumstances = Circumstances::of(lease, clock.now(), &site.user_agent);
        let exchange = ask(target.clone()).await;
        hops.push((target.clone(), record(&exchange, circumstances)));
        outcome = exchange.outcome;
        at = target;
        last = Some(exchange);
    }
    let body = &last.as_ref().unwrap_or(&first).body;
    let (rules, record, sitemaps) = read(site, &lease.found.url.host_key(), outcome, body, at);
    Answer {
        first,
        hops,
        outcome,
        rules,
        record,
        sitemaps,
    }
}

fn read(
    site: &Site,
    host: &HostKey,
    outcome: Outcome,
    body: &[u8],
    final_url: CrawlUrl,
) -> (Rules, RobotsRecord, Vec<CrawlUrl>) {
    let mut record = RobotsRecord {
        host: host.as_str().to_owned(),
        access: "allow_all",
        groups: 0,
        rules: 0,
        named_sitemaps: 0,
        sitemaps: Vec::new(),
        crawl_delay: None,
        problems: Vec::new(),
        body: None,
        final_url,
    };
    match access(outcome, body) {
        Access::AllowAll => (Rules::AllowAll, record, Vec::new()),
        Access::DisallowAll => {
            record.access = "unreachable";
            (Rules::Unreachable(outcome), record, Vec::new())
        }
        Access::Rules(robots) => {
            let group = robots.group(&site.robots_agents());
            let mut sitemaps = Vec::new();
            record.problems = robots.problems().iter().map(ToString::to_string).collect();
            for (line, sitemap) in robots.sitemaps() {
                // Relative ones are wrong and common: what is meant is plain.
                match record.final_url.join(sitemap) {
                    Ok(url) => sitemaps.push(url),
                    Err(fault) => record
                        .problems
                        .push(format!("line {line}: Sitemap {sitemap:?}: {fault}")),
                }
            }
            record.named_sitemaps = robots.sitemaps().len() as u32;
            record.access = "rules";
            record.groups = robots.group_count();
            record.rules = robots.rule_count();
            record.crawl_delay = group.crawl_delay();
            record.body = Some(body.to_vec());
            (Rules::Group(group), record, sitemaps)
        }
    }
}
