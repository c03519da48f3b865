//! What is known of a URL once it was fetched for good.

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
    /// How long the answer took in all.
    pub response_time: Duration,
    /// `Last-Modified` as received.
    pub last_modified: Option<String>,
    /// Where a redirect leads.
    pub redirect: Option<Redirect>,
    /// The beginning of all `X-Robots-Tag` values, joined.
    pub x_robots_tag: Option<String>,
    /// Whether search engines may index it, and if not, why.
    pub indexability: Indexability,
    /// What HTML said, if it was HTML.
    pub html: Option<HtmlFacts>,
    /// It is the target of a redirect, and has a field for a password.
    pub asks_password: bool,
    /// Values of the `--select` columns, in their order.
    pub selected: Vec<Option<String>>,
}

/// Most redirects in a row that are followed: Google's limit for pages.
pub const MAX_REDIRECTS: u8 = 10;

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
    /// The name in the `Redirect Type` column, as Screaming Frog has it.
    pub const fn name(self) -> &'static str {
        match self {
            RedirectKind::Http => "HTTP Redirect",
            RedirectKind::Refresh => "Meta Refresh",
        }
    }
}

/// Facts that come from HTML.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HtmlFacts {
    /// The first `<title>`.
    pub title: Option<String>,
    /// All `<meta name="robots">`, joined.
    pub meta_robots: Option<String>,
    /// Where the canonical link leads, which is one of the page's links.
    pub canonical: Option<CrawlUrl>,
    /// `<html lang>`.
    pub language: Option<String>,
    /// Stands for the visible text.
    pub text_hash: u64,
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
    /// Something does, in Screaming Frog's words.
    NonIndexable(&'static str),
    /// Not a page, so the question does not arise.
    #[default]
    Unknown,
}

/// A link with its target resolved and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// How the page refers to it.
    pub kind: LinkKind,
    /// Where it leads.
    pub target: LinkTarget,
    /// Anchor text or `alt`.
    pub anchor: CompactString,
    /// `rel` as written.
    pub rel: CompactString,
    /// Where on the page it stands.
    pub position: Position,
    /// Whether a crawler may follow it.
    pub follow: bool,
}

/// The number under which the store has a URL of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UrlNumber(pub u32);

/// Where a link leads, and what the crawl does about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkTarget {
    /// A URL that the store has, and of which it learns nothing by this link.
    Stored(UrlNumber),
    /// A URL.
    Url {
        /// Its normal form.
        url: CrawlUrl,
        /// Stands for it.
        fingerprint: Fingerprint,
        /// Whether it is to be fetched.
        admission: Admission,
    },
    /// Something that is no URL, as the page wrote it.
    Invalid {
        /// The text.
        text: String,
        /// What is wrong with it.
        fault: String,
    },
    /// Further links of the page, which were not taken in.
    Further {
        /// How many.
        links: u64,
        /// Those that may lead to URLs that are to be fetched and that nobody knows of.
        unseen: u64,
        /// Why.
        fault: String,
    },
}

/// What the crawl does about a URL it learnt of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It is to be fetched.
    Fetch(Role),
    /// It is not, though it would be this to the crawl.
    Skip(Role, Skip),
}
