//! One IP address of a name is down: clients that use it get no page, while all others see a healthy site.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::{AtAddress, HostFacts};
use crate::model::{Cause, Layer, Outcome};

/// Minimum requests of experiments at an IP address: one may fail by chance.
const FEWEST_TRIED: u64 = 2;

/// Minimum answers to the crawl from an IP address that no experiment tried.
const FEWEST_ANSWERS: u64 = 5;

/// Maximum probability that requests which fail by turns all failed at one IP address (ours).
const BY_CHANCE: f64 = 0.01;

/// The counts of one IP address.
#[derive(Clone, Copy, Debug)]
struct Known {
    address: IpAddr,
    tried: AtAddress,
    /// Answers of the crawl that failed.
    answers: Ratio,
}

impl Known {
    fn all(&self) -> Ratio {
        let (tried, answers) = (self.tried.failed, self.answers);
        Ratio::new(tried.part + answers.part, tried.of + answers.of)
    }

    /// Returns the requests that show that it is down, if they do. It may have been up earlier in the crawl.
    fn down(&self) -> Option<Ratio> {
        let is_enough = if self.tried.failed.of > 0 {
            FEWEST_TRIED
        } else {
            FEWEST_ANSWERS
        };
        let mut shown = [self.all(), self.tried.failed].into_iter();
        shown.find(|failed| failed.part == failed.of && failed.of >= is_enough)
    }

    fn is_fine(&self) -> bool {
        match self.tried.failed {
            Ratio { of: 0, .. } => self.answers.of >= FEWEST_ANSWERS && self.answers.share() < 0.5,
            tried => tried.part == 0,
        }
    }
}

/// Reports that all requests at one IP address of the host failed, though they were fine at another.
pub fn address_down(facts: &HostFacts) -> Option<Finding> {
    let known = known(facts);
    let fine: Vec<&Known> = known.iter().filter(|known| known.is_fine()).collect();
    let elsewhere = fine.iter().fold(Ratio::default(), |sum, known| {
        let all = known.all();
        Ratio::new(sum.part + all.part, sum.of + all.of)
    });
    // Behind all IP addresses may be one balancer, with backends that take turns.
    let by_turns = elsewhere.share().min(facts.flapping.share());
    let is_chance = |failed: Ratio| by_turns.powf(failed.of as f64) > BY_CHANCE;
    let down: Vec<(&Known, Ratio)> = known
        .iter()
        .filter_map(|known| Some((known, known.down()?)))
        .filter(|(_, failed)| !is_chance(*failed))
        .collect();
    if down.is_empty() || fine.is_empty() {
        return None;
    }
    let outcomes = || down.iter().map(|(known, _)| known.tried.outcome);
    let causes: BTreeSet<Cause> = outcomes().map(cause).collect();
    let all = (down.len() + fine.len()) as u64;
    let mut evidence = vec![Evidence::AddressesDiffer {
        failing: Ratio::new(down.len() as u64, all),
    }];
    evidence.extend(down.iter().map(|(known, failed)| Evidence::Address {
        address: known.address.to_string(),
        failed: *failed,
        outcome: known.tried.outcome,
    }));
    evidence.extend(fine.iter().map(|known| Evidence::AddressFine {
        address: known.address.to_string(),
        fine: Ratio::new(known.all().of - known.all().part, known.all().of),
    }));
    Some(Finding {
        rule: Rule::AddressDown,
        severity: if outcomes().all(is_passed_over) {
            Severity::Warning
        } else {
            Severity::Error
        },
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: causes.into_iter().collect(),
        confidence: 0.95,
        evidence,
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "address_down",
    })
}

fn known(facts: &HostFacts) -> Vec<Known> {
    let answered = facts.addresses.iter().map(|(address, _)| address);
    let addresses: BTreeSet<IpAddr> = answered.chain(facts.at_addresses.keys().copied()).collect();
    let answers = |address| {
        let mut answers = facts.addresses.iter();
        let found = answers.find(|(known, _)| *known == address);
        found.map(|(_, failed)| failed).unwrap_or_default()
    };
    addresses
        .into_iter()
        .map(|address| Known {
            address,
            tried: facts
                .at_addresses
                .get(&address)
                .copied()
                .unwrap_or_default(),
            answers: answers(address),
        })
        .collect()
}

/// Returns the cause: an answer comes from a backend; any other outcome names its own cause.
fn cause(outcome: Option<Outcome>) -> Cause {
    let unanswered = outcome.filter(|outcome| outcome.layer() != Layer::Http);
    unanswered.map_or(Cause::UpstreamDown, Outcome::default_cause)
}

/// Returns whether clients try the next IP address after this outcome. They do if no connection opens, but not after
/// TLS or an answer failed.
fn is_passed_over(outcome: Option<Outcome>) -> bool {
    matches!(
        outcome,
        Some(Outcome::ConnectRefused | Outcome::ConnectTimeout | Outcome::ConnectReset)
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{address, answer, fires, host};
    use super::*;
    use crate::assess::diagnose::rules::of_host;

    const FINE: Outcome = Outcome::OkHtml;

    /// A healthy host, and what experiments found at its IP addresses, each twice.
    fn tried(outcomes: &[Outcome]) -> HostFacts {
        let mut facts = host(&[(FINE, 40)]);
        for (n, outcome) in (1..).zip(outcomes) {
            facts.add_at(address(n), *outcome);
            facts.add_at(address(n), *outcome);
        }
        facts
    }

    #[test]
    fn the_address_that_fails_each_time_is_named_beside_those_that_are_fine() {
        let refused = tried(&[FINE, Outcome::ConnectRefused]);
        let found = fires(address_down(&refused), address_down(&tried(&[FINE, FINE])));
        assert_eq!(
            found.evidence_text(),
            "1 of 2 addresses of the host fail, the others are fine; at 192.0.2.2 2 of 2 requests failed (connection \
             refused); at 192.0.2.1 2 of 2 requests were fine"
        );
        assert_eq!(found.causes, [Cause::UpstreamDown]);
        assert_eq!(found.rule.title(), "An address of the host is down");
    }

    #[test]
    fn a_single_address_or_none_that_is_fine_says_nothing() {
        let of = |outcomes: &[Outcome]| address_down(&tried(outcomes));
        let two = of(&[FINE, Outcome::Server502]);
        fires(two.clone(), of(&[Outcome::Server502]));
        fires(two.clone(), of(&[FINE]));
        fires(two, of(&[Outcome::Server502, Outcome::Server502]));
        let mut once = host(&[(FINE, 40)]);
        once.add_at(address(1), FINE);
        once.add_at(address(2), Outcome::Server502);
        assert_eq!(address_down(&once), None, "one failure may be chance");
    }

    #[test]
    fn what_clients_do_not_pass_over_is_worse() {
        let cases = [
            (
                Outcome::ConnectRefused,
                Severity::Warning,
                Cause::UpstreamDown,
            ),
            (Outcome::ConnectTimeout, Severity::Warning, Cause::Network),
            (Outcome::TlsExpired, Severity::Error, Cause::Tls),
            (Outcome::Server502, Severity::Error, Cause::UpstreamDown),
            (Outcome::TtfbTimeout, Severity::Error, Cause::UpstreamDown),
        ];
        for (outcome, severity, cause) in cases {
            let found = address_down(&tried(&[FINE, outcome])).expect("a finding");
            assert_eq!(
                (found.severity, found.causes),
                (severity, vec![cause]),
                "{outcome}"
            );
        }
    }

    #[test]
    fn backends_that_take_turns_behind_all_addresses_are_no_dead_address() {
        let mut turns = tried(&[FINE, Outcome::Server502]);
        for n in 0..90 {
            let outcome = if n % 3 == 0 { Outcome::Server502 } else { FINE };
            let mut seen = answer(outcome);
            seen.address = Some(address(1));
            turns.add(&seen);
        }
        let broken = turns.clone();
        turns.flapping = Ratio::new(30, 90);
        // The same number of failures, but of pages that always fail.
        fires(address_down(&broken), address_down(&turns));
    }

    #[test]
    fn an_address_that_only_fails_in_the_crawl_is_down_without_experiments() {
        let facts = |fails: u8| {
            let mut facts = host(&[]);
            for n in 0..60_u8 {
                let outcome = if n % 3 == fails {
                    Outcome::Server502
                } else {
                    FINE
                };
                let mut seen = answer(outcome);
                seen.address = Some(address(n % 3));
                facts.add(&seen);
            }
            facts
        };
        let found = fires(address_down(&facts(2)), address_down(&facts(9)));
        assert!(
            found
                .evidence_text()
                .contains("at 192.0.2.2 20 of 20 requests failed"),
            "{}",
            found.evidence_text()
        );
        let rules: Vec<&str> = of_host(&facts(2))
            .iter()
            .map(|found| found.rule.id())
            .collect();
        assert_eq!(rules, ["address_down"], "and no second finding of the same");
    }
}
