//! Answers that look fine and are not: error pages with 200, cut bodies, errors out of a cache.

use std::collections::BTreeMap;

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::assess::diagnose::shares::Shares;
use crate::assess::diagnose::soft_error::{SoftError, SoftSign};
use crate::model::{Cause, Outcome};

/// How many addresses are kept as examples.
const EXAMPLES: usize = 5;

/// Error pages with a status of success, counted as they come by.
#[derive(Clone, Debug, Default)]
pub struct PageFaults {
    /// Scheme, host and port.
    pub host: String,
    /// Error pages with 200, of all pages with 200.
    pub pages: Ratio,
    signs: BTreeMap<SoftSign, u64>,
    causes: Shares,
    examples: Vec<String>,
}

impl PageFaults {
    /// A host of which nothing has been counted yet.
    pub fn new(host: &str) -> PageFaults {
        PageFaults {
            host: host.to_owned(),
            ..PageFaults::default()
        }
    }

    /// Counts one page with a status of success, and what is wrong with it.
    pub fn add(&mut self, url: &str, fault: Option<&SoftError>) {
        self.pages.count(fault.is_some());
        if let Some(fault) = fault {
            *self.signs.entry(fault.sign).or_default() += 1;
            self.causes.add(fault.cause, 1.0);
            if self.examples.len() < EXAMPLES {
                self.examples.push(url.to_owned());
            }
        }
    }
}

/// Error pages that say 200: search engines drop them as soft 404, without the patience that they
/// have with a 5xx.
pub fn soft_errors(facts: &PageFaults) -> Option<Finding> {
    if facts.pages.part == 0 {
        return None;
    }
    let mut evidence = vec![Evidence::Soft { pages: facts.pages }];
    evidence.extend(facts.signs.iter().map(|(sign, count)| Evidence::SoftSign {
        sign: *sign,
        count: *count,
    }));
    evidence.extend(
        facts
            .examples
            .iter()
            .map(|url| Evidence::Example { url: url.clone() }),
    );
    let cause = facts.causes.ranked().first().map(|(cause, _)| *cause);
    Some(Finding {
        rule: "soft_error",
        severity: Severity::Error,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: cause.into_iter().collect(),
        confidence: 0.8,
        evidence,
        advice: "soft_error",
    })
}

/// Bodies that end before they are complete: a proxy passes them on with 200 when the backend dies.
pub fn truncated_bodies(facts: &HostFacts) -> Option<Finding> {
    let cut = [
        Outcome::BodyTruncated,
        Outcome::BodyReset,
        Outcome::BodyTimeout,
        Outcome::BadEncoding,
    ];
    let seen: Vec<Evidence> = cut
        .into_iter()
        .map(|outcome| (outcome, facts.count(outcome)))
        .filter(|(_, count)| *count > 0)
        .map(|(outcome, count)| Evidence::Outcome { outcome, count })
        .collect();
    (!seen.is_empty()).then(|| Finding {
        rule: "truncated_bodies",
        severity: Severity::Error,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::InvalidUpstreamResponse],
        confidence: 0.7,
        evidence: seen,
        advice: "truncated",
    })
}

/// A cache repeats errors: a backend that recovers stays invisible until they expire.
pub fn cached_errors(facts: &ClusterFacts) -> Option<Finding> {
    (facts.cached > 0).then(|| Finding {
        rule: "cached_error",
        severity: Severity::Warning,
        scope: Scope::of_places(facts),
        subject: facts.subject(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence: vec![
            Evidence::Cached {
                count: Ratio::new(facts.cached, facts.failures),
            },
            Evidence::Outcome {
                outcome: facts.cluster.outcome,
                count: facts.failures,
            },
        ],
        advice: "cached_error",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, answer, cluster, fires, host};
    use super::*;
    use crate::assess::diagnose::soft_error::soft_error;
    use crate::model::Moment;

    #[test]
    fn error_pages_with_200_are_counted_by_what_gave_them_away() {
        let mut bad = PageFaults::new(HOST);
        let mut good = PageFaults::new(HOST);
        for body in [
            "",
            "<h1>Error establishing a database connection</h1>",
            "<h1>Shoes</h1>",
        ] {
            bad.add(
                "https://www.shop.test/a",
                soft_error(200, body.as_bytes()).as_ref(),
            );
            good.add("https://www.shop.test/a", None);
        }
        let found = fires(soft_errors(&bad), soft_errors(&good));
        assert!(
            found
                .evidence_text()
                .starts_with("2 of 3 pages with a status of success")
        );
    }

    #[test]
    fn cut_bodies_are_told_apart() {
        let cut = host(&[(Outcome::BodyTruncated, 2), (Outcome::BadEncoding, 1)]);
        let whole = host(&[(Outcome::OkHtml, 9), (Outcome::Server502, 2)]);
        let found = fires(truncated_bodies(&cut), truncated_bodies(&whole));
        assert_eq!(found.evidence.len(), 2);
    }

    #[test]
    fn errors_out_of_a_cache_are_told() {
        let mut facts = cluster(Outcome::Server502, 3);
        let fresh = facts.clone();
        let mut seen = answer(Outcome::Server502);
        seen.cached = true;
        facts.add(&seen, Moment::default());
        fires(cached_errors(&facts), cached_errors(&fresh));
    }
}
