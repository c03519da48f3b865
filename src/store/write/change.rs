//! What a crawl hands to the writer: each change is stored whole or not at all.

use std::time::Duration;

use crate::model::{
    Admission, Attempt, CrawlUrl, Link, Moment, OwnOutage, PageRecord, RobotsAccess, Role, Skip,
};

use crate::store::crawl::linked_sitemaps::LinkedSitemap;

/// One thing that became known.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// URLs to start from.
    Seeds(Vec<Seed>),
    /// Pages that an earlier run knew and this one did not find.
    Known(Vec<KnownPage>),
    /// Settled sitemaps are pages, and are to be asked for as such.
    Pages(Vec<LinkedSitemap>),
    /// A leased URL was asked for.
    Visit(Box<VisitRecord>),
    /// Leased URLs were not asked for after all.
    Skipped(Vec<(CrawlUrl, Skip)>),
    /// Settled URLs are to be asked for again, in this pass.
    Reopened(Vec<CrawlUrl>, u8),
    /// A URL that was to be asked for again was not, and stays as it was.
    Kept(CrawlUrl),
    /// Experiments were made on a settled URL, which stays as it was.
    Probed(CrawlUrl, Vec<Attempt>),
    /// This machine has no network, or has it again.
    Outage(OwnOutage),
}

/// A URL to start from, and what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The URL.
    pub url: CrawlUrl,
    /// Whether it is to be fetched.
    pub admission: Admission,
    /// Whether the user named it, as opposed to a robots.txt or sitemap that goes with it.
    pub named: bool,
}

/// A page that an earlier run knew, and what was decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPage {
    /// The URL.
    pub url: CrawlUrl,
    /// Whether it is to be fetched.
    pub admission: Admission,
    /// Clicks from a seed in the earlier run, if any led there.
    pub depth: Option<u32>,
}

/// What one lease brought.
#[derive(Clone, Debug, PartialEq)]
pub struct VisitRecord {
    /// The URL that was leased.
    pub url: CrawlUrl,
    /// Its attempt.
    pub attempt: Attempt,
    /// Attempts at other URLs that were part of it: redirects of a robots.txt.
    pub hops: Vec<(CrawlUrl, Attempt)>,
    /// What follows.
    pub then: Then,
}

/// What follows an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// It is asked for again.
    Again(Moment),
    /// It is done.
    Settled {
        /// What is known of it now.
        page: Box<PageRecord>,
        /// Its links in order, the target of its redirect first.
        links: Vec<Link>,
        /// Clicks from a seed at which its links are, if known.
        links_depth: Option<u32>,
        /// Redirects in a row that led to its redirect target.
        hops: u8,
        /// What it is besides a page.
        file: Option<Box<FileRecord>>,
    },
}

/// What a file that is no page of the site says.
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
    /// What it allows.
    pub access: RobotsAccess,
    /// Where it was found in the end.
    pub final_url: CrawlUrl,
    /// Groups of user agents.
    pub groups: u32,
    /// Allow and disallow lines.
    pub rules: u32,
    /// How many sitemaps it names.
    pub named_sitemaps: u32,
    /// Sitemaps that are read because of it, the default one if it names none.
    pub sitemaps: Vec<SitemapEntry>,
    /// The pause it asks for.
    pub crawl_delay: Option<Duration>,
    /// What is wrong with it, with line numbers.
    pub problems: Vec<String>,
    /// Its text, so that a resumed crawl obeys the same rules.
    pub body: Option<Vec<u8>>,
}

/// A sitemap file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitemapRecord {
    /// `urlset`, `index`, `text`, `rss`, `atom`; absent if it is none of them.
    pub format: Option<&'static str>,
    /// URLs in it.
    pub entries: Vec<SitemapEntry>,
    /// How many of them are outside the sitemap's site.
    pub foreign: u64,
    /// What is wrong with it, with line numbers.
    pub problems: Vec<String>,
    /// Entries that were left out and may lead to pages that nobody knows of; what is beyond its largest size counts
    /// as one.
    pub unseen: u64,
}

/// A URL that a robots.txt or a sitemap lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SitemapEntry {
    /// The URL.
    pub url: CrawlUrl,
    /// What it is to the crawl.
    pub role: Role,
    /// Whether it is to be fetched.
    pub admission: Admission,
    /// Whether a sitemap names it only as the same page in another language: that does not list it.
    pub alternate: bool,
}
