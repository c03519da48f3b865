//! This machine had no network for a while: what failed meanwhile is held against nobody.

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::evidence::Evidence;
use crate::model::OwnOutage;

/// Most outages that are told one by one.
const MOST_OUTAGES: usize = 5;

/// What is known of the crawler's own network.
#[derive(Clone, Debug, Default)]
pub struct OwnOutageFacts {
    /// When there was none, in order.
    pub outages: Vec<OwnOutage>,
    /// Attempts that do not count because of that.
    pub attempts: u64,
    /// URLs that they were made at.
    pub urls: u64,
}

/// The crawler's own network was gone. No trouble of the site, and no cause of any: whoever reads a
/// run must know why it took so long, or why so many attempts do not count.
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
        rule: "own_outage",
        severity: Severity::Notice,
        scope: Scope::Site,
        subject: "this machine".to_owned(),
        causes: Vec::new(),
        confidence: 0.95,
        evidence: told.chain([lost]).collect(),
        advice: "own_outage",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fires;
    use super::*;
    use crate::model::{Moment, Silence};

    #[test]
    fn an_outage_of_our_own_is_told_with_what_it_cost() {
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
