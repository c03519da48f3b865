//! A cluster of failing URLs while it is counted: same host, section, family, outcome and error page,
//! and similar in time.

use std::time::Duration;

use super::experiments::ExperimentCounts;
use super::histories::{Home, Together, Whole};
use super::host::fails;
use super::url::Seen;
use crate::assess::diagnose::{self, ClusterFacts, Outages, Ratio};
use crate::assess::verdict::rules::Verdict;
use crate::model::{Cause, Outcome, Role};

/// The properties that failing URLs of one cluster share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClusterKey {
    pub(super) host: String,
    pub(super) section: String,
    /// The folder of which every page fails, which is the section then.
    pub(super) dead_folder: Option<String>,
    /// The pattern of their family.
    pub(super) family: String,
    pub(super) outcome: Outcome,
    pub(super) fingerprint: Option<String>,
    /// The probable cause, if it is an error page with a success status.
    pub(super) soft: Option<Cause>,
    /// Whether they fail only for the crawler, not for a browser.
    pub(super) crawler_only: bool,
    /// Whether they fail only at the speed of the crawl.
    pub(super) at_speed: bool,
    /// Whether the failing answers took long: an immediate refusal has another cause than a timer.
    pub(super) waits: bool,
    /// The group that went down as a whole when they failed.
    pub(super) together: Option<Whole>,
}

/// A failing answer that took at least this long waited for another server: no known product has a shorter timer. The
/// value is ours.
const WAITS: Duration = Duration::from_secs(4);

impl ClusterKey {
    /// Returns whether an answer after this time waited for another server.
    pub(super) fn is_wait(waited: Option<Duration>) -> bool {
        waited.is_some_and(|waited| waited >= WAITS)
    }
}

/// A cluster with its counts.
#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) facts: ClusterFacts,
    pub(super) at_speed: bool,
    pub(super) waits: bool,
    pub(super) together: Option<Whole>,
    /// The folder of which every page fails, which is its section then.
    pub(super) dead_folder: Option<String>,
    /// The pattern of its family.
    pub(super) family: String,
    /// Number of URLs.
    pub(super) urls: u64,
    /// URLs that fail and that a sitemap lists.
    pub(super) listed: u64,
    /// Whether any of its URLs belongs to the site.
    pub(super) internal: bool,
    pub(super) made_by: Option<String>,
    pub(super) experiments: ExperimentCounts,
}

impl Cluster {
    pub(super) fn new(key: &ClusterKey) -> Cluster {
        let facts = ClusterFacts::new(diagnose::Cluster {
            host: key.host.clone(),
            section: key.section.clone(),
            outcome: key.outcome,
            fingerprint: key.fingerprint.clone(),
        });
        Cluster {
            facts: ClusterFacts {
                soft: key.soft,
                ..facts
            },
            at_speed: key.at_speed,
            waits: key.waits,
            together: key.together,
            dead_folder: key.dead_folder.clone(),
            family: key.family.clone(),
            urls: 0,
            listed: 0,
            internal: false,
            made_by: None,
            experiments: ExperimentCounts::default(),
        }
    }

    pub(super) fn take(&mut self, seen: &Seen<'_>, verdict: Verdict) {
        self.urls += 1;
        self.facts.home |= seen.importance.home && fails(verdict);
        self.listed += u64::from(seen.importance.in_sitemap && fails(verdict));
        self.internal |= matches!(seen.role, Role::Page | Role::Resource);
        for attempt in seen
            .evidence()
            .filter(|seen| seen.facts.outcome.is_failure())
        {
            self.facts.add(&attempt.facts, attempt.observation.started);
            if let Some(line) = attempt.log_line {
                self.facts.logged.add(line.cause, line.place);
            }
            if self.made_by.is_none() {
                self.made_by = attempt.made_by.map(str::to_owned);
            }
        }
        self.facts.add_url(seen.address, seen.family, verdict);
        let earlier = seen.earlier;
        let earlier = Ratio::new(earlier.failed().into(), earlier.all().into());
        self.facts.add_earlier(earlier);
        self.experiments.take(seen);
    }

    /// Returns the outages that explain its failures.
    pub(super) fn outages_in<'a>(&self, together: &'a Together) -> Option<&'a Outages> {
        let together_as = self.together?;
        let home = Home {
            host: &self.facts.cluster.host,
            section: &self.facts.cluster.section,
            family: &self.family,
        };
        let mut groups = together.of(home);
        let found = groups.find(|(whole, _)| *whole == together_as);
        found.map(|(_, outages)| outages)
    }

    /// Returns the name of the group that its URLs belong to.
    pub(super) fn name_of(&self, whole: Whole) -> String {
        match whole {
            Whole::Host => String::new(),
            Whole::Section => self.facts.cluster.section.clone(),
            Whole::Family => self.family.clone(),
        }
    }
}
