//! The results of the streaming pass.

use std::time::Duration;

use crate::model::Reference;

use super::super::directives::RobotsDirectives;

/// Maximum number of references kept of a page; more are only counted. Search engines advise a few
/// thousand at most; fifty thousand of usual length take about 10 MB of memory.
pub(super) const MAX_REFERENCES: usize = 50_000;

/// Maximum length of a title or heading, in characters; search results show about sixty of them.
pub(super) const MAX_HEADLINE: usize = 1_024;

/// Maximum length of an anchor text, in characters, as promised by [`Reference::anchor`].
pub(super) const MAX_ANCHOR: usize = 255;

/// Maximum number of meta elements for single crawlers; real pages have one or two.
pub(super) const MAX_BOT_RULES: usize = 32;

/// Maximum length of the joined content of the robots meta elements, in bytes.
pub(super) const MAX_ROBOTS: usize = 4_096;

/// The references and facts of one page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page<'t> {
    /// The references of the page in its order; at most 50,000. `data:` URLs are left out: they are
    /// content of the page itself.
    pub references: Vec<Reference<'t>>,
    /// Number of references beyond that bound.
    pub left_out: usize,
    /// Number of references longer than 8 KiB. A part of a URL is another URL, so they are not
    /// kept.
    pub overlong: usize,
    /// The `href` of the first `<base>` that has one, as written.
    pub base: Option<String>,
    /// The first title, white space folded, at most 1024 characters.
    pub title: Option<String>,
    /// The first level-one heading that has text, or the `alt` of its image instead; folded, at
    /// most 1024 characters.
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
    /// Estimated depth of a tree of the page. Too low by a few levels for odd markup, too high if
    /// end tags are missing.
    pub max_nesting: usize,
    /// Estimated number of elements of a tree of the page, including those that a browser opens
    /// again after misnested tags.
    pub elements: u64,
}

/// A redirection by `<meta http-equiv=refresh>` or by the `Refresh` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetaRefresh {
    /// Time that a browser waits.
    pub delay: Duration,
    /// The target, as written; `None` if the page reloads itself.
    pub target: Option<String>,
}

impl Page<'_> {
    /// Returns the directives of the page's markup for all crawlers or for one of `bots`.
    pub fn robots(&self, bots: &[&str]) -> RobotsDirectives {
        RobotsDirectives::of_meta(&self.meta_robots, &self.meta_bots, bots)
    }
}
