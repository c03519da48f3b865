//! Why robots.txt and sitemaps fail: for the cause of the pages that fail in the same way, so that one fault of a host
//! has one cause.

use std::collections::BTreeMap;

use super::merge::Group;
use crate::assess::diagnose::rules::{
    FileOutageFacts, Finding, RobotsFacts, SitemapFacts, file_outage, robots_unreachable,
    sitemap_failing,
};
use crate::assess::diagnose::{Context, Diagnosis, Ratio, diagnose};
use crate::assess::examine::files::{FileFailures, GivenUp, KnownSitemap, RobotsFile, SiteFiles};
use crate::assess::examine::host::Host;
use crate::assess::score::robots_ladder::SITE_FAILING;
use crate::model::Outcome;

type Groups = [(Group, Diagnosis)];

/// Returns the finding about a robots.txt that cannot be read.
pub(super) fn of_robots(
    robots: &RobotsFile,
    host: Option<&Host>,
    groups: &Groups,
) -> Option<Finding> {
    let facts = RobotsFacts {
        url: robots.address.clone(),
        outcome: robots.outcome,
        attempts: robots.attempts,
        failing_for: robots.failing_for.unwrap_or_default(),
        known_good: robots.known_good,
        host_answers: host.map(|host| host.facts.unanswered() <= SITE_FAILING),
    };
    let diagnosis = host.and_then(|host| of_file(host, robots.outcome, groups));
    robots_unreachable(&facts, diagnosis.as_ref())
}

/// Returns the diagnosis of a host that was given up because not even robots.txt got an answer.
pub(super) fn of_silence(
    given_up: &GivenUp,
    files: &SiteFiles,
    hosts: &BTreeMap<String, Host>,
    groups: &Groups,
) -> Option<Diagnosis> {
    let mut robots = files.robots.iter();
    let robots = robots.find(|it| it.unreachable && it.host == given_up.host)?;
    of_file(hosts.get(&robots.host)?, robots.outcome, groups)
}

/// Returns the finding about a sitemap that fails.
pub(super) fn of_sitemap(
    sitemap: &KnownSitemap,
    host: Option<&Host>,
    groups: &Groups,
) -> Option<Finding> {
    let facts = SitemapFacts {
        url: sitemap.address.clone(),
        outcome: sitemap.outcome,
        failed: sitemap.failures.map_or(0, |failures| failures.failed),
        listed: Ratio::default(),
        example: None,
        found: Vec::new(),
    };
    let diagnosis = host.and_then(|host| of_file(host, sitemap.outcome, groups));
    sitemap_failing(&facts, diagnosis.as_ref())
}

/// Returns the findings about robots.txt files and sitemaps that failed for a while, and that no outage of their host nor
/// a limit of its rate explains.
pub(super) fn file_outages(
    files: &SiteFiles,
    hosts: &BTreeMap<String, Host>,
    groups: &Groups,
) -> Vec<(String, Finding)> {
    let robots = files.robots.iter().filter(|robots| !robots.unreachable);
    let robots = robots.map(|it| (&it.host, &it.address, it.failures, "robots_unreachable"));
    let sitemaps = files.sitemaps.iter();
    let sitemaps = sitemaps.filter(|it| !it.outcome.is_failure());
    let sitemaps = sitemaps.map(|it| (&it.host, &it.address, it.failures, "sitemap"));
    let found = robots
        .chain(sitemaps)
        .filter_map(|(name, url, failures, advice)| {
            let FileFailures {
                outcome,
                failed,
                from,
                until,
                after,
            } = failures?;
            let host = hosts.get(name);
            if host.is_some_and(|host| host.explains(outcome, from, until)) {
                return None;
            }
            let facts = FileOutageFacts {
                url,
                outcome,
                failed,
                from,
                until,
                after,
                advice,
            };
            let diagnosis = host.and_then(|host| of_file(host, outcome, groups));
            Some((name.clone(), file_outage(&facts, diagnosis.as_ref())?))
        });
    found.collect()
}

/// Returns the diagnosis of the files of a host that fail with this outcome. It is the diagnosis of the largest
/// cluster of pages with the same outcome and error page. Without such a cluster, it is made from the answers for the
/// files.
fn of_file(host: &Host, outcome: Outcome, groups: &Groups) -> Option<Diagnosis> {
    let facts = host.files.get(&outcome)?;
    let alike = groups.iter().filter(|(group, _)| {
        let of_pages = &group.cluster.facts.cluster;
        of_pages.host == facts.cluster.host
            && of_pages.outcome == outcome
            && of_pages.fingerprint == facts.cluster.fingerprint
    });
    let most = alike.max_by_key(|(group, _)| group.cluster.urls);
    let own = || {
        let around = Context {
            host: host.facts.urls,
            controls: host.controls,
            ..Context::default()
        };
        diagnose(facts, &around)
    };
    Some(most.map_or_else(own, |(_, diagnosis)| diagnosis.clone()))
}
