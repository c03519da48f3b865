//! Facts for the tests of the rules, and checks that hold for all findings.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::*;
use crate::assess::diagnose::answer::{Announced, AnswerFacts};
use crate::assess::diagnose::causes::diagnose;
use crate::assess::diagnose::cluster::Cluster;
use crate::assess::diagnose::context::{Context, Ratio};
use crate::assess::verdict::rules::Verdict;
use crate::model::{Moment, Outcome};

pub(super) const HOST: &str = "https://www.shop.test";

/// Returns a typical answer.
pub(super) fn answer(outcome: Outcome) -> AnswerFacts<'static> {
    AnswerFacts {
        outcome,
        status: None,
        fingerprint: None,
        server: None,
        waited: Some(Duration::from_millis(200)),
        round_trip: None,
        retry_after: Announced::Nothing,
        cached: false,
        reused: false,
        address: None,
        in_flight: 1,
        rate: Some(2.0),
    }
}

/// Returns a cluster of `count` failing answers, one a minute, each of another persistent URL.
pub(super) fn cluster(outcome: Outcome, count: u64) -> ClusterFacts {
    let mut facts = ClusterFacts::new(Cluster {
        host: HOST.to_owned(),
        section: "/shop/".to_owned(),
        outcome,
        fingerprint: None,
    });
    for n in 0..count {
        facts.add(&answer(outcome), Moment::from_millis(60_000 * n as i64));
        facts.add_url(&format!("{HOST}/shop/{n}"), "/shop/*", Verdict::Persistent);
    }
    facts
}

/// Returns a host with this many answers of each outcome, and as many URLs.
pub(super) fn host(answers: &[(Outcome, u64)]) -> HostFacts {
    let mut facts = HostFacts::new(HOST);
    for (outcome, count) in answers {
        for _ in 0..*count {
            facts.add(&answer(*outcome));
            facts.urls.count(outcome.is_failure());
        }
    }
    facts.pool.answers = facts.answers;
    facts.sections = Ratio::new(3, 4);
    facts
}

/// Returns the n-th IP address of a host.
pub(super) fn address(n: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, n))
}

/// Checks that a rule fires on one input and not on the other, and that its finding is complete.
#[expect(
    clippy::needless_pass_by_value,
    reason = "so that calls read as a sentence"
)]
pub(super) fn fires(found: Option<Finding>, not: Option<Finding>) -> Finding {
    let found = found.expect("a finding");
    assert_eq!(not, None, "silent");
    assert!((0.0..=1.0).contains(&found.confidence), "{found:?}");
    assert!(
        !found.evidence.is_empty() && !found.subject.is_empty(),
        "{found:?}"
    );
    assert!(
        found.evidence_text().chars().any(|c| c.is_ascii_digit()),
        "{found:?}"
    );
    assert!(
        crate::assess::playbook::lookup(found.advice, None).is_some(),
        "advice {} of {}",
        found.advice,
        found.rule.id()
    );
    found
}

#[test]
fn a_healthy_host_has_no_findings() {
    assert_eq!(of_host(&host(&[(Outcome::OkHtml, 500)])), []);
}

#[test]
fn a_failing_cluster_has_findings_that_name_cause_and_advice() {
    let facts = cluster(Outcome::Server502, 12);
    let findings = of_cluster(&facts, &diagnose(&facts, &Context::default()));
    assert_eq!(findings.len(), 1);
    let json = serde_json::to_value(&findings[0]).expect("JSON");
    assert_eq!(json["rule"], "persistent_cluster");
    assert_eq!(
        json["causes"],
        serde_json::json!(["upstream_down", "invalid_upstream_response"])
    );
    assert_eq!(json["evidence"][0]["failing"]["part"], 12);
}
