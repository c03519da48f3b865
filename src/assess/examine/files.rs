//! Facts about a run besides the attempts at its URLs: robots.txt, sitemaps, redirects, and the
//! crawler's own network.

use std::time::Duration;

use crate::assess::NoStart;
use crate::assess::diagnose::rules::{
    BlockedSection, BrokenReference, DeadLinks, OwnOutageFacts, RedirectChains, ScriptedPages,
    SitemapProblem,
};
use crate::model::{Moment, Outcome};

/// The files and redirects of a run.
#[derive(Clone, Debug, Default)]
pub struct SiteFiles {
    /// robots.txt of each host of the site.
    pub robots: Vec<RobotsFile>,
    /// Sitemaps that were requested.
    pub sitemaps: Vec<KnownSitemap>,
    /// Redirects that end in a failure, the most linked first.
    pub failing_redirects: Vec<EndedRedirect>,
    /// Redirects in a loop, and long ones.
    pub redirect_chains: RedirectChains,
    /// Sitemaps that were fetched and have problems, those without any entry first.
    pub sitemap_problems: Vec<SitemapProblem>,
    /// Times in which the crawler itself had no network.
    pub own_outages: OwnOutageFacts,
    /// Hosts of the site that were given up.
    pub given_up: Vec<GivenUp>,
    /// External links that fail.
    pub dead_links: DeadLinks,
    /// The audited site.
    pub site: String,
    /// References of good pages that fail, those of most pages first.
    pub broken_references: Vec<BrokenReference>,
    /// Pages that show nothing without their scripts.
    pub scripted: ScriptedPages,
    /// Sections that robots.txt forbids as a whole.
    pub blocked: Vec<BlockedSection>,
    /// Why no start page answered with a page; absent if one did.
    pub no_start: Option<NoStart>,
}

/// A host that was given up, in whole or in part: the rest was not requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// Scheme, host and port.
    pub host: String,
    /// Whether the whole host was given up, or only families of its URLs.
    pub whole: bool,
    /// Its pages and resources that were not requested.
    pub urls: u64,
    /// Known pages and resources of the whole site.
    pub known: u64,
    /// Why it was given up, as in `skipped.csv`; may be empty.
    pub waited: String,
    /// Time of the last successful request to it; `None` if none succeeded.
    pub last_fine: Option<Moment>,
}

/// A host's robots.txt.
#[derive(Clone, Debug)]
pub struct RobotsFile {
    /// Scheme, host and port.
    pub host: String,
    /// Its URL.
    pub address: String,
    /// The outcome of the last attempt.
    pub outcome: Outcome,
    /// Attempts in this run.
    pub attempts: u64,
    /// Whether it could not be read, so that no page may be fetched.
    pub unreachable: bool,
    /// How long it has been failing over all known runs; `None` if it was seen failing only once.
    pub failing_for: Option<Duration>,
    /// Whether an earlier run could read the file.
    pub known_good: bool,
    /// Known pages of the host.
    pub pages: u64,
    /// Its requests that failed, if any did.
    pub failures: Option<FileFailures>,
}

/// Requests for a file that failed, and the answers around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileFailures {
    /// The outcome of the last one.
    pub outcome: Outcome,
    /// Their number.
    pub failed: u64,
    /// When the first of them began.
    pub from: Moment,
    /// When the last of them began.
    pub until: Moment,
    /// When the first good answer after them was requested; absent if there was none.
    pub after: Option<Moment>,
}

/// A sitemap.
#[derive(Clone, Debug)]
pub struct KnownSitemap {
    /// Scheme, host and port.
    pub host: String,
    /// Its URL.
    pub address: String,
    /// The outcome of the last attempt.
    pub outcome: Outcome,
    /// Its requests that failed, if any did.
    pub failures: Option<FileFailures>,
}

/// A redirect with its end.
#[derive(Clone, Debug)]
pub struct EndedRedirect {
    /// Its first URL.
    pub from: String,
    /// Its last URL.
    pub target: String,
    /// The outcome there.
    pub outcome: Outcome,
    /// The number of the target's cluster of failures, if it is in one.
    pub cluster: Option<usize>,
    /// Number of hops, the last included.
    pub hops: u32,
    /// Number of internal links to the redirect.
    pub inlinks: u64,
}
