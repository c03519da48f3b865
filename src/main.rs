//! The binary: passes arguments and streams to the command line, and returns its exit code.

use std::io::{self, IsTerminal};
use std::process::ExitCode;

use gatecrawl::cli::{self, Streams};

/// The allocator. A crawl allocates millions of small texts, and frees many of them on another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let streams = Streams {
        stdin: Box::new(io::stdin()),
        stdout: Box::new(io::stdout()),
        stdout_width: terminal_size::terminal_size_of(io::stdout()).map(|(columns, _)| columns.0),
        stderr: Box::new(io::stderr()),
        // A dumb terminal cannot draw a line again.
        stderr_is_terminal: io::stderr().is_terminal()
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb"),
    };
    cli::main(std::env::args_os(), streams).into()
}
