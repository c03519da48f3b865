//! Totals of sections, hosts and the site. URLs are read as a stream; memory grows only with the number
//! of sections and hosts, which has a bound.

use std::collections::BTreeMap;

use super::deduction::{Deduction, Examples, Fact};
use super::first_looks::FirstLooks;
use super::mean::{HOME_SHARE, WeightedRisk};
use crate::assess::diagnose::Ratio;
use crate::assess::diagnose::rules::is_down;
use crate::assess::statistics::latency::Latency;
use crate::assess::statistics::uncaught::LookCounts;
use crate::assess::verdict::judgement::Judgement;
use crate::assess::verdict::kind::FailureKind;
use crate::assess::verdict::rules::Verdict;

/// Maximum sections, and maximum hosts, that are counted separately; about 2 MB for each of the two.
pub const MOST_GROUPS: usize = 500;

/// The group of all names after the first [`MOST_GROUPS`].
pub const OTHER: &str = "(other)";

/// A URL with its judgement.
#[derive(Clone, Copy, Debug)]
pub struct Scored<'a> {
    /// Its URL.
    pub address: &'a str,
    /// The host it belongs to.
    pub host: &'a str,
    /// The section it belongs to.
    pub section: &'a str,
    /// The judgement on its attempts.
    pub judgement: &'a Judgement,
    /// Its importance, 1..7.
    pub weight: f64,
    /// Whether it is the home page of its host.
    pub home: bool,
}

/// The totals of many URLs.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    /// Number of URLs.
    pub urls: u64,
    /// Indexing risk.
    pub risk: WeightedRisk,
    /// First attempts.
    pub looks: FirstLooks,
    /// Times to the first byte of successful answers.
    pub latency: Latency,
    /// Looks at pages, without those that an outage, a limit or the crawl's speed explains.
    pub counts: LookCounts,
    verdicts: [u64; 6],
    /// Risk times weight by verdict, without home pages.
    shares: [f64; 6],
    /// The share of home pages in the risk, which `shares` and `at_risk` leave out.
    home: HomeShare,
    /// Pages of each verdict that contribute to the risk, without home pages.
    at_risk: [u64; 6],
    worst: [Examples; 6],
    slowest: Examples,
}

/// The part of home pages in the risk.
#[derive(Clone, Debug, Default)]
struct HomeShare {
    share: f64,
    failing: u64,
    worst: Examples,
}

impl Aggregate {
    /// Adds one URL. `home` says whether it counts as a home page: in a site or host, not in a section.
    fn add(&mut self, url: &Scored<'_>, home: bool) {
        let verdict = url.judgement.verdict;
        let risk = url.judgement.indexing_risk();
        self.urls += 1;
        self.verdicts[verdict as usize] += 1;
        if home {
            self.risk.add_home(risk, url.weight);
        } else {
            self.risk.add(risk, url.weight);
        }
        self.looks.add(url.address, url.judgement, url.weight);
        // A page that failed only in an outage is left out: it is neither a failing page nor one that
        // never failed.
        let is_clear = verdict == Verdict::Ok || url.judgement.looks.failed() > 0;
        // A limit refuses fast clients, whatever the page.
        let is_refused = url.judgement.kind == Some(FailureKind::RateLimited);
        let is_of_load = verdict == Verdict::LoadInduced || is_refused;
        if is_clear && !is_of_load && !url.judgement.in_outage {
            self.counts.add(url.judgement.looks);
        }
        if let Some((ttfb, open)) = url.judgement.ttfb {
            self.latency.add(ttfb, open);
            self.slowest.add(ttfb.as_secs_f64(), url.address);
        }
        let share = risk.value * url.weight;
        if share > 0.0 && home {
            self.home.share += share;
            self.home.failing += 1;
            self.home.worst.add(share, url.address);
        } else if share > 0.0 {
            self.shares[verdict as usize] += share;
            self.at_risk[verdict as usize] += 1;
            self.worst[verdict as usize].add(share, url.address);
        }
    }

    /// Returns whether the section failed as a whole and was not rechecked, so that it says nothing about single pages.
    fn is_unsettled(&self) -> bool {
        is_down(Ratio::new(self.count(Verdict::Unconfirmed), self.urls))
    }

    /// Returns the number of URLs with this verdict.
    pub const fn count(&self, verdict: Verdict) -> u64 {
        self.verdicts[verdict as usize]
    }

    /// Returns the number of URLs that failed at least once.
    pub const fn failing(&self) -> u64 {
        self.urls - self.count(Verdict::Ok)
    }

    /// Returns the parts of the indexing risk. The mean is a sum, so each row is a plain share of it and
    /// together they are the risk; [`crate::assess::apportion`] rounds them.
    pub fn risk_shares(&self) -> Vec<Deduction> {
        let weights = self.risk.weights();
        let factor = self.risk.home_factor();
        let home = (self.home.share > 0.0).then(|| Deduction {
            rule: "indexing_risk.home_page",
            points: factor * self.home.share / weights,
            evidence: vec![
                Fact::count("urls", self.home.failing),
                Fact::count("of_urls", self.urls),
                Fact::measure("least_share", HOME_SHARE, 2),
                Fact::measure("weighted_risk", factor * self.home.share, 2),
                Fact::measure("of_weight", weights, 2),
            ],
            urls: self.home.worst.addresses(),
        });
        let rows = Verdict::ALL.into_iter().zip(self.shares).zip(&self.worst);
        let rows = rows
            .filter(|((_, share), _)| *share > 0.0)
            .map(|((verdict, share), worst)| Deduction {
                rule: risk_rule(verdict),
                points: share / weights,
                evidence: vec![
                    Fact::count("urls", self.at_risk[verdict as usize]),
                    Fact::count("of_urls", self.urls),
                    Fact::measure("weighted_risk", share, 2),
                    Fact::measure("of_weight", weights, 2),
                ],
                urls: worst.addresses(),
            });
        home.into_iter().chain(rows).collect()
    }

    pub(super) fn slowest(&self) -> Vec<String> {
        self.slowest.addresses()
    }
}

const fn risk_rule(verdict: Verdict) -> &'static str {
    match verdict {
        // A page that never failed has no risk.
        Verdict::Ok => "indexing_risk.ok",
        Verdict::Transient => "indexing_risk.transient",
        Verdict::Intermittent => "indexing_risk.intermittent",
        Verdict::Persistent => "indexing_risk.persistent",
        Verdict::LoadInduced => "indexing_risk.load_induced",
        Verdict::Unconfirmed => "indexing_risk.unconfirmed",
    }
}

/// Totals by name. Names beyond the bound share one group: the first names are kept.
#[derive(Clone, Debug)]
pub struct Groups {
    limit: usize,
    groups: BTreeMap<String, Aggregate>,
}

impl Groups {
    /// Creates an empty set of at most this many groups besides [`OTHER`].
    pub fn at_most(limit: usize) -> Groups {
        Groups {
            limit,
            groups: BTreeMap::new(),
        }
    }

    /// Adds one URL. `home` says whether it counts as a home page.
    fn add(&mut self, name: &str, url: &Scored<'_>, home: bool) {
        let known = self.groups.contains_key(name);
        let fits = known || self.groups.len() < self.limit;
        let name = if fits { name } else { OTHER };
        match self.groups.get_mut(name) {
            Some(group) => group.add(url, home),
            None => {
                let group = self.groups.entry(name.to_owned()).or_default();
                group.add(url, home);
            }
        }
    }

    /// Returns the groups by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Aggregate)> {
        self.groups
            .iter()
            .map(|(name, group)| (name.as_str(), group))
    }

    /// Returns the group with this name.
    pub fn get(&self, name: &str) -> Option<&Aggregate> {
        self.groups.get(name)
    }
}

/// The site, its hosts and its sections.
#[derive(Clone, Debug)]
pub struct SiteTally {
    /// All URLs.
    pub site: Aggregate,
    /// By host.
    pub hosts: Groups,
    /// By section.
    pub sections: Groups,
}

impl Default for SiteTally {
    fn default() -> SiteTally {
        SiteTally {
            site: Aggregate::default(),
            hosts: Groups::at_most(MOST_GROUPS),
            sections: Groups::at_most(MOST_GROUPS),
        }
    }
}

impl SiteTally {
    /// Adds one URL. Every fetched page must be added, healthy ones too.
    pub fn add(&mut self, url: &Scored<'_>) {
        self.site.add(url, url.home);
        self.hosts.add(url.host, url, url.home);
        // The home page stands for the site, not for the few pages beside it.
        self.sections.add(url.section, url, false);
    }

    /// Looks at pages that may fail by themselves: not those of sections that failed as a whole.
    pub fn own_looks(&self) -> LookCounts {
        let mut counts = LookCounts::default();
        let settled = self.sections.iter().filter(|(_, it)| !it.is_unsettled());
        settled.for_each(|(_, section)| counts.merge(&section.counts));
        counts
    }
}

#[cfg(test)]
mod tests;
