//! The conclusions of a run: causes, findings, scores.

use std::collections::{BTreeMap, HashSet};

use super::dead_backend::DeadBackend;
use super::merge::{Group, grouped};
use super::repeats::Place;
use super::scores::{PartFound, scores};
use super::site_files::{of_robots, of_sitemap};
use super::told::{self, FindingFound, Told};
use crate::assess::diagnose::cluster::section_of;
use crate::assess::diagnose::rules::{
    About, ClientFacts, Finding, FirstRequestFacts, GivenUpFacts, PartFacts, RedirectFacts, Scope,
    SectionFacts, SitemapFacts, broken_references, client_block, external_links, family_down,
    first_request_fails, host_down, is_down, needs_script, of_cluster, of_host, one_backend_down,
    own_outage, part_outage, redirect_chains, redirect_into_error, robots_blocks, section_down,
    server_misconfigurations, sitemap_lists_failing, sitemap_problems, slow_pages, soft_errors,
    start_page,
};
use crate::assess::diagnose::{
    Context, Diagnosis, Evidence, Maker, Outages, Pool, Ratio, TimeHistogram, Trial, diagnose,
};
use crate::assess::examine::Examination;
use crate::assess::examine::files::{GivenUp, SiteFiles};
use crate::assess::examine::group::Cluster;
use crate::assess::examine::histories::{Home, Together, Whole, is_refusal};
use crate::assess::examine::host::{Host, Section};
use crate::assess::examine::trials::Trials;
use crate::assess::score::crawlability::Crawlability;
use crate::assess::score::indexing::{Extent, IndexingRisk};
use crate::assess::score::site::Aggregate;
use crate::assess::statistics::chance::hits_or_more;
use crate::assess::{Interval, LookCounts, NotEstimated, Uncaught};
use crate::model::{Cause, Layer, Outcome, Probe};

/// Maximum findings of a run: beyond the worst, nobody reads them.
const MOST_FINDINGS: usize = 1_000;

/// Maximum probability by chance at which chance is ruled out (ours).
const UNEVEN: f64 = 0.001;

/// The conclusions of a run.
#[derive(Debug)]
pub struct Conclusions {
    /// Clusters of failures by their number, with their diagnoses.
    pub clusters: Vec<ClusterFound>,
    /// Findings, the worst first.
    pub findings: Vec<FindingFound>,
    /// Sections in the order of their names.
    pub sections: Vec<PartFound>,
    /// Hosts in the order of their names.
    pub hosts: Vec<PartFound>,
    /// The crawlability score of the whole site.
    pub crawlability: Crawlability,
    /// The indexing risk of the whole site.
    pub indexing_risk: IndexingRisk,
    /// All pages together.
    pub site: Aggregate,
    /// Milliseconds to the first byte of good answers: median, and the 5th and 95th percentile as bounds.
    pub first_byte: Option<Interval>,
    /// The estimate of pages that fail now and then and were not caught, or why there is none; absent if there are
    /// too few pages.
    pub uncaught: Option<Result<Uncaught, NotEstimated>>,
}

/// A cluster of failures and its diagnosis.
#[derive(Debug)]
pub struct ClusterFound {
    /// Scheme, host and port.
    pub host: String,
    /// The section.
    pub section: String,
    /// The outcome of its failures.
    pub outcome: Outcome,
    /// URLs in it.
    pub urls: u64,
    /// Attempts that failed.
    pub failures: u64,
    /// The source of the error: a product and a kind of machine, or a layer of the network.
    pub source: String,
    /// Why.
    pub diagnosis: Diagnosis,
    /// Experiments with its URLs.
    pub trials: Vec<TrialFound>,
}

/// An experiment with URLs of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct TrialFound {
    /// The experiment.
    pub probe: Probe,
    /// Answers to the experiment that were fine.
    pub fine: Ratio,
    /// Answers of the same URLs to the crawl's own requests that were fine, made at about the same time.
    pub own: Ratio,
}

impl Examination {
    /// Returns the hosts and sections of which one backend of several fails, once all URLs were added. Their pages are
    /// examined once more with this knowledge, unless they were.
    pub fn dead_backends(&mut self) -> Vec<DeadBackend> {
        if !self.dead_backends.is_empty() {
            return Vec::new();
        }
        complete(&mut self.hosts, &self.together);
        let internal = self.hosts.iter().filter(|(_, host)| host.internal);
        let found = internal.filter_map(|(name, host)| {
            let finding = one_backend_down(&host.facts)?;
            let section = host.facts.pool.section.clone();
            Some(DeadBackend {
                host: name.clone(),
                section: section.filter(|_| finding.scope == Scope::Section),
                outcome: host.facts.main_failure()?,
            })
        });
        found.collect()
    }

    /// Returns the conclusions.
    pub fn conclude(self, files: &SiteFiles, extent: Extent) -> Conclusions {
        conclude(self, files, extent)
    }
}

/// Adds to the facts of hosts what is known once all URLs are.
fn complete(hosts: &mut BTreeMap<String, Host>, together: &Together) {
    for (name, host) in hosts {
        if let Some(known) = together.host(name) {
            host.facts.load = known.load;
            host.facts.down_at_start = known.at_start;
            host.facts.rotation = known.rotation;
            if let Some((limit, section)) = &known.limit {
                host.facts.limit = Some(*limit);
                host.facts.limited_section.clone_from(section);
            }
            // Refusals of a limit come together too.
            if !known.limits_all() {
                host.facts.outages.clone_from(&known.whole);
            }
        }
        let failing = (host.sections.values()).filter(|section| section.urls.part > 0);
        host.facts.sections = Ratio::new(failing.count() as u64, host.sections.len() as u64);
        host.facts.is_uneven = are_uneven(host.sections.values().map(|section| section.urls));
        host.facts.pool = pool(&host.sections);
    }
}

fn conclude(seen: Examination, files: &SiteFiles, extent: Extent) -> Conclusions {
    let Examination {
        mut tally,
        mut hosts,
        clusters,
        together,
        speeds,
        ..
    } = seen;
    complete(&mut hosts, &together);
    tally.site.counts = tally.own_looks();
    leave_out_unheard(&mut hosts);
    let clusters: Vec<Cluster> = clusters.into_values();
    let groups: Vec<(Group, Diagnosis)> = grouped(&clusters)
        .into_iter()
        .map(|group| {
            let cluster = &group.cluster;
            let host = hosts.get(&cluster.facts.cluster.host);
            let context = context(cluster, host, outages_of(cluster, &together));
            let diagnosis = diagnose(&cluster.facts, &context);
            (group, diagnosis)
        })
        .collect();
    // An unreachable host has no fetched page, but belongs to the site.
    for robots in &files.robots {
        if let Some(host) = hosts.get_mut(&robots.host) {
            host.internal = true;
        }
    }
    let slow = speeds.iter().filter_map(|((name, family), speed)| {
        let host = hosts.get(name).filter(|host| host.internal)?;
        slow_pages(&format!("{name}{family}"), speed, &host.facts)
    });
    let slow: Vec<Finding> = slow.collect();
    let findings = findings((&hosts, slow), &groups, &together, files);
    let scored = scores(&tally, &hosts, files, extent);
    let uncaught = uncaught(&tally.site.counts, &together);
    Conclusions {
        sections: scored.sections,
        hosts: scored.hosts,
        clusters: found(clusters, &groups),
        findings,
        crawlability: scored.crawlability,
        indexing_risk: scored.indexing_risk,
        site: tally.site,
        first_byte: first_byte(hosts.values().filter(|host| host.internal)),
        uncaught,
    }
}

/// Estimates the uncaught pages, unless failures show that pages do not fail by themselves.
fn uncaught(counts: &LookCounts, together: &Together) -> Option<Result<Uncaught, NotEstimated>> {
    let found = counts.uncaught()?;
    Some(match () {
        () if counts.have_recovered() => Err(NotEstimated::Recovered),
        () if found.any_failed && together.fails_for_a_while() => Err(NotEstimated::Clustered),
        () => Ok(found),
    })
}

/// Returns the times to the first byte over the hosts of a site, in milliseconds.
fn first_byte<'h>(hosts: impl Iterator<Item = &'h Host>) -> Option<Interval> {
    let mut times = TimeHistogram::default();
    hosts.for_each(|host| times.merge(&host.facts.first_bytes));
    let millis = |share| Some(times.quantile(share)?.as_secs_f64() * 1_000.0);
    Some(Interval {
        low: millis(0.05)?,
        value: millis(0.5)?,
        high: millis(0.95)?,
    })
}

/// Discards experiments over IPv4 or IPv6 if no host answered over it in the whole run: this machine may have no
/// route.
fn leave_out_unheard(hosts: &mut BTreeMap<String, Host>) {
    for v6 in [false, true] {
        if !hosts.values().any(|host| host.facts.was_heard(v6)) {
            for host in hosts.values_mut() {
                (host.facts.at_addresses).retain(|address, _| address.is_ipv6() != v6);
            }
        }
    }
}

/// Returns the outages that explain the failures of a cluster.
fn outages_of<'a>(cluster: &Cluster, together: &'a Together) -> Option<&'a Outages> {
    cluster.together?;
    let home = Home {
        host: &cluster.facts.cluster.host,
        section: &cluster.facts.cluster.section,
        family: &cluster.family,
    };
    together.of(home).map(|(_, outages)| outages)
}

fn context(cluster: &Cluster, host: Option<&Host>, outages: Option<&Outages>) -> Context {
    let is_limited = host.is_some_and(|host| host.facts.limits(&cluster.facts.cluster.section))
        && is_refusal(cluster.facts.status)
        && cluster.facts.failing() == 0;
    Context {
        host: host.map(|host| host.facts.urls).unwrap_or_default(),
        nearby: (host.map(|host| host.failing_in(cluster.facts.sections.keys())))
            .unwrap_or_default(),
        sections: host.map(|host| host.facts.sections).unwrap_or_default(),
        controls: host.map(|host| host.controls).unwrap_or_default(),
        load_induced: cluster.at_speed || is_limited,
        restart: outages.is_some_and(Outages::is_restart),
        experiments: cluster.trials.experiments(cluster.at_speed),
    }
}

/// Returns the clusters in the order of their numbers, each with the diagnosis of its group.
fn found(clusters: Vec<Cluster>, groups: &[(Group, Diagnosis)]) -> Vec<ClusterFound> {
    let of_member = groups.iter().flat_map(|(group, diagnosis)| {
        let members = group.members.iter();
        members.map(move |number| (*number, diagnosis))
    });
    let diagnoses: BTreeMap<usize, &Diagnosis> = of_member.collect();
    let with_diagnosis = clusters.into_iter().enumerate();
    with_diagnosis
        .filter_map(|(number, cluster)| Some(cluster_found(cluster, diagnoses.get(&number)?)))
        .collect()
}

fn cluster_found(cluster: Cluster, diagnosis: &Diagnosis) -> ClusterFound {
    let facts = cluster.facts;
    let made_by = cluster.made_by.as_deref();
    ClusterFound {
        source: source(diagnosis, made_by, facts.cluster.outcome),
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
        diagnosis: diagnosis.clone(),
    }
}

/// Returns the source of an error: `reverse_proxy: nginx`, `application`, `dns`; empty if nothing shows it.
fn source(diagnosis: &Diagnosis, made_by: Option<&str>, outcome: Outcome) -> String {
    let layer = match outcome.layer() {
        Layer::Dns => Some("dns"),
        Layer::Tcp => Some("network"),
        Layer::Tls => Some("tls"),
        Layer::Http => is_broken_exchange(outcome).then_some("http"),
        Layer::Log | Layer::Policy => None,
    };
    let maker = diagnosis.layer.map(Maker::id).or(made_by);
    match (maker.or(layer), diagnosis.product) {
        (Some(maker), Some(product)) => format!("{maker}: {product}"),
        (Some(maker), None) => maker.to_owned(),
        (None, Some(product)) => product.to_owned(),
        (None, None) => String::new(),
    }
}

/// Returns whether HTTP itself failed: there was no whole answer, so no server made an error page.
fn is_broken_exchange(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::EmptyReply
            | Outcome::TtfbTimeout
            | Outcome::BodyTimeout
            | Outcome::TotalTimeout
            | Outcome::BodyTruncated
            | Outcome::Http2StreamError
            | Outcome::BadStatusLine
            | Outcome::BadHeader
            | Outcome::HeaderTooLarge
            | Outcome::BadEncoding
            | Outcome::StatusInvalid
    )
}

fn of_given_up(given_up: &GivenUp) -> Option<Finding> {
    let facts = GivenUpFacts {
        host: &given_up.host,
        unseen: Ratio::new(given_up.urls, given_up.known),
        waited: &given_up.waited,
        last_fine: given_up.last_fine,
    };
    if given_up.whole {
        host_down(&facts)
    } else {
        family_down(&facts)
    }
}

/// Returns whether some sections have more failing URLs than chance explains, which backends that take turns do not
/// cause (exact test for each section, corrected for their number; C. E. Bonferroni, 1936).
fn are_uneven(sections: impl Iterator<Item = Ratio> + Clone) -> bool {
    let (failing, all) = sections.clone().fold((0, 0), |(failing, all), urls| {
        (failing + urls.part, all + urls.of)
    });
    let unlikely = UNEVEN / sections.clone().count().max(1) as f64;
    let mut chances = sections;
    chances.any(|urls| hits_or_more(urls.part, urls.of, failing, all) < unlikely)
}

/// Returns the sections that may share backends of which one fails.
fn pool(sections: &BTreeMap<String, Section>) -> Pool {
    let mut pool = Pool::default();
    let flapping = sections.iter().filter(|(_, section)| section.flaps);
    for (name, section) in flapping {
        pool.section = (pool.answers.of == 0).then(|| name.clone());
        for (all, of_section) in [
            (&mut pool.answers, section.answers),
            (&mut pool.first, section.first),
            (&mut pool.again, section.again),
        ] {
            *all = Ratio::new(all.part + of_section.part, all.of + of_section.of);
        }
    }
    pool
}

fn findings(
    (hosts, slow): (&BTreeMap<String, Host>, Vec<Finding>),
    groups: &[(Group, Diagnosis)],
    together: &Together,
    files: &SiteFiles,
) -> Vec<FindingFound> {
    let mut found = Told::default();
    found.extend(own_outage(&files.own_outages));
    found.extend(start_page(files.no_start.as_ref()));
    found.extend(external_links(&files.dead_links));
    found.extend(broken_references(&files.site, &files.broken_references));
    found.extend(redirect_chains(&files.site, &files.redirect_chains));
    found.extend(sitemap_problems(&files.site, &files.sitemap_problems));
    found.extend(needs_script(&files.site, &files.scripted));
    found.extend(files.blocked.iter().filter_map(robots_blocks));
    found.extend(files.given_up.iter().filter_map(of_given_up));
    for robots in files.robots.iter().filter(|robots| robots.unreachable) {
        found.extend(of_robots(robots, hosts.get(&robots.host), groups));
    }
    let mut told = HashSet::new();
    for (name, host) in hosts.iter().filter(|(_, host)| host.internal) {
        // Backends that take turns let one client through and refuse the next by chance.
        let refuses = (one_backend_down(&host.facts).is_none())
            .then(|| client_block(&client_facts(name, host, groups)))
            .flatten();
        let soft = soft_errors(&host.pages, |cause| diagnosed(name, cause, groups));
        for finding in of_host(&host.facts).into_iter().chain(soft).chain(refuses) {
            let clusters = told::of_host(&finding, name, groups);
            found.tell(finding, clusters);
        }
        for finding in fail_first(name, together) {
            found.tell(finding, Vec::new());
        }
        found.extend(server_misconfigurations(name, &host.refusals, |section| {
            let section = host.sections.get(section);
            section.map(|section| section.urls).unwrap_or_default()
        }));
        for (group, down) in sections_down(name, host, groups) {
            told.insert(group);
            let place = Place {
                host: name.as_str(),
                cluster: Some(&groups[group].0.cluster.facts),
            };
            let members = &groups[group].0.members;
            if !found.says(&down, place, members) {
                found.tell(down, members.clone());
            }
        }
    }
    found.extend(slow);
    for (finding, clusters) in parts_down(groups, together) {
        found.tell(finding, clusters);
    }
    let mut narrow = Told::default();
    for (number, (group, diagnosis)) in groups.iter().enumerate() {
        let cluster = &group.cluster;
        // A part that went down as a whole has findings about its outages.
        if !cluster.internal || cluster.at_speed || cluster.together.is_some() {
            continue;
        }
        let place = Place {
            host: &cluster.facts.cluster.host,
            cluster: Some(&cluster.facts),
        };
        for finding in of_cluster(&cluster.facts, diagnosis) {
            let is_told = told.contains(&number) && finding.rule.about() == About::Pages;
            if !is_told && !found.says(&finding, place, &group.members) {
                narrow.tell(finding, group.members.clone());
            }
        }
    }
    for sitemap in &files.sitemaps {
        let failing = of_sitemap(sitemap, hosts.get(&sitemap.host), groups);
        let place = Place {
            host: &sitemap.host,
            cluster: None,
        };
        narrow.extend(failing.filter(|finding| !found.says(finding, place, &[])));
    }
    found.found.append(&mut narrow.found);
    let of_listed = groups.iter().filter(|(group, _)| group.cluster.listed > 0);
    for (name, host) in hosts.iter().filter(|(_, host)| host.internal) {
        let of_host = (of_listed.clone())
            .filter(|(group, _)| group.cluster.facts.cluster.host == *name)
            .flat_map(|(group, _)| &group.members);
        let subjects = found.subjects_of(&of_host.collect());
        if let Some(finding) = listed(name, host, files, subjects) {
            found.tell_of(finding, host.listed_failing.clone());
        }
    }
    found.extend(redirects(groups, files));
    // Other people's sites, and pages that refer to failing ones, come after the site's own troubles.
    let is_elsewhere = |found: &FindingFound| found.rule.about() == About::Beside;
    let is_of_home = |found: &FindingFound| found.evidence.contains(&Evidence::HomePage);
    let mut found = found.found;
    found.sort_by(|one, other| {
        let by_severity = other.severity.cmp(&one.severity);
        by_severity
            .then(is_of_home(other).cmp(&is_of_home(one)))
            .then(is_elsewhere(one).cmp(&is_elsewhere(other)))
            .then(other.scope.cmp(&one.scope))
            .then(other.confidence.total_cmp(&one.confidence))
            .then_with(|| one.rule.cmp(&other.rule))
            .then_with(|| one.subject.cmp(&other.subject))
    });
    found.truncate(MOST_FINDINGS);
    found
}

/// Returns the findings of redirects that lead into errors, each with the diagnosis of its target.
fn redirects(groups: &[(Group, Diagnosis)], files: &SiteFiles) -> Vec<Finding> {
    let of_redirect = files.failing_redirects.iter().map(|redirect| {
        let of_target = redirect.cluster.and_then(|number| {
            let mut groups = groups.iter();
            groups.find(|(group, _)| group.members.contains(&number))
        });
        let facts = RedirectFacts {
            from: redirect.from.clone(),
            target: redirect.target.clone(),
            outcome: redirect.outcome,
            hops: redirect.hops,
            inlinks: redirect.inlinks,
        };
        let diagnosis = of_target.map(|(_, diagnosis)| diagnosis);
        redirect_into_error(&facts, diagnosis)
    });
    of_redirect.flatten().collect()
}

/// Returns the diagnosis of the largest group of soft errors of this host that point to this cause.
fn diagnosed<'a>(
    host: &str,
    cause: Cause,
    groups: &'a [(Group, Diagnosis)],
) -> Option<&'a Diagnosis> {
    let of_pages = groups.iter().filter(|(group, _)| {
        let facts = &group.cluster.facts;
        facts.cluster.host == host && facts.soft == Some(cause)
    });
    let most = of_pages.max_by_key(|(group, _)| group.cluster.urls);
    most.map(|(_, diagnosis)| diagnosis)
}

/// Returns how a host treats clients: the experiments with URLs of clusters that refuse only the crawler. Others may
/// recover meanwhile, or fail for everybody.
fn client_facts<'a>(name: &'a str, host: &Host, groups: &[(Group, Diagnosis)]) -> ClientFacts<'a> {
    let mut trials = Trials::default();
    let mut urls = 0;
    let refused = groups.iter().map(|(group, _)| group).filter(|group| {
        let helping = group.helping.iter().flatten();
        group.cluster.facts.cluster.host == name
            && helping.into_iter().any(|trial| *trial == Trial::Browser)
    });
    for group in refused {
        trials.merge(&group.cluster.trials);
        urls += group.cluster.urls;
    }
    ClientFacts {
        host: name,
        browser: trials.browser(),
        refused: Ratio::new(urls, host.facts.urls.of),
        blocks: host.blocks,
    }
}

/// Returns the findings about the parts of a host whose pages fail at their first request.
fn fail_first(host: &str, together: &Together) -> Vec<Finding> {
    let parts = together
        .host(host)
        .map(|known| known.fails_first.as_slice());
    let found = parts.unwrap_or_default().iter().filter_map(|part| {
        let (whole, name, fails_first) = part;
        let (scope, subject) = match whole {
            Whole::Host => (Scope::Host, host.to_owned()),
            Whole::Section => (Scope::Section, section_of(host, name)),
            Whole::Family => (Scope::Section, format!("{host}{name}")),
        };
        first_request_fails(&FirstRequestFacts {
            subject,
            scope,
            fails_first: Some(*fails_first),
        })
    });
    found.collect()
}

/// Sections and families that went down as a whole: one finding each, with the diagnosis of most of its
/// URLs, in however many ways they failed, and the clusters of all of them.
fn parts_down(groups: &[(Group, Diagnosis)], together: &Together) -> Vec<(Finding, Vec<usize>)> {
    let mut parts: BTreeMap<String, (&(Group, Diagnosis), Vec<usize>)> = BTreeMap::new();
    for entry in groups {
        let (group, cluster) = (&entry.0, &entry.0.cluster);
        let part = cluster.together.filter(|whole| *whole != Whole::Host);
        let Some(part) = part.filter(|_| cluster.internal) else {
            continue;
        };
        let subject = format!("{}{}", cluster.facts.cluster.host, cluster.name_of(part));
        let (main, clusters) = parts.entry(subject).or_insert((entry, Vec::new()));
        clusters.extend(&group.members);
        if main.0.cluster.urls < cluster.urls {
            *main = entry;
        }
    }
    let found = parts
        .into_iter()
        .filter_map(|(subject, ((group, diagnosis), clusters))| {
            let outages = outages_of(&group.cluster, together)?;
            let finding = part_outage(&PartFacts { subject, outages }, diagnosis)?;
            Some((finding, clusters))
        });
    found.collect()
}

/// Sections of a host that are down, with the number of the group that most of their failing URLs
/// belong to; those of one group are one finding.
fn sections_down(name: &str, host: &Host, groups: &[(Group, Diagnosis)]) -> Vec<(usize, Finding)> {
    let mut down: BTreeMap<usize, Vec<(&str, Ratio)>> = BTreeMap::new();
    let sections = host
        .sections
        .iter()
        .map(|(name, section)| (name, section.urls))
        .filter(|(_, urls)| is_down(*urls));
    let folders = (host.dead_folders.iter())
        .map(|(name, urls)| (name, *urls))
        .filter(|(_, urls)| urls.part == urls.of);
    for (section, urls) in sections.chain(folders) {
        let here = groups.iter().enumerate().filter(|(_, (group, _))| {
            let facts = &group.cluster.facts;
            let lasts = group.cluster.together.is_none();
            lasts && facts.cluster.host == name && facts.sections.contains_key(section)
        });
        let main = here.max_by_key(|(_, (group, _))| group.cluster.facts.sections[section]);
        if let Some((number, _)) = main {
            down.entry(number).or_default().push((section, urls));
        }
    }
    let all = host.facts.urls;
    let found = down.into_iter().filter_map(|(number, mut sections)| {
        sections.sort_by_key(|(_, urls)| std::cmp::Reverse(urls.part));
        let sum = |count: fn(&Ratio) -> u64| sections.iter().map(|(_, urls)| count(urls)).sum();
        let (part, of): (u64, u64) = (sum(|urls| urls.part), sum(|urls| urls.of));
        let facts = SectionFacts {
            host: name,
            sections,
            elsewhere: Ratio::new(all.part - part, all.of - of),
        };
        let (group, diagnosis) = &groups[number];
        let finding = section_down(&facts, &group.cluster.facts, diagnosis)?;
        Some((number, finding))
    });
    found.collect()
}

/// Returns the finding about failing URLs in sitemaps, which points to those about these URLs. It is not stored which sitemap lists a URL, so it is about all
/// sitemaps of a host.
fn listed(name: &str, host: &Host, files: &SiteFiles, found: Vec<String>) -> Option<Finding> {
    let of_host = files.sitemaps.iter().filter(|sitemap| sitemap.host == name);
    let sitemaps: Vec<_> = of_host.collect();
    let url = match sitemaps.as_slice() {
        [only] => only.address.clone(),
        _ => name.to_owned(),
    };
    sitemap_lists_failing(&SitemapFacts {
        url,
        outcome: Outcome::OkNonHtml,
        failed: 0,
        listed: host.listed,
        example: host.listed_failing.first().cloned(),
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_backends_that_take_turns_are_spread_over_the_sections() {
        let uneven = |urls: &[(u64, u64)]| {
            are_uneven(urls.iter().map(|(failing, of)| Ratio::new(*failing, *of)))
        };
        assert!(!uneven(&[]) && !uneven(&[(0, 0), (3, 3)]));
        assert!(!uneven(&[(33, 100), (5, 20), (9, 20)]));
        assert!(uneven(&[(25, 25), (12, 60), (1, 150), (12, 20)]));
    }
}
