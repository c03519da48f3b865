//! `gatecrawl schedule`: the projects of the configuration file, one file for each command.

mod auditor;
mod background;
mod channels;
mod edit;
mod emit;
mod flags;
mod printer;
mod projects;
mod runner;
mod schema;
mod service;
mod show;

use std::path::Path;

use crate::settings::args::{ScheduleArgs, ScheduleCommand};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;

/// Runs a subcommand.
pub(in crate::cli) async fn run(
    args: &ScheduleArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let store = &args.store;
    match &args.command {
        ScheduleCommand::Add(add) => edit::add(add, store, console),
        ScheduleCommand::List => show::list(store, console),
        ScheduleCommand::Remove { name } => edit::remove(name, store, console),
        ScheduleCommand::Check => show::check(store, console),
        ScheduleCommand::Run(run) => runner::run(run, store, console).await,
        ScheduleCommand::Emit(emit) => emit::emit(emit, store, console),
        ScheduleCommand::NotifyTest { name } => channels::test(name, store, console).await,
        ScheduleCommand::Schema => schema::print(console),
    }
}

/// Checks the projects of a configuration file.
pub(in crate::cli) fn check_projects(path: &Path, text: &str) -> Result<(), Failure> {
    projects::read(path, text).map(drop)
}
