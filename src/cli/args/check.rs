use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::value::Secret;
use super::{IdentityArgs, NetworkArgs};
use crate::cli::plan::agents::client;

/// Look at a few URLs in depth: redirects, timings, cause and fix
///
/// Each URL is asked several times, and as several clients if they are named. With --har nothing is
/// asked: what failed in a browser is explained from the HTTP archive that its developer tools save.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// What to ask; without a scheme it is https://
    #[arg(value_name = "URL", value_hint = ValueHint::Url, required_unless_present = "har", conflicts_with = "har")]
    pub(crate) url: Vec<Secret>,
    /// Ask as these clients and compare: gatecrawl, googlebot, googlebot-desktop, bingbot, chrome,
    /// firefox, safari, edge, opera [default: gatecrawl]
    #[arg(
        long = "as",
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = client,
        conflicts_with_all = ["har", "user_agent"]
    )]
    pub(crate) client: Vec<String>,
    /// Ask each URL so many times, a second apart [default: 3]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=20), conflicts_with = "har")]
    pub(crate) attempts: Option<u32>,
    /// Explain what failed in this HTTP archive (HAR 1.2); `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) har: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}
