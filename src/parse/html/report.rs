//! What the streaming pass finds out about a page.

use std::time::Duration;

use crate::model::Reference;

use super::super::directives::RobotsDirectives;

/// More references than this on a page are counted, not kept. Search engines advise a few thousand
/// at most; fifty thousand of usual length are some 10 MB of memory.
pub(super) const MAX_REFERENCES: usize = 50_000;

/// Longest title and heading, in characters; search results show some sixty of them.
pub(super) const MAX_HEADLINE: usize = 1_024;

/// Longest anchor text, in characters: what [`Reference::anchor`] promises.
pub(super) const MAX_ANCHOR: usize = 255;

/// More meta elements for single crawlers than this are not kept; real pages have one or two.
pub(super) const MAX_BOT_RULES: usize = 32;

/// Longest joined content of the robots meta elements, in bytes.
pub(super) const MAX_ROBOTS: usize = 4_096;

/// The references and facts of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<'t> {
    /// What the page refers to, in its order; at most 50,000. `data:` URLs are left out: they are
    /// content of the page itself.
    pub references: Vec<Reference<'t>>,
    /// How many references were beyond that bound.
    pub left_out: usize,
    /// How many references were longer than 8 KiB. A part of a URL is another URL, so they are not
    /// kept.
    pub overlong: usize,
    /// The `href` of the first `<base>` that has one, as written.
    pub base: Option<String>,
    /// The first title, white space folded, at most 1024 characters.
    pub title: Option<String>,
    /// The first level-one heading that has text, or the `alt` of the image it has instead; folded,
    /// at most 1024 characters.
    pub h1: Option<String>,
    /// The `lang` of the root element.
    pub lang: Option<String>,
    /// The contents of all `<meta name=robots>`, joined with `, `; empty if there are none.
    pub meta_robots: String,
    /// Name in lower case and content of the meta elements that address one crawler.
    pub meta_bots: Vec<(String, String)>,
    /// The first `<link rel=canonical>`, as written.
    pub canonical: Option<String>,
    /// The first `<meta http-equiv=refresh>` outside `<noscript>`.
    pub meta_refresh: Option<MetaRefresh>,
    /// XXH3 (64 bits) of the visible text, white space folded.
    pub text_hash: u64,
    /// Bytes of the visible text in UTF-8, white space folded.
    pub text_bytes: usize,
    /// How deep a tree of the page would be, as far as that can be told without building one. Too
    /// low by a few levels for odd markup, too high where end tags are missing.
    pub max_nesting: usize,
    /// How many elements a tree of the page would have, those included that a browser opens again
    /// after misnested tags; an estimate as well.
    pub elements: u64,
}

/// A redirection by `<meta http-equiv=refresh>` or by the `Refresh` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaRefresh {
    /// How long a browser waits.
    pub delay: Duration,
    /// Where it goes, as written; none if it loads the same page again.
    pub target: Option<String>,
}

impl Page<'_> {
    /// What the page's own markup tells everybody or one of `bots`.
    pub fn robots(&self, bots: &[&str]) -> RobotsDirectives {
        RobotsDirectives::of_meta(&self.meta_robots, &self.meta_bots, bots)
    }
}
