//! The scores of the site, its hosts and its sections, from their counts.

use std::collections::BTreeMap;

use crate::assess::examine::files::{RobotsFile, SiteFiles};
use crate::assess::examine::host::Host;
use crate::assess::score::crawlability::{
    Crawlability, HostFiles, crawlability, site_crawlability,
};
use crate::assess::score::indexing::{Extent, HostState, IndexingRisk, indexing_risk};
use crate::assess::score::robots_ladder::RobotsState;
use crate::assess::score::site::{Aggregate, SiteTally};

/// A host or a section, and its scores.
#[derive(Debug)]
pub struct PartFound {
    /// The name of the host or section.
    pub name: String,
    /// Its pages.
    pub pages: Aggregate,
    /// Its crawlability score.
    pub crawlability: Crawlability,
    /// Its indexing risk.
    pub indexing_risk: IndexingRisk,
}

/// All scores of a run.
#[derive(Debug)]
pub(in crate::assess::examine) struct Scored {
    pub(in crate::assess::examine) crawlability: Crawlability,
    pub(in crate::assess::examine) indexing_risk: IndexingRisk,
    pub(in crate::assess::examine) hosts: Vec<PartFound>,
    pub(in crate::assess::examine) sections: Vec<PartFound>,
}

pub(in crate::assess::examine) fn scores(
    tally: &SiteTally,
    hosts: &BTreeMap<String, Host>,
    files: &SiteFiles,
    extent: Extent,
) -> Scored {
    let none = Aggregate::default();
    let mut obstacles = Vec::new();
    let mut parts = Vec::new();
    for name in names(tally, files) {
        let pages = tally.hosts.get(name).unwrap_or(&none);
        let robots = files.robots.iter().find(|robots| robots.host == name);
        let state = robots.map_or(RobotsState::Ok, |robots| {
            robots_state(robots, hosts.get(name))
        });
        let down = hosts
            .get(name)
            .map_or(0.0, |host| host.facts.outages.down());
        let hidden = hidden(name, robots, files);
        let known = pages.urls.max(1).max(hidden);
        obstacles.push((
            known,
            HostState {
                robots: state,
                down,
            },
        ));
        let sitemaps = || files.sitemaps.iter().filter(|sitemap| sitemap.host == name);
        let broken: Vec<String> = sitemaps()
            .filter(|sitemap| sitemap.outcome.is_failure())
            .map(|sitemap| sitemap.address.clone())
            .collect();
        let host_files = HostFiles {
            host: name,
            robots_address: robots.map_or("", |robots| &robots.address),
            robots: state,
            sitemaps: sitemaps().count() as u32,
            failing_sitemaps: &broken,
            down,
        };
        let state = HostState {
            robots: state,
            down,
        };
        parts.push(PartFound {
            name: name.to_owned(),
            pages: pages.clone(),
            crawlability: crawlability(pages, &host_files),
            indexing_risk: indexing_risk(pages, extent, &[(known, state)]),
        });
    }
    let of_hosts = parts.iter().zip(&obstacles);
    Scored {
        crawlability: site_crawlability(
            of_hosts
                .map(|(host, (known, _))| (*known, host.crawlability.clone()))
                .collect(),
        ),
        indexing_risk: indexing_risk(&tally.site, extent, &obstacles),
        sections: sections(tally, extent),
        hosts: parts,
    }
}

/// Returns the known pages of a host that was not crawled: robots.txt could not be read, or the host was given up. All
/// of them count, whether they were requested or not.
fn hidden(host: &str, robots: Option<&RobotsFile>, files: &SiteFiles) -> u64 {
    let closed = robots.filter(|robots| robots.unreachable);
    let given_up = (files.given_up.iter()).any(|found| found.whole && found.host == host);
    match (closed, robots) {
        (Some(robots), _) => robots.pages,
        (None, Some(robots)) if given_up => robots.pages,
        _ => 0,
    }
}

/// Returns the hosts with pages, and those whose robots.txt hid all their pages.
fn names<'a>(tally: &'a SiteTally, files: &'a SiteFiles) -> Vec<&'a str> {
    let mut names: Vec<&str> = tally.hosts.iter().map(|(name, _)| name).collect();
    let failing = files.robots.iter().filter(|robots| robots.unreachable);
    names.extend(failing.map(|robots| robots.host.as_str()));
    names.sort_unstable();
    names.dedup();
    names
}

fn robots_state(robots: &RobotsFile, host: Option<&Host>) -> RobotsState {
    if !robots.unreachable {
        return RobotsState::Ok;
    }
    let error_rate = host.map_or(0.0, |host| host.facts.unanswered());
    RobotsState::failing(robots.failing_for, robots.known_good, error_rate)
}

/// Returns the scores of the sections, without robots.txt and sitemaps, which count for the host.
fn sections(tally: &SiteTally, extent: Extent) -> Vec<PartFound> {
    let of_section = |(name, pages): (&str, &Aggregate)| {
        let files = HostFiles {
            host: name,
            robots_address: "",
            robots: RobotsState::Ok,
            sitemaps: 0,
            failing_sitemaps: &[],
            down: 0.0,
        };
        PartFound {
            name: name.to_owned(),
            pages: pages.clone(),
            crawlability: crawlability(pages, &files),
            indexing_risk: indexing_risk(pages, extent, &[]),
        }
    };
    tally.sections.iter().map(of_section).collect()
}
