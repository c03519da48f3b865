//! A host's robots.txt: fetched with its redirects, and parsed.

use std::time::Duration;

use crate::fetch::{Fetcher, location};
use crate::frontier::{Frontier, Lease};
use crate::model::{
    Attempt, CrawlUrl, Exchange, Held, HostKey, Keep, Layer, Outcome, Request, RobotsAccess, Skip,
    SkipReason,
};
use crate::parse::robots::{Access, Group, Robots, SIZE_LIMIT, access};
use crate::store::{KnownRobots, RobotsRecord};

use super::attempt::{Circumstances, record};
use super::echoes::cut_robots;
use crate::crawl::clock::Clock;
use crate::crawl::site::{Site, TextHash};

/// Maximum redirects of a robots.txt that are followed; beyond them it counts as missing (RFC 9309
/// section 2.3.1.2, Google's robots.txt specification).
const MAX_HOPS: usize = 5;

/// Maximum size of a file that the visit parses itself, in bytes. The rules of larger ones are
/// parsed only when a request depends on them. Nearly all files are smaller. Ours.
pub(in crate::crawl) const SMALL_FILE: usize = 16 * 1024;

/// What a host's robots.txt allows.
#[derive(Clone, Debug)]
pub(in crate::crawl) enum Rules {
    /// The rules of the robots.txt with this hash.
    Text(TextHash),
    /// Everything is allowed.
    AllowAll,
    /// Nothing is allowed: the file could not be read, because of this.
    Unreachable(Outcome),
}

impl Rules {
    /// Returns the rules that an interrupted crawl had stored. Rules without their text allow nothing.
    pub(in crate::crawl) fn restore(site: &Site, known: &KnownRobots) -> Rules {
        let unknown = Outcome::RobotsUnreachable;
        match known.access {
            RobotsAccess::AllowAll => Rules::AllowAll,
            RobotsAccess::Unreachable => Rules::Unreachable(known.outcome.unwrap_or(unknown)),
            RobotsAccess::Rules => match &known.body {
                Some(body) => Rules::Text(site.text(body)),
                None => Rules::Unreachable(unknown),
            },
        }
    }

    /// Returns the pause that a stored file demands.
    pub(in crate::crawl) fn crawl_delay(
        &self,
        site: &Site,
        known: &KnownRobots,
    ) -> Option<Duration> {
        let body = known
            .body
            .as_ref()
            .filter(|_| matches!(self, Rules::Text(_)))?;
        group(site, body).crawl_delay()
    }
}

/// Returns why these rules forbid a path, if they do.
pub(in crate::crawl) fn forbid(group: &Group, url: &CrawlUrl) -> Option<Skip> {
    let verdict = group.verdict(url.path_and_query());
    let line = verdict.line.unwrap_or_default();
    let rule = verdict.rule.unwrap_or_default();
    (!verdict.allowed).then(|| Skip::new(SkipReason::Robots, format!("line {line}: {rule}")))
}

/// Returns why nothing of a host may be fetched: its robots.txt could not be read, or nothing at all of the host answers.
pub(in crate::crawl) fn unreadable(outcome: Outcome) -> Skip {
    if answers(outcome) {
        Skip::new(
            SkipReason::Robots,
            "robots.txt could not be read, so nothing may be fetched",
        )
    } else {
        let detail = format!("no request for robots.txt got an answer ({})", outcome.id());
        Skip::new(SkipReason::HostDown, detail)
    }
}

/// Returns whether anything at all was received, or nothing was sent.
pub(in crate::crawl) fn answers(outcome: Outcome) -> bool {
    !matches!(outcome.layer(), Layer::Dns | Layer::Tcp | Layer::Tls)
}

/// Returns the rules in a text that apply to the crawl.
pub(in crate::crawl) fn group(site: &Site, body: &[u8]) -> Group {
    Robots::parse(body).group(&site.robots_agents())
}

/// The result of requesting a robots.txt.
#[derive(Debug)]
pub(in crate::crawl) struct Answer {
    /// The answer to the first request.
    pub(in crate::crawl) first: Exchange,
    /// Attempts at the URLs it redirects to.
    pub(in crate::crawl) hops: Vec<(CrawlUrl, Attempt)>,
    /// The final outcome.
    pub(in crate::crawl) outcome: Outcome,
    pub(in crate::crawl) rules: Rules,
    /// The parsed rules, if the file is small.
    pub(in crate::crawl) group: Option<(TextHash, Group)>,
    /// The memory of the file.
    pub(in crate::crawl) held: Held,
    /// Without the sitemaps to be fetched: the dispatcher decides about them.
    pub(in crate::crawl) record: RobotsRecord,
    /// Sitemaps it names, resolved.
    pub(in crate::crawl) sitemaps: Vec<CrawlUrl>,
}

/// Requests a robots.txt and follows its redirects, each in its turn: they belong to the one request that must be
/// answered before any other request to the host.
pub(in crate::crawl) async fn fetch<F: Fetcher, Q: Frontier>(
    (fetcher, frontier): (&F, &Q),
    site: &Site,
    lease: &Lease,
    clock: &Clock,
) -> Answer {
    let ask = |url: CrawlUrl| {
        fetcher.fetch(Request {
            connection: super::connection::connection(lease),
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
        // If the frontier is gone, the crawl ends.
        let Ok(turn) = frontier.charge(&target.host_key(), clock.now()).await else {
            break;
        };
        clock.sleep_until(turn).await;
        fetcher.led(&at, &target);
        let circumstances = Circumstances::of(lease, clock.now(), &site.user_agent);
        let exchange = ask(target.clone()).await;
        hops.push((target.clone(), record(&exchange, circumstances)));
        outcome = exchange.outcome;
        at = target;
        last = Some(exchange);
    }
    let file = last.as_ref().unwrap_or(&first);
    let held = file.held.clone();
    let host = lease.found.url.host_key();
    let (rules, group, mut record, mut sitemaps) = read(site, &host, outcome, &file.body, at);
    if let Some(redactor) = fetcher.redactor() {
        cut_robots(redactor, &mut record, &mut sitemaps);
    }
    Answer {
        first,
        hops,
        outcome,
        rules,
        group,
        held,
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
) -> (
    Rules,
    Option<(TextHash, Group)>,
    RobotsRecord,
    Vec<CrawlUrl>,
) {
    let mut record = RobotsRecord {
        host: host.as_str().to_owned(),
        access: RobotsAccess::AllowAll,
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
        Access::AllowAll => (Rules::AllowAll, None, record, Vec::new()),
        Access::DisallowAll => {
            record.access = RobotsAccess::Unreachable;
            (Rules::Unreachable(outcome), None, record, Vec::new())
        }
        Access::Rules(robots) => {
            let group = robots.group(&site.robots_agents());
            let mut sitemaps = Vec::new();
            record.problems = robots.problems().iter().map(ToString::to_string).collect();
            for (line, sitemap) in robots.sitemaps() {
                // Relative ones are wrong and common: their meaning is plain.
                match record.final_url.join(sitemap) {
                    Ok(url) => sitemaps.push(url),
                    Err(fault) => record
                        .problems
                        .push(format!("line {line}: Sitemap {sitemap:?}: {fault}")),
                }
            }
            record.named_sitemaps = sitemaps.len() as u32;
            record.access = RobotsAccess::Rules;
            record.groups = robots.group_count();
            record.rules = robots.rule_count();
            record.crawl_delay = group.crawl_delay();
            record.body = Some(body.to_vec());
            let text = site.text(body);
            let group = Some((text, group)).filter(|_| body.len() <= SMALL_FILE);
            (Rules::Text(text), group, record, sitemaps)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crawl::tests::plan;

    #[test]
    fn a_resumed_crawl_obeys_rules_whose_text_is_gone_as_an_unreadable_file() {
        let site = Site::new(plan()).expect("a site");
        let host = CrawlUrl::parse("http://h/").expect("a URL").host_key();
        let restored = |access, body: Option<&str>| {
            let (host, body) = (host.clone(), body.map(|text| text.as_bytes().to_vec()));
            let outcome = None;
            let known = KnownRobots {
                host,
                access,
                outcome,
                body,
            };
            Rules::restore(&site, &known)
        };
        for (access, body, allows_some) in [
            (RobotsAccess::Rules, Some("User-agent: *"), true),
            (RobotsAccess::Rules, None, false),
            (RobotsAccess::AllowAll, None, true),
            (RobotsAccess::Unreachable, None, false),
        ] {
            let rules = restored(access, body);
            let unreachable = matches!(rules, Rules::Unreachable(_));
            assert_eq!(!unreachable, allows_some, "{access:?}: {rules:?}");
        }
    }
}
