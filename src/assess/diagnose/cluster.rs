//! Failures of one kind: same host, section, outcome and error page, counted as they stream by.

use std::time::Duration;

use serde::Serialize;

use super::answer::{Announced, AnswerFacts, LONGEST_DEFAULT_DELAY};
use super::context::Ratio;
use super::host::Addresses;
use super::timing::TimerCounts;
use crate::assess::verdict::Verdict;
use crate::model::{Moment, Outcome};

/// How many addresses of failing URLs are kept as examples.
const EXAMPLES: usize = 5;

/// What makes failures one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Cluster {
    /// Scheme, host and port.
    pub host: String,
    /// The first folder of the path, or `/`.
    pub section: String,
    /// What happened; the status is part of it.
    pub outcome: Outcome,
    /// Identity of the best fingerprint, if the page has one.
    pub fingerprint: Option<String>,
}

/// What was counted of a cluster. Its size does not grow with the number of answers.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterFacts {
    /// What makes it one cluster.
    pub cluster: Cluster,
    /// The status of its answers, if they had one.
    pub status: Option<u16>,
    /// Failing answers.
    pub failures: u64,
    /// URLs of the cluster whose verdict is persistent, of all its URLs.
    pub persistent: Ratio,
    /// URLs that fail and recover by turns.
    pub intermittent: u64,
    /// URLs that failed and recovered.
    pub transient: u64,
    /// URLs that fail, with too little evidence to say how often.
    pub unconfirmed: u64,
    /// Some of its URLs.
    pub examples: Vec<String>,
    /// Waits for the answers.
    pub times: TimerCounts,
    /// Answers with a usable `Retry-After` above what products send by default.
    pub announced: u64,
    /// Answers with a `Retry-After` as products send by default.
    pub announced_default: u64,
    /// Answers with an invalid `Retry-After`.
    pub announced_invalid: u64,
    /// The longest `Retry-After`.
    pub longest_announced: Duration,
    /// Answers out of a cache.
    pub cached: u64,
    /// Failures on connections that were open already.
    pub reused: u64,
    /// Addresses that answered.
    pub addresses: Addresses,
    /// `Server` of the first answer that had one.
    pub server: Option<String>,
    /// First and last failure.
    pub span: Option<(Moment, Moment)>,
}

impl ClusterFacts {
    /// A cluster of which nothing has been counted yet.
    pub fn new(cluster: Cluster) -> ClusterFacts {
        ClusterFacts {
            cluster,
            status: None,
            failures: 0,
            persistent: Ratio::default(),
            intermittent: 0,
            transient: 0,
            unconfirmed: 0,
            examples: Vec::new(),
            times: TimerCounts::default(),
            announced: 0,
            announced_default: 0,
            announced_invalid: 0,
            longest_announced: Duration::ZERO,
            cached: 0,
            reused: 0,
            addresses: Addresses::default(),
            server: None,
            span: None,
        }
    }

    /// Counts one failing answer.
    pub fn add(&mut self, seen: &AnswerFacts<'_>, at: Moment) {
        self.failures += 1;
        self.status = self.status.or(seen.status);
        if let Some(waited) = seen.waited {
            self.times.add(waited, seen.round_trip);
        }
        match seen.retry_after {
            Announced::Nothing => {}
            Announced::Invalid => self.announced_invalid += 1,
            Announced::Delay(delay) => {
                let is_default = delay <= LONGEST_DEFAULT_DELAY;
                self.announced_default += u64::from(is_default);
                self.announced += u64::from(!is_default);
                self.longest_announced = self.longest_announced.max(delay);
            }
        }
        self.cached += u64::from(seen.cached);
        self.reused += u64::from(seen.reused);
        if let Some(address) = seen.address {
            self.addresses.add(address, true);
        }
        if self.server.is_none() {
            let server = seen.server.map(|server| server.chars().take(100).collect());
            self.server = server;
        }
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
    }

    /// Counts one URL of the cluster, once its verdict is known.
    pub fn add_url(&mut self, url: &str, verdict: Verdict) {
        self.persistent.count(verdict == Verdict::Persistent);
        self.intermittent += u64::from(verdict == Verdict::Intermittent);
        self.transient += u64::from(verdict == Verdict::Transient);
        self.unconfirmed += u64::from(verdict == Verdict::Unconfirmed);
        if self.examples.len() < EXAMPLES {
            self.examples.push(url.to_owned());
        }
    }

    /// Whether most answers announce an end of a minute or more: more than products do by default.
    pub fn is_announced(&self) -> bool {
        self.announced * 2 > self.failures && self.longest_announced >= Duration::from_mins(1)
    }

    /// Time from the first failure to the last, in hours.
    pub fn hours(&self) -> f64 {
        let lasted = self.span.map(|(first, last)| last.since(first));
        lasted.unwrap_or_default().as_secs_f64() / 3600.0
    }
}
