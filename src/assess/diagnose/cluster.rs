//! Failures of one kind, with the same host, section, outcome and error page, counted as they are read.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::answer::{Announced, AnswerFacts, LONGEST_DEFAULT_DELAY};
use super::context::Ratio;
use super::evidence::Evidence;
use super::host::Addresses;
use super::logged::LogLines;
use super::timing::TimerCounts;
use crate::assess::verdict::kind::FailureKind;
use crate::assess::verdict::rules::Verdict;
use crate::model::{Cause, Moment, Outcome};

/// Maximum failing URLs kept as examples.
const EXAMPLES: usize = 5;

/// Maximum sections, and maximum families, whose URLs are counted by name.
const PLACES: usize = 200;

/// Maximum sections named in a sentence.
const NAMED: usize = 4;

/// The properties that failures of one cluster share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Cluster {
    /// Scheme, host and port.
    pub host: String,
    /// The first folder of the path, or `/`.
    pub section: String,
    /// The outcome, which includes the status.
    pub outcome: Outcome,
    /// Identity of the best fingerprint, if the page has one.
    pub fingerprint: Option<String>,
}

/// The counts of a cluster. Their size does not grow with the number of answers.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterFacts {
    /// The shared properties.
    pub cluster: Cluster,
    /// The probable cause, if its pages are error pages with a success status.
    pub soft: Option<Cause>,
    /// The status of its answers, if they have one.
    pub status: Option<u16>,
    /// Failing answers.
    pub failures: u64,
    /// URLs among them that had another outcome, by it.
    pub others: BTreeMap<Outcome, u64>,
    /// URLs of the cluster whose verdict is persistent, out of all its URLs.
    pub persistent: Ratio,
    /// URLs that fail and recover alternately.
    pub intermittent: u64,
    /// URLs that failed and recovered.
    pub transient: u64,
    /// URLs that fail, without enough evidence to say how often.
    pub unconfirmed: u64,
    /// URLs that failed in earlier runs too.
    pub failed_earlier: u64,
    /// Runs in which a URL failed, out of those that requested it: of the URL that failed most often.
    pub most_earlier: Ratio,
    /// Whether the home page of the host is one of those that fail.
    pub home: bool,
    /// Examples of its URLs, at most `EXAMPLES`.
    pub examples: Vec<String>,
    /// Response times of the failing answers.
    pub times: TimerCounts,
    /// Good answers that came later than the crawl waits.
    pub late: Late,
    /// Answers with a usable `Retry-After` above the products' defaults.
    pub announced: u64,
    /// Answers with a `Retry-After` as products send it by default.
    pub announced_default: u64,
    /// Answers with an invalid `Retry-After`.
    pub announced_invalid: u64,
    /// The longest `Retry-After`.
    pub longest_announced: Duration,
    /// Answers from a cache.
    pub cached: u64,
    /// Failures on connections that were open already.
    pub reused: u64,
    /// IP addresses that answered.
    pub addresses: Addresses,
    /// Lines of server logs about its failures.
    pub logged: LogLines,
    /// `Server` of the first answer that had one.
    pub server: Option<String>,
    /// First and last failure.
    pub span: Option<(Moment, Moment)>,
    /// URLs by section.
    pub sections: BTreeMap<String, u64>,
    /// URLs by family, as a pattern of their paths.
    pub families: BTreeMap<String, u64>,
}

/// Good answers that came later than the crawl waits, with the shortest and the longest wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Late {
    answers: u64,
    span: Option<(Duration, Duration)>,
}

impl Late {
    fn after(waited: Duration) -> Late {
        Late {
            answers: 1,
            span: Some((waited, waited)),
        }
    }

    fn merge(&mut self, other: Late) {
        self.answers += other.answers;
        self.span = match (self.span, other.span) {
            (Some(one), Some(more)) => Some((one.0.min(more.0), one.1.max(more.1))),
            (one, more) => one.or(more),
        };
    }

    /// Returns their number.
    pub(super) fn answers(self) -> u64 {
        self.answers
    }

    /// Returns them as evidence, if there are any.
    pub(super) fn evidence(self) -> Option<Evidence> {
        let (from, to) = self.span?;
        Some(Evidence::Late {
            answers: self.answers,
            from: from.as_secs_f64(),
            to: to.as_secs_f64(),
        })
    }
}

impl ClusterFacts {
    /// Creates a cluster without counts.
    pub fn new(cluster: Cluster) -> ClusterFacts {
        ClusterFacts {
            cluster,
            soft: None,
            status: None,
            failures: 0,
            others: BTreeMap::new(),
            persistent: Ratio::default(),
            intermittent: 0,
            transient: 0,
            unconfirmed: 0,
            failed_earlier: 0,
            most_earlier: Ratio::default(),
            home: false,
            examples: Vec::new(),
            times: TimerCounts::default(),
            late: Late::default(),
            announced: 0,
            announced_default: 0,
            announced_invalid: 0,
            longest_announced: Duration::ZERO,
            cached: 0,
            reused: 0,
            addresses: Addresses::default(),
            logged: LogLines::default(),
            server: None,
            span: None,
            sections: BTreeMap::new(),
            families: BTreeMap::new(),
        }
    }

    /// Counts one failing answer.
    pub fn add(&mut self, seen: &AnswerFacts<'_>, at: Moment) {
        self.failures += 1;
        if seen.outcome != self.cluster.outcome {
            *self.others.entry(seen.outcome).or_default() += 1;
        }
        self.status = self.status.or(seen.status);
        // If an answer broke off after its first byte, the wait for that byte says nothing.
        let answered = FailureKind::of(seen.outcome) != Some(FailureKind::Network);
        if let Some(waited) = seen.waited.filter(|_| answered) {
            self.times.add(waited, seen.round_trip);
        }
        if let (Outcome::TtfbTimeout, Some(waited)) = (seen.outcome, seen.waited) {
            self.late.merge(Late::after(waited));
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

    /// Counts one URL of the cluster when its verdict is known.
    pub fn add_url(&mut self, url: &str, family: &str, verdict: Verdict) {
        count_place(&mut self.sections, &self.cluster.section, 1);
        count_place(&mut self.families, family, 1);
        self.persistent.count(verdict == Verdict::Persistent);
        self.intermittent += u64::from(verdict == Verdict::Intermittent);
        self.transient += u64::from(verdict == Verdict::Transient);
        self.unconfirmed += u64::from(verdict == Verdict::Unconfirmed);
        if self.examples.len() < EXAMPLES {
            self.examples.push(url.to_owned());
        }
    }

    /// Counts in how many earlier runs a URL of the cluster failed, out of those that requested it.
    pub fn add_earlier(&mut self, runs: Ratio) {
        self.failed_earlier += u64::from(runs.part > 0);
        if runs.part > self.most_earlier.part {
            self.most_earlier = runs;
        }
    }

    /// Adds another cluster whose failures have the same cause.
    pub fn merge(&mut self, other: &ClusterFacts) {
        let sum = |one: Ratio, more: Ratio| Ratio::new(one.part + more.part, one.of + more.of);
        self.soft = self.soft.or(other.soft);
        self.status = self.status.or(other.status);
        self.failures += other.failures;
        // The pages of a dead folder may fail in several ways.
        let own = other.failures.saturating_sub(other.others.values().sum());
        let all = (other.others.iter()).map(|(outcome, count)| (*outcome, *count));
        for (outcome, count) in all.chain([(other.cluster.outcome, own)]) {
            if outcome != self.cluster.outcome && count > 0 {
                *self.others.entry(outcome).or_default() += count;
            }
        }
        self.persistent = sum(self.persistent, other.persistent);
        self.intermittent += other.intermittent;
        self.transient += other.transient;
        self.unconfirmed += other.unconfirmed;
        self.failed_earlier += other.failed_earlier;
        if other.most_earlier.part > self.most_earlier.part {
            self.most_earlier = other.most_earlier;
        }
        self.home |= other.home;
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples
            .extend(other.examples.iter().take(room).cloned());
        self.times.merge(&other.times);
        self.late.merge(other.late);
        self.announced += other.announced;
        self.announced_default += other.announced_default;
        self.announced_invalid += other.announced_invalid;
        self.longest_announced = self.longest_announced.max(other.longest_announced);
        self.cached += other.cached;
        self.reused += other.reused;
        self.addresses.merge(&other.addresses);
        self.logged.merge(&other.logged);
        self.server = self.server.take().or_else(|| other.server.clone());
        self.span = match (self.span, other.span) {
            (Some(one), Some(more)) => Some((one.0.min(more.0), one.1.max(more.1))),
            (one, more) => one.or(more),
        };
        for (section, urls) in &other.sections {
            count_place(&mut self.sections, section, *urls);
        }
        for (family, urls) in &other.families {
            count_place(&mut self.families, family, *urls);
        }
    }

    /// Returns the number of URLs that fail, constantly, intermittently or unconfirmed.
    pub fn failing(&self) -> u64 {
        self.persistent.part + self.intermittent + self.unconfirmed
    }

    /// Returns the subject: the section if the cluster has only one, otherwise the host.
    pub fn subject(&self) -> String {
        let host = &self.cluster.host;
        match self.sections.len() {
            0 | 1 => match self.flat_family() {
                Some(family) => format!("{host}{family}"),
                None => section_of(host, &self.cluster.section),
            },
            _ => host.clone(),
        }
    }

    /// Returns the family of all its URLs where their section says nothing: on a flat site everything is in `/`.
    fn flat_family(&self) -> Option<&String> {
        let mut families = self.families.keys();
        let only = families.next().filter(|_| families.next().is_none())?;
        let is_all = only == "/*";
        (self.cluster.section == "/" && only.contains('*') && !is_all).then_some(only)
    }

    /// Returns the sections of its URLs in words, those with most URLs first: `/shop/`, or `/shop/ (40),
    /// /blog/ (20) and 3 more sections`.
    pub fn places(&self) -> String {
        if self.sections.len() < 2 {
            return self.flat_family().unwrap_or(&self.cluster.section).clone();
        }
        let mut sections: Vec<(&String, u64)> =
            self.sections.iter().map(|(k, v)| (k, *v)).collect();
        sections.sort_by_key(|(_, urls)| std::cmp::Reverse(*urls));
        let shown = sections.iter().take(NAMED);
        let words: Vec<String> = shown
            .map(|(name, urls)| format!("{name} ({urls})"))
            .collect();
        match sections.len().saturating_sub(NAMED) {
            0 => words.join(", "),
            1 => format!("{} and 1 more section", words.join(", ")),
            more => format!("{} and {more} more sections", words.join(", ")),
        }
    }

    /// Returns whether most answers announce an end after a minute or more, above the products'
    /// defaults.
    pub fn is_announced(&self) -> bool {
        self.announced * 2 > self.failures && self.longest_announced >= Duration::from_mins(1)
    }

    /// Returns the time from the first failure to the last, in hours.
    pub fn hours(&self) -> f64 {
        let lasted = self.span.map(|(first, last)| last.since(first));
        lasted.unwrap_or_default().as_secs_f64() / 3600.0
    }
}

/// Returns a section with its host: a URL for a folder, `https://shop.example checkout` for a segment.
pub(in crate::assess) fn section_of(host: &str, section: &str) -> String {
    if section.starts_with('/') {
        format!("{host}{section}")
    } else {
        format!("{host} {section}")
    }
}

fn count_place(places: &mut BTreeMap<String, u64>, name: &str, urls: u64) {
    if let Some(known) = places.get_mut(name) {
        *known += urls;
    } else if places.len() < PLACES && !name.is_empty() {
        places.insert(name.to_owned(), urls);
    }
}
