//! Links from the site to other sites that fail there.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::{Layer, Outcome};

/// External links that fail, the most linked first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadLinks {
    /// The audited site.
    pub site: String,
    /// Their total number, which may exceed the listed ones.
    pub urls: u64,
    /// Number of pages that have such a link.
    pub pages: u64,
    /// The most linked ones.
    pub links: Vec<DeadLink>,
}

/// An external link that fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLink {
    /// Its URL.
    pub address: String,
    /// The last target of its redirects; absent if it does not redirect.
    pub end: Option<String>,
    /// The last status there; absent without an answer.
    pub status: Option<u16>,
    /// The last outcome there; absent if it was not requested because its host was given up.
    pub outcome: Option<Outcome>,
    /// Number of pages that link to it.
    pub pages: u64,
    /// Examples of these pages.
    pub examples: Vec<String>,
}

/// Returns whether the last answer of another site shows that the link is dead. A 401, 403, 429 or 999
/// (LinkedIn) is meant for crawlers only.
pub fn is_dead(outcome: Outcome, status: Option<u16>) -> bool {
    match status {
        Some(status) => matches!(status, 404 | 410 | 500..=599),
        None => outcome.is_failure() && outcome.layer() != Layer::Policy,
    }
}

/// Reports external links that fail as one finding, because the site's pages must be edited. Other sites
/// do not affect the scores.
pub fn external_links(facts: &DeadLinks) -> Option<Finding> {
    if facts.urls == 0 {
        return None;
    }
    let mut evidence = vec![Evidence::DeadLinks {
        urls: facts.urls,
        pages: facts.pages,
    }];
    evidence.extend(facts.links.iter().map(|link| Evidence::DeadLink {
        address: link.address.clone(),
        end: link.end.clone(),
        status: link.status,
        outcome: link.outcome,
        pages: link.pages,
        examples: link.examples.clone(),
    }));
    Some(Finding {
        rule: Rule::ExternalLinks,
        severity: Severity::Warning,
        scope: Scope::Site,
        subject: facts.site.clone(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence,
        pages: None,
        product: None,
        shown: (facts.links.iter())
            .map(|link| link.address.clone())
            .collect(),
        advice: "external_links",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fires;
    use super::*;

    #[test]
    fn dead_external_links_are_one_finding_with_the_pages_that_link_to_them() {
        let link = |status, outcome, pages| DeadLink {
            address: "https://other.test/a".to_owned(),
            end: None,
            status,
            outcome: Some(outcome),
            pages,
            examples: vec!["https://shop.test/".to_owned()],
        };
        let facts = DeadLinks {
            site: "https://shop.test".to_owned(),
            urls: 3,
            pages: 3,
            links: vec![
                link(Some(404), Outcome::Client404, 3),
                DeadLink {
                    end: Some("https://gone.test/".to_owned()),
                    ..link(None, Outcome::DnsNxdomain, 1)
                },
                DeadLink {
                    outcome: None,
                    ..link(None, Outcome::DnsNxdomain, 1)
                },
            ],
        };
        let found = fires(
            external_links(&facts),
            external_links(&DeadLinks::default()),
        );
        assert_eq!(found.severity, Severity::Warning);
        assert_eq!(
            found.evidence_text(),
            "3 external links on 3 pages fail; https://other.test/a answers 404, linked from 3 \
             pages, for example https://shop.test/; https://other.test/a redirects to \
             https://gone.test/, which does not answer (no such host name), linked from 1 page, \
             https://shop.test/; https://other.test/a was not requested, because its host was \
             given up, linked from 1 page, https://shop.test/"
        );
    }

    #[test]
    fn a_link_that_refuses_crawlers_is_not_dead() {
        let cases = [
            (Outcome::Client404, Some(404), true),
            (Outcome::Client410, Some(410), true),
            (Outcome::Server502, Some(502), true),
            (Outcome::ConnectRefused, None, true),
            (Outcome::DnsNxdomain, None, true),
            (Outcome::Client401, Some(401), false),
            (Outcome::Client403, Some(403), false),
            (Outcome::Client429, Some(429), false),
            (Outcome::StatusInvalid, Some(999), false),
            (Outcome::OkHtml, Some(200), false),
            (Outcome::BodyTruncated, Some(200), false),
            (Outcome::AddressRefused, None, false),
            (Outcome::RobotsUnreachable, None, false),
        ];
        for (outcome, status, expected) in cases {
            assert_eq!(is_dead(outcome, status), expected, "{outcome} {status:?}");
        }
    }
}
