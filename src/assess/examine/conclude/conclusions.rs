//! The conclusions of a run: causes, findings, scores.

use std::collections::BTreeMap;

use super::dead_backend::DeadBackend;
use super::findings::findings;
use super::merge::{Group, grouped};
use super::scores::{PartFound, scores};
use super::told::FindingFound;
use crate::assess::diagnose::rules::{Finding, Scope, one_backend_down, slow_pages};
use crate::assess::diagnose::{
    Context, Diagnosis, Maker, Outages, Pool, Ratio, TimeHistogram, diagnose,
};
use crate::assess::examine::Examination;
use crate::assess::examine::files::SiteFiles;
use crate::assess::examine::group::Cluster;
use crate::assess::examine::histories::{Together, is_refusal};
use crate::assess::examine::host::{Host, Section};
use crate::assess::score::crawlability::Crawlability;
use crate::assess::score::indexing::{Extent, IndexingRisk};
use crate::assess::score::site::Aggregate;
use crate::assess::statistics::chance::hits_or_more;
use crate::assess::{Interval, LookCounts, NotEstimated, Uncaught};
use crate::model::{Cause, Experiment, Layer, Outcome};

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
    /// The causes that may be named, the most probable first: those of a finding about more than this cluster, or of the
    /// diagnosis.
    pub causes: Vec<Cause>,
    /// How sure they are, from 0 to 1.
    pub confidence: f64,
    /// The key of the playbook to follow.
    pub advice: &'static str,
    /// Experiments with its URLs.
    pub experiments: Vec<ExperimentFound>,
}

/// An experiment with URLs of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct ExperimentFound {
    /// The experiment.
    pub experiment: Experiment,
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
            let context = context(cluster, host, cluster.outages_in(&together));
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
    let findings = findings(&hosts, slow, &groups, &together, files);
    let scored = scores(&tally, &hosts, files, extent);
    let uncaught = uncaught(&tally.site.counts, &together);
    Conclusions {
        sections: scored.sections,
        hosts: scored.hosts,
        clusters: found(clusters, &groups, &findings),
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
        experiments: cluster.experiments.experiments(cluster.at_speed),
    }
}

/// Returns the clusters in the order of their numbers, each with the diagnosis of its group.
fn found(
    clusters: Vec<Cluster>,
    groups: &[(Group, Diagnosis)],
    findings: &[FindingFound],
) -> Vec<ClusterFound> {
    let of_member = groups.iter().flat_map(|(group, diagnosis)| {
        let members = group.members.iter();
        members.map(move |number| (*number, diagnosis))
    });
    let diagnoses: BTreeMap<usize, &Diagnosis> = of_member.collect();
    let wider = |number: usize| {
        findings.iter().find(|found| {
            let names_cause = found.rule.names_cause_of_pages() && !found.causes.is_empty();
            names_cause && found.clusters.contains(&number)
        })
    };
    let with_diagnosis = clusters.into_iter().enumerate();
    with_diagnosis
        .filter_map(|(number, cluster)| {
            let own = diagnoses.get(&number)?;
            Some(cluster_found(cluster, own, wider(number)))
        })
        .collect()
}

fn cluster_found(
    cluster: Cluster,
    diagnosis: &Diagnosis,
    wider: Option<&FindingFound>,
) -> ClusterFound {
    let facts = cluster.facts;
    let made_by = cluster.made_by.as_deref();
    let experiments = cluster.experiments.each();
    ClusterFound {
        source: source(diagnosis, made_by, facts.cluster.outcome),
        host: facts.cluster.host,
        section: facts.cluster.section,
        outcome: facts.cluster.outcome,
        urls: cluster.urls,
        failures: facts.failures,
        experiments: experiments
            .map(|(experiment, fine, own)| ExperimentFound {
                experiment,
                fine,
                own,
            })
            .collect(),
        causes: wider.map_or_else(|| diagnosis.named_causes(), |wider| wider.causes.clone()),
        confidence: wider.map_or(diagnosis.confidence, |wider| wider.confidence),
        advice: wider.map_or_else(|| diagnosis.advice(), |wider| wider.advice),
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
