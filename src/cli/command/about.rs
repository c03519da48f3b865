//! `gatecrawl completions` and `gatecrawl man`: completion scripts and man pages.

use clap::CommandFactory;

use crate::settings::args::{Cli, CompletionsArgs, ManArgs};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;

/// Prints a completion script.
pub(in crate::cli) fn completions(
    args: &CompletionsArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "gatecrawl", &mut script);
    console.stdout.write_all(&script)?;
    Ok(Exit::Done)
}

/// Prints the man page of the program or of one command.
pub(in crate::cli) fn man(args: &ManArgs, console: &mut Console) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => program
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(format!("no command {name:?}")))?
            .clone()
            .version(env!("CARGO_PKG_VERSION")),
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    console.stdout.write_all(&page)?;
    Ok(Exit::Done)
}
