//! One backend of several is down: its share of the requests fails, whatever the page.

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::assess::statistics::rate::Interval;
use crate::model::Cause;

/// Fewer answers than this tell no share.
const FEWEST: u64 = 40;
/// The widest interval in which a share may be taken for one of 1/N: some fifty answers tell a third.
const WIDEST: f64 = 0.25;

/// One address of the host fails and others do not; or, behind one address, the share of failing
/// requests is that of one backend of N over the whole host, evenly, while the same URLs work at other times.
pub fn one_backend_down(facts: &HostFacts) -> Option<Finding> {
    by_address(facts).or_else(|| by_share(facts))
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
    Some(finding(facts, 0.95, evidence.collect()))
}

fn by_share(facts: &HostFacts) -> Option<Finding> {
    let Interval { low, high, .. } = facts.answers.interval();
    let whole_host = facts.sections.part >= 2 && facts.sections.share() >= 0.5;
    // The same URL fails and works as it is sent to one backend or another.
    let flaps = facts.flapping.part * 2 >= facts.urls.part && facts.flapping.part >= 3;
    if facts.answers.of < FEWEST
        || high - low > WIDEST
        || !whole_host
        || facts.is_uneven
        || !flaps
        || !facts.outages.is_empty()
    {
        return None;
    }
    let share = facts.answers.share();
    let distance = |backends: u32| (share - 1.0 / f64::from(backends)).abs();
    let backends = (2..=8_u32)
        .filter(|backends| (low..=high).contains(&(1.0 / f64::from(*backends))))
        .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))?;
    // Errors that start at some load are overload, whatever their share.
    if facts.load.is_some() {
        return None;
    }
    let failed = facts.answers;
    let evidence = vec![
        Evidence::OneOf { backends, failed },
        Evidence::Urls {
            failing: Ratio::new(facts.flapping.part, facts.urls.of),
            whose: "the host, each at some times only,".to_owned(),
        },
        Evidence::Sections {
            failing: facts.sections,
        },
    ];
    Some(finding(facts, 0.6, evidence))
}

fn finding(facts: &HostFacts, confidence: f64, evidence: Vec<Evidence>) -> Finding {
    Finding {
        rule: "one_backend_down",
        severity: Severity::Error,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::UpstreamDown],
        confidence,
        evidence,
        advice: "one_backend",
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{address, answer, fires, host};
    use super::*;
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
        fires(one_backend_down(&even), one_backend_down(&third));
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
