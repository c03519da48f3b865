use clap::{Args, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::value::ServerName;
use super::{BaselineArgs, ExportArgs, StoreArgs};

/// Write the exports of a stored run
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Its number or token [default: the newest]
    pub(crate) run: Option<String>,
    /// Tell instead how this URL fared in all stored runs
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

/// Explain a status, a cause or a step: what it means, how to confirm it, how to fix it
///
/// Without a topic it lists them: status codes, causes, steps of a repair, ways to check, servers,
/// outcomes.
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Such as 502, upstream_down, step.proxy, server.nginx, check.curl or proxies
    #[arg(value_name = "TOPIC")]
    pub(crate) topic: Option<String>,
    /// Say first what is special about this product: nginx, apache, haproxy, caddy, php-fpm, node,
    /// gunicorn, cdn, load_balancer
    #[arg(long, value_name = "NAME", requires = "topic")]
    pub(crate) server: Option<ServerName>,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Say whether a robots.txt lets a crawler fetch URLs
///
/// Prints ALLOWED or DISALLOWED, the URL and the deciding line, with tabs between them. The exit
/// code is 0 if all are allowed and 1 if one is not.
#[derive(Debug, Args)]
pub(crate) struct RobotsArgs {
    /// The robots.txt, or the site it is fetched from; `-` is stdin
    #[arg(value_name = "FILE|URL", value_hint = ValueHint::AnyPath)]
    pub(crate) source: String,
    /// URLs or paths
    #[arg(value_name = "URL", required = true)]
    pub(crate) url: Vec<String>,
    /// The crawler's name in robots.txt
    #[arg(long, value_name = "NAME", default_value = "gatecrawl")]
    pub(crate) agent: Vec<String>,
}

/// Validate a sitemap and print what it lists
///
/// URLs go to stdout, problems to stderr. The exit code is 1 if something in it is lost.
#[derive(Debug, Args)]
pub(crate) struct SitemapArgs {
    /// The sitemap; `-` is stdin
    #[arg(value_name = "FILE|URL", value_hint = ValueHint::AnyPath)]
    pub(crate) source: String,
    /// text: a URL a line; csv: url,lastmod,kind
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: SitemapFormat,
    /// Fetch the sitemaps that an index lists, and print what those list
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
    /// The page; `-` is stdin
    #[arg(value_name = "FILE|URL", value_hint = ValueHint::AnyPath)]
    pub(crate) source: String,
    /// The page's own address, which relative links start from; a fetched page has one
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) base: Option<String>,
}

/// Print a completion script
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// For which shell
    pub(crate) shell: Shell,
}

/// Print the man page
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Of this command [default: of the program]
    pub(crate) command: Option<String>,
}
