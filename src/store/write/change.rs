//! Changes that a crawl sends to the writer. Each is stored whole or not at all.

use std::time::Duration;

use crate::model::{
    Admission, Attempt, CrawlUrl, Link, Moment, OwnOutage, PageRecord, RobotsAccess, Role, Skip,
};

use crate::store::crawl::linked_sitemaps::LinkedSitemap;

/// One change to a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// URLs to start from.
    Seeds(Vec<Seed>),
    /// Pages that an earlier run knew and this one did not find.
    Known(Vec<KnownPage>),
    /// Settled sitemaps that are pages, to be requested as such.
    Pages(Vec<LinkedSitemap>),
    /// A leased URL was requested.
    Visit(Box<VisitRecord>),
    /// Leased URLs that were not requested after all.
    Skipped(Vec<(CrawlUrl, Skip)>),
    /// Settled URLs to be requested again, in this pass.
    Reopened(Vec<CrawlUrl>, u8),
    /// A URL to be requested again was not, and stays unchanged.
    Kept(CrawlUrl),
    /// Experiments on a settled URL, which stays unchanged.
    Probed(CrawlUrl, Vec<Attempt>),
    /// The start or end of a local outage.
    Outage(OwnOutage),
}

/// A start URL, and the decision about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The URL.
    pub url: CrawlUrl,
    /// Whether to fetch it.
    pub admission: Admission,
    /// Whether the user named it, as opposed to a robots.txt or sitemap that goes with it.
    pub named: bool,
}

/// A page that an earlier run knew, and the decision about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPage {
    /// The URL.
    pub url: CrawlUrl,
    /// Whether to fetch it.
    pub admission: Admission,
    /// Clicks from a seed in the earlier run, if links led to it.
    pub depth: Option<u32>,
}

/// The result of one lease.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitRecord {
    /// The URL that was leased.
    pub url: CrawlUrl,
    /// Its attempt.
    pub attempt: Attempt,
    /// Attempts at other URLs that the visit needed, such as redirects of a robots.txt.
    pub hops: Vec<(CrawlUrl, Attempt)>,
    /// The next step for the URL.
    pub then: Then,
}

/// The next step after an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// Request it again at this time.
    Again(Moment),
    /// Settle it.
    Settled {
        /// The facts known about it now.
        page: Box<PageRecord>,
        /// Its links in order, the target of its redirect first.
        links: Vec<Link>,
        /// Clicks from a seed to its links, if known.
        links_depth: Option<u32>,
        /// Consecutive redirects that led to its redirect target.
        hops: u8,
        /// Its content, if it is a robots.txt or sitemap.
        file: Option<Box<FileRecord>>,
    },
}

/// The content of a file that is not a page of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRecord {
    /// A robots.txt.
    Robots(RobotsRecord),
    /// A sitemap.
    Sitemap(SitemapRecord),
}

/// A host's robots.txt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RobotsRecord {
    /// The origin.
    pub host: String,
    /// The access that it allows.
    pub access: RobotsAccess,
    /// Its URL after redirects.
    pub final_url: CrawlUrl,
    /// Groups of user agents.
    pub groups: u32,
    /// Allow and disallow lines.
    pub rules: u32,
    /// Number of sitemaps that it names.
    pub named_sitemaps: u32,
    /// Sitemaps read because of it; the default one if it names none.
    pub sitemaps: Vec<SitemapEntry>,
    /// The crawl delay it sets.
    pub crawl_delay: Option<Duration>,
    /// Problems, with line numbers.
    pub problems: Vec<String>,
    /// Its text, so that a resumed crawl obeys the same rules.
    pub body: Option<Vec<u8>>,
}

/// A sitemap file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitemapRecord {
    /// `urlset`, `index`, `text`, `rss`, `atom`; absent for any other format.
    pub format: Option<&'static str>,
    /// URLs in it.
    pub entries: Vec<SitemapEntry>,
    /// Number of URLs outside the sitemap's site.
    pub foreign: u64,
    /// Problems, with line numbers.
    pub problems: Vec<String>,
    /// Dropped entries that may lead to unknown pages. The part beyond the maximum size of a sitemap counts
    /// as one.
    pub unseen: u64,
    /// Whether it could not be read because its server failed.
    pub is_unread: bool,
}

/// A URL that a robots.txt or a sitemap lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitemapEntry {
    /// The URL.
    pub url: CrawlUrl,
    /// Its role in the crawl.
    pub role: Role,
    /// Whether to fetch it.
    pub admission: Admission,
    /// Whether a sitemap only names it as another language of a page, which does not count as
    /// listed.
    pub alternate: bool,
}
