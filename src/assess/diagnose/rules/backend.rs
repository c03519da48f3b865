//! One backend of several fails: its share of the requests fails, whatever the page.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::cluster::section_of;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::assess::history::recurrence::Rotation;
use crate::assess::statistics::chance::hits_or_more;
use crate::assess::statistics::rate::Interval;
use crate::model::{Cause, Outcome};

/// Minimum answers for estimating a share.
const FEWEST: u64 = 40;
/// Maximum width of the interval of a share that may be taken for 1/N: about fifty answers suffice for a third.
const WIDEST: f64 = 0.25;

/// Probability by chance below which pages are taken to differ (ours). A share alone is weak evidence: any share is near
/// that of one of some backends, so a doubt suffices.
const DIFFERENT: f64 = 0.2;

/// Reports that one backend fails: one IP address of the host fails and others do not; or, behind one IP address,
/// requests fail by turns, or none fails for a while after a failure; or the share of failing requests is 1/N, evenly
/// over the whole host. The same URLs work at other times.
pub fn one_backend_down(facts: &HostFacts) -> Option<Finding> {
    by_address(facts)
        .or_else(|| by_order(facts))
        .or_else(|| by_share(facts))
}

/// Also within a section. There a share alone proves little, because an application without backends may fail as
/// often.
fn by_order(facts: &HostFacts) -> Option<Finding> {
    // A limit refuses in an order of its own.
    let rotation = facts.rotation.filter(|_| facts.limit.is_none())?;
    let (confidence, order) = match rotation {
        Rotation::Turns {
            backends,
            at_turn,
            sooner,
        } => {
            let order = Evidence::Turns {
                backends,
                at_turn,
                sooner,
            };
            (0.9, order)
        }
        // Failures by the crawl's load end as soon as it is slower.
        Rotation::LeftOut { .. } if facts.load.is_some() || !facts.outages.is_empty() => {
            return None;
        }
        Rotation::LeftOut {
            time,
            within,
            later,
        } => {
            let order = Evidence::LeftOut {
                seconds: time.as_secs(),
                within,
                later,
            };
            (0.6, order)
        }
    };
    let mut found = finding(
        facts,
        confidence,
        vec![order, at_times(facts)],
        Some(facts.flapping.part),
    );
    match &facts.pool.section {
        Some(section) => {
            found.scope = Scope::Section;
            found.subject = section_of(&found.subject, section);
        }
        None => found.evidence.push(Evidence::Sections {
            failing: facts.sections,
        }),
    }
    Some(found)
}

fn at_times(facts: &HostFacts) -> Evidence {
    Evidence::Urls {
        failing: Ratio::new(facts.flapping.part, facts.urls.of),
        whose: "the host, each at some times only,".to_owned(),
    }
}

fn by_address(facts: &HostFacts) -> Option<Finding> {
    let known = || facts.addresses.iter().filter(|(_, failed)| failed.of >= 5);
    let bad: Vec<_> = known()
        .filter(|(_, failed)| failed.interval().low >= 0.4)
        .collect();
    let good = known()
        .filter(|(_, failed)| failed.interval().high < 0.45)
        .count();
    if bad.is_empty() || good == 0 {
        return None;
    }
    let evidence = bad.iter().map(|(address, failed)| Evidence::Address {
        address: address.to_string(),
        failed: *failed,
        outcome: None,
    });
    Some(finding(facts, 0.95, evidence.collect(), None))
}

fn by_share(facts: &HostFacts) -> Option<Finding> {
    let answers = facts.pool.answers;
    let Interval { low, high, .. } = answers.interval();
    let whole_host = facts.sections.part >= 2 && facts.sections.share() >= 0.5;
    // The same URL fails and works as it is sent to one backend or another.
    let flaps = facts.flapping.part * 2 >= facts.urls.part && facts.flapping.part >= 3;
    if answers.of < FEWEST
        || high - low > WIDEST
        || !whole_host
        || facts.is_uneven
        || facts.pool.section.is_some()
        || pages_differ(facts)
        || !flaps
        || !facts.outages.is_empty()
    {
        return None;
    }
    let share = answers.share();
    let distance = |backends: u32| (share - 1.0 / f64::from(backends)).abs();
    // A backend does not know which page failed before: of first requests as many fail.
    let first = facts.pool.first.interval();
    let is_share =
        |share: f64| (low..=high).contains(&share) && (first.low..=first.high).contains(&share);
    let backends = (2..=8_u32)
        .filter(|backends| is_share(1.0 / f64::from(*backends)))
        .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
    // Errors that start at some load are overload, whatever their share.
    if facts.load.is_some() {
        return None;
    }
    let evidence = vec![
        Evidence::OneOf {
            backends,
            failed: answers,
        },
        at_times(facts),
        Evidence::Sections {
            failing: facts.sections,
        },
    ];
    Some(finding(facts, 0.6, evidence, Some(facts.flapping.part)))
}

/// Returns whether pages that failed once fail again more often than any page fails: then pages are at fault, and
/// not backends, which do not know which page failed before (Fisher's exact test).
fn pages_differ(facts: &HostFacts) -> bool {
    let (first, again) = (facts.pool.first, facts.pool.again);
    let all = Ratio::new(first.part + again.part, first.of + again.of);
    hits_or_more(again.part, again.of, all.part, all.of) < DIFFERENT
}

fn finding(
    facts: &HostFacts,
    confidence: f64,
    evidence: Vec<Evidence>,
    pages: Option<u64>,
) -> Finding {
    Finding {
        rule: Rule::OneBackendDown,
        severity: Severity::Error,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![cause(facts)],
        confidence,
        evidence,
        pages,
        product: None,
        shown: Vec::new(),
        advice: "one_backend",
    }
}

/// Returns the cause by the outcome of most failing answers: a backend that answers 500 runs, and one that is too
/// slow does too.
fn cause(facts: &HostFacts) -> Cause {
    match facts.main_failure() {
        Some(Outcome::Server500) => Cause::ApplicationError,
        Some(Outcome::Server504) => Cause::UpstreamTimeout,
        _ => Cause::UpstreamDown,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{address, answer, fires, host};
    use super::*;
    use crate::assess::history::rate_limit::RateLimit;
    use crate::model::Outcome;

    #[test]
    fn the_failing_address_is_named() {
        let facts = |bad: u8| {
            let mut facts = host(&[]);
            for n in 0..60_u8 {
                let failed = n % 3 == bad;
                let outcome = if failed {
                    Outcome::Server502
                } else {
                    Outcome::OkHtml
                };
                let mut seen = answer(outcome);
                seen.address = Some(address(n % 3));
                facts.add(&seen);
            }
            facts
        };
        let found = fires(one_backend_down(&facts(2)), one_backend_down(&facts(9)));
        assert_eq!(
            found.evidence_text(),
            "at 192.0.2.2 20 of 20 requests failed"
        );
    }

    #[test]
    fn failures_that_gather_in_some_sections_are_no_share_of_a_backend() {
        let mut third = host(&[(Outcome::Server502, 100), (Outcome::OkHtml, 200)]);
        third.flapping = Ratio::new(90, 300);
        let even = third.clone();
        third.is_uneven = true;
        let found = fires(one_backend_down(&even), one_backend_down(&third));
        assert_eq!(found.causes, [Cause::UpstreamDown]);
        for (outcome, cause) in [
            (Outcome::Server500, Cause::ApplicationError),
            (Outcome::Server504, Cause::UpstreamTimeout),
        ] {
            let mut third = host(&[(outcome, 100), (Outcome::OkHtml, 200)]);
            third.flapping = Ratio::new(90, 300);
            let found = one_backend_down(&third).expect("a finding");
            assert_eq!(found.causes, [cause], "it runs");
        }
    }

    #[test]
    fn failures_by_turns_are_those_of_one_backend_also_within_a_section() {
        let mut flaky = host(&[(Outcome::Server502, 40), (Outcome::OkHtml, 80)]);
        flaky.flapping = Ratio::new(20, 120);
        flaky.sections = Ratio::new(1, 4);
        flaky.pool.section = Some("/shop/".to_owned());
        let mut turns = flaky.clone();
        turns.rotation = Some(Rotation::Turns {
            backends: 3,
            at_turn: Ratio::new(34, 35),
            sooner: Ratio::new(2, 43),
        });
        let found = fires(one_backend_down(&turns), one_backend_down(&flaky));
        assert_eq!(found.subject, "https://www.shop.test/shop/");
        let words = "of the requests that were the 3rd after a failure 34 of 35 failed, of those before \
                     2 of 43";
        assert!(found.evidence_text().contains(words), "{found:?}");
    }

    #[test]
    fn a_backend_that_is_left_out_after_each_failure_is_no_limit_of_the_rate() {
        let mut left_out = host(&[(Outcome::Server502, 10), (Outcome::OkHtml, 160)]);
        left_out.flapping = Ratio::new(4, 60);
        left_out.rotation = Some(Rotation::LeftOut {
            time: std::time::Duration::from_secs(7),
            within: Ratio::new(1, 41),
            later: Ratio::new(9, 22),
        });
        let mut limited = left_out.clone();
        limited.limit = Some(RateLimit {
            low: 1.0,
            high: 2.0,
            window: None,
            burst: 1,
            refused: 9,
            requests: 170,
            status: 503,
        });
        let found = fires(one_backend_down(&left_out), one_backend_down(&limited));
        let words = "in the 7 s after a failure 1 of 41 requests failed, later 9 of 22";
        assert!(found.evidence_text().contains(words), "{found:?}");
    }

    #[test]
    fn pages_that_fail_again_more_often_than_others_fail_are_no_share_of_a_backend() {
        let mut third = host(&[(Outcome::Server502, 100), (Outcome::OkHtml, 200)]);
        third.flapping = Ratio::new(90, 300);
        third.pool.first = Ratio::new(70, 210);
        third.pool.again = Ratio::new(30, 90);
        let mut few = third.clone();
        few.pool.first = Ratio::new(30, 210);
        few.pool.again = Ratio::new(70, 90);
        fires(one_backend_down(&third), one_backend_down(&few));
        let mut flaky = host(&[(Outcome::Server500, 19), (Outcome::OkHtml, 134)]);
        flaky.flapping = Ratio::new(4, 64);
        flaky.pool.first = Ratio::new(5, 64);
        flaky.pool.again = Ratio::new(13, 55);
        assert_eq!(one_backend_down(&flaky), None);
    }

    #[test]
    fn pages_that_no_balancer_serves_do_not_hide_the_share() {
        let mut half = host(&[(Outcome::Server502, 200), (Outcome::OkHtml, 400)]);
        half.flapping = Ratio::new(150, 600);
        half.pool.answers = Ratio::new(200, 400);
        let mut few = half.clone();
        few.pool.answers = Ratio::new(2, 4);
        let found = fires(one_backend_down(&half), one_backend_down(&few));
        let words = "one backend of 2";
        assert!(found.evidence_text().contains(words), "{found:?}");
    }

    #[test]
    fn a_third_of_the_requests_is_one_of_three() {
        let mut third = host(&[(Outcome::Server502, 100), (Outcome::OkHtml, 200)]);
        let steady = third.clone();
        third.flapping = Ratio::new(90, 300);
        let found = fires(one_backend_down(&third), one_backend_down(&steady));
        assert!(
            found.evidence_text().contains("one backend of 3"),
            "{}",
            found.evidence_text()
        );
    }
}
