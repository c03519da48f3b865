//! Findings, each with the clusters of failures that it is about. So each finding has only its own pages, even if
//! another finding has the same section and cause.

use std::collections::{BTreeSet, HashSet};
use std::ops::Deref;

use xxhash_rust::xxh3::xxh3_64;

use super::merge::Group;
use super::repeats::{Place, said_by};
use crate::assess::diagnose::rules::{About, Concerns, Finding, Scope};
use crate::assess::diagnose::{Diagnosis, Evidence};
use crate::assess::examine::histories::Whole;
use crate::model::{Cause, Experiment};

/// A finding and the clusters whose URLs it is about.
#[derive(Debug)]
pub struct FindingFound {
    /// The finding.
    pub finding: Finding,
    /// Numbers of the clusters; empty for one that is not about failing pages, or about single URLs.
    pub clusters: Vec<usize>,
    /// URLs that it is about besides.
    pub addresses: Vec<String>,
}

impl Deref for FindingFound {
    type Target = Finding;

    fn deref(&self) -> &Finding {
        &self.finding
    }
}

impl FindingFound {
    /// Returns a name that is the same in every run that has this finding: the rule, and a number for the subject.
    pub fn id(&self) -> String {
        format!(
            "{}-{:06x}",
            self.rule.id(),
            xxh3_64(self.subject.as_bytes()) >> 40
        )
    }

    /// Returns whether recovered URLs of its clusters count as its pages. They do for findings about outages or
    /// speed. They do not for findings about pages or a section that still fail.
    pub fn counts_recovered(&self) -> bool {
        !matches!(self.rule.about(), About::Pages | About::Section)
    }
}

/// Findings while they are collected, the wider ones first.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) found: Vec<FindingFound>,
}

impl Told {
    /// Adds findings about the URLs that they show.
    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.tell(finding, Vec::new());
        }
    }

    /// Adds a finding about the URLs of some clusters, or about the URLs that it shows if there are none.
    pub(super) fn tell(&mut self, finding: Finding, clusters: Vec<usize>) {
        let addresses = match clusters.as_slice() {
            [] => shown(&finding),
            _ => Vec::new(),
        };
        self.found.push(FindingFound {
            finding,
            clusters,
            addresses,
        });
    }

    /// Adds a finding about some URLs.
    pub(super) fn tell_of(&mut self, finding: Finding, addresses: Vec<String>) {
        self.found.push(FindingFound {
            finding,
            clusters: Vec::new(),
            addresses,
        });
    }

    /// Returns the subjects of the findings about any of these clusters.
    pub(super) fn subjects_of(&self, clusters: &HashSet<&usize>) -> Vec<String> {
        let is_about = |told: &&FindingFound| told.clusters.iter().any(|it| clusters.contains(it));
        let subjects = self.found.iter().filter(is_about);
        let subjects: BTreeSet<&String> = subjects.map(|told| &told.subject).collect();
        subjects.into_iter().cloned().collect()
    }

    /// Returns whether a wider finding says the same. If so, that finding gets these clusters too.
    pub(super) fn says(&mut self, narrow: &Finding, place: Place<'_>, clusters: &[usize]) -> bool {
        let wide = self.found.iter().map(|told| &**told);
        let Some(at) = said_by(narrow, place, wide) else {
            return false;
        };
        let known = &mut self.found[at].clusters;
        known.extend(clusters);
        known.sort_unstable();
        known.dedup();
        true
    }
}

/// Returns the URLs that the evidence of a finding shows, or else its own.
fn shown(finding: &Finding) -> Vec<String> {
    match finding.scope {
        Scope::Url | Scope::Site if finding.shown.is_empty() => vec![finding.subject.clone()],
        _ => finding.shown.clone(),
    }
}

/// Returns the numbers of the clusters that a finding about a host is about.
pub(super) fn of_host(finding: &Finding, host: &str, groups: &[(Group, Diagnosis)]) -> Vec<usize> {
    let concerned = groups.iter().filter(|(group, diagnosis)| {
        let cluster = &group.cluster;
        cluster.internal
            && cluster.facts.cluster.host == host
            && concerns(finding, group, diagnosis)
    });
    let members = concerned.flat_map(|(group, _)| group.members.iter().copied());
    members.collect()
}

fn concerns(finding: &Finding, group: &Group, diagnosis: &Diagnosis) -> bool {
    let cluster = &group.cluster;
    let names = |cause: Cause| finding.causes.contains(&cause);
    match finding.rule.concerns() {
        Concerns::Given => false,
        Concerns::Outage => cluster.together == Some(Whole::Host),
        Concerns::Speed => cluster.at_speed,
        Concerns::Crawler => group.helping.iter().flatten().any(|it| *it == Experiment::Browser),
        Concerns::Soft => (cluster.facts.soft)
            .is_some_and(|soft| names(soft) || diagnosis.named_causes().into_iter().any(names)),
        Concerns::Outcomes => finding.evidence.iter().any(|it| {
            matches!(it, Evidence::Outcome { outcome, .. } if *outcome == cluster.facts.cluster.outcome)
        }),
    }
}
