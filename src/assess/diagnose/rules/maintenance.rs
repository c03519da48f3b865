//! Maintenance, and its announcement.

use std::time::Duration;

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::answer::LONGEST_DEFAULT_DELAY;
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::model::{Cause, Outcome};

/// Time of 503 after which Google drops URLs: about two days, by its documents.
const GOOGLES_PATIENCE: Duration = Duration::from_hours(48);
const PATIENCE: &str = "Google asks for 503 for 1-2 days at most: after more than about 2 days it drops \
                        the URLs";

/// Minimum announcing URLs of a host in maintenance. A polite crawl requests no more of them than two.
const FEWEST_URLS: u64 = 2;

/// Reports that the whole host answers 503 and announces when it will be back.
pub fn host_maintenance(facts: &HostFacts) -> Option<Finding> {
    let announced = facts.count(Outcome::Server503RetryAfter);
    let whole = facts.announcing >= FEWEST_URLS && facts.urls.share() >= 0.9;
    let meant = facts.longest_announced > LONGEST_DEFAULT_DELAY;
    if !whole || !meant || announced * 2 < facts.answers.part {
        return None;
    }
    let too_long = facts.longest_announced > GOOGLES_PATIENCE;
    Some(Finding {
        rule: Rule::HostMaintenance,
        severity: if too_long {
            Severity::Critical
        } else {
            Severity::Error
        },
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::Maintenance],
        confidence: 0.85,
        evidence: vec![
            Evidence::Urls {
                failing: facts.urls,
                whose: "the host".to_owned(),
            },
            Evidence::RetryAfter {
                count: announced,
                longest_seconds: facts.longest_announced.as_secs(),
            },
            Evidence::Policy {
                text: PATIENCE.into(),
            },
        ],
        pages: Some(facts.urls.part),
        product: None,
        shown: Vec::new(),
        advice: "maintenance",
    })
}

/// Reports an announced end that is later than search engines wait.
pub fn announced_too_long(facts: &ClusterFacts) -> Option<Finding> {
    if facts.announced == 0 || facts.longest_announced <= GOOGLES_PATIENCE {
        return None;
    }
    Some(Finding {
        rule: Rule::AnnouncedTooLong,
        severity: Severity::Error,
        scope: Scope::of_places(facts),
        subject: facts.subject(),
        causes: vec![Cause::Maintenance],
        confidence: 0.9,
        evidence: vec![
            Evidence::RetryAfter {
                count: facts.announced,
                longest_seconds: facts.longest_announced.as_secs(),
            },
            Evidence::Outcome {
                outcome: facts.cluster.outcome,
                count: facts.failures,
            },
            Evidence::Policy {
                text: PATIENCE.into(),
            },
        ],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "maintenance",
    })
}

/// Reports a `Retry-After` that cannot be parsed.
pub fn retry_after_invalid(facts: &HostFacts) -> Option<Finding> {
    (facts.announced_invalid > 0).then(|| Finding {
        rule: Rule::RetryAfterInvalid,
        severity: Severity::Notice,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence: vec![Evidence::InvalidRetryAfter {
            count: facts.announced_invalid,
        }],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "retry_after",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{answer, cluster, fires, host};
    use super::*;
    use crate::assess::diagnose::answer::Announced;
    use crate::model::Moment;

    fn closed(seconds: u64) -> HostFacts {
        let mut facts = host(&[(Outcome::Server503RetryAfter, 20)]);
        let mut seen = answer(Outcome::Server503RetryAfter);
        seen.retry_after = Announced::Delay(Duration::from_secs(seconds));
        facts.add(&seen);
        facts.announcing = 20;
        facts
    }

    #[test]
    fn a_closed_host_is_in_maintenance_if_it_announces_it() {
        let found = fires(
            host_maintenance(&closed(3600)),
            host_maintenance(&closed(5)),
        );
        assert_eq!(found.severity, Severity::Error);
        let longer = host_maintenance(&closed(200_000)).expect("a finding");
        assert_eq!(longer.severity, Severity::Critical);
    }

    #[test]
    fn an_end_after_two_days_is_too_far() {
        let facts = |hours| {
            let mut facts = cluster(Outcome::Server503RetryAfter, 1);
            let mut seen = answer(Outcome::Server503RetryAfter);
            seen.retry_after = Announced::Delay(Duration::from_hours(hours));
            facts.add(&seen, Moment::default());
            facts
        };
        fires(
            announced_too_long(&facts(49)),
            announced_too_long(&facts(48)),
        );
    }

    #[test]
    fn an_unreadable_retry_after_is_reported() {
        let mut facts = host(&[(Outcome::Server503, 3)]);
        let silent = facts.clone();
        let mut seen = answer(Outcome::Server503);
        seen.retry_after = Announced::Invalid;
        facts.add(&seen);
        fires(retry_after_invalid(&facts), retry_after_invalid(&silent));
    }
}
