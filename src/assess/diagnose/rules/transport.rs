//! Hosts that cannot be reached: names that do not resolve, and failing TLS.

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::model::{Cause, Layer, Outcome};

/// Returns a finding for each kind of DNS failure.
pub fn dns_faults(facts: &HostFacts) -> Vec<Finding> {
    faults(facts, Layer::Dns, "dns_fault", Cause::Dns)
}

/// Returns a finding for each kind of TLS failure.
pub fn tls_faults(facts: &HostFacts) -> Vec<Finding> {
    faults(facts, Layer::Tls, "tls_fault", Cause::Tls)
}

fn faults(facts: &HostFacts, layer: Layer, rule: &'static str, cause: Cause) -> Vec<Finding> {
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
