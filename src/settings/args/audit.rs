use std::path::PathBuf;

use clap::{Args, ValueHint};

use crate::assess::Gate;

use super::{
    BaselineArgs, ExportArgs, IdentityArgs, NetworkArgs, PaceArgs, ScopeArgs, StoreArgs,
    TrafficArgs,
};

/// Crawl a site, store every attempt, and print a summary; -o writes reports
#[derive(Debug, Default, Args)]
pub(crate) struct AuditArgs {
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    #[command(flatten)]
    pub(crate) export: ExportArgs,
    #[command(flatten)]
    pub(crate) traffic: TrafficArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    #[command(flatten)]
    pub(crate) baseline: BaselineArgs,
    /// Fail if this is true (repeatable): METRIC OP VALUE, such as `5xx > 0` or `5xx-rate > 1%`
    ///
    /// Metrics: 5xx, 502, 503, 504, persistent, intermittent, transient, unreachable and new-5xx count pages;
    /// 5xx-rate, 502-rate and coverage are shares (1% or 0.01); crawlability and indexing-risk are scores of 0 to 100
    /// (100 is the best crawlability and the worst risk). Operators: > >= < <= ==. Rates and scores are estimates
    /// with a 95 % interval: a gate fails only if it is true for the whole interval (`5xx-rate > 1%` if its lower end
    /// is above 1 %), so noise does not break a build. A gate is undecided if the result depends on unconfirmed pages
    /// or on pages that were not requested. The exit code is 10 if a gate fails, 4 if one cannot be decided.
    /// `clicks-at-risk` counts clicks a day (--traffic). `5xx-rate{segment=checkout} > 1%` is about a segment
    /// (--segment) or a folder (`{segment=/shop/}`) alone.
    #[arg(long, value_name = "EXPR", help_heading = "Gates")]
    pub(crate) fail_on: Vec<Gate>,
    /// Read these server logs after the crawl (repeatable): files, directories or patterns, as `gatecrawl logs` takes them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Logs")]
    pub(crate) logs: Vec<PathBuf>,
    /// Line format of the logs, as in nginx's log_format or Apache's LogFormat, or for JSON lines
    /// 'json: time=ts status=code target=path' (repeatable)
    #[arg(long, value_name = "FORMAT", help_heading = "Logs")]
    pub(crate) line_format: Vec<String>,
    /// Read line formats from this configuration file of nginx or Apache (repeatable)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Logs")]
    pub(crate) nginx_conf: Vec<PathBuf>,
    /// Continue an interrupted or incomplete run: its number, or the newest
    #[expect(clippy::option_option, reason = "absent, without a value, with one")]
    #[arg(long, value_name = "RUN", num_args = 0..=1, help_heading = "Run")]
    pub(crate) resume: Option<Option<String>>,
    /// Print what would be done, without fetching anything but robots.txt
    #[arg(long, help_heading = "Run")]
    pub(crate) dry_run: bool,
}
