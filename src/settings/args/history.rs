//! Arguments of the commands about stored runs: comparing, listing and deleting them.

use std::time::Duration;

use clap::{Args, Subcommand};

use crate::assess::compare::AddressMap;

use super::StoreArgs;
use super::value::age;

/// The run to compare with.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Comparison")]
pub(crate) struct BaselineArgs {
    /// Compare with this run (number or token), a summary.json, or another database (FILE: its newest finished run;
    /// FILE#RUN: that run) [default: the last run with the same scope and limits; in a schedule, the last of the project]
    #[arg(long, value_name = "RUN|FILE")]
    pub(crate) baseline: Option<String>,
    #[command(flatten)]
    pub(crate) maps: MapArgs,
}

/// The rules that map URLs of the old site to those of the new one.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Comparison")]
pub(crate) struct MapArgs {
    /// Compare a page with the one that replaced it: a regular expression for the old URL, `=>`, the new URL
    /// (repeatable), such as 'https://old.example/(.*)=>https://staging.example/$1'
    #[arg(long, value_name = "PATTERN=>ADDRESS")]
    pub(crate) map: Vec<AddressMap>,
}

/// Compare two runs: pages that newly fail, recovered, fail more or less, or come and go
///
/// Compares error rates, not single codes. A page has changed if its error rate differs by more than
/// chance explains (95 % interval) and by more than pages of this site usually differ between two
/// runs. With too few requests to tell, it is listed as `unclear`.
/// OLD and NEW are runs by number or token, or files: another database (FILE or FILE#RUN), and for
/// OLD a summary.json.
#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// The older run [default: the finished run of the site before NEW]
    pub(crate) old: Option<String>,
    /// The newer run [default: the newest finished run]
    pub(crate) new: Option<String>,
    /// Print JSON: the `compare` object of summary.json
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print all changed pages as CSV, with the columns of compare.csv
    #[arg(long)]
    pub(crate) csv: bool,
    #[command(flatten)]
    pub(crate) maps: MapArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// List, show and delete stored runs
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = false)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// Print the list as JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// List the runs, the newest first
    List {
        /// Print the list as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the numbers of one run
    Show {
        /// Number of the run, or its token (the value of X-Gatecrawl-Run) [default: the newest]
        run: Option<String>,
    },
    /// Delete runs and all their data
    Delete {
        /// Numbers of the runs, or their tokens (the values of X-Gatecrawl-Run)
        #[arg(required = true)]
        run: Vec<String>,
    },
    /// Delete all but the newest runs of each site
    Prune(PruneArgs),
}

/// The runs to delete.
#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Runs to keep of each site
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) keep: u32,
    /// Delete only runs that are older than this, such as 12h, 30d or 8w
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Option<Duration>,
    /// Delete only runs of this site, as `runs` prints it or as an audit takes it
    #[arg(long, value_name = "SITE")]
    pub(crate) site: Option<String>,
    /// Print which runs would be deleted, and delete none
    #[arg(long)]
    pub(crate) dry_run: bool,
}
