//! Checks a configuration file without using it.

use std::path::Path;

use clap::CommandFactory;

use crate::cli::command::schedule;
use crate::settings::args::Cli;
use crate::settings::config::{self, File};
use crate::settings::failure::Failure;

/// Checks the text of a configuration file as `audit` and `schedule` read it. The error is one line with the file
/// and, if the fault is in one line, the line and the key.
pub fn check_config(path: &Path, text: &str) -> Result<(), String> {
    check(path, text).map_err(|fault| fault.message().unwrap_or_default())
}

fn check(path: &Path, text: &str) -> Result<(), Failure> {
    let program = Cli::command();
    let typed = program
        .clone()
        .try_get_matches_from(["gatecrawl", "audit", "site.example"])
        .map_err(|error| Failure::usage(error.to_string()))?;
    if let Some((name, typed)) = typed.subcommand()
        && let Some(audit) = program.find_subcommand(name)
    {
        let file = File {
            path,
            text,
            named: true,
        };
        config::words(&file, &program, audit, typed)?;
    }
    schedule::check_projects(path, text)
}
