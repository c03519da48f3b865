//! References of good pages that fail: canonical URLs, alternates, frames and resources.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::LinkKind;

/// References of one kind that fail. The pages that have them answered well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenReference {
    /// The kind of the references.
    pub kind: LinkKind,
    /// Number of failing URLs.
    pub urls: u64,
    /// Number of pages that refer to at least one failing URL.
    pub pages: u64,
    /// A failing URL.
    pub address: String,
    /// A page that refers to it.
    pub page: String,
}

/// Reports references that fail as one finding. The failing URLs have findings of their own, but only the
/// pages that refer to them show the harm: a link that a person clicks is not the only one that must work.
pub fn broken_references(site: &str, references: &[BrokenReference]) -> Option<Finding> {
    if references.is_empty() {
        return None;
    }
    let evidence = references.iter().map(|found| Evidence::BrokenReference {
        reference: found.kind,
        urls: found.urls,
        pages: found.pages,
        address: found.address.clone(),
        page: found.page.clone(),
    });
    Some(Finding {
        rule: Rule::BrokenReferences,
        severity: Severity::Warning,
        scope: Scope::Site,
        subject: site.to_owned(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence: evidence.collect(),
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "broken_references",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fires;
    use super::*;

    #[test]
    fn references_that_fail_are_one_finding_with_the_pages_that_have_them() {
        let broken = |kind, urls, pages| BrokenReference {
            kind,
            urls,
            pages,
            address: "https://shop.test/x".to_owned(),
            page: "https://shop.test/".to_owned(),
        };
        let all = [
            broken(LinkKind::Stylesheet, 1, 40),
            broken(LinkKind::Canonical, 3, 3),
            broken(LinkKind::Amp, 1, 1),
        ];
        let found = fires(
            broken_references("https://shop.test", &all),
            broken_references("https://shop.test", &[]),
        );
        assert_eq!(found.severity, Severity::Warning);
        assert_eq!(
            found.evidence_text(),
            "CSS fails on 40 pages (1 URL), such as https://shop.test/x on https://shop.test/; \
             Canonical fails on 3 pages (3 URLs), such as https://shop.test/x on https://shop.test/; \
             AMP fails on 1 page (1 URL), such as https://shop.test/x on https://shop.test/"
        );
    }
}
