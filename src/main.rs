//! The binary: hands the world to the command line and passes on how it ended.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use gatecrawl::cli::{self, Streams};

fn main() -> ExitCode {
    let streams = Streams {
        stdin: Box::new(io::stdin()),
        stdout: Box::new(io::stdout()),
        stderr: Box::new(io::stderr()),
        stderr_is_terminal: io::stderr().is_terminal(),
    };
    cli::main(std::env::args_os(), streams).into()
}
