//! Hosts that cannot be reached: names that do not resolve, and failing TLS.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::model::{Cause, Layer, Outcome};

/// Minimum requests that ended when the server closed a kept connection, and their share, for a finding (ours): any
/// server closes a connection now and then while a request is on its way.
const FEWEST_CLOSED: u64 = 5;
const CLOSED: f64 = 0.02;

/// Returns a finding for each kind of DNS failure.
pub fn dns_faults(facts: &HostFacts) -> Vec<Finding> {
    faults(facts, Layer::Dns, Rule::DnsFault, Cause::Dns)
}

/// Returns a finding for each kind of TLS failure.
pub fn tls_faults(facts: &HostFacts) -> Vec<Finding> {
    faults(facts, Layer::Tls, Rule::TlsFault, Cause::Tls)
}

/// Reports that the server often closes kept connections without an answer. Each such request is made again, and
/// counts against no page, but it costs time, also that of search engines.
pub fn closed_connections(facts: &HostFacts) -> Option<Finding> {
    let requests = facts.closed;
    if requests.part < FEWEST_CLOSED || requests.share() < CLOSED {
        return None;
    }
    Some(Finding {
        rule: Rule::ClosedConnections,
        severity: Severity::Notice,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence: vec![Evidence::ClosedConnections { requests }],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "keep_alive_race",
    })
}

fn faults(facts: &HostFacts, layer: Layer, rule: Rule, cause: Cause) -> Vec<Finding> {
    facts
        .outcomes
        .iter()
        .filter(|(outcome, _)| outcome.layer() == layer)
        .map(|(outcome, count)| Finding {
            rule,
            // The host fails always, or only some of the time.
            severity: if facts.answers.part == facts.answers.of {
                Severity::Critical
            } else {
                Severity::Error
            },
            scope: Scope::Host,
            subject: facts.host.clone(),
            causes: vec![cause],
            confidence: 0.95,
            evidence: evidence(facts, *outcome, *count),
            pages: None,
            product: None,
            shown: Vec::new(),
            advice: outcome.id(),
        })
        .collect()
}

fn evidence(facts: &HostFacts, outcome: Outcome, count: u64) -> Vec<Evidence> {
    let failed = facts.answers;
    vec![
        Evidence::Outcome { outcome, count },
        Evidence::Attempts { failed },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{fires, host};
    use super::*;
    use crate::assess::diagnose::context::Ratio;

    #[test]
    fn connections_that_the_server_often_closes_are_told_in_a_line() {
        let closed = |requests, of| {
            let mut facts = host(&[(Outcome::OkHtml, 94)]);
            facts.closed = Ratio::new(requests, of);
            closed_connections(&facts)
        };
        let found = fires(closed(59, 246), closed(5, 1_000));
        assert_eq!(found.severity, Severity::Notice);
        let words =
            "59 of 246 requests got no answer because the server closed the kept connection";
        assert!(found.evidence_text().starts_with(words), "{found:?}");
    }

    #[test]
    fn each_kind_has_its_finding() {
        let fine = host(&[(Outcome::OkHtml, 9), (Outcome::Server500, 1)]);
        let dns = host(&[(Outcome::DnsServfail, 3)]);
        let found = fires(dns_faults(&dns).pop(), dns_faults(&fine).pop());
        assert_eq!(
            (found.severity, found.advice),
            (Severity::Critical, "dns_servfail")
        );
        let tls = host(&[
            (Outcome::OkHtml, 9),
            (Outcome::TlsExpired, 2),
            (Outcome::TlsName, 1),
        ]);
        assert_eq!(tls_faults(&tls).len(), 2);
        let found = fires(tls_faults(&tls).pop(), tls_faults(&fine).pop());
        assert_eq!(found.severity, Severity::Error);
    }
}
