use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Audit a small faulty site that gatecrawl serves itself, on this machine only
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Write the exports and the database to this directory
    #[arg(short = 'o', long, value_name = "DIR", default_value = "gatecrawl-demo", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// Only serve the site until Ctrl-C, so that you can audit it yourself
    #[arg(long, conflicts_with = "out")]
    pub(crate) serve: bool,
}
