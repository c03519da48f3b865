use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, Args, ValueHint};

use super::value::{Secret, duration, host, size};

/// Heading of the flags that are fixed for the life of a run.
const SCOPE: &str = "Scope";

/// Whether an argument of `audit` is fixed for the life of a run, so that `--resume` refuses it.
pub(crate) fn is_scope(arg: &Arg) -> bool {
    arg.is_positional() || arg.get_help_heading() == Some(SCOPE)
}

/// What is audited.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = SCOPE)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct ScopeArgs {
    /// Where to start; without a scheme it is https://
    #[arg(value_name = "URL", value_hint = ValueHint::Url, help_heading = None::<&str>)]
    pub(crate) url: Vec<Secret>,
    /// Audit exactly the URLs of this file, one a line; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) url_list: Option<PathBuf>,
    /// With --url-list: also follow links and read sitemaps
    #[arg(long, requires = "url_list")]
    pub(crate) crawl: bool,
    /// Read this sitemap too (repeatable); those that robots.txt names, or /sitemap.xml, are read anyway
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) sitemap: Vec<Secret>,
    /// Read no sitemap
    #[arg(long, conflicts_with = "sitemap")]
    pub(crate) no_sitemap: bool,
    /// Do not start from the pages that the site's last comparable run knew
    #[arg(long)]
    pub(crate) no_known: bool,
    /// Follow no more than this many clicks from the start
    #[arg(short = 'd', long, value_name = "N")]
    pub(crate) max_depth: Option<u32>,
    /// Fetch no more pages than this; what is found beyond them is listed in skipped.csv [default: 1000000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_pages: Option<u64>,
    /// Request URLs of no more hosts than this, besides those that are named [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_hosts: Option<u64>,
    /// Request no further pages after this time; then confirm, and conclude
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) max_time: Option<Duration>,
    /// Request no further pages once the database has grown by this much; then confirm, and conclude [default: 20GB,
    /// or half of what is free on its disk]
    #[arg(long, value_name = "SIZE", value_parser = size::<u64>)]
    pub(crate) max_disk: Option<u64>,
    /// Fetch only URLs that match (repeatable: one of them)
    #[arg(long, value_name = "REGEX")]
    pub(crate) include: Vec<String>,
    /// Fetch no URL that matches (repeatable)
    #[arg(long, value_name = "REGEX")]
    pub(crate) exclude: Vec<String>,
    /// Subdomains belong to the site
    #[arg(long)]
    pub(crate) subdomains: bool,
    /// This host belongs to the site (repeatable)
    #[arg(long, value_name = "HOST", value_hint = ValueHint::Hostname, value_parser = host)]
    pub(crate) host: Vec<String>,
    /// Also check images, scripts, styles and fonts
    #[arg(long)]
    pub(crate) resources: bool,
    /// Also check where links to other sites lead, without crawling those
    #[arg(long)]
    pub(crate) external: bool,
    /// Follow links marked nofollow
    #[arg(long)]
    pub(crate) follow_nofollow: bool,
    /// Crawl what robots.txt forbids, and mark it: for sites of your own
    #[arg(long)]
    pub(crate) ignore_robots: bool,
    /// Drop this query parameter from URLs; `utm_*` drops a family (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore_param: Vec<String>,
    /// Fetch at most this many different queries of one path [default: 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_queries_per_path: Option<u32>,
    /// Add a column with what a CSS selector finds; `NAME=CSS@attr` takes an attribute (repeatable)
    #[arg(long, value_name = "NAME=CSS")]
    pub(crate) select: Vec<String>,
}
