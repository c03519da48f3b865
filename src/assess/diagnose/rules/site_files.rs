//! Sitemaps that fail or list failing pages, and redirects that end in an error.

use super::finding::{Finding, Scope, Severity};
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::{Cause, Outcome};

/// Confidence in the default cause of an outcome without other evidence. Ours.
const DEFAULT_CONFIDENCE: f64 = 0.9;

/// Facts about a sitemap.
#[derive(Clone, Debug)]
pub struct SitemapFacts {
    /// Its address.
    pub url: String,
    /// The outcome of requesting it.
    pub outcome: Outcome,
    /// Requests for it that failed.
    pub failed: u64,
    /// Failing URLs that it lists, out of those it lists that were fetched.
    pub listed: Ratio,
    /// A failing one.
    pub example: Option<String>,
}

/// Returns the causes of a diagnosis with their confidence. Without one, returns the outcome's default
/// cause with this confidence.
pub(super) fn causes(
    outcome: Outcome,
    confidence: f64,
    diagnosis: Option<&Diagnosis>,
) -> (Vec<Cause>, f64) {
    if let Some(diagnosis) = diagnosis {
        let named = diagnosis.named().iter().map(|(cause, _)| *cause);
        return (named.collect(), diagnosis.confidence);
    }
    let cause = outcome.default_cause();
    let known = Cause::TEN.contains(&cause).then_some(cause);
    (known.into_iter().collect(), confidence)
}

/// Reports a sitemap that cannot be fetched: new pages are found later, and `lastmod` is not seen.
/// `diagnosis` is that of its failure, if there is one.
pub fn sitemap_failing(facts: &SitemapFacts, diagnosis: Option<&Diagnosis>) -> Option<Finding> {
    if !facts.outcome.is_failure() {
        return None;
    }
    let (causes, confidence) = causes(facts.outcome, DEFAULT_CONFIDENCE, diagnosis);
    Some(Finding {
        rule: "sitemap_failing",
        severity: Severity::Warning,
        scope: Scope::Url,
        subject: facts.url.clone(),
        causes,
        confidence,
        evidence: vec![Evidence::Outcome {
            outcome: facts.outcome,
            count: facts.failed,
        }],
        advice: "sitemap",
    })
}

/// Reports a sitemap that lists failing pages: the owner declares them important.
pub fn sitemap_lists_failing(facts: &SitemapFacts) -> Option<Finding> {
    if facts.listed.part == 0 {
        return None;
    }
    let mut evidence = vec![Evidence::Urls {
        failing: facts.listed,
        whose: "the sitemap".to_owned(),
    }];
    evidence.extend(
        facts
            .example
            .iter()
            .map(|url| Evidence::Example { url: url.clone() }),
    );
    Some(Finding {
        rule: "sitemap_lists_failing",
        severity: Severity::Warning,
        scope: Scope::Url,
        subject: facts.url.clone(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence,
        advice: "sitemap",
    })
}

/// Facts about a redirect.
#[derive(Clone, Debug)]
pub struct RedirectFacts {
    /// Its first address.
    pub from: String,
    /// Its last address.
    pub target: String,
    /// The outcome there.
    pub outcome: Outcome,
    /// Number of hops, the last included.
    pub hops: u32,
    /// Internal links to it.
    pub inlinks: u64,
}

/// Reports a redirect whose last hop fails. Fault and cause are the target's; both addresses are lost.
pub fn redirect_into_error(facts: &RedirectFacts, target: Option<&Diagnosis>) -> Option<Finding> {
    if !facts.outcome.is_failure() {
        return None;
    }
    let (causes, confidence) = causes(facts.outcome, DEFAULT_CONFIDENCE, target);
    Some(Finding {
        rule: "redirect_into_error",
        severity: Severity::Error,
        scope: Scope::Url,
        subject: facts.from.clone(),
        causes,
        confidence,
        evidence: vec![Evidence::RedirectEnd {
            target: facts.target.clone(),
            outcome: facts.outcome,
            hops: facts.hops,
            inlinks: facts.inlinks,
        }],
        advice: "redirect",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{cluster, fires};
    use super::*;
    use crate::assess::diagnose::causes::diagnose;
    use crate::assess::diagnose::context::Context;

    fn sitemap(outcome: Outcome, failing: u64) -> SitemapFacts {
        SitemapFacts {
            url: "https://www.shop.test/sitemap.xml".to_owned(),
            outcome,
            failed: 3,
            listed: Ratio::new(failing, 100),
            example: Some("https://www.shop.test/a".to_owned()),
        }
    }

    #[test]
    fn sitemaps_fail_or_list_what_fails() {
        let (failing, fine) = (
            sitemap(Outcome::Server502, 0),
            sitemap(Outcome::OkNonHtml, 0),
        );
        fires(
            sitemap_failing(&failing, None),
            sitemap_failing(&fine, None),
        );
        let listing = sitemap(Outcome::OkNonHtml, 7);
        let found = fires(
            sitemap_lists_failing(&listing),
            sitemap_lists_failing(&fine),
        );
        assert!(
            found
                .evidence_text()
                .starts_with("7 of 100 URLs of the sitemap fail")
        );
    }

    #[test]
    fn a_redirect_is_judged_by_its_end() {
        let redirect = |outcome| {
            let facts = RedirectFacts {
                from: "https://www.shop.test/old".to_owned(),
                target: "https://www.shop.test/new".to_owned(),
                outcome,
                hops: 2,
                inlinks: 31,
            };
            redirect_into_error(&facts, None)
        };
        let found = fires(redirect(Outcome::Server504), redirect(Outcome::OkHtml));
        assert_eq!(found.causes, [Cause::UpstreamTimeout]);
    }

    #[test]
    fn a_redirect_has_the_cause_of_its_target() {
        let target = cluster(Outcome::Server502, 3);
        let diagnosis = diagnose(&target, &Context::default());
        let facts = RedirectFacts {
            from: "https://www.shop.test/old".to_owned(),
            target: "https://www.shop.test/shop/0".to_owned(),
            outcome: Outcome::Server502,
            hops: 1,
            inlinks: 2,
        };
        let found = redirect_into_error(&facts, Some(&diagnosis)).expect("a finding");
        let named: Vec<Cause> = diagnosis.named().iter().map(|(cause, _)| *cause).collect();
        assert_eq!(
            (found.causes, found.confidence),
            (named, diagnosis.confidence)
        );
    }
}
