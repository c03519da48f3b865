//! Parses the command line and the arguments that the config file adds.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, FromArgMatches};

use crate::machine;

use super::args::{Cli, Command as Chosen, is_scope};
use super::config;
use super::failure::Failure;
use super::failure::complaint;

/// The config file that is read if it exists and no other is named.
pub(crate) const CONFIG: &str = "gatecrawl.toml";

/// A parsed command line.
pub(crate) enum Typed {
    /// A command, and the messages to print before it begins.
    Command(Box<Cli>, Said),
    /// Help or version, for stdout.
    Text(String),
    /// Help, because no command was given. It goes to stderr: the reader of a pipe does not expect it.
    Nothing(String),
}

/// The messages to print before a command begins.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The config file in use.
    pub(crate) config: Option<PathBuf>,
    /// A warning about this file.
    pub(crate) caution: Option<String>,
}

/// Parses the arguments and the config file.
pub(crate) fn parse(mut words: Vec<OsString>) -> Result<Typed, Failure> {
    let mut command = without_empty_variables(Cli::command());
    let matches = match command.try_get_matches_from_mut(&words) {
        Ok(matches) => matches,
        Err(error) => return answer(&error),
    };
    let mut said = Said::default();
    if let Some((name, typed)) = matches.subcommand()
        && let Some(chosen) = command.find_subcommand(name)
    {
        refuse_scope_of_resumed(chosen, typed)?;
        let added = from_config(&command, chosen, typed, &mut said)?;
        let at = words
            .iter()
            .skip(1)
            .position(|word| word == OsStr::new(name));
        let at = at.map_or(words.len(), |at| at + 2);
        words.splice(at..at, added);
    }
    let of_files = flags_of_files(&command, &matches);
    let read = command
        .try_get_matches_from_mut(words)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    match read {
        Ok(cli) if !of_files.is_empty() && !writes_files(&cli) => Err(Failure::usage(format!(
            "{}: no file is written without --out; add `-o DIR`",
            of_files.join(", ")
        ))),
        Ok(cli) => Ok(Typed::Command(Box::new(cli), said)),
        Err(error) => answer(&error),
    }
}

/// Removes empty environment variables from a command: they count as not set.
pub(crate) fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| {
        let name = arg.get_env();
        name.and_then(std::env::var_os)
            .is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| {
            if is_empty(&arg) {
                arg.env(None::<&str>)
            } else {
                arg
            }
        })
        .mut_subcommands(without_empty_variables)
}

fn answer(error: &clap::Error) -> Result<Typed, Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            Ok(Typed::Text(error.render().to_string()))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            Ok(Typed::Nothing(error.render().to_string()))
        }
        _ => Err(Failure::usage(complaint(error))),
    }
}

/// The arguments of `audit`, and of `logs`, that have an effect on exported files only.
const OF_FILES: [&str; 7] = [
    "format",
    "title",
    "logo",
    "audience",
    "tickets",
    "csv_bom",
    "overwrite",
];

/// Returns the flags on the command line that have an effect on exported files only. A resumed run has none: it may
/// have a directory for its exports already. Defaults of a config file do not count.
fn flags_of_files(program: &Command, matches: &ArgMatches) -> Vec<String> {
    let chosen = matches
        .subcommand()
        .filter(|(name, _)| matches!(*name, "audit" | "logs"));
    let Some((name, typed)) = chosen else {
        return Vec::new();
    };
    if name == "audit" && is_typed(typed, "resume") {
        return Vec::new();
    }
    let known = program.find_subcommand(name);
    let known = known.into_iter().flat_map(Command::get_arguments);
    known
        .filter(|arg| {
            let id = arg.get_id().as_str();
            OF_FILES.contains(&id) && is_typed(typed, id)
        })
        .filter_map(Arg::get_long)
        .map(|long| format!("--{long}"))
        .collect()
}

/// Returns whether a command has a directory for its exports.
fn writes_files(cli: &Cli) -> bool {
    match &cli.command {
        Chosen::Audit(args) => args.export.out.is_some(),
        Chosen::Logs(args) => args.out.is_some(),
        _ => true,
    }
}

/// Returns whether an argument is on the command line.
fn is_typed(typed: &ArgMatches, id: &str) -> bool {
    typed.value_source(id) == Some(ValueSource::CommandLine)
}

/// Refuses scope flags for a resumed run: with another scope it would be another run.
fn refuse_scope_of_resumed(command: &Command, typed: &ArgMatches) -> Result<(), Failure> {
    let resumes =
        command.get_arguments().any(|arg| arg.get_id() == "resume") && typed.contains_id("resume");
    let scope = command
        .get_arguments()
        .find(|arg| is_scope(arg) && is_typed(typed, arg.get_id().as_str()));
    match scope.filter(|_| resumes) {
        None => Ok(()),
        Some(arg) => {
            let name = arg
                .get_long()
                .map_or("a URL".to_owned(), |long| format!("--{long}"));
            Err(Failure::usage(format!(
                "--resume continues the run with its original settings, so {name} cannot be given; \
                 leave it out, or start a new run without --resume"
            )))
        }
    }
}

fn from_config(
    program: &Command,
    command: &Command,
    typed: &ArgMatches,
    said: &mut Said,
) -> Result<Vec<OsString>, Failure> {
    if !command.get_arguments().any(|arg| arg.get_id() == "config") {
        return Ok(Vec::new());
    }
    let named = typed.get_one::<PathBuf>("config");
    let path = match (named, in_use(named)) {
        // `schedule add` creates the file.
        (Some(path), _) if is_adding(command, typed) && !path.exists() => return Ok(Vec::new()),
        (_, Some(path)) => path,
        (_, None) => return Ok(Vec::new()),
    };
    let text = config::text(&path)
        .map_err(|fault| Failure::usage(format!("--config {}: {fault}", path.display())))?;
    let file = config::File {
        path: &path,
        text: &text,
        named: named.is_some(),
    };
    let audit = program.find_subcommand("audit");
    if machine::is_exposed(&path) && audit.is_some_and(|audit| config::holds_secrets(&file, audit))
    {
        said.caution = Some(exposed(&path));
    }
    let words = config::words(&file, program, command, typed)?;
    said.config = Some(path).filter(|_| !words.is_empty());
    Ok(words)
}

/// Returns the config file to read: the named one, or the one in this directory.
pub(crate) fn in_use(named: Option<&PathBuf>) -> Option<PathBuf> {
    // Reading a pipe of that name would block forever.
    let is_there = |found: Metadata| found.is_file() || found.is_dir();
    let found = || {
        let found = Path::new(CONFIG).metadata();
        found.is_ok_and(is_there).then(|| PathBuf::from(CONFIG))
    };
    named.cloned().or_else(found)
}

/// Returns the warning about a file with secrets that everybody may read.
pub(crate) fn exposed(path: &Path) -> String {
    let path = path.display();
    format!(
        "{path} holds secrets and everybody on this machine may read it; `chmod o-r {path}` changes that"
    )
}

/// Returns whether the command is `schedule add`, the only one that does not need an existing config file.
fn is_adding(command: &Command, typed: &ArgMatches) -> bool {
    command.get_name() == "schedule" && typed.subcommand_name() == Some("add")
}
