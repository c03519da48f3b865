//! Why robots.txt and sitemaps fail: for the cause of the pages that fail in the same way, so that one fault of a host
//! has one cause.

use super::merge::Group;
use crate::assess::diagnose::rules::{
    Finding, RobotsFacts, SitemapFacts, robots_unreachable, sitemap_failing,
};
use crate::assess::diagnose::{Context, Diagnosis, Ratio, diagnose};
use crate::assess::examine::files::{KnownSitemap, RobotsFile};
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

/// Returns the finding about a sitemap that fails.
pub(super) fn of_sitemap(
    sitemap: &KnownSitemap,
    host: Option<&Host>,
    groups: &Groups,
) -> Option<Finding> {
    let facts = SitemapFacts {
        url: sitemap.address.clone(),
        outcome: sitemap.outcome,
        failed: sitemap.failed,
        listed: Ratio::default(),
        example: None,
        found: Vec::new(),
    };
    let diagnosis = host.and_then(|host| of_file(host, sitemap.outcome, groups));
    sitemap_failing(&facts, diagnosis.as_ref())
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
