use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::{IdentityArgs, NetworkArgs};
use crate::model::Secret;
use crate::settings::plan::agents::client;

/// Examine a few URLs in depth: redirects, timings, cause and fix
///
/// Requests each URL several times, as several clients if --as names them. --har requests nothing: it
/// explains failures in a browser from the HTTP archive that its developer tools save.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// URLs to check; https:// is added if there is no scheme
    #[arg(value_name = "URL", value_hint = ValueHint::Url, required_unless_present = "har", conflicts_with = "har")]
    pub(crate) url: Vec<Secret>,
    /// Request as these clients and compare: gatecrawl, googlebot, googlebot-desktop, bingbot, chrome,
    /// firefox, safari, edge, opera [default: gatecrawl]
    #[arg(
        long = "as",
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = client,
        conflicts_with_all = ["har", "user_agent"]
    )]
    pub(crate) client: Vec<String>,
    /// Requests per URL and client, one second apart, at most 20; after redirects, only the last URL is requested again
    /// [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20), conflicts_with = "har")]
    pub(crate) attempts: Option<u32>,
    /// Explain the failures in this HTTP archive (HAR 1.2); `-` reads stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) har: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}
