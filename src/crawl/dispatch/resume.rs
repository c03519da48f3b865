//! Puts back what an interrupted crawl knew.

use std::collections::BTreeSet;

use crate::frontier::{Discovery, Frontier};
use crate::model::Role;
use crate::store::{RunId, Store};

use crate::crawl::admit::admissions::{Admissions, robots_txt};
use crate::crawl::admit::levels::Levels;
use crate::crawl::hosts::Hosts;
use crate::crawl::run::parts::CrawlError;
use crate::crawl::run::site::Site;
use crate::crawl::visit::robots::Rules;

/// How many URLs are read and offered to the frontier at a time.
const BATCH: u32 = 1_000;

/// Reads the run and fills frontier, admissions and the paces of hosts; returns how many pages were
/// requested.
pub(in crate::crawl) async fn restore<Q: Frontier>(
    store: &Store,
    run: RunId,
    frontier: &Q,
    (admissions, hosts, levels): (&mut Admissions, &mut Hosts, &mut Levels),
    site: &Site,
) -> Result<u64, CrawlError> {
    let mut known_hosts = BTreeSet::new();
    let mut paces = Vec::new();
    store.known_robots(run, &mut |known| {
        let rules = Rules::restore(site, &known);
        if let Some(pace) = hosts.obey(&known.host, rules.crawl_delay(site, &known)) {
            paces.push((known.host.clone(), pace));
        }
        known_hosts.insert(known.host.clone());
        admissions.set_rules(known.host, rules, None);
    })?;
    for (host, pace) in &paces {
        frontier.slow(host, *pace).await?;
    }
    // A robots.txt that waits for its retry is the gate of its host; other hosts need a new one. Nothing is given
    // out before all of them are offered.
    let (mut gates, mut waiting) = (Vec::new(), Vec::new());
    let mut asking = BTreeSet::new();
    let mut after = 0;
    while store.next_known_urls(run, &mut after, BATCH, &mut |known| {
        if known.skipped {
            return;
        }
        admissions.restore(&known.url, known.role);
        if known.role == Role::Page {
            hosts.learn(&known.url);
        }
        if !known.queued {
            return;
        }
        let host = known.url.host_key();
        let found = Discovery {
            url: known.url,
            role: known.role,
            depth: known.depth.unwrap_or(0),
            hops: known.hops,
            pass: known.pass,
            tries: known.tries,
            not_before: known.not_before,
        };
        if found.role == Role::Robots {
            known_hosts.insert(host);
            gates.push(found);
        } else {
            asking.insert(host);
            waiting.push(found);
        }
    })? {
        levels.hold_back(&mut waiting);
        frontier.offer(&waiting).await?;
        waiting.clear();
    }
    for host in asking.difference(&known_hosts) {
        let gate = robots_txt(host);
        admissions.restore(&gate.url, gate.role);
        gates.push(gate);
    }
    frontier.offer(&gates).await?;
    Ok(store.requested_pages(run)?)
}
