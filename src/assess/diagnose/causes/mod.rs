//! The causes of a cluster of failures, with shares.
//!
//! It starts from the causes of the error page's fingerprint, or from the default cause of the outcome; the other
//! evidence multiplies them. One cause is named when its share is at least a half; else the two best are, because "A
//! or B" is what is known.

mod likelihood;
pub(super) mod shares;

use std::fmt;

use serde::Serialize;

use super::cluster::ClusterFacts;
use super::context::{Context, ExperimentResult, Ratio};
use super::error_page::catalogue::{Fingerprint, fingerprint};
use super::error_page::maker::Maker;
use super::evidence::Evidence;
use super::logged::LogLines;
use crate::model::Cause::{
    self, ApplicationError, Firewall, InvalidUpstreamResponse, Maintenance, Network, Overload,
    UpstreamDown, UpstreamTimeout,
};
use crate::model::{Experiment, Layer, Outcome};
use likelihood::{weigh_answers, weigh_context};
use shares::Shares;

/// From this confidence on one cause is named alone.
const NAMED_ALONE: f64 = 0.5;
/// Confidence of a cause that lines of the server's log name, whatever else is known.
const LOG_LINE: f64 = 0.9;
/// Minimum share of a cluster's failures with log lines for these to count for all. Ours.
const LEAST_LOGGED: f64 = 0.2;
/// Maximum causes by log lines that are named.
const MOST_LOGGED: usize = 3;
/// Confidence of a cause if the server itself says when it will be back.
const ANNOUNCED_CONFIDENCE: f64 = 0.85;
/// Confidence of a cause if an experiment made the difference.
const TRIED_CONFIDENCE: f64 = 0.95;
/// Maximum confidence: no cause is certain.
const CERTAIN: f64 = 0.95;
/// Trust in a default cause: the same fault has another status on each proxy.
const DEFAULT_CONFIDENCE: f64 = 0.7;
/// An error page with a status of success says by itself what is wrong. Ours.
pub(super) const SOFT_CONFIDENCE: f64 = 0.8;

/// A mechanism with advice of its own, within its cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Special {
    /// The server closes idle connections just as they are used again.
    KeepAliveRace,
    /// The server fails with HTTP/2 only.
    Protocol,
    /// One IP address of the host fails.
    OneAddress,
    /// One backend of several fails, and a hash of the URL chooses the backend of each page.
    HashedBackend,
    /// A cache repeats an old error.
    CachedError,
    /// The server fails with compressed answers only.
    Compression,
    /// A rule refuses requests beyond a rate (429): nothing is overloaded.
    RateLimit,
    /// The application cannot use its database, as its error page says.
    Database,
}

impl Special {
    /// Returns the key of its playbook.
    pub const fn advice(self) -> &'static str {
        match self {
            Special::KeepAliveRace => "keep_alive_race",
            Special::Protocol => "protocol",
            Special::OneAddress => "address_down",
            Special::HashedBackend => "hashed_backend",
            Special::CachedError => "cached_error",
            Special::Compression => "compression",
            Special::RateLimit => "rate_limit",
            Special::Database => "database",
        }
    }
}

/// The probable causes of a cluster of failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// Causes with their shares, best first; they sum to one. Empty: there is no evidence for any.
    pub causes: Vec<(Cause, f64)>,
    /// How sure the named cause or causes are, from 0 to 1.
    pub confidence: f64,
    /// How far the shares can be trusted, from 0 to 1.
    trust: f64,
    /// Who made the error pages.
    pub layer: Option<Maker>,
    /// The product that made them.
    pub product: Option<&'static str>,
    /// The evidence for the causes.
    pub evidence: Vec<Evidence>,
    /// A mechanism with advice of its own.
    pub special: Option<Special>,
}

impl Diagnosis {
    /// Returns the cause, or the two causes, that may be named.
    pub fn named(&self) -> &[(Cause, f64)] {
        match self.causes.as_slice() {
            [first, ..] if first.1 * self.trust >= NAMED_ALONE => &self.causes[..1],
            causes => &causes[..causes.len().min(2)],
        }
    }

    /// Returns the same causes, without their shares.
    pub fn named_causes(&self) -> Vec<Cause> {
        self.named().iter().map(|(cause, _)| *cause).collect()
    }

    /// Returns the likeliest cause.
    pub fn cause(&self) -> Option<Cause> {
        self.causes.first().map(|(cause, _)| *cause)
    }

    /// Returns the key of the playbook to follow.
    pub fn advice(&self) -> &'static str {
        let own = self.special.map(Special::advice);
        own.unwrap_or_else(|| self.cause().map_or("check.logs", Cause::id))
    }
}

/// "a backend that is down", "overload or maintenance", or "unknown".
impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.named() {
            [] => f.write_str("unknown"),
            [(only, _)] => f.write_str(only.title()),
            [(first, _), (second, _), ..] => write!(f, "{} or {}", first.title(), second.title()),
        }
    }
}

/// Diagnoses the failures of a cluster.
pub fn diagnose(facts: &ClusterFacts, around: &Context) -> Diagnosis {
    let page = facts.cluster.fingerprint.as_deref().and_then(fingerprint);
    let generator = page.filter(|page| !page.causes.is_empty());
    // Good answers that came too late are evidence of their own.
    let late = match facts.cluster.outcome {
        Outcome::TtfbTimeout => facts.late.answers(),
        _ => 0,
    };
    let of_another_kind = facts.others.values().sum::<u64>() + late;
    let mut evidence = vec![Evidence::Outcome {
        outcome: facts.cluster.outcome,
        count: facts.failures.saturating_sub(of_another_kind),
    }];
    let others = facts.others.iter();
    evidence.extend(others.map(|(outcome, count)| Evidence::Outcome {
        outcome: *outcome,
        count: *count,
    }));
    evidence.extend(facts.late.evidence());
    let named = page.filter(|page| page.names_product());
    let product = named.map(|page| page.product.as_str());
    if let Some(page) = named {
        let product = page.product.clone();
        evidence.push(if page.is_status_alone() {
            Evidence::OwnStatus { product }
        } else {
            Evidence::Page {
                product: Some(product),
                title: None,
            }
        });
    }
    let mut shares = prior(generator, facts);
    // Neither a cache nor an error page of success was waited for as a backend is.
    let is_waited_for = facts.soft.is_none() && !is_kept(facts, around);
    let times = is_waited_for.then_some(&facts.times);
    weigh_answers(&mut shares, facts, page, times, &mut evidence);
    weigh_context(&mut shares, around, &mut evidence);
    let mut shares = match plain(facts, around) {
        Some(cause) => Shares::of(&[(cause, 1.0)]),
        None => shares.normalised(),
    };
    if is_logged(facts) {
        shares = overruled(shares, &facts.logged);
    }
    // What made a difference tells most, so it comes right after what failed.
    evidence[1..].sort_by_key(|sentence| !sentence.is_difference());
    let logged = facts.logged.ranked().into_iter().take(MOST_LOGGED);
    evidence.extend(logged.map(|(cause, lines, place)| Evidence::LogLine {
        cause,
        failures: Ratio::new(lines, facts.failures),
        line: place.to_owned(),
    }));
    let mut diagnosis = Diagnosis {
        causes: shares.ranked(),
        confidence: 0.0,
        trust: trust(generator, facts, around),
        layer: generator.map(|page| page.layer),
        product,
        special: special(facts, page, around),
        evidence,
    };
    let named: f64 = diagnosis.named().iter().map(|(_, share)| share).sum();
    diagnosis.confidence = (named * diagnosis.trust).min(CERTAIN);
    diagnosis
}

/// Returns the cause that an outcome alone proves: an expired certificate is not a sign of overload, however few
/// pages it concerns. An error page with a status of success proves its cause unless an experiment made a difference.
fn plain(facts: &ClusterFacts, around: &Context) -> Option<Cause> {
    let outcome = facts.cluster.outcome;
    let helps = around.experiments.iter().any(ExperimentResult::tells_cause);
    if let Some(cause) = facts.soft.filter(|_| !helps) {
        return Some(cause);
    }
    let cause = outcome.default_cause();
    let certain = matches!(
        (outcome.layer(), cause),
        (Layer::Dns, Cause::Dns) | (Layer::Tls, Cause::Tls)
    );
    certain.then_some(cause)
}

/// Returns the prior probabilities of the causes.
fn prior(generator: Option<&Fingerprint>, facts: &ClusterFacts) -> Shares {
    if let Some(page) = generator {
        return page.causes;
    }
    match facts.cluster.outcome {
        // The same fault is a 502 of one proxy, a 503 of the next and a 504 of the third.
        Outcome::Server502 => Shares::of(&[
            (UpstreamDown, 0.45),
            (InvalidUpstreamResponse, 0.3),
            (Overload, 0.15),
            (UpstreamTimeout, 0.1),
        ]),
        Outcome::Server503 | Outcome::Server503RetryAfter => {
            Shares::of(&[(Overload, 0.4), (UpstreamDown, 0.35), (Maintenance, 0.25)])
        }
        Outcome::Server504 => Shares::of(&[
            (UpstreamTimeout, 0.65),
            (Overload, 0.2),
            (Network, 0.1),
            (Firewall, 0.05),
        ]),
        // The server itself crashed at the request, or a balancer of connections has no backend.
        Outcome::EmptyReply | Outcome::ResetBeforeHeaders => Shares::of(&[
            (UpstreamDown, 0.45),
            (ApplicationError, 0.35),
            (Overload, 0.1),
            (Firewall, 0.1),
        ]),
        Outcome::ConnectTimeout => {
            Shares::of(&[(Network, 0.45), (Firewall, 0.35), (Overload, 0.2)])
        }
        Outcome::ConnectRefused => Shares::of(&[(UpstreamDown, 0.7), (Firewall, 0.3)]),
        Outcome::Client429 => Shares::of(&[(Overload, 0.6), (Firewall, 0.4)]),
        Outcome::Client403 => Shares::of(&[(Firewall, 0.7), (ApplicationError, 0.3)]),
        outcome => Shares::of(&[(outcome.default_cause(), 1.0)]),
    }
}

/// Returns whether enough failures have log lines to speak for all of them.
fn is_logged(facts: &ClusterFacts) -> bool {
    let logged = facts.logged.total();
    logged > 0 && logged as f64 >= LEAST_LOGGED * facts.failures as f64
}

/// Returns the causes that a log names, by the number of their lines, with what is left for the others.
fn overruled(shares: Shares, logged: &LogLines) -> Shares {
    let mut others = shares;
    let mut sum = Shares::default();
    for (cause, lines, _) in logged.ranked() {
        others.multiply(&[(cause, 0.0)]);
        sum.add(cause, LOG_LINE * lines as f64 / logged.total() as f64);
    }
    for (other, share) in others.normalised().ranked() {
        sum.add(other, share * (1.0 - LOG_LINE));
    }
    sum.normalised()
}

/// Returns how far the shares can be trusted, by the evidence that they rest on.
fn trust(page: Option<&Fingerprint>, facts: &ClusterFacts, around: &Context) -> f64 {
    if is_logged(facts) || around.load_induced {
        return 1.0;
    }
    if plain(facts, around).is_some() {
        return facts.soft.map_or(1.0, |_| SOFT_CONFIDENCE);
    }
    if around.experiments.iter().any(ExperimentResult::tells_cause) {
        return TRIED_CONFIDENCE;
    }
    let trust = page.map_or(DEFAULT_CONFIDENCE, |page| page.confidence);
    if facts.is_announced() {
        trust.max(ANNOUNCED_CONFIDENCE)
    } else {
        trust
    }
}

/// Returns whether a cache repeated most of the answers: it says so, or experiments show it.
fn is_kept(facts: &ClusterFacts, around: &Context) -> bool {
    facts.cached * 2 > facts.failures || around.keeps_errors()
}

fn special(facts: &ClusterFacts, page: Option<&Fingerprint>, around: &Context) -> Option<Special> {
    let made = &around.experiments;
    let helped = |experiment| made.iter().any(|e| e.experiment == experiment && e.helps());
    if made.iter().any(ExperimentResult::parts_addresses) {
        Some(Special::OneAddress)
    } else if helped(Experiment::FreshConnection) {
        Some(Special::KeepAliveRace)
    } else if helped(Experiment::Http1) {
        Some(Special::Protocol)
    } else if helped(Experiment::Uncompressed) {
        Some(Special::Compression)
    } else if is_kept(facts, around) {
        Some(Special::CachedError)
    } else if made.iter().any(ExperimentResult::parts_spellings) {
        Some(Special::HashedBackend)
    } else if facts.cluster.outcome == Outcome::Client429 && !helped(Experiment::Browser) {
        Some(Special::RateLimit)
    } else if page.is_some_and(|page| page.database) && !is_logged(facts) {
        Some(Special::Database)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
