//! Pages of the site that were not read although they may be fine: made by scripts, or forbidden by robots.txt.

use super::finding::{Finding, Scope, Severity};
use super::rule::Rule;
use crate::assess::diagnose::context::Ratio;
use crate::assess::diagnose::evidence::Evidence;

/// Share of the pages from which on the site as a whole is made by scripts. Ours.
const MOST_OF_THE_SITE: f64 = 0.5;

/// Pages that show almost no text and no links until scripts run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScriptedPages {
    /// Number of these pages, out of all that answered with HTML.
    pub pages: Ratio,
    /// The first such page; absent if there is none.
    pub example: Option<String>,
}

/// A section of which robots.txt forbids every known page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockedSection {
    /// Its URL.
    pub section: String,
    /// Known pages.
    pub pages: u64,
    /// Known pages that a sitemap lists.
    pub listed: u64,
    /// The deciding line of robots.txt; may be empty.
    pub line: String,
    /// One of the pages.
    pub example: String,
}

/// Reports pages whose text and links only a browser sees: the targets of their links may be missing in the audit.
pub fn needs_script(site: &str, found: &ScriptedPages) -> Option<Finding> {
    let example = found.example.clone()?;
    let share = found.pages.part as f64 / found.pages.of.max(1) as f64;
    let is_most = share >= MOST_OF_THE_SITE;
    Some(Finding {
        rule: Rule::NeedsScript,
        severity: if is_most {
            Severity::Warning
        } else {
            Severity::Notice
        },
        scope: Scope::Site,
        subject: site.to_owned(),
        causes: Vec::new(),
        confidence: 0.9,
        evidence: vec![
            Evidence::Scripted { pages: found.pages },
            Evidence::Policy {
                text: "links that scripts make are not followed, so pages behind them are not in this audit".into(),
            },
            Evidence::Example { url: example.clone() },
        ],
        pages: None,
        product: None,
        shown: vec![example],
        advice: "needs_script",
    })
}

/// Reports a section that robots.txt forbids as a whole. Where a sitemap lists its pages, one of the two is a mistake.
pub fn robots_blocks(found: &BlockedSection) -> Option<Finding> {
    if found.pages == 0 {
        return None;
    }
    let severity = match found.listed {
        0 => Severity::Notice,
        _ => Severity::Warning,
    };
    Some(Finding {
        rule: Rule::RobotsBlocks,
        severity,
        scope: Scope::Section,
        subject: found.section.clone(),
        causes: Vec::new(),
        confidence: 1.0,
        evidence: vec![
            Evidence::Forbidden {
                pages: found.pages,
                listed: found.listed,
                line: found.line.clone(),
            },
            Evidence::Example {
                url: found.example.clone(),
            },
        ],
        pages: None,
        product: None,
        shown: vec![found.example.clone()],
        advice: "robots_blocks",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fires;
    use super::*;

    #[test]
    fn pages_that_scripts_make_are_a_warning_if_they_are_most_of_the_site() {
        let of = |part, example: Option<&str>| {
            let found = ScriptedPages {
                pages: Ratio { part, of: 10 },
                example: example.map(str::to_owned),
            };
            needs_script("https://app.test", &found)
        };
        let most = fires(of(9, Some("https://app.test/")), of(0, None));
        assert_eq!(most.severity, Severity::Warning);
        let text = most.evidence_text();
        assert!(
            text.starts_with("9 of 10 HTML pages have almost no text and no links"),
            "{text}"
        );
        let few = of(1, Some("https://app.test/")).expect("a finding");
        assert_eq!(few.severity, Severity::Notice);
    }

    #[test]
    fn a_section_that_is_forbidden_and_listed_is_a_warning() {
        let of = |pages, listed| {
            robots_blocks(&BlockedSection {
                section: "https://shop.test/shop/".to_owned(),
                pages,
                listed,
                line: "Disallow: /shop/".to_owned(),
                example: "https://shop.test/shop/a".to_owned(),
            })
        };
        let found = fires(of(12, 7), of(0, 0));
        assert_eq!(found.severity, Severity::Warning);
        assert_eq!(
            found.evidence_text(),
            "robots.txt forbids all 12 known pages (Disallow: /shop/); a sitemap lists 7 of them; \
             for example https://shop.test/shop/a"
        );
        assert_eq!(of(12, 0).expect("a finding").severity, Severity::Notice);
    }
}
