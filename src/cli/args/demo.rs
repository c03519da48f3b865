use std::path::PathBuf;

use clap::{Args, ValueHint};

/// Audit a small site with faults that this program serves itself, on this machine only
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Write exports and database to this directory
    #[arg(short = 'o', long, value_name = "DIR", default_value = "gatecrawl-demo", value_hint = ValueHint::DirPath)]
    pub(crate) out: PathBuf,
    /// Only serve the site, until Ctrl-C, to try the crawler on it by hand
    #[arg(long, conflicts_with = "out")]
    pub(crate) serve: bool,
}
