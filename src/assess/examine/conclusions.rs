//! What a run amounts to, once all of it was looked at: causes, findings, scores.

use std::collections::BTreeMap;

use super::Examination;
use super::files::{RobotsFile, SiteFiles};
use super::group::Cluster;
use super::host::Host;
use super::repeats::{Place, is_said};
use super::scores::{PartFound, scores};
use crate::assess::crawlability::Crawlability;
use crate::assess::diagnose::rules::{
    ClientFacts, Finding, HostDownFacts, RedirectFacts, RobotsFacts, SectionFacts, SitemapFacts,
    client_block, host_down, of_cluster, of_host, own_outage, redirect_into_error,
    robots_unreachable, section_down, sitemap_failing, sitemap_lists_failing, soft_errors,
    start_page,
};
use crate::assess::diagnose::{Context, Diagnosis, Maker, Outage, Ratio, diagnose};
use crate::assess::host_episodes::HostEpisodes;
use crate::assess::indexing::{Extent, IndexingRisk};
use crate::assess::site::Aggregate;
use crate::model::{Layer, Outcome, Probe};

/// Most outages of a host that are told.
const MOST_OUTAGES: usize = 5;

/// Most findings of a run: beyond the worst, nobody reads them.
const MOST_FINDINGS: usize = 1_000;

/// What a run amounts to.
#[derive(Debug)]
pub struct Conclusions {
    /// Clusters of failures by their number, with what lies behind them.
    pub clusters: Vec<ClusterFound>,
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// Sections in the order of their names.
    pub sections: Vec<PartFound>,
    /// Hosts in the order of their names.
    pub hosts: Vec<PartFound>,
    /// What is in the way of a bot on the whole site.
    pub crawlability: Crawlability,
    /// What the whole site risks.
    pub indexing_risk: IndexingRisk,
    /// All pages together.
    pub site: Aggregate,
}

/// A cluster of failures and what lies behind it.
#[derive(Debug)]
pub struct ClusterFound {
    /// Scheme, host and port.
    pub host: String,
    /// The section.
    pub section: String,
    /// What happened.
    pub outcome: Outcome,
    /// URLs in it.
    pub urls: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// Who made the error: a product and a kind of machine, or a layer of the network.
    pub source: String,
    /// Why.
    pub diagnosis: Diagnosis,
    /// Experiments with its URLs.
    pub trials: Vec<TrialFound>,
}

/// An experiment with URLs of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct TrialFound {
    /// What was tried.
    pub probe: Probe,
    /// Answers that were fine in this way.
    pub fine: Ratio,
    /// Answers at the same URLs that were fine in the crawl's own way, asked next to it.
    pub own: Ratio,
}

pub(super) fn conclude(seen: Examination, files: &SiteFiles, extent: Extent) -> Conclusions {
    let Examination {
        tally,
        mut hosts,
        clusters,
        episodes,
        ..
    } = seen;
    for (name, host) in &mut hosts {
        let known = episodes
            .get(name)
            .into_iter()
            .flat_map(HostEpisodes::episodes);
        let over = known.filter(|episode| episode.over).take(MOST_OUTAGES);
        host.facts.outages = over
            .map(|episode| Outage {
                from: episode.start,
                until: episode.end,
                failed: episode.failed,
            })
            .collect();
        let failing = host.sections.values().filter(|urls| urls.part > 0);
        host.facts.sections = Ratio::new(failing.count() as u64, host.sections.len() as u64);
    }
    let clusters: Vec<(Cluster, Diagnosis)> = clusters
        .into_values()
        .into_iter()
        .map(|cluster| {
            let context = context(&cluster, hosts.get(&cluster.facts.cluster.host));
            let diagnosis = diagnose(&cluster.facts, &context);
            (cluster, diagnosis)
        })
        .collect();
    // Of a host that cannot be reached no page was fetched; it belongs to the site all the same.
    for robots in &files.robots {
        if let Some(host) = hosts.get_mut(&robots.host) {
            host.internal = true;
        }
    }
    let findings = findings(&hosts, &clusters, files);
    let scored = scores(&tally, &hosts, files, extent);
    Conclusions {
        sections: scored.sections,
        hosts: scored.hosts,
        clusters: clusters.into_iter().map(found).collect(),
        findings,
        crawlability: scored.crawlability,
        indexing_risk: scored.indexing_risk,
        site: tally.site,
    }
}

fn context(cluster: &Cluster, host: Option<&Host>) -> Context {
    Context {
        host: host.map(|host| host.facts.urls).unwrap_or_default(),
        sections: host.map(|host| host.facts.sections).unwrap_or_default(),
        controls: host.map(|host| host.controls).unwrap_or_default(),
        load_induced: cluster.at_speed,
        experiments: cluster.trials.experiments(cluster.at_speed),
        log_line: None,
    }
}

fn found((cluster, diagnosis): (Cluster, Diagnosis)) -> ClusterFound {
    let facts = cluster.facts;
    ClusterFound {
        source: source(
            &diagnosis,
            cluster.made_by.as_deref(),
            facts.cluster.outcome,
        ),
        host: facts.cluster.host,
        section: facts.cluster.section,
        outcome: facts.cluster.outcome,
        urls: cluster.urls,
        failures: facts.failures,
        trials: cluster
            .trials
            .each()
            .map(|(probe, fine, own)| TrialFound { probe, fine, own })
            .collect(),
        diagnosis,
    }
}

/// `reverse_proxy: nginx`, `application`, `dns`; empty where nothing tells.
fn source(diagnosis: &Diagnosis, made_by: Option<&str>, outcome: Outcome) -> String {
    let layer = match outcome.layer() {
        Layer::Dns => Some("dns"),
        Layer::Tcp => Some("network"),
        Layer::Tls => Some("tls"),
        Layer::Http | Layer::Log | Layer::Policy => None,
    };
    let maker = diagnosis.layer.map(Maker::id).or(made_by);
    match (maker.or(layer), diagnosis.product) {
        (Some(maker), Some(product)) => format!("{maker}: {product}"),
        (Some(maker), None) => maker.to_owned(),
        (None, Some(product)) => product.to_owned(),
        (None, None) => String::new(),
    }
}

fn findings(
    hosts: &BTreeMap<String, Host>,
    clusters: &[(Cluster, Diagnosis)],
    files: &SiteFiles,
) -> Vec<Finding> {
    let mut found: Vec<Finding> = own_outage(&files.own_outages).into_iter().collect();
    found.extend(start_page(files.no_start.as_ref()));
    found.extend(files.given_up.iter().filter_map(|given_up| {
        host_down(&HostDownFacts {
            host: &given_up.host,
            unseen: Ratio::new(given_up.urls, given_up.known),
            waited: &given_up.waited,
            last_fine: given_up.last_fine,
        })
    }));
    for robots in files.robots.iter().filter(|robots| robots.unreachable) {
        found.extend(robots_finding(robots, hosts.get(&robots.host)));
    }
    for (name, host) in hosts.iter().filter(|(_, host)| host.internal) {
        found.extend(of_host(&host.facts));
        found.extend(soft_errors(&host.pages));
        found.extend(client_block(&ClientFacts {
            host: name,
            browser: host.trials.browser(),
            blocks: host.blocks,
        }));
        for (section, down) in sections_down(name, host, clusters) {
            let section = Some(section);
            let host = name.as_str();
            if !is_said(&down, Place { host, section }, &found) {
                found.push(down);
            }
        }
        found.extend(listed(name, host, files));
    }
    let mut narrow = Vec::new();
    for (cluster, diagnosis) in clusters.iter().filter(|(cluster, _)| cluster.internal) {
        if !cluster.at_speed {
            let place = Place {
                host: &cluster.facts.cluster.host,
                section: Some(&cluster.facts.cluster.section),
            };
            let of_it = of_cluster(&cluster.facts, diagnosis).into_iter();
            narrow.extend(of_it.filter(|finding| !is_said(finding, place, &found)));
        }
    }
    for sitemap in &files.sitemaps {
        let failing = sitemap_failing(&SitemapFacts {
            url: sitemap.address.clone(),
            outcome: sitemap.outcome,
            listed: Ratio::default(),
            example: None,
        });
        let place = Place {
            host: &sitemap.host,
            section: None,
        };
        narrow.extend(failing.filter(|finding| !is_said(finding, place, &found)));
    }
    found.extend(narrow);
    for redirect in &files.failing_redirects {
        found.extend(redirect_into_error(&RedirectFacts {
            from: redirect.from.clone(),
            target: redirect.target.clone(),
            outcome: redirect.outcome,
            hops: redirect.hops,
            inlinks: redirect.inlinks,
        }));
    }
    found.sort_by(|one, other| {
        let by_severity = other.severity.cmp(&one.severity);
        by_severity
            .then(other.scope.cmp(&one.scope))
            .then(other.confidence.total_cmp(&one.confidence))
            .then_with(|| one.rule.cmp(other.rule))
            .then_with(|| one.subject.cmp(&other.subject))
    });
    found.truncate(MOST_FINDINGS);
    found
}

fn robots_finding(robots: &RobotsFile, host: Option<&Host>) -> Option<Finding> {
    robots_unreachable(&RobotsFacts {
        url: robots.address.clone(),
        outcome: robots.outcome,
        attempts: robots.attempts,
        failing_for: robots.failing_for.unwrap_or_default(),
        known_good: robots.known_good,
        host_answers: host.map(|host| host.facts.answers.share() < 1.0),
    })
}

fn sections_down<'a>(
    name: &str,
    host: &'a Host,
    clusters: &[(Cluster, Diagnosis)],
) -> Vec<(&'a str, Finding)> {
    let all = host.facts.urls;
    let down = host.sections.iter().filter(|(_, urls)| urls.part > 0);
    down.filter_map(|(section, urls)| {
        let here = clusters.iter().filter(|(cluster, _)| {
            cluster.facts.cluster.host == name && cluster.facts.cluster.section == *section
        });
        let (_, diagnosis) = here.max_by_key(|(cluster, _)| cluster.urls)?;
        let facts = SectionFacts {
            host: name,
            section,
            urls: *urls,
            elsewhere: Ratio::new(all.part - urls.part, all.of - urls.of),
        };
        Some((section.as_str(), section_down(&facts, diagnosis)?))
    })
    .collect()
}

/// Which sitemap lists a URL is not kept; of a host with several, all are spoken of together.
fn listed(name: &str, host: &Host, files: &SiteFiles) -> Option<Finding> {
    let of_host = files.sitemaps.iter().filter(|sitemap| sitemap.host == name);
    let sitemaps: Vec<_> = of_host.collect();
    let url = match sitemaps.as_slice() {
        [only] => only.address.clone(),
        _ => name.to_owned(),
    };
    sitemap_lists_failing(&SitemapFacts {
        url,
        outcome: Outcome::OkNonHtml,
        listed: host.listed,
        example: host.listed_example.clone(),
    })
}
