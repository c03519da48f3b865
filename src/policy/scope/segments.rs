//! The section of a URL: a segment of the user's own, or the first folder of its path.

use regex::RegexSet;

use super::regexes::{ScopeError, compile};
use crate::model::{CrawlUrl, SegmentPlan};

/// The segments of a plan, compiled.
#[derive(Clone, Debug, Default)]
pub struct Segments {
    names: Vec<String>,
    patterns: RegexSet,
}

impl Segments {
    /// Compiles segments.
    pub fn new(plan: &[SegmentPlan]) -> Result<Segments, ScopeError> {
        let patterns: Vec<String> = plan.iter().map(|it| it.pattern.clone()).collect();
        Ok(Segments {
            names: plan.iter().map(|it| it.name.clone()).collect(),
            patterns: compile("segment", &patterns)?,
        })
    }

    /// Returns the name of the first segment that matches a URL, or its folder.
    pub fn section<'a>(&'a self, url: &'a CrawlUrl) -> &'a str {
        if self.names.is_empty() {
            return url.section();
        }
        let matching = self.patterns.matches(url.as_str());
        let first = matching.iter().next();
        first.map_or_else(|| url.section(), |at| &self.names[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_segment_that_matches_is_the_section_and_otherwise_the_folder() {
        let segment = |name: &str, pattern: &str| SegmentPlan {
            name: name.to_owned(),
            pattern: pattern.to_owned(),
        };
        let plan = [
            segment("checkout", "/(cart|pay)/|[?]step="),
            segment("products", r"-p\d+[.]html$"),
        ];
        let segments = Segments::new(&plan).expect("segments");
        let of = |path: &str| {
            let url = format!("https://shop.example{path}");
            let url = CrawlUrl::parse(&url).expect("a URL");
            segments.section(&url).to_owned()
        };
        let cases = [
            ("/cart/", "checkout"),
            ("/blog/?step=2", "checkout"),
            ("/pay/shoe-p12.html", "checkout"),
            ("/shoe-p12.html", "products"),
            ("/blog/a", "/blog/"),
            ("/about", "/"),
        ];
        for (path, expected) in cases {
            assert_eq!(of(path), expected, "{path}");
        }
        assert!(Segments::new(&[segment("x", "(")]).is_err());
    }
}
