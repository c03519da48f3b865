//! Counts of one host, of good and bad answers: by IP address, by load, by time.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::answer::{Announced, AnswerFacts};
use super::context::Ratio;
use super::load_curve::LoadStep;
use super::outages::{Outage, Outages};
use crate::assess::history::rate_limit::RateLimit;
use crate::assess::history::recurrence::Rotation;
use crate::model::Outcome;

/// Maximum IP addresses of a host that are counted separately.
const ADDRESSES: usize = 32;
/// Waits are counted in steps of a tenth, from 1 ms to some hours.
const STEPS: usize = 175;

/// Failures by the IP address that answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Addresses(BTreeMap<IpAddr, Ratio>);

impl Addresses {
    /// Counts one answer; IP addresses beyond a maximum are left out.
    pub fn add(&mut self, address: IpAddr, failed: bool) {
        if self.0.len() < ADDRESSES || self.0.contains_key(&address) {
            self.0.entry(address).or_default().count(failed);
        }
    }

    /// Adds the answers of others; IP addresses beyond a bound are left out.
    pub fn merge(&mut self, other: &Addresses) {
        for (address, failed) in &other.0 {
            if self.0.len() < ADDRESSES || self.0.contains_key(address) {
                let known = self.0.entry(*address).or_default();
                *known = Ratio::new(known.part + failed.part, known.of + failed.of);
            }
        }
    }

    /// Returns the IP addresses with the share of answers that failed.
    pub fn iter(&self) -> impl Iterator<Item = (IpAddr, Ratio)> {
        self.0.iter().map(|(address, failed)| (*address, *failed))
    }

    /// Returns the number of IP addresses that answered.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether none is known.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Requests at one IP address for pages that are fine at another IP address of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtAddress {
    /// Requests that failed, out of all.
    pub failed: Ratio,
    /// The outcome of the last failure.
    pub outcome: Option<Outcome>,
}

impl AtAddress {
    /// Returns whether there was no sign of a machine: all requests failed, the last by a connection timeout.
    fn is_silent(&self) -> bool {
        self.failed.part == self.failed.of && self.outcome == Some(Outcome::ConnectTimeout)
    }
}

/// Durations, counted in steps of a tenth.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeHistogram {
    steps: Box<[u32; STEPS]>,
    count: u64,
}

impl Default for TimeHistogram {
    fn default() -> Self {
        TimeHistogram {
            steps: Box::new([0; STEPS]),
            count: 0,
        }
    }
}

impl TimeHistogram {
    /// Counts one duration.
    pub fn add(&mut self, time: Duration) {
        let millis = time.as_secs_f64() * 1000.0;
        let step = millis.max(1.0).ln() / 1.1_f64.ln();
        let slot = &mut self.steps[(step.round() as usize).min(STEPS - 1)];
        *slot = slot.saturating_add(1);
        self.count += 1;
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: &TimeHistogram) {
        for (mine, theirs) in self.steps.iter_mut().zip(other.steps.iter()) {
            *mine = mine.saturating_add(*theirs);
        }
        self.count += other.count;
    }

    /// Returns the number that was counted.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the duration below which this share lies, within 5 %.
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        let rank = (self.count as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let at = self.steps.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        })?;
        Some(Duration::from_secs_f64(1.1_f64.powi(at as i32) / 1000.0))
    }
}

/// The sections of a host in which URLs fail at times: backends may share them, of which one fails.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    /// Answers that failed, out of all.
    pub answers: Ratio,
    /// First answers of URLs that failed, out of all.
    pub first: Ratio,
    /// Later answers that failed, out of all at URLs whose first answer failed.
    pub again: Ratio,
    /// The name of the section, if it is one alone.
    pub section: Option<String>,
}

/// The counts of a host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostFacts {
    /// Scheme, host and port.
    pub host: String,
    /// Answers that failed, out of all.
    pub answers: Ratio,
    /// URLs that fail (persistently or at times), out of all fetched.
    pub urls: Ratio,
    /// URLs that failed and were fine at other times, out of all fetched.
    pub flapping: Ratio,
    /// URLs that failed at speed only, out of all fetched.
    pub load_induced: Ratio,
    /// Of these, URLs that the host mostly refused with 429.
    pub refused: u64,
    /// Pages and sitemaps whose last answer was a 503 that announced its end.
    pub announcing: u64,
    /// Sections with failing URLs, out of all.
    pub sections: Ratio,
    /// Whether the failing URLs lie in some sections more than chance explains.
    pub is_uneven: bool,
    /// The sections in which URLs fail at times.
    pub pool: Pool,
    /// The order of failures, if it is that of one failing backend of several.
    pub rotation: Option<Rotation>,
    /// Failures by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Failures by IP address.
    pub addresses: Addresses,
    /// Results of experiments at its IP addresses.
    pub at_addresses: BTreeMap<IpAddr, AtAddress>,
    /// The load from which on it fails more, if there is one.
    pub load: Option<LoadStep>,
    /// Times in which the whole host failed.
    pub outages: Outages,
    /// A time from the start in which all requests for files failed, and nothing else was requested.
    pub down_at_start: Option<Outage>,
    /// The rate that it refuses to exceed.
    pub limit: Option<RateLimit>,
    /// The section that the limit is for; absent for one of the whole host.
    pub limited_section: Option<String>,
    /// Times to the first byte of good answers.
    pub first_bytes: TimeHistogram,
    /// Requests that ended when the server closed a kept connection, out of all: they say nothing about their pages.
    pub closed: Ratio,
    /// Answers with an invalid `Retry-After`.
    pub announced_invalid: u64,
    /// The longest announced delay of a failing answer.
    pub longest_announced: Duration,
}

impl HostFacts {
    /// Returns a host without counts.
    pub fn new(host: &str) -> HostFacts {
        HostFacts {
            host: host.to_owned(),
            ..HostFacts::default()
        }
    }

    /// Counts one answer, good or bad.
    pub fn add(&mut self, seen: &AnswerFacts<'_>) {
        let failed = seen.outcome.is_failure();
        self.answers.count(failed);
        if let Some(address) = seen.address {
            self.addresses.add(address, failed);
        }
        if failed {
            *self.outcomes.entry(seen.outcome).or_default() += 1;
        } else if let Some(waited) = seen.waited {
            self.first_bytes.add(waited);
        }
        match seen.retry_after {
            Announced::Nothing => {}
            Announced::Invalid => self.announced_invalid += 1,
            Announced::Delay(delay) => {
                self.longest_announced = self.longest_announced.max(delay);
            }
        }
    }

    /// Counts an experiment at one IP address, with a page that is fine at one of them.
    pub fn add_at(&mut self, address: IpAddr, outcome: Outcome) {
        if self.at_addresses.len() < ADDRESSES || self.at_addresses.contains_key(&address) {
            let at = self.at_addresses.entry(address).or_default();
            at.failed.count(outcome.is_failure());
            if outcome.is_failure() {
                at.outcome = Some(outcome);
            }
        }
    }

    /// Returns whether anything answered at its IPv6 addresses if `v6`, or else at its IPv4 addresses.
    pub fn was_heard(&self, v6: bool) -> bool {
        let mut answered = self.addresses.iter();
        let mut tried = self.at_addresses.iter();
        answered.any(|(address, _)| address.is_ipv6() == v6)
            || tried.any(|(address, at)| address.is_ipv6() == v6 && !at.is_silent())
    }

    /// Returns whether the host limits the rate of requests to a section: everywhere, or there.
    pub fn limits(&self, section: &str) -> bool {
        let limited = self.limited_section.as_deref();
        self.limit.is_some() && limited.is_none_or(|limited| limited == section)
    }

    /// Returns the share of requests that failed, as search engines see it when they request robots.txt: an error
    /// page with a status of success is an answer of the host.
    pub fn unanswered(&self) -> f64 {
        let soft = self.count(Outcome::SoftError200);
        Ratio::new(self.answers.part - soft, self.answers.of).share()
    }

    /// Returns the outcome of most failing answers.
    pub(in crate::assess) fn main_failure(&self) -> Option<Outcome> {
        let failing = self.outcomes.iter().filter(|(it, _)| it.is_failure());
        let most = failing.max_by_key(|(_, count)| **count);
        most.map(|(outcome, _)| *outcome)
    }

    /// Returns the number of answers that failed with this outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(&outcome).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_near() {
        let mut times = TimeHistogram::default();
        assert_eq!(times.quantile(0.5), None);
        for millis in 1..=1000 {
            times.add(Duration::from_millis(millis));
        }
        for (share, expected) in [(0.5, 500.0), (0.95, 950.0)] {
            let found = times.quantile(share).expect("some").as_secs_f64() * 1000.0;
            assert!(
                (found / expected - 1.0).abs() < 0.06,
                "{found} for {expected}"
            );
        }
    }
}
