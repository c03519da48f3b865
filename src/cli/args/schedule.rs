use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

use crate::measure::Place;

use super::StoreArgs;

/// Audit sites again and again: `[project.NAME]` tables of the configuration file, with a schedule
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
    /// List the projects: when each is due, and what became of its last run
    List,
    /// Take a project out of the configuration file; its runs stay
    Remove {
        /// Its name
        name: String,
    },
    /// Check the configuration, and print the next five times of each project
    Check,
    /// Make the runs that are due: in the foreground until told to stop, or once
    Run(RunArgs),
    /// Print what starts the schedule by other means: units, a crontab, a workflow
    Emit(EmitArgs),
    /// Send a sample of a notification through every channel of a project
    NotifyTest {
        /// Its name
        name: String,
    },
    /// Print a JSON schema of the configuration file, for editors
    Schema,
}

/// A project to be added.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// What it is called: letters, digits, - and _
    pub(crate) name: String,
    /// The site
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub(crate) url: String,
    /// When: `hourly`, `daily at 03:30`, `weekly on mon 06:00`, `monthly on 1 04:00`, `@weekly`, or
    /// five fields of cron
    #[arg(long, value_name = "WHEN")]
    pub(crate) schedule: String,
    /// The time zone of the schedule, such as Europe/Berlin [default: the system's]
    #[arg(long, value_name = "NAME")]
    pub(crate) timezone: Option<String>,
    /// Another key of the project, as it would stand in the file (repeatable): `keep-runs = 12`
    #[arg(long, value_name = "KEY = VALUE")]
    pub(crate) set: Vec<String>,
    /// Flags of audit, kept as keys: `-- --rate 5 --exclude /search`
    #[arg(last = true, value_name = "FLAGS OF AUDIT")]
    pub(crate) flags: Vec<String>,
}

/// How the runner runs.
#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Do what is due now, then end: for cron and its kin
    #[arg(long)]
    pub(crate) once: bool,
    /// Run this project now, whatever its schedule says (repeatable)
    #[arg(long, value_name = "NAME")]
    pub(crate) now: Vec<String>,
    /// Most projects at a time; those on one host take turns anyway
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(crate) parallel: u8,
    /// Serve metrics for Prometheus at this address or name [without one: 127.0.0.1:9598]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9598", conflicts_with = "once")]
    pub(crate) metrics: Option<Place>,
}

/// What is printed.
#[derive(Debug, Args)]
pub(crate) struct EmitArgs {
    /// For what
    pub(crate) target: Target,
    /// The program [default: where this one is]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) program: Option<PathBuf>,
    /// The container image, for kubernetes
    #[arg(long, value_name = "IMAGE", default_value = concat!("gatecrawl:", env!("CARGO_PKG_VERSION")))]
    pub(crate) image: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// A service that runs all the time
    Systemd,
    /// A service and a timer, for `--once`
    SystemdTimer,
    /// A line of a crontab
    Cron,
    /// A workflow of GitHub Actions
    GithubActions,
    /// A CronJob with its volume
    Kubernetes,
}
