use std::path::PathBuf;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, ValueHint};

use crate::report::{Audience, Format};

use super::value::place;

/// The directory and formats of the exports.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct ExportArgs {
    /// Write the exports to this directory
    #[arg(short = 'o', long, value_name = "DIR", value_hint = ValueHint::DirPath, value_parser = PathBufValueParser::new().try_map(place))]
    pub(crate) out: Option<PathBuf>,
    #[arg(short = 'f', long, value_name = "LIST", value_delimiter = ',', help = formats())]
    pub(crate) format: Vec<Format>,
    /// Title of the report, in place of the site's name
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// Picture at the top of the report: PNG, JPEG, GIF, WebP or SVG of at most 256 KiB
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) logo: Option<PathBuf>,
    /// Readers of the report: `team` shows everything, `client` leaves out attempts, experiments and commands
    /// [default: team]
    #[arg(long, value_name = "team|client")]
    pub(crate) audience: Option<Audience>,
    /// Also write tickets, one for each cause: tickets.md, and tickets.csv for Jira
    #[arg(long)]
    pub(crate) tickets: bool,
    /// Begin CSV files with a byte order mark, for Excel
    #[arg(long)]
    pub(crate) csv_bom: bool,
    /// Write even if the directory has other files
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// The visits of the pages.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct TrafficArgs {
    /// Weight failures by clicks or sessions per page (repeatable): a Search Console or Google Analytics export, or
    /// any table with URLs and numbers. Later audits of the site use the same numbers for 60 days
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) traffic: Vec<PathBuf>,
    /// The column of clicks or sessions in the files of --traffic: its header, or its number (the first column is 1)
    /// [default: found by header and shape]
    #[arg(long, value_name = "NAME", requires = "traffic")]
    pub(crate) traffic_column: Option<String>,
}

/// The database and the configuration file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct StoreArgs {
    /// Database of the runs [default: gatecrawl/runs.db in the user's data directory]
    #[arg(long, value_name = "FILE", global = true, value_hint = ValueHint::FilePath, env = "GATECRAWL_DB", hide_env_values = true, value_parser = PathBufValueParser::new().try_map(place))]
    pub(crate) db: Option<PathBuf>,
    /// Read settings from this file [default: ./gatecrawl.toml if it exists]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) config: Option<PathBuf>,
}

/// Returns the help of `--format`.
fn formats() -> String {
    let names = Format::ALL.map(Format::name).join(", ");
    format!("Formats of the exports: {names} [default: csv,json,html]")
}

impl ExportArgs {
    /// Returns the formats to write.
    pub(crate) fn formats(&self) -> Vec<Format> {
        let mut formats = match self.format.as_slice() {
            [] => vec![Format::Csv, Format::Json, Format::Html],
            named => named.to_vec(),
        };
        if self.tickets {
            formats.push(Format::Tickets);
        }
        formats
    }
}
