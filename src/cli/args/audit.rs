use clap::Args;

use super::{ExportArgs, IdentityArgs, NetworkArgs, PaceArgs, ScopeArgs, StoreArgs};

/// Crawl a site, keep every attempt, and export what was found
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
    pub(crate) store: StoreArgs,
    /// Go on with an interrupted run: its number, or the newest
    #[expect(clippy::option_option, reason = "absent, without a value, with one")]
    #[arg(long, value_name = "RUN", num_args = 0..=1, help_heading = "Run")]
    pub(crate) resume: Option<Option<String>>,
    /// Say what would be done; nothing but robots.txt is fetched
    #[arg(long, help_heading = "Run")]
    pub(crate) dry_run: bool,
}
