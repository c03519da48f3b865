//! A robots.txt that cannot be read: the one file that stops the crawl of a whole host.

use std::time::Duration;

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use super::site_files::causes;
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::Outcome;

/// Confidence in the default cause of an outcome.
const CAUSE_CONFIDENCE: f64 = 0.7;

const FIRST_HOURS: Duration = Duration::from_hours(12);
const FIRST_DAYS: Duration = Duration::from_hours(30 * 24);

/// Facts about a host's robots.txt.
#[derive(Clone, Debug)]
pub struct RobotsFacts {
    /// Its URL.
    pub url: String,
    /// The outcome of the last attempt.
    pub outcome: Outcome,
    /// Attempts in this run.
    pub attempts: u64,
    /// How long it has been failing over all known runs; zero for the first failure.
    pub failing_for: Duration,
    /// Whether an earlier run could read the file.
    pub known_good: bool,
    /// Whether the rest of the host answers; `None` if nothing else was requested.
    pub host_answers: Option<bool>,
}

/// Reports a robots.txt that answers 5xx or 429 or not at all, with Google's current reaction.
/// `diagnosis` is that of its failures, if there is one.
pub fn robots_unreachable(facts: &RobotsFacts, diagnosis: Option<&Diagnosis>) -> Option<Finding> {
    if !facts.outcome.is_failure() {
        return None;
    }
    let hours = facts.failing_for.as_secs_f64() / 3600.0;
    let (severity, policy) = consequence(facts);
    let (causes, confidence) = causes(facts.outcome, CAUSE_CONFIDENCE, diagnosis);
    Some(Finding {
        rule: Rule::RobotsUnreachable,
        severity,
        scope: Scope::Host,
        subject: facts.url.clone(),
        causes,
        confidence,
        evidence: vec![
            Evidence::Outcome {
                outcome: facts.outcome,
                count: facts.attempts,
            },
            Evidence::Lasts { hours },
            Evidence::Policy {
                text: policy.into(),
            },
        ],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "robots_unreachable",
    })
}

/// Returns what Google does after robots.txt has failed for this long, from Google's robots.txt specification.
fn consequence(facts: &RobotsFacts) -> (Severity, &'static str) {
    if facts.failing_for <= FIRST_HOURS {
        return (
            Severity::Critical,
            "for the first 12 hours Google stops crawling the whole host and keeps requesting \
             robots.txt (RFC 9309: everything counts as disallowed)",
        );
    }
    if facts.failing_for <= FIRST_DAYS {
        return if facts.known_good {
            (
                Severity::Error,
                "after 12 hours and for 30 days Google uses the last good copy of robots.txt",
            )
        } else {
            (
                Severity::Error,
                "after 12 hours and for 30 days Google uses the last good copy of robots.txt, and \
                 crawls without rules if it has none",
            )
        };
    }
    if facts.host_answers == Some(false) {
        return (
            Severity::Critical,
            "after 30 days, with the rest of the host failing too, Google stops crawling it",
        );
    }
    (
        Severity::Error,
        "after 30 days, with the rest of the host answering, Google crawls as if there were no \
         robots.txt",
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fires;
    use super::*;

    fn facts(outcome: Outcome, hours: u64) -> RobotsFacts {
        RobotsFacts {
            url: "https://www.shop.test/robots.txt".to_owned(),
            attempts: 3,
            outcome,
            failing_for: Duration::from_hours(hours),
            known_good: false,
            host_answers: Some(true),
        }
    }

    #[test]
    fn server_errors_and_429_stop_the_crawl_and_404_does_not() {
        let of = |outcome| robots_unreachable(&facts(outcome, 0), None);
        for outcome in [Outcome::Server503, Outcome::Client429, Outcome::DnsTimeout] {
            let found = fires(of(outcome), of(Outcome::Client404));
            assert_eq!(found.severity, Severity::Critical);
        }
    }

    #[test]
    fn the_consequence_depends_on_the_time_of_failing() {
        let cases = [
            (12, "first 12 hours"),
            (13, "12 hours and for 30 days"),
            (721, "no robots.txt"),
        ];
        for (hours, words) in cases {
            let found =
                robots_unreachable(&facts(Outcome::Server500, hours), None).expect("a finding");
            assert!(
                found.evidence_text().contains(words),
                "{}",
                found.evidence_text()
            );
        }
        let mut gone = facts(Outcome::Server500, 721);
        gone.host_answers = Some(false);
        let found = robots_unreachable(&gone, None).expect("a finding");
        assert_eq!(found.severity, Severity::Critical);
    }
}
