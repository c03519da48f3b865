use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueEnum, ValueHint};
use clap_complete::Shell;

use super::value::{ServerName, place};
use super::{BaselineArgs, ExportArgs, StoreArgs};
use crate::assess::Gate;
use crate::logs::USUAL_MAX_URLS;

/// Write the exports of a stored run
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Number of the run, or its token (the value of X-Gatecrawl-Run) [default: the newest]
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
    /// URL of the page in a file, to resolve its relative links
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

/// Count the 5xx in server logs: by URL, hour, crawler and cause
///
/// Reads access logs and error logs of nginx, Apache, HAProxy, Caddy, CDNs and others, also compressed
/// (.gz, .zst), and recognises their formats. Error logs explain the failed requests of access logs.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(after_help = LOGS_EXAMPLES)]
pub(crate) struct LogsArgs {
    /// Files, directories or patterns; `-` reads stdin. Rotated files are read in the order of time
    #[arg(value_name = "FILE", required = true, value_hint = ValueHint::AnyPath)]
    pub(crate) file: Vec<String>,
    /// Line format, as in nginx's log_format or Apache's LogFormat, or for JSON lines
    /// 'json: time=ts status=code target=path' (repeatable)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) line_format: Vec<String>,
    /// Read line formats from this configuration file of nginx or Apache (repeatable)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) nginx_conf: Vec<PathBuf>,
    /// Published IP addresses of a crawler, as JSON (repeatable). NAME is the crawler or its search engine, such as
    /// googlebot or bing; leave it out if the file has its published name, such as googlebot.json
    #[arg(long, value_name = "[NAME=]FILE", value_hint = ValueHint::FilePath)]
    pub(crate) bot_ranges: Vec<String>,
    /// Verify crawlers by DNS: reverse look-up of the IP address, then a look-up of that name
    #[arg(long)]
    pub(crate) verify_dns: bool,
    /// Name server for --verify-dns, with its port [default: those of the system]
    #[arg(long, value_name = "ADDR:PORT", requires = "verify_dns")]
    pub(crate) dns_server: Option<SocketAddr>,
    /// Name a moment such as a deploy; episodes of failures that begin within 15 minutes after it are reported as its
    /// effect: 'deploy=2026-11-20T10:00' (UTC if no zone is given; repeatable)
    #[arg(long, value_name = "NAME=TIME")]
    pub(crate) event: Vec<String>,
    /// Maximum URLs counted one by one; further ones are counted by URL pattern
    #[arg(long, value_name = "N", default_value_t = USUAL_MAX_URLS as u64, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max_urls: u64,
    /// Remove this query parameter from URLs; `utm_*` removes all that start with utm_ (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) ignore_param: Vec<String>,
    /// Exit with 10 if this is true, such as '5xx-rate > 1%' or 'googlebot-5xx > 0' (repeatable)
    #[arg(long, value_name = "EXPR")]
    pub(crate) fail_on: Vec<Gate>,
    /// Write CSV tables, a JSON summary and an HTML report to this directory
    #[arg(short = 'o', long, value_name = "DIR", value_hint = ValueHint::DirPath, value_parser = PathBufValueParser::new().try_map(place))]
    pub(crate) out: Option<PathBuf>,
    /// Write even if the directory has other files
    #[arg(long)]
    pub(crate) overwrite: bool,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Name under which the counts are stored; a later call with this name adds to them [default: the path of the first
    /// log]
    #[arg(long, value_name = "NAME")]
    pub(crate) site: Option<String>,
    /// Compare with this run [default: the newest run of the site]
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Read everything from the beginning, and store nothing
    #[arg(long)]
    pub(crate) no_store: bool,
    /// Report only what earlier calls did not read
    #[arg(long, conflicts_with = "no_store")]
    pub(crate) only_new: bool,
    /// Count, store and export clients by their IP addresses
    #[arg(long)]
    pub(crate) keep_clients: bool,
    /// Keep reading lines as they are written; exits when a --fail-on gate fails
    #[arg(long, conflicts_with = "json")]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

const LOGS_EXAMPLES: &str = "\
Examples:
  gatecrawl logs /var/log/nginx/
  gatecrawl logs access.log error.log -o out
  gatecrawl logs 'access.log*' --bot-ranges googlebot.json --verify-dns
  zcat old/*.gz | gatecrawl logs - --fail-on '5xx-rate > 1%' --fail-on 'googlebot-5xx > 0'";
