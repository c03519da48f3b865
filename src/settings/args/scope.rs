use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, ValueHint};

use super::value::{duration, host, size};
use crate::model::Secret;

/// Heading of the flags that `--resume` cannot change.
const SCOPE: &str = "Scope";

/// Returns whether an argument of `audit` cannot be changed for a run, so that `--resume` refuses it.
pub(crate) fn is_scope(arg: &Arg) -> bool {
    arg.is_positional() || arg.get_help_heading() == Some(SCOPE)
}

/// The site to audit.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = SCOPE)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct ScopeArgs {
    /// Start page; https:// is added if there is no scheme
    #[arg(value_name = "URL", value_hint = ValueHint::Url, help_heading = None::<&str>)]
    pub(crate) url: Vec<Secret>,
    /// Audit exactly the URLs in this file: a list, CSV, .xlsx, a sitemap or a Search Console zip; `-` reads stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) url_list: Option<PathBuf>,
    /// With --url-list: also follow links and read sitemaps
    #[arg(long, requires = "url_list")]
    pub(crate) crawl: bool,
    /// Also read this sitemap (repeatable); those in robots.txt, or /sitemap.xml, are read anyway
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) sitemap: Vec<Secret>,
    /// Read no sitemaps
    #[arg(long, conflicts_with = "sitemap")]
    pub(crate) no_sitemap: bool,
    /// Do not request pages that an earlier run found and this crawl did not
    #[arg(long)]
    pub(crate) no_known: bool,
    /// Maximum clicks from the start page
    #[arg(short = 'd', long, value_name = "N")]
    pub(crate) max_depth: Option<u32>,
    /// Maximum pages to request; further ones are listed in skipped.csv [default: 1000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_pages: Option<u64>,
    /// Maximum hosts to request, besides those that you name [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_hosts: Option<u64>,
    /// Maximum time for the crawl; then no new URLs are requested, but failing pages are still confirmed, and the
    /// report is written
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) max_time: Option<Duration>,
    /// Maximum growth of the database; then no new URLs are requested, but failing pages are still confirmed, and the
    /// report is written
    /// [default: 20GB, or half of the free space on its disk, if that is less]
    #[arg(long, value_name = "SIZE", value_parser = size::<u64>)]
    pub(crate) max_disk: Option<u64>,
    /// Request only URLs of the site that match, besides start URLs (repeatable: any of them); a match anywhere in the
    /// URL counts
    #[arg(long, value_name = "REGEX")]
    pub(crate) include: Vec<String>,
    /// Do not request URLs of the site that match, except start URLs (repeatable: any of them); a match anywhere in the
    /// URL counts
    #[arg(long, value_name = "REGEX")]
    pub(crate) exclude: Vec<String>,
    /// Include subdomains in the site
    #[arg(long)]
    pub(crate) subdomains: bool,
    /// Include this host in the site (repeatable)
    #[arg(long, value_name = "HOST", value_hint = ValueHint::Hostname, value_parser = host)]
    pub(crate) host: Vec<String>,
    /// Also check images, scripts, styles and fonts
    #[arg(long)]
    pub(crate) resources: bool,
    /// Also check links to other sites, without crawling these
    #[arg(long)]
    pub(crate) external: bool,
    /// Follow links marked nofollow
    #[arg(long)]
    pub(crate) follow_nofollow: bool,
    /// Crawl pages that robots.txt forbids, and mark them, and ignore its Crawl-delay; only for your own sites
    #[arg(long)]
    pub(crate) ignore_robots: bool,
    /// Remove this query parameter from URLs; `utm_*` removes all that start with utm_ (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore_param: Vec<String>,
    /// Maximum different query strings per path; further ones are skipped as a trap [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_queries_per_path: Option<u32>,
    /// Add a column NAME to pages.csv with the text of the first element that matches CSS; `NAME=CSS@attr` takes an
    /// attribute instead, such as `price=meta[itemprop=price]@content` (repeatable)
    #[arg(long, value_name = "NAME=CSS")]
    pub(crate) select: Vec<String>,
    /// Group URLs that match REGEX into a section called NAME; all others are grouped by their first folder (repeatable:
    /// the first match wins)
    #[arg(long, value_name = "NAME=REGEX")]
    pub(crate) segment: Vec<String>,
}
