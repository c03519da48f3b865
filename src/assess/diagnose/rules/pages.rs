//! Failures that look like successes: error pages with status 200, truncated bodies, and cached errors.

use std::collections::BTreeMap;

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::causes::{Diagnosis, SOFT_CONFIDENCE};
use crate::assess::diagnose::cluster::ClusterFacts;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::error_page::soft_error::{SoftError, SoftSign};
use crate::assess::diagnose::evidence::Evidence;
use crate::assess::diagnose::host::HostFacts;
use crate::model::{Cause, Outcome};

/// Maximum URLs kept as examples.
const EXAMPLES: usize = 5;

/// Counts of error pages with a success status.
#[derive(Clone, Debug, Default)]
pub struct PageFaults {
    /// Scheme, host and port.
    pub host: String,
    /// Error pages with status 200, out of all pages with status 200.
    pub pages: Ratio,
    /// Counts by probable cause.
    by_cause: BTreeMap<Cause, Faults>,
}

/// Error pages with one cause.
#[derive(Clone, Debug, Default)]
struct Faults {
    pages: u64,
    signs: BTreeMap<SoftSign, u64>,
    examples: Vec<String>,
}

impl PageFaults {
    /// Creates counts for a host.
    pub fn new(host: &str) -> PageFaults {
        PageFaults {
            host: host.to_owned(),
            ..PageFaults::default()
        }
    }

    /// Counts one page with a success status, and its fault, if any.
    pub fn add(&mut self, url: &str, fault: Option<&SoftError>) {
        self.pages.count(fault.is_some());
        if let Some(fault) = fault {
            let faults = self.by_cause.entry(fault.cause).or_default();
            faults.pages += 1;
            *faults.signs.entry(fault.sign).or_default() += 1;
            if faults.examples.len() < EXAMPLES {
                faults.examples.push(url.to_owned());
            }
        }
    }
}

/// Reports error pages with status 200. Search engines drop them as soft 404, without the tolerance that
/// they have for a 5xx. There is one finding for each probable cause; `diagnosed` returns the diagnosis
/// of its pages.
pub fn soft_errors<'d>(
    facts: &PageFaults,
    diagnosed: impl Fn(Cause) -> Option<&'d Diagnosis>,
) -> Vec<Finding> {
    let found = facts.by_cause.iter().map(|(cause, faults)| {
        let pages = Ratio::new(faults.pages, facts.pages.of);
        let signs = faults.signs.iter().map(|(sign, count)| Evidence::SoftSign {
            sign: *sign,
            count: *count,
        });
        let examples = faults.examples.iter();
        let examples = examples.map(|url| Evidence::Example { url: url.clone() });
        let (causes, confidence) = match diagnosed(*cause) {
            Some(diagnosis) => (diagnosis.named_causes(), diagnosis.confidence),
            None => (vec![*cause], SOFT_CONFIDENCE),
        };
        Finding {
            rule: Rule::SoftError,
            severity: Severity::Error,
            scope: Scope::Host,
            subject: facts.host.clone(),
            causes,
            confidence,
            evidence: [Evidence::Soft { pages }]
                .into_iter()
                .chain(signs)
                .chain(examples)
                .collect(),
            pages: Some(pages.part),
            product: None,
            shown: faults.examples.clone(),
            advice: "soft_error",
        }
    });
    found.collect()
}

/// Reports bodies that end before they are complete: a proxy passes them on with 200 when the backend
/// dies.
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
        rule: Rule::TruncatedBodies,
        severity: Severity::Error,
        scope: Scope::Host,
        subject: facts.host.clone(),
        causes: vec![Cause::InvalidUpstreamResponse],
        confidence: 0.7,
        evidence: seen,
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "truncated",
    })
}

/// Reports a cache that repeats errors: a backend that recovers stays invisible until they expire. The cache says so,
/// or the same URLs are fine past it, or in other spellings.
pub fn cached_errors(facts: &ClusterFacts, diagnosis: &Diagnosis) -> Option<Finding> {
    let seen = diagnosis.evidence.iter().filter(|evidence| {
        matches!(
            evidence,
            Evidence::Cached { .. }
                | Evidence::FinePastCaches { .. }
                | Evidence::FineRespelled { .. }
        )
    });
    let mut evidence: Vec<Evidence> = seen.cloned().collect();
    if evidence.is_empty() {
        return None;
    }
    evidence.push(Evidence::Outcome {
        outcome: facts.cluster.outcome,
        count: facts.failures,
    });
    let pages = diagnosis.evidence.iter().filter(|it| it.names_product());
    evidence.extend(pages.cloned());
    Some(Finding {
        rule: Rule::CachedError,
        severity: Severity::Warning,
        scope: Scope::of_places(facts),
        subject: facts.subject(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence,
        pages: None,
        product: diagnosis.product,
        shown: Vec::new(),
        advice: "cached_error",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{HOST, answer, cluster, fires, host};
    use super::*;
    use crate::assess::diagnose::causes::diagnose;
    use crate::assess::diagnose::context::{Context, ExperimentResult};
    use crate::assess::diagnose::error_page::soft_error::soft_error;
    use crate::model::Experiment;
    use crate::model::Moment;

    #[test]
    fn error_pages_with_200_are_counted_by_their_signs() {
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
        let first = |faults| soft_errors(faults, |_| None).into_iter().next();
        let found = fires(first(&bad), first(&good));
        assert!(
            found
                .evidence_text()
                .starts_with("2 of 3 pages with a status of success")
        );
    }

    #[test]
    fn error_pages_with_200_are_one_finding_per_cause_with_its_diagnosis() {
        let mut faults = PageFaults::new(HOST);
        for (n, body) in ["<title>Site Maintenance</title>", "", ""]
            .iter()
            .enumerate()
        {
            let fault = soft_error(200, body.as_bytes());
            faults.add(&format!("{HOST}/{n}"), fault.as_ref());
        }
        let mut facts = cluster(Outcome::SoftError200, 2);
        facts.soft = Some(Cause::ApplicationError);
        let diagnosis = diagnose(&facts, &Context::default());
        let diagnosed = |cause| (cause == Cause::ApplicationError).then_some(&diagnosis);
        let found = soft_errors(&faults, diagnosed);
        let told: Vec<_> = found
            .iter()
            .map(|it| (&it.causes[..], it.confidence))
            .collect();
        let expected = [
            (&[Cause::Maintenance][..], SOFT_CONFIDENCE),
            (&[Cause::ApplicationError], SOFT_CONFIDENCE),
        ];
        assert_eq!(told, expected);
        let text = found[1].evidence_text();
        assert!(
            text.starts_with("2 of 3 pages with a status of success"),
            "{text}"
        );
        assert!(!text.contains(&format!("{HOST}/0")), "{text}");
    }

    #[test]
    fn truncated_bodies_are_reported() {
        let cut = host(&[(Outcome::BodyTruncated, 2), (Outcome::BadEncoding, 1)]);
        let whole = host(&[(Outcome::OkHtml, 9), (Outcome::Server502, 2)]);
        let found = fires(truncated_bodies(&cut), truncated_bodies(&whole));
        assert_eq!(found.evidence.len(), 2);
    }

    #[test]
    fn cached_errors_are_reported() {
        let mut facts = cluster(Outcome::Server502, 3);
        let fresh = facts.clone();
        let mut seen = answer(Outcome::Server502);
        seen.cached = true;
        facts.add(&seen, Moment::default());
        let found = |facts: &_, around: &_| cached_errors(facts, &diagnose(facts, around));
        let none = Context::default();
        fires(found(&facts, &none), found(&fresh, &none));
        let past = |fine| Context {
            nearby: Ratio::new(10, 10),
            experiments: vec![ExperimentResult {
                experiment: Experiment::CacheBusting,
                fine: Ratio::new(fine, 3),
                crawler_fine: Ratio::new(0, 6),
                crawl_fine: Ratio::default(),
            }],
            ..Context::default()
        };
        let silent = fires(found(&fresh, &past(3)), found(&fresh, &past(2)));
        let words = "3 of 3 requests were fine with a query that no cache has seen";
        assert!(silent.evidence_text().starts_with(words), "{silent:?}");
    }
}
