//! From the words that were typed to a command.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use super::args::Cli;
use super::failure::Failure;

/// What was typed.
pub(super) enum Typed {
    /// A command.
    Command(Box<Cli>),
    /// A question about the program itself, with its answer.
    Text(String),
}

/// Reads the arguments.
pub(super) fn parse(args: Vec<OsString>) -> Result<Typed, Failure> {
    let read = Cli::command()
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match read {
        Ok(cli) => Ok(Typed::Command(Box::new(cli))),
        Err(error) => match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                Ok(Typed::Text(error.render().to_string()))
            }
            _ => Err(Failure::usage(complaint(&error))),
        },
    }
}

/// What clap says, without the usage that it repeats: what is wrong and its tips.
fn complaint(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let lines = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim_start_matches("error: ").to_owned()
}
