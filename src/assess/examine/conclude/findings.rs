//! The findings of a run: those about the site and its hosts first, then those about pages that no wider one covers.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::merge::Group;
use super::repeats::Place;
use super::site_files::{file_outages, of_robots, of_silence, of_sitemap};
use super::told::{self, FindingFound, Told};
use crate::assess::diagnose::cluster::section_of;
use crate::assess::diagnose::rules::{
    About, ClientFacts, Finding, FirstRequestFacts, GivenUpFacts, PartFacts, RedirectFacts, Rule,
    Scope, SectionFacts, SitemapFacts, access_denied, broken_references, client_block,
    external_links, family_down, first_request_fails, host_down, is_down, needs_script, of_cluster,
    of_host, one_backend_down, own_outage, part_outage, redirect_chains, redirect_into_error,
    robots_blocks, section_down, server_misconfigurations, sitemap_lists_failing, sitemap_problems,
    soft_errors, start_page,
};
use crate::assess::diagnose::{Diagnosis, Evidence, Ratio};
use crate::assess::examine::experiments::ExperimentCounts;
use crate::assess::examine::files::{GivenUp, SiteFiles};
use crate::assess::examine::histories::{Together, Whole};
use crate::assess::examine::host::Host;
use crate::model::{Cause, Experiment, Outcome};

/// Maximum findings of a run: beyond the worst, nobody reads them.
const MOST_FINDINGS: usize = 1_000;

/// Returns the findings, the worst first. Wider ones come first, so that narrow ones which repeat them are left out.
pub(super) fn findings(
    hosts: &BTreeMap<String, Host>,
    slow: Vec<Finding>,
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
    found.extend(unheard(files, hosts, groups));
    let mut told = HashSet::new();
    for (name, host) in hosts.iter().filter(|(_, host)| host.internal) {
        // Backends that take turns let one client through and refuse the next by chance.
        let refuses = (one_backend_down(&host.facts).is_none())
            .then(|| client_block(&client_facts(name, host, groups)))
            .flatten();
        let soft = soft_errors(&host.pages, |cause| diagnosed(name, cause, groups));
        for finding in of_host(&host.facts).into_iter().chain(soft).chain(refuses) {
            let clusters = told::of_host(&finding, name, groups);
            found.tell(narrowed(finding, host, &clusters, groups), clusters);
        }
        for finding in fail_first(name, together) {
            found.tell(finding, Vec::new());
        }
        let pages = host.sections.values().map(|section| section.urls.of).sum();
        found.extend(access_denied(name, &host.refusals, pages));
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
    tell_files((&mut found, &mut narrow), files, hosts, groups);
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

/// Returns the findings about hosts that were given up, and about robots.txt files that could not be read.
fn unheard(
    files: &SiteFiles,
    hosts: &BTreeMap<String, Host>,
    groups: &[(Group, Diagnosis)],
) -> Vec<Finding> {
    let given_up = files.given_up.iter().filter_map(|given_up| {
        let diagnosis = of_silence(given_up, files, hosts, groups);
        of_given_up(given_up, diagnosis.as_ref())
    });
    // Of a host that nothing was heard of, robots.txt is the only file that was requested.
    let is_told = |host: &str| (files.given_up.iter()).any(|it| it.whole && it.host == host);
    let unreadable = (files.robots.iter()).filter(|it| it.unreachable && !is_told(&it.host));
    let unreadable =
        unreadable.filter_map(|robots| of_robots(robots, hosts.get(&robots.host), groups));
    given_up.chain(unreadable).collect()
}

/// Adds the findings about robots.txt files and sitemaps that fail or failed, as far as no wider finding says the same.
fn tell_files(
    (wide, narrow): (&mut Told, &mut Told),
    files: &SiteFiles,
    hosts: &BTreeMap<String, Host>,
    groups: &[(Group, Diagnosis)],
) {
    let failing = files.sitemaps.iter().filter_map(|sitemap| {
        let finding = of_sitemap(sitemap, hosts.get(&sitemap.host), groups)?;
        Some((sitemap.host.clone(), finding))
    });
    let failed = file_outages(files, hosts, groups);
    for (host, finding) in failed.into_iter().chain(failing) {
        let place = Place {
            host: &host,
            cluster: None,
        };
        if !wide.says(&finding, place, &[]) {
            narrow.tell(finding, Vec::new());
        }
    }
}

/// Returns a finding about answers that arrive cut short with the section of its pages as its place, if all of them lie in
/// one and the host has others: the code of that section is at fault.
fn narrowed(
    finding: Finding,
    host: &Host,
    clusters: &[usize],
    groups: &[(Group, Diagnosis)],
) -> Finding {
    if finding.rule != Rule::TruncatedBodies || host.sections.len() < 2 {
        return finding;
    }
    let of_it = groups.iter().map(|(group, _)| group);
    let of_it = of_it.filter(|group| group.members.iter().any(|it| clusters.contains(it)));
    let sections: BTreeSet<&String> = of_it
        .flat_map(|group| group.cluster.facts.sections.keys())
        .collect();
    match sections.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => Finding {
            scope: Scope::Section,
            subject: section_of(&finding.subject, only),
            ..finding
        },
        _ => finding,
    }
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
    let mut experiments = ExperimentCounts::default();
    let mut urls = 0;
    let refused = groups.iter().map(|(group, _)| group).filter(|group| {
        let helping = group.helping.iter().flatten();
        group.cluster.facts.cluster.host == name
            && helping
                .into_iter()
                .any(|experiment| *experiment == Experiment::Browser)
    });
    for group in refused {
        experiments.merge(&group.cluster.experiments);
        urls += group.cluster.urls;
    }
    ClientFacts {
        host: name,
        browser: experiments.browser(),
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
            let outages = group.cluster.outages_in(together)?;
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

fn of_given_up(given_up: &GivenUp, diagnosis: Option<&Diagnosis>) -> Option<Finding> {
    let facts = GivenUpFacts {
        host: &given_up.host,
        unseen: Ratio::new(given_up.urls, given_up.known),
        waited: &given_up.waited,
        last_fine: given_up.last_fine,
    };
    if given_up.whole {
        host_down(&facts, diagnosis)
    } else {
        family_down(&facts)
    }
}
