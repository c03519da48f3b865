//! Sitemaps that fail or list failing pages, and redirects that end in an error.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::causes::Diagnosis;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;
use crate::model::{Cause, Moment, Outcome};

/// Confidence in the default cause of an outcome without other evidence. Ours.
const DEFAULT_CONFIDENCE: f64 = 0.9;

/// Maximum findings that another one points to by name.
const POINTERS: usize = 3;

/// Facts about a sitemap.
#[derive(Clone, Debug)]
pub struct SitemapFacts {
    /// Its URL.
    pub url: String,
    /// The outcome of requesting it.
    pub outcome: Outcome,
    /// Requests for it that failed.
    pub failed: u64,
    /// Failing URLs that it lists, out of those it lists that were fetched.
    pub listed: Ratio,
    /// A failing one.
    pub example: Option<String>,
    /// The subjects of the findings about the failing ones.
    pub found: Vec<String>,
}

/// A robots.txt or a sitemap of which requests failed.
#[derive(Clone, Debug)]
pub struct FileOutageFacts<'a> {
    /// Its URL.
    pub url: &'a str,
    /// The outcome of the last failure.
    pub outcome: Outcome,
    /// Requests that failed.
    pub failed: u64,
    /// When the first of them began.
    pub from: Moment,
    /// When the last of them began.
    pub until: Moment,
    /// When the first good answer after them was requested.
    pub after: Option<Moment>,
    /// The topic of the playbooks.
    pub advice: &'static str,
}

/// Returns the causes of a diagnosis with their confidence. Without one, returns the outcome's default
/// cause with this confidence.
pub(super) fn causes(
    outcome: Outcome,
    confidence: f64,
    diagnosis: Option<&Diagnosis>,
) -> (Vec<Cause>, f64) {
    if let Some(diagnosis) = diagnosis {
        return (diagnosis.named_causes(), diagnosis.confidence);
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
        rule: Rule::SitemapFailing,
        severity: Severity::Warning,
        scope: Scope::Url,
        subject: facts.url.clone(),
        causes,
        confidence,
        evidence: vec![Evidence::Outcome {
            outcome: facts.outcome,
            count: facts.failed,
        }],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "sitemap",
    })
}

/// Reports a robots.txt or a sitemap that failed and was fine later: search engines may have got the same answer. It says
/// nothing of pages.
pub fn file_outage(facts: &FileOutageFacts<'_>, diagnosis: Option<&Diagnosis>) -> Option<Finding> {
    let after = facts.after?;
    let (causes, confidence) = causes(facts.outcome, DEFAULT_CONFIDENCE, diagnosis);
    Some(Finding {
        rule: Rule::FileOutage,
        // One failed request is noise.
        severity: if facts.failed > 1 {
            Severity::Warning
        } else {
            Severity::Notice
        },
        scope: Scope::Url,
        subject: facts.url.to_owned(),
        causes,
        confidence,
        evidence: vec![
            Evidence::Outcome {
                outcome: facts.outcome,
                count: facts.failed,
            },
            Evidence::FileOutage {
                from: facts.from,
                until: facts.until,
                after,
            },
        ],
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: facts.advice,
    })
}

/// Reports a sitemap that lists failing pages: the owner declares them important. The findings about these pages have
/// cause and fix, so this one only points to them.
pub fn sitemap_lists_failing(facts: &SitemapFacts) -> Option<Finding> {
    if facts.listed.part == 0 {
        return None;
    }
    let mut evidence = vec![Evidence::Urls {
        failing: facts.listed,
        whose: "the sitemap".to_owned(),
    }];
    let mut shown = Vec::new();
    evidence.push(match facts.found.as_slice() {
        [] => {
            let url = facts.example.clone()?;
            shown.push(url.clone());
            Evidence::Example { url }
        }
        found => Evidence::SeeFindings {
            subjects: found.iter().take(POINTERS).cloned().collect(),
            more: found.len().saturating_sub(POINTERS) as u64,
        },
    });
    Some(Finding {
        rule: Rule::SitemapListsFailing,
        severity: Severity::Notice,
        scope: Scope::Url,
        subject: facts.url.clone(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence,
        pages: Some(facts.listed.part),
        product: None,
        shown,
        advice: "sitemap_pages",
    })
}

/// Facts about a redirect.
#[derive(Clone, Debug)]
pub struct RedirectFacts {
    /// Its first URL.
    pub from: String,
    /// Its last URL.
    pub target: String,
    /// The outcome there.
    pub outcome: Outcome,
    /// Number of hops, the last included.
    pub hops: u32,
    /// Internal links to it.
    pub inlinks: u64,
}

/// Reports a redirect whose last hop fails. Fault and cause are the target's; both URLs are lost.
pub fn redirect_into_error(facts: &RedirectFacts, target: Option<&Diagnosis>) -> Option<Finding> {
    if !facts.outcome.is_failure() {
        return None;
    }
    let (causes, confidence) = causes(facts.outcome, DEFAULT_CONFIDENCE, target);
    Some(Finding {
        rule: Rule::RedirectIntoError,
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
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "redirect",
    })
}

/// Redirects in a loop, and long ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedirectChains {
    /// Number of redirects in a loop or of too many hops.
    pub endless: u64,
    /// Internal links to these.
    pub inlinks: u64,
    /// The most linked of these.
    pub endless_example: Option<String>,
    /// Number of redirects of `LONG_CHAIN` hops or more that end.
    pub long: u64,
    /// Number of hops of the longest chain.
    pub most_hops: u32,
    /// The URL with the longest chain.
    pub long_example: Option<String>,
}

/// Reports redirects in a loop, which lead nowhere, and long ones, of which each hop costs a request.
pub fn redirect_chains(site: &str, facts: &RedirectChains) -> Option<Finding> {
    let endless = facts.endless_example.iter();
    let endless = endless.map(|example| Evidence::EndlessRedirects {
        urls: facts.endless,
        inlinks: facts.inlinks,
        example: example.clone(),
    });
    let long = facts.long_example.iter();
    let long = long.map(|example| Evidence::LongRedirects {
        urls: facts.long,
        hops: facts.most_hops,
        example: example.clone(),
    });
    let evidence: Vec<Evidence> = endless.chain(long).collect();
    (!evidence.is_empty()).then(|| Finding {
        rule: Rule::RedirectChains,
        severity: if facts.endless > 0 {
            Severity::Warning
        } else {
            Severity::Notice
        },
        scope: Scope::Site,
        subject: site.to_owned(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence,
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "redirect",
    })
}

/// Maximum number of sitemaps that a finding names. Ours.
const MOST_NAMED: usize = 5;

/// A sitemap that was fetched and has problems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitemapProblem {
    /// Its URL.
    pub address: String,
    /// Whether it lists nothing.
    pub is_empty: bool,
    /// Its first problem.
    pub problem: String,
}

/// Reports the problems of sitemaps as one finding. A named sitemap without any entry is a warning.
pub fn sitemap_problems(site: &str, facts: &[SitemapProblem]) -> Option<Finding> {
    let is_serious = facts.first()?.is_empty;
    let named = facts.iter().take(MOST_NAMED);
    let mut evidence: Vec<Evidence> = named
        .map(|found| Evidence::SitemapProblem {
            address: found.address.clone(),
            problem: found.problem.clone(),
        })
        .collect();
    if facts.len() > MOST_NAMED {
        evidence.push(Evidence::MoreSitemaps {
            files: (facts.len() - MOST_NAMED) as u64,
        });
    }
    Some(Finding {
        rule: Rule::SitemapProblems,
        severity: if is_serious {
            Severity::Warning
        } else {
            Severity::Notice
        },
        scope: Scope::Site,
        subject: site.to_owned(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence,
        pages: None,
        product: None,
        shown: Vec::new(),
        advice: "sitemap_problems",
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
            found: Vec::new(),
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
        let pointing = SitemapFacts {
            found: ["/a/", "/b/", "/c/", "/d/"].map(str::to_owned).to_vec(),
            ..listing
        };
        let found = sitemap_lists_failing(&pointing).expect("a finding");
        assert_eq!(
            found.evidence_text(),
            "7 of 100 URLs of the sitemap fail; see the findings about /a/, /b/, /c/ and 1 more"
        );
        assert_eq!(found.severity, Severity::Notice);
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
    fn a_file_that_failed_for_a_while_is_reported_once_it_is_fine() {
        let failing = FileOutageFacts {
            url: "https://www.shop.test/robots.txt",
            outcome: Outcome::Server503,
            failed: 3,
            from: Moment::from_millis(0),
            until: Moment::from_millis(4_000),
            after: None,
            advice: "robots_unreachable",
        };
        let over = FileOutageFacts {
            after: Some(Moment::from_millis(9_000)),
            ..failing
        };
        let found = fires(file_outage(&over, None), file_outage(&failing, None));
        assert_eq!(found.severity, Severity::Warning);
        let once = FileOutageFacts { failed: 1, ..over };
        let found = file_outage(&once, None).expect("a finding");
        assert_eq!(found.severity, Severity::Notice);
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
        assert_eq!(
            (found.causes, found.confidence),
            (diagnosis.named_causes(), diagnosis.confidence)
        );
    }

    #[test]
    fn redirects_in_a_loop_are_a_warning_and_long_ones_a_notice() {
        let site = "https://shop.test";
        let long = RedirectChains {
            long: 2,
            most_hops: 8,
            long_example: Some("https://shop.test/c".to_owned()),
            ..RedirectChains::default()
        };
        let found = fires(
            redirect_chains(site, &long),
            redirect_chains(site, &RedirectChains::default()),
        );
        assert_eq!(found.severity, Severity::Notice);
        let both = RedirectChains {
            endless: 1,
            inlinks: 3,
            endless_example: Some("https://shop.test/l".to_owned()),
            ..long
        };
        let found = redirect_chains(site, &both).expect("a finding");
        assert_eq!(found.severity, Severity::Warning);
        assert_eq!(
            found.evidence_text(),
            "1 redirect in a loop or of more than 10 hops, such as https://shop.test/l; 3 internal \
             links to them; 2 redirects of 3 hops or more, at most 8, such as https://shop.test/c"
        );
    }

    #[test]
    fn problems_of_sitemaps_are_one_finding() {
        let site = "https://shop.test";
        let problem = |is_empty, number| SitemapProblem {
            address: format!("https://shop.test/{number}.xml"),
            is_empty,
            problem: "answers 404".to_owned(),
        };
        let some: Vec<_> = (0..7).map(|number| problem(false, number)).collect();
        let found = fires(sitemap_problems(site, &some), sitemap_problems(site, &[]));
        assert_eq!(found.severity, Severity::Notice);
        let text = found.evidence_text();
        assert!(
            text.ends_with(
                "https://shop.test/4.xml: answers 404; 2 sitemaps more, see sitemaps.csv"
            ),
            "{text}"
        );
        let empty = sitemap_problems(site, &[problem(true, 0)]).expect("a finding");
        assert_eq!(empty.severity, Severity::Warning);
    }
}
