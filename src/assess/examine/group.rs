//! A cluster of failing URLs while it is counted: same host, section, outcome and error page.

use super::is_bad;
use super::trials::Trials;
use super::url::Seen;
use crate::assess::diagnose::{self, ClusterFacts};
use crate::assess::verdict::Verdict;
use crate::model::{Outcome, Role};

/// What makes failing URLs one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClusterKey {
    pub(super) host: String,
    pub(super) section: String,
    pub(super) outcome: Outcome,
    pub(super) fingerprint: Option<String>,
    /// Whether they fail at the speed of the crawl only.
    pub(super) at_speed: bool,
}

/// What is known of a cluster.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) facts: ClusterFacts,
    pub(super) at_speed: bool,
    /// URLs.
    pub(super) urls: u64,
    /// Whether any of them belongs to the site.
    pub(super) internal: bool,
    pub(super) made_by: Option<String>,
    pub(super) trials: Trials,
}

impl Cluster {
    pub(super) fn new(key: &ClusterKey) -> Cluster {
        Cluster {
            facts: ClusterFacts::new(diagnose::Cluster {
                host: key.host.clone(),
                section: key.section.clone(),
                outcome: key.outcome,
                fingerprint: key.fingerprint.clone(),
            }),
            at_speed: key.at_speed,
            urls: 0,
            internal: false,
            made_by: None,
            trials: Trials::default(),
        }
    }

    pub(super) fn take(&mut self, seen: &Seen<'_>, verdict: Verdict) {
        self.urls += 1;
        self.internal |= matches!(seen.role, Role::Page | Role::Resource);
        for attempt in seen.evidence().filter(|seen| is_bad(seen.facts.outcome)) {
            self.facts.add(&attempt.facts, attempt.observation.started);
            if self.made_by.is_none() {
                self.made_by = attempt.made_by.map(str::to_owned);
            }
        }
        self.facts.add_url(seen.address, verdict);
        self.trials.take(seen);
    }
}
