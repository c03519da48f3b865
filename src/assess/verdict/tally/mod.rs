//! The attempts at one URL, counted one by one. Of constant size for any number of attempts.

use std::time::Duration;

use crate::model::{Layer, Level, Looks, Moment, Outcome, Pressure};

use super::judgement::Judgement;
use super::kind::FailureKind;
use super::observation::Observation;
use super::passes::PassHistory;
use super::rules::{Case, Rules, Verdict, decide};
use crate::assess::statistics::rate::Interval;

/// The attempts at one URL, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    attempts: u32,
    evidence: u32,
    failed: u32,
    status_5xx: u32,
    status_502: u32,
    passes: u32,
    last_pass: u32,
    looks: Looks,
    /// Until when the last failure announced further failures.
    announced: Option<Moment>,
    kinds: [u32; 5],
    first_failed: Option<Moment>,
    last_failed: Option<Moment>,
    last_ok: Option<Moment>,
    first: Option<(Outcome, Option<u16>)>,
    last: Option<Outcome>,
    ttfb: Option<(Duration, u32)>,
    history: PassHistory,
    load: Load,
    host: HostPart,
}

/// Whether the failures came only at speed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Load {
    /// Whether any failure is not explained by speed.
    other: bool,
    last_failed_pass: u32,
    /// The lowest pressure of a failure so far.
    least: Option<Pressure>,
    /// Successes at or above the pressure of a failure, since the last failure.
    fast_ok: u32,
    /// Successes at lower pressure, in a later pass than the last failure.
    polite_ok: u32,
}

/// Whether the failures are one ended episode of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct HostPart {
    episode: Option<u32>,
    /// Whether any failure is outside that episode.
    other: bool,
    /// Whether any failure may be specific to the URL.
    url_level: bool,
}

impl Tally {
    /// Counts one attempt. Attempts must be added in the order in which they were made.
    pub fn add(&mut self, seen: Observation) {
        self.last = Some(seen.outcome);
        if !seen.is_attempt() {
            return;
        }
        self.attempts += 1;
        self.passes += u32::from(seen.pass > self.last_pass);
        self.last_pass = self.last_pass.max(seen.pass);
        if !seen.is_evidence() {
            return;
        }
        self.evidence += 1;
        self.first.get_or_insert((seen.outcome, seen.status));
        let fails = seen.outcome.is_failure();
        self.looks.add(seen.pass, seen.started, fails);
        if let Some(kind) = seen.kind() {
            self.kinds[kind as usize] += 1;
        }
        if let Some(500..=599) = seen.status {
            self.status_5xx += 1;
        }
        if seen.status == Some(502) {
            self.status_502 += 1;
        }
        if fails {
            self.add_failure(seen);
        } else {
            self.add_success(seen);
        }
    }

    /// Returns the judgement on the attempts.
    pub fn judge(&self, rules: &Rules) -> Judgement {
        self.judged(decide(&self.case(self.history.closed()), rules))
    }

    /// Returns the judgement with this verdict, for callers that know more than the attempts at one URL.
    pub(in crate::assess) fn judged(&self, verdict: Verdict) -> Judgement {
        let history = self.history.closed();
        let case = self.case(history);
        let lasting = match verdict {
            Verdict::Ok | Verdict::Transient | Verdict::LoadInduced => Duration::ZERO,
            Verdict::Intermittent => history.failed_span(),
            Verdict::Persistent | Verdict::Unconfirmed => history.run(),
        };
        let counted = match verdict {
            Verdict::LoadInduced => 0,
            _ => self.failed,
        };
        Judgement {
            verdict,
            // Attempts with evidence; if there are none, all.
            attempts: match self.evidence {
                0 => self.attempts,
                counted => counted,
            },
            failed: self.failed,
            status_5xx: self.status_5xx,
            status_502: self.status_502,
            passes: self.passes,
            looks: self.looks,
            in_outage: case.host_episode,
            error_rate: self.rate(self.failed),
            rate_502: self.rate(self.status_502),
            risk_rate: self.rate(counted),
            kind: FailureKind::most_frequent(self.kinds),
            first_failed: self.first_failed,
            last_failed: self.last_failed,
            last_ok: self.last_ok,
            span: history.span(),
            lasting,
            episodes: history.episodes,
            first: self.first.map(|(outcome, _)| outcome),
            first_status: self.first.and_then(|(_, status)| status),
            last: self.last,
            ttfb: self.ttfb,
        }
    }

    fn rate(&self, hits: u32) -> Interval {
        Interval::clustered(hits, self.evidence, self.looks.all())
    }

    fn case(&self, history: PassHistory) -> Case {
        let succeeded = self.evidence - self.failed;
        Case {
            history,
            attempts: self.evidence,
            failed: self.failed,
            succeeded,
            looks: self.looks.all(),
            frequency: self.looks.frequency(),
            first_failed: self.first_failed,
            announced: self.announced,
            host_episode: self.host.episode.is_some()
                && !self.host.other
                && (succeeded > 0 || !self.host.url_level),
            only_at_speed: !self.load.other && self.load.fast_ok == 0 && self.load.polite_ok > 0,
        }
    }

    fn add_failure(&mut self, seen: Observation) {
        self.failed += 1;
        self.first_failed = self.first_failed.or(Some(seen.started));
        self.last_failed = Some(seen.started);
        self.announced = seen.announced;
        self.history.add(seen.pass, seen.started, true);
        self.load = Load {
            other: self.load.other || seen.is_polite() || !seen.may_be_load(),
            last_failed_pass: seen.pass,
            least: Some(match self.load.least {
                Some(least) if is_as_hard(seen.pressure, least) => least,
                _ => seen.pressure,
            }),
            fast_ok: 0,
            polite_ok: 0,
        };
        let elsewhere = self.failed > 1 && self.host.episode != seen.host_episode;
        self.host = HostPart {
            episode: seen.host_episode,
            other: self.host.other || elsewhere,
            url_level: self.host.url_level
                || seen.outcome.level() == Level::Url
                || seen.outcome.layer() == Layer::Http,
        };
    }

    fn add_success(&mut self, seen: Observation) {
        self.last_ok = Some(seen.started);
        let open = seen.pressure.in_flight;
        self.ttfb = self.ttfb.or(seen.ttfb.map(|ttfb| (ttfb, open)));
        self.history.add(seen.pass, seen.started, false);
        let least = self.load.least;
        if !seen.is_polite() && least.is_none_or(|least| is_as_hard(seen.pressure, least)) {
            self.load.fast_ok += 1;
        } else if seen.pass > self.load.last_failed_pass {
            self.load.polite_ok += 1;
        }
    }
}

/// Returns whether a host was under the same pressure as another time, or a higher one.
fn is_as_hard(pressure: Pressure, other: Pressure) -> bool {
    let rate = |pressure: Pressure| pressure.rate.unwrap_or(f64::INFINITY);
    pressure.in_flight >= other.in_flight && rate(pressure) >= rate(other)
}

#[cfg(test)]
mod tests;
