use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::measure::Place;

use super::StoreArgs;

/// Run audits on a schedule, for the `[project.NAME]` tables of the configuration file
#[derive(Debug, Args)]
pub(crate) struct ScheduleArgs {
    #[command(subcommand)]
    pub(crate) command: ScheduleCommand,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Add a project to the configuration file
    Add(AddArgs),
    /// List projects with their next time and the result of their last run
    List,
    /// Remove a project from the configuration file; its runs stay
    Remove {
        /// Name of the project
        name: String,
    },
    /// Check the configuration and print the next five times of each project
    Check,
    /// Run what is due: in the foreground until it is stopped, or once
    Run(RunArgs),
    /// Print files that start the schedule elsewhere: systemd units, a crontab, a workflow
    Emit(EmitArgs),
    /// Send a sample notification through every channel of a project
    NotifyTest {
        /// Name of the project
        name: String,
    },
    /// Print a JSON schema of the configuration file, for editors
    Schema,
}

/// The project to add.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Name of the project: letters, digits, - and _
    pub(crate) name: String,
    /// URL of the site
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: String,
    /// When it runs: `hourly`, `daily at 03:30`, `weekly on mon 06:00`, `monthly on 1 04:00`, `@weekly`, or
    /// five fields of cron
    #[arg(long, value_name = "WHEN")]
    pub(crate) schedule: String,
    /// Time zone of the schedule, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "NAME")]
    pub(crate) timezone: Option<String>,
    /// Another key of the project, as it is written in the file (repeatable): `keep-runs = 12`
    #[arg(long, value_name = "KEY = VALUE")]
    pub(crate) set: Vec<String>,
    /// Flags of audit, stored as keys: `-- --rate 5 --exclude /search`
    #[arg(last = true, value_name = "FLAGS OF AUDIT")]
    pub(crate) flags: Vec<String>,
}

/// The options of the runner.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Run what is due, then exit (for cron)
    #[arg(long)]
    pub(crate) once: bool,
    /// Run this project now, even if it is not due (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) now: Vec<String>,
    /// Maximum number of projects that run at the same time; projects on one host take turns
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) parallel: u8,
    /// Serve metrics for Prometheus; the address may be left out [default address: 127.0.0.1:9598]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9598", conflicts_with = "once")]
    pub(crate) metrics: Option<Place>,
}

/// The file to print.
#[derive(Debug, Args)]
pub(crate) struct EmitArgs {
    /// Which kind of file
    pub(crate) target: Target,
    /// Path of gatecrawl [default: this program]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) program: Option<PathBuf>,
    /// The container image, for kubernetes
    #[arg(long, value_name = "IMAGE", default_value = concat!("gatecrawl:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// A systemd service that always runs
    Systemd,
    /// A systemd service and timer, for `--once`
    SystemdTimer,
    /// A crontab line
    Cron,
    /// A GitHub Actions workflow
    GithubActions,
    /// A Kubernetes CronJob with its volume
    Kubernetes,
}
