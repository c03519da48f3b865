use clap::{Args, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::value::ServerName;
use super::{BaselineArgs, ExportArgs, StoreArgs};

/// Write the exports of a stored run
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Its number or token [default: the newest]
    pub(crate) run: Option<String>,
    /// Print the history of this URL in all stored runs instead
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, conflicts_with_all = ["run", "out", "format", "overwrite", "baseline", "map"])]
    pub(crate) url: Option<String>,
    /// Print the history of --url as JSON
    #[arg(long, requires = "url")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) export: ExportArgs,
    #[command(flatten)]
    pub(crate) baseline: BaselineArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Explain a status, a cause or a step: what it means, how to confirm it and how to fix it
///
/// Lists the topics if none is given: status codes, causes, steps of a repair, ways to check, servers,
/// outcomes.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Topic, such as 502, upstream_down, step.proxy, server.nginx, check.curl or proxies
    #[arg(value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Begin with the advice for this product: nginx, apache, haproxy, caddy, envoy, varnish,
    /// squid, lighttpd, php-fpm, node, gunicorn, tomcat, cdn, load_balancer
    #[arg(long, value_name = "NAME", requires = "topic")]
    pub(crate) server: Option<ServerName>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Test URLs against a robots.txt
///
/// Prints ALLOWED or DISALLOWED, the URL and the deciding line, separated by tabs. The exit code is 0
/// if all URLs are allowed, otherwise 1.
#[derive(Debug, Args)]
pub(crate) struct RobotsArgs {
    /// The robots.txt, or a site whose robots.txt is fetched; `-` reads stdin
    #[arg(value_name = "FILE|URL", value_hint = ValueHint::AnyPath)]
    pub(crate) source: String,
    /// URLs or paths to test
    #[arg(value_name = "URL", required = true)]
    pub(crate) url: Vec<String>,
    /// Name of the crawler in robots.txt (repeatable)
    #[arg(long, value_name = "NAME", default_value = "gatecrawl")]
    pub(crate) agent: Vec<String>,
}

/// Validate a sitemap and print what it lists
///
/// Prints URLs to stdout and problems to stderr. The exit code is 1 if entries cannot be used.
#[derive(Debug, Args)]
pub(crate) struct SitemapArgs {
    /// The sitemap; `-` reads stdin
    #[arg(value_name = "FILE|URL", value_hint = ValueHint::AnyPath)]
    pub(crate) source: String,
    /// text: one URL per line; csv: url,lastmod,kind
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: SitemapFormat,
    /// Also fetch the sitemaps that an index lists, and print their URLs
    #[arg(long)]
    pub(crate) recursive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SitemapFormat {
    Text,
    Csv,
}

/// Print the links of a page as CSV
#[derive(Debug, Args)]
pub(crate) struct LinksArgs {
    /// The page; `-` reads stdin
    #[arg(value_name = "FILE|URL", value_hint = ValueHint::AnyPath)]
    pub(crate) source: String,
    /// Address of the page in a file, to resolve its relative links
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) base: Option<String>,
}

/// Print a completion script
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell to print it for
    pub(crate) shell: Shell,
}

/// Print the man page
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Command to describe [default: all of gatecrawl]
    pub(crate) command: Option<String>,
}
