//! Facts from the last answer of a URL in a pass: type, size, redirect, indexability, links.

pub(super) mod link;
pub(super) mod redirect_end;
pub(super) mod robots_access;
pub(super) mod role;

use std::time::Duration;

use compact_str::CompactString;

use super::url::{CrawlUrl, Fingerprint};
use link::{LinkKind, Position};
use role::{Role, Skip};

/// The facts of the answer that counts: the last one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageRecord {
    /// The beginning of `Content-Type` as received.
    pub content_type: Option<String>,
    /// Bytes of the body after decoding.
    pub size: u64,
    /// Time of the whole answer.
    pub response_time: Duration,
    /// `Last-Modified` as received.
    pub last_modified: Option<String>,
    /// The target of a redirect.
    pub redirect: Option<Redirect>,
    /// The beginning of all `X-Robots-Tag` values, joined.
    pub x_robots_tag: Option<String>,
    /// Whether search engines may index it, and if not, why.
    pub indexability: Indexability,
    /// Facts from HTML, if it was HTML.
    pub html: Option<HtmlFacts>,
    /// Whether it is the target of a redirect, and has a field for a password.
    pub asks_password: bool,
    /// Values of the `--select` columns, in their order.
    pub selected: Vec<Option<String>>,
}

/// Maximum number of consecutive redirects that are followed: Google's limit for pages.
pub const MAX_REDIRECTS: u8 = 10;

/// Hops from which a chain of redirects is reported as long. Ours: `http` to `https` and one more are usual.
pub const LONG_CHAIN: u8 = 3;

/// A redirect as a search engine sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The target.
    pub target: CrawlUrl,
    /// `HTTP Redirect` or `Meta Refresh`.
    pub kind: RedirectKind,
}

/// How a page redirects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// By status and `Location`.
    Http,
    /// By `meta refresh` or the `Refresh` header.
    Refresh,
}

impl RedirectKind {
    /// Returns the name in the `Redirect Type` column, as Screaming Frog has it.
    pub const fn name(self) -> &'static str {
        match self {
            RedirectKind::Http => "HTTP Redirect",
            RedirectKind::Refresh => "Meta Refresh",
        }
    }
}

/// Facts from HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlFacts {
    /// The first `<title>`.
    pub title: Option<String>,
    /// All `<meta name="robots">`, joined.
    pub meta_robots: Option<String>,
    /// The target of the canonical link, which is one of the page's links.
    pub canonical: Option<CrawlUrl>,
    /// `<html lang>`.
    pub language: Option<String>,
    /// Hash of the visible text.
    pub text_hash: u64,
    /// Whether it shows almost no text and no links, but loads a script: what people see of it, the script makes.
    pub needs_script: bool,
    /// Links on the page.
    pub links: LinkCounts,
}

/// Hyperlinks counted as Screaming Frog counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    /// To pages of the site.
    pub internal: u32,
    /// To distinct pages of the site.
    pub unique_internal: u32,
    /// To other sites.
    pub external: u32,
}

/// Whether search engines may index a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Indexability {
    /// Nothing forbids it.
    Indexable,
    /// A directive or status forbids it, in Screaming Frog's words.
    NonIndexable(&'static str),
    /// Not a page, so the question does not arise.
    #[default]
    Unknown,
}

/// A link with its target resolved and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The kind of the reference.
    pub kind: LinkKind,
    /// Its target.
    pub target: LinkTarget,
    /// Anchor text or `alt`.
    pub anchor: CompactString,
    /// `rel` as written.
    pub rel: CompactString,
    /// Its position on the page.
    pub position: Position,
    /// Whether a crawler may follow it.
    pub follow: bool,
}

/// The number of a URL of a run in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlNumber(pub u32);

/// The target of a link, and the crawl's decision about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// A stored URL for which this link changes nothing.
    Stored(UrlNumber),
    /// A URL.
    Url {
        /// Its normal form.
        url: CrawlUrl,
        /// Its fingerprint.
        fingerprint: Fingerprint,
        /// Whether to fetch it.
        admission: Admission,
    },
    /// A text that is not a valid URL, as the page wrote it.
    Invalid {
        /// The text.
        text: String,
        /// The problem.
        fault: String,
    },
    /// Further links of the page, which were dropped.
    Further {
        /// Their number.
        links: u64,
        /// Number of these links that may lead to unknown URLs that should be fetched.
        unseen: u64,
        /// The reason.
        fault: String,
    },
}

/// The decision of the crawl about a URL that it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Fetch it, in this role.
    Fetch(Role),
    /// Do not fetch it; its role would be this one.
    Skip(Role, Skip),
}
