//! What can be typed: one struct a command, the flags of `audit` in groups that each have a
//! heading. Absent flags are absent values, so that a resumed run can tell what was said anew.

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
pub(super) mod value;

use clap::{Parser, Subcommand};

pub(super) use audit::AuditArgs;
pub(super) use check::CheckArgs;
pub(super) use demo::DemoArgs;
pub(super) use global::{ColorChoice, GlobalArgs, LogFormat};
pub(super) use history::{BaselineArgs, CompareArgs, RunsArgs, RunsCommand};
pub(super) use network::{IdentityArgs, NetworkArgs};
pub(super) use output::{ExportArgs, StoreArgs};
pub(super) use pace::PaceArgs;
pub(super) use schedule::{AddArgs, EmitArgs, RunArgs, ScheduleArgs, ScheduleCommand, Target};
pub(super) use scope::{ScopeArgs, is_scope};
pub(super) use tools::{
    CompletionsArgs, ExplainArgs, LinksArgs, ManArgs, ReportArgs, RobotsArgs, SitemapArgs,
    SitemapFormat,
};

/// Finds the pages of a site that answer 5xx: how often, since when and why.
#[derive(Debug, Parser)]
#[command(name = "gatecrawl", version, max_term_width = 100)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: GlobalArgs,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
    Completions(CompletionsArgs),
    Man(ManArgs),
}
