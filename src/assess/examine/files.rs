//! What is known of a run besides the attempts at its URLs: robots.txt, sitemaps, redirects, and
//! the crawler's own network.

use std::time::Duration;

use crate::assess::NoStart;
use crate::assess::diagnose::rules::{DeadLinks, OwnOutageFacts};
use crate::model::{Moment, Outcome};

/// The files and redirects of a run.
#[derive(Clone, Debug, Default)]
pub struct SiteFiles {
    /// robots.txt of each host of the site.
    pub robots: Vec<RobotsFile>,
    /// Sitemaps that were asked for.
    pub sitemaps: Vec<KnownSitemap>,
    /// Redirects that end in a failure, the most linked first.
    pub failing_redirects: Vec<EndedRedirect>,
    /// When the crawler itself had no network.
    pub own_outages: OwnOutageFacts,
    /// Hosts of the site that were given up.
    pub given_up: Vec<GivenUp>,
    /// External links that fail.
    pub dead_links: DeadLinks,
    /// That no start page was answered with a page.
    pub no_start: Option<NoStart>,
}

/// A host of which all or a part was given up: the rest of it was not requested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// Scheme, host and port.
    pub host: String,
    /// Whether all of the host was given up, and not only families of its URLs.
    pub whole: bool,
    /// Pages and resources of it that were not requested.
    pub urls: u64,
    /// Pages and resources of the whole site that are known.
    pub known: u64,
    /// What was waited for, as `skipped.csv` has it; may be empty.
    pub waited: String,
    /// When a request to it was fine last; none if none ever was.
    pub last_fine: Option<Moment>,
}

/// A host's robots.txt.
#[derive(Clone, Debug)]
pub struct RobotsFile {
    /// Scheme, host and port.
    pub host: String,
    /// Its address.
    pub address: String,
    /// What happened last.
    pub outcome: Outcome,
    /// Attempts in this run.
    pub attempts: u64,
    /// Whether it could not be read, so that nothing may be fetched.
    pub unreachable: bool,
    /// How long it has been failing, over all runs that are known; none if it was seen failing
    /// once only.
    pub failing_for: Option<Duration>,
    /// Whether an earlier run read a good one.
    pub known_good: bool,
}

/// A sitemap.
#[derive(Clone, Debug)]
pub struct KnownSitemap {
    /// Scheme, host and port.
    pub host: String,
    /// Its address.
    pub address: String,
    /// What happened last.
    pub outcome: Outcome,
    /// Requests for it that failed.
    pub failed: u64,
}

/// A redirect with its end.
#[derive(Clone, Debug)]
pub struct EndedRedirect {
    /// Where it starts.
    pub from: String,
    /// Where it ends.
    pub target: String,
    /// What happened there.
    pub outcome: Outcome,
    /// The number of the target's cluster of failures, if it is in one.
    pub cluster: Option<usize>,
    /// Hops in between, the last included.
    pub hops: u32,
    /// Internal links that lead into it.
    pub inlinks: u64,
}
