//! A host that failed for a while and answers again: one event, not many pages.

use super::backend::one_backend_down;
use super::finding::{Finding, Scope, Severity};
use super::load::load_induced;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;

/// Share of URLs that fail by now from which the host has not recovered.
const STILL_FAILING: f64 = 0.05;

/// Most of what was asked of the host failed in one way for a time, and does not any more. What a
/// dead backend or the speed of the crawl explains is told by their rules.
pub fn host_outage(facts: &HostFacts) -> Option<Finding> {
    let recovered = facts.urls.share() < STILL_FAILING;
    let explained = || one_backend_down(facts).is_some() || load_induced(facts).is_some();
    if facts.outages.is_empty() || !recovered || explained() {
        return None;
    }
    let told = facts.outages.iter().map(|outage| Evidence::Outage {
        from: outage.from,
        until: outage.until,
        failed: u64::from(outage.failed),
    });
    Some(Finding {
        rule: "host_outage",
        severity: Severity::Warning,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence: told.collect(),
        advice: "step.server_status",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{fires, host};
    use super::*;
    use crate::assess::diagnose::host::Outage;
    use crate::model::{Moment, Outcome};

    #[test]
    fn an_outage_that_is_over_is_told_with_its_times() {
        let fine = host(&[(Outcome::OkHtml, 50)]);
        let mut failed = fine.clone();
        failed.outages.push(Outage {
            from: Moment::from_millis(1_795_345_200_000),
            until: Moment::from_millis(1_795_345_260_000),
            failed: 12,
        });
        let found = fires(host_outage(&failed), host_outage(&fine));
        assert!(
            found
                .evidence_text()
                .contains("12 pages failed within 60 s"),
            "{}",
            found.evidence_text()
        );
    }
}
