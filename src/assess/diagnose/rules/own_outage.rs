//! Times without a network on this machine. Requests that failed meanwhile count against no page.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::OwnOutage;

/// Maximum outages with a sentence of their own.
const MOST_OUTAGES: usize = 5;

/// Facts about the crawler's own network.
#[derive(Clone, Debug, Default)]
pub struct OwnOutageFacts {
    /// The outages in time order.
    pub outages: Vec<OwnOutage>,
    /// Number of attempts that do not count because of them.
    pub attempts: u64,
    /// Number of the URLs of these attempts.
    pub urls: u64,
}

/// Reports that this machine had no network. It is not a fault of the site, but explains why the run
/// took so long and why attempts do not count.
pub fn own_outage(facts: &OwnOutageFacts) -> Option<Finding> {
    if facts.outages.is_empty() {
        return None;
    }
    let told = facts.outages.iter().take(MOST_OUTAGES);
    let told = told.map(|outage| Evidence::NoNetwork {
        from: outage.began,
        until: outage.ended,
        silence: outage.silence.to_string(),
    });
    let lost = Evidence::NotCounted {
        attempts: facts.attempts,
        urls: facts.urls,
    };
    Some(Finding {
        rule: Rule::OwnOutage,
        severity: Severity::Notice,
        scope: Scope::Site,
        subject: "this machine".to_owned(),
        causes: Vec::new(),
        confidence: 0.95,
        evidence: told.chain([lost]).collect(),
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "own_outage",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fires;
    use super::*;
    use crate::model::{Moment, Silence};

    #[test]
    fn a_local_outage_is_reported_with_its_cost() {
        let facts = |ended| OwnOutageFacts {
            outages: vec![OwnOutage {
                began: Moment::from_millis(1_795_345_203_000),
                ended,
                silence: Silence {
                    name_servers: vec![[10, 0, 0, 1].into()],
                    ..Silence::default()
                },
            }],
            attempts: 12,
            urls: 11,
        };
        let until = Moment::from_millis(1_795_345_270_000);
        let none = OwnOutageFacts::default();
        let over = fires(own_outage(&facts(Some(until))), own_outage(&none));
        assert_eq!(over.severity, Severity::Notice);
        assert_eq!(
            over.evidence_text(),
            "this machine had no network from 2026-11-22T11:00:03.000Z to \
             2026-11-22T11:01:10.000Z: name server 10.0.0.1 no longer resolves names; 12 attempts \
             at 11 URLs do not count"
        );
        let open = fires(own_outage(&facts(None)), own_outage(&none));
        let said = "from 2026-11-22T11:00:03.000Z until the crawl was interrupted: ";
        assert!(open.evidence_text().contains(said));
    }
}
