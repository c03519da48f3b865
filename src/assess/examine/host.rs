//! One host while it is counted: its answers, sections, controls and error pages.

use std::collections::BTreeMap;

use super::speed::SpeedEffect;
use super::url::{Seen, SeenAttempt};
use crate::assess::diagnose::AnswerFacts;
use crate::assess::diagnose::rules::{PageFaults, Refusals};
use crate::assess::diagnose::{Cluster, ClusterFacts, HostFacts, Ratio, fingerprint};
use crate::assess::score::site::OTHER;
use crate::assess::verdict::judgement::Judgement;
use crate::assess::verdict::kind::FailureKind;
use crate::assess::verdict::rules::Verdict;
use crate::model::{Cause, Experiment, Moment, Outcome, Purpose, Role};

/// Maximum sections of a host that are counted separately.
const MOST_SECTIONS: usize = 500;

/// A host with its counts.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) facts: HostFacts,
    pub(super) sections: BTreeMap<String, Section>,
    /// By folder in which every page fails: its failing pages, out of all.
    pub(super) dead_folders: BTreeMap<String, Ratio>,
    /// Controls that were fine in confirmation passes, out of all.
    pub(super) controls: Ratio,
    pub(super) pages: PageFaults,
    /// Failures of its robots.txt and its sitemaps, by their outcome.
    pub(super) files: BTreeMap<Outcome, ClusterFacts>,
    /// Pages that refuse access.
    pub(super) refusals: Refusals,
    /// Answers whose page is a block, out of all errors.
    pub(super) blocks: Ratio,
    /// URLs that sitemaps list: failing ones out of all fetched.
    pub(super) listed: Ratio,
    /// Some of the failing ones.
    pub(super) listed_failing: Vec<String>,
    pub(super) speed: SpeedEffect,
    /// Whether any of its URLs belongs to the site.
    pub(super) internal: bool,
}

/// Maximum failing URLs kept of those that a host's sitemaps list.
const MOST_FAILING_LISTED: usize = 200;

/// The counts of a section of a host.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Section {
    /// URLs that fail, out of all fetched.
    pub(super) urls: Ratio,
    /// Whether any failed and was fine at other times.
    pub(super) flaps: bool,
    /// Answers that failed, out of all.
    pub(super) answers: Ratio,
    /// First answers of URLs that failed, out of all.
    pub(super) first: Ratio,
    /// Later answers that failed, out of all at URLs whose first answer failed.
    pub(super) again: Ratio,
}

impl Host {
    pub(super) fn new(name: &str) -> Host {
        Host {
            facts: HostFacts::new(name),
            sections: BTreeMap::new(),
            dead_folders: BTreeMap::new(),
            controls: Ratio::default(),
            pages: PageFaults::new(name),
            files: BTreeMap::new(),
            refusals: Refusals::default(),
            blocks: Ratio::default(),
            listed: Ratio::default(),
            listed_failing: Vec::new(),
            speed: SpeedEffect::default(),
            internal: false,
        }
    }

    /// Counts the host's answer for a robots.txt or a sitemap, which is not a page.
    pub(super) fn take_file(&mut self, seen: &Seen<'_>) {
        if let Some(last) = seen.last_failure() {
            let outcome = last.facts.outcome;
            let of_file = self.files.entry(outcome).or_insert_with(|| {
                ClusterFacts::new(Cluster {
                    host: seen.host.to_owned(),
                    section: seen.section.to_owned(),
                    outcome,
                    fingerprint: last.facts.fingerprint.map(str::to_owned),
                })
            });
            let alike = (seen.evidence()).filter(|attempt| attempt.facts.outcome == outcome);
            for attempt in alike {
                of_file.add(&attempt.facts, attempt.observation.started);
            }
        }
        if seen.role == Role::Sitemap {
            self.count_announced(seen);
            return;
        }
        for attempt in seen.evidence() {
            self.facts.add(&attempt.facts);
        }
    }

    /// Returns the failing URLs of these sections, out of all fetched.
    pub(super) fn failing_in<'s>(&self, sections: impl Iterator<Item = &'s String>) -> Ratio {
        let urls = sections.filter_map(|name| {
            let of_section = self.sections.get(name).map(|section| section.urls);
            of_section.or_else(|| self.dead_folders.get(name).copied())
        });
        urls.fold(Ratio::default(), sum)
    }

    /// Returns whether an outage of the host, or a limit of its rate, explains failures of a file with this outcome
    /// between these moments.
    pub(super) fn explains(&self, outcome: Outcome, from: Moment, until: Moment) -> bool {
        let is_refusal = matches!(
            outcome,
            Outcome::Client429 | Outcome::Server503 | Outcome::Server503RetryAfter
        );
        if is_refusal && self.facts.limit.is_some() {
            return true;
        }
        let at_start = self.facts.down_at_start.iter();
        let mut start = at_start.filter(|outage| outage.from <= from && until <= outage.until);
        let at = self.facts.outages.at(from);
        start.next().is_some() || (at.is_some() && at == self.facts.outages.at(until))
    }

    fn count_announced(&mut self, seen: &Seen<'_>) {
        let last = seen.evidence().next_back();
        let last = last.map(|last| last.facts.outcome);
        self.facts.announcing += u64::from(last == Some(Outcome::Server503RetryAfter));
    }

    pub(super) fn take(&mut self, seen: &Seen<'_>, judgement: &Judgement) {
        if judgement.attempts == 0 {
            return;
        }
        self.internal |= matches!(seen.role, Role::Page | Role::Resource);
        let fails = fails(judgement.verdict);
        self.facts.urls.count(fails);
        let flaps = flaps(judgement);
        self.facts.flapping.count(flaps);
        let at_speed = judgement.verdict == Verdict::LoadInduced;
        self.facts.load_induced.count(at_speed);
        let is_refused = at_speed && judgement.kind == Some(FailureKind::RateLimited);
        self.facts.refused += u64::from(is_refused);
        let (mut answers, mut later) = (Ratio::default(), Ratio::default());
        let mut first = None;
        let mut attempts = seen.evidence().peekable();
        while let Some(attempt) = attempts.next() {
            if attempt.observation.is_attempt() {
                let next = attempts.peek().map(|next| &next.facts);
                self.facts.closed.count(is_race(attempt, next));
            }
            if attempt.observation.is_evidence() && attempt.observation.is_attempt() {
                self.facts.add(&attempt.facts);
                let failed = failed(&attempt.facts);
                answers.count(failed);
                if first.is_some() {
                    later.count(failed);
                }
                first = first.or(Some(failed));
            }
            if attempt.facts.outcome.explains(attempt.facts.status) {
                self.blocks.count(is_block(attempt.facts.fingerprint));
            }
        }
        if let Some(folder) = seen.dead_folder {
            let fits = self.dead_folders.len() < MOST_SECTIONS;
            match self.dead_folders.get_mut(folder) {
                Some(urls) => urls.count(fails),
                None if fits => {
                    let urls = Ratio::new(u64::from(fails), 1);
                    self.dead_folders.insert(folder.to_owned(), urls);
                }
                None => {}
            }
        }
        let section = self.section(seen.section);
        section.urls.count(fails);
        section.flaps |= flaps;
        section.answers = sum(section.answers, answers);
        if let Some(failed) = first {
            section.first.count(failed);
        }
        if first == Some(true) {
            section.again = sum(section.again, later);
        }
        self.count_controls(seen);
        self.count_at_addresses(seen);
        self.count_announced(seen);
        self.count_page(seen);
        if seen.importance.in_sitemap {
            self.listed.count(fails);
            if fails && self.listed_failing.len() < MOST_FAILING_LISTED {
                self.listed_failing.push(seen.address.to_owned());
            }
        }
    }

    /// Counts a page that succeeded throughout the crawl as a control if it was requested again later.
    fn count_controls(&mut self, seen: &Seen<'_>) {
        let in_crawl = |pass: u32| pass <= 1;
        let fine_in_crawl = seen
            .evidence()
            .filter(|attempt| in_crawl(attempt.observation.pass))
            .all(|attempt| !attempt.facts.outcome.is_failure());
        if !fine_in_crawl {
            return;
        }
        for attempt in seen.evidence() {
            if !in_crawl(attempt.observation.pass) {
                self.controls.count(!failed(&attempt.facts));
            }
        }
    }

    /// Counts the experiments at the IP addresses of the host. A page that succeeded at none of them is at
    /// fault itself, and a rate limit is caused by the crawl.
    fn count_at_addresses(&mut self, seen: &Seen<'_>) {
        let tried = || {
            let tried = seen.attempts.iter().filter(|attempt| {
                let outcome = attempt.facts.outcome;
                attempt.purpose == Purpose::Experiment(Experiment::Address)
                    && !outcome.is_untried()
                    && outcome != Outcome::Client429
            });
            tried.filter_map(|attempt| Some((attempt.facts.address?, attempt.facts.outcome)))
        };
        if tried().any(|(_, outcome)| !outcome.is_failure()) {
            for (address, outcome) in tried() {
                self.facts.add_at(address, outcome);
            }
        }
    }

    fn count_page(&mut self, seen: &Seen<'_>) {
        let last = seen.evidence().next_back();
        let Some(last) = last.filter(|_| seen.role == Role::Page) else {
            return;
        };
        match last.facts.outcome {
            Outcome::OkHtml => self.pages.add(seen.address, None),
            Outcome::SoftError200 => {
                self.pages.add(seen.address, Some(&seen.soft_error()));
            }
            _ => self.refusals.add(seen.section, seen.address, &last.facts),
        }
    }

    fn section(&mut self, name: &str) -> &mut Section {
        let fits = self.sections.len() < MOST_SECTIONS || self.sections.contains_key(name);
        let name = if fits { name } else { OTHER };
        if !self.sections.contains_key(name) {
            self.sections.insert(name.to_owned(), Section::default());
        }
        self.sections.get_mut(name).expect("it is there by now")
    }
}

fn sum(one: Ratio, other: Ratio) -> Ratio {
    Ratio::new(one.part + other.part, one.of + other.of)
}

/// Returns whether a URL fails, constantly, intermittently or unconfirmed.
pub(super) const fn fails(verdict: Verdict) -> bool {
    matches!(
        verdict,
        Verdict::Persistent | Verdict::Intermittent | Verdict::Unconfirmed
    )
}

/// Returns whether it both failed and succeeded, and speed is not the reason.
fn flaps(judgement: &Judgement) -> bool {
    let turns = matches!(
        judgement.verdict,
        Verdict::Intermittent | Verdict::Transient
    );
    turns || (judgement.verdict == Verdict::Unconfirmed && judgement.last_ok.is_some())
}

/// Returns whether an error page is that of a firewall or bot protection.
fn is_block(mark: Option<&str>) -> bool {
    let page = mark.and_then(fingerprint);
    page.and_then(|page| page.causes.ranked().first().copied())
        .is_some_and(|(cause, _)| cause == Cause::Firewall)
}

/// Returns whether the server closed a kept connection just as this request was sent over it. Then the next request,
/// over a new connection, gets an answer; a page that closes every connection has a fault of its own.
fn is_race(attempt: &SeenAttempt<'_>, next: Option<&AnswerFacts<'_>>) -> bool {
    let is_closed = attempt.facts.reused && !attempt.observation.is_evidence();
    is_closed && next.is_some_and(|next| next.status.is_some())
}

/// Returns whether an answer counts as a failure of the host.
fn failed(facts: &AnswerFacts<'_>) -> bool {
    facts.outcome.is_failure()
}
