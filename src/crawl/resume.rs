//! Puts back what an interrupted crawl knew.

use crate::frontier::{Discovery, Frontier};
use crate::store::{RunId, Store};

use super::admit::{Admissions, robots_txt};
use super::dispatch::CrawlError;
use super::robots::Rules;
use super::site::Site;

/// How many URLs are offered to the frontier at a time.
const BATCH: usize = 1_000;

/// Reads the run and fills frontier and admissions; returns how many pages were settled.
pub(super) async fn restore<Q: Frontier>(
    store: &Store,
    run: RunId,
    site: &Site,
    frontier: &Q,
    admissions: &mut Admissions,
) -> Result<u64, CrawlError> {
    let mut hosts = std::collections::HashSet::new();
    for known in store.known_robots(run)? {
        let rules = Rules::restore(site, &known);
        hosts.insert(known.host.clone());
        admissions.set_rules(known.host, rules);
    }
    let mut waiting = Vec::new();
    store.known_urls(run, &mut |known| {
        if known.skipped {
            return;
        }
        admissions.restore(&known.url);
        if known.queued {
            let host = known.url.host_key();
            if !hosts.contains(&host) {
                let gate = robots_txt(&host);
                admissions.restore(&gate.url);
                waiting.push(gate);
                hosts.insert(host);
            }
            waiting.push(Discovery {
                url: known.url,
                role: known.role,
                depth: known.depth.unwrap_or(0),
                hops: known.hops,
                pass: known.pass,
                tries: known.tries,
                not_before: known.not_before,
            });
        }
    })?;
    for batch in waiting.chunks(BATCH) {
        frontier.offer(batch).await?;
    }
    Ok(store.settled_pages(run)?)
}
