//! The arguments: one struct for each command, the flags of `audit` in groups with a heading. Absent flags are
//! absent values, so that a resumed run knows which flags were given again.

mod audit;
mod check;
mod demo;
mod global;
mod history;
mod network;
mod output;
mod pace;
mod schedule;
mod scope;
mod tools;
pub(crate) mod value;

use clap::{Parser, Subcommand};

pub(crate) use audit::AuditArgs;
pub(crate) use check::CheckArgs;
pub(crate) use demo::DemoArgs;
pub(crate) use global::{ColorChoice, GlobalArgs, LogFormat};
pub(crate) use history::{BaselineArgs, CompareArgs, RunsArgs, RunsCommand};
pub(crate) use network::{IdentityArgs, NetworkArgs};
pub(crate) use output::{ExportArgs, StoreArgs, TrafficArgs};
pub(crate) use pace::PaceArgs;
pub(crate) use schedule::{AddArgs, EmitArgs, RunArgs, ScheduleArgs, ScheduleCommand, Target};
pub(crate) use scope::{ScopeArgs, is_scope};
pub(crate) use tools::{
    CompletionsArgs, ExplainArgs, LinksArgs, LogsArgs, ManArgs, ReportArgs, RobotsArgs,
    SitemapArgs, SitemapFormat,
};

/// Examples for a first use.
const EXAMPLES: &str = "\
Examples:
  gatecrawl demo                            try it on a site with faults, in a minute or two
  gatecrawl audit example.com -o out        crawl a site, then open out/report.html
  gatecrawl check https://example.com/a     request one page and explain the answer
  gatecrawl explain 502                     what a code means and what to do
  gatecrawl schedule add shop example.com --schedule 'weekly on mon 06:00'";

/// Finds the pages of a site that answer 5xx: how often, since when and why.
#[derive(Debug, Parser)]
#[command(name = "gatecrawl", version, max_term_width = 100, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Audit(Box<AuditArgs>),
    Demo(DemoArgs),
    Report(Box<ReportArgs>),
    Runs(RunsArgs),
    Schedule(ScheduleArgs),
    Compare(CompareArgs),
    Check(Box<CheckArgs>),
    Explain(ExplainArgs),
    Robots(RobotsArgs),
    Sitemap(SitemapArgs),
    Links(LinksArgs),
    Logs(Box<LogsArgs>),
    Completions(CompletionsArgs),
    Man(ManArgs),
}
