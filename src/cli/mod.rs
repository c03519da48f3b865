//! What a person types and reads: arguments and config file to a checked plan, one file a command,
//! progress and summary, exit codes. The only room that prints, and it prints to streams that are
//! handed in: stdout is for machines, stderr for people. No rule about crawling lives here.

mod about;
mod agents;
mod args;
mod asked;
mod audit;
mod check;
mod columns;
mod compare;
mod config;
mod config_check;
mod cookies;
mod database;
mod demo;
mod dry_run;
mod exit;
mod explain;
mod failure;
mod gaps;
mod gates;
mod history;
mod links;
mod logins;
mod logs;
mod look;
mod network;
mod order;
mod paint;
mod parse;
mod plan;
mod progress;
mod reach;
mod report;
mod robots;
mod runs;
mod schedule;
mod secrets;
mod signals;
mod sitemap;
mod source;
mod spark;
mod stall;
mod streams;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod unfinished;
mod urls;
mod value;
mod watch;
mod wrap;

use std::ffi::OsString;

use crate::machine;

use args::{Cli, ColorChoice, Command};
use failure::Failure;
use parse::{Said, Typed};
use streams::Console;

pub use config_check::check_config;
pub use exit::Exit;
pub use streams::Streams;

/// Runs the program: arguments, the program's own name first, to an exit code.
pub fn main(args: impl IntoIterator<Item = OsString>, streams: Streams) -> Exit {
    let mut console = Console::new(streams);
    let done = match parse::parse(args.into_iter().collect()) {
        Ok(Typed::Command(cli, said)) => run(*cli, said, &mut console),
        Ok(Typed::Text(text)) => print(&mut console, &text),
        Ok(Typed::Nothing(text)) => {
            console.people.say(text);
            Ok(Exit::Usage)
        }
        Err(failure) => Err(failure),
    };
    // What is not written yet may find its reader gone as well.
    let flushed = console.stdout.flush().map_err(Failure::from);
    let done = done.and_then(|exit| flushed.map(|()| exit));
    done.unwrap_or_else(|failure| {
        if let Some(message) = failure.message() {
            console.people.say(format!("error: {message}"));
        }
        failure.exit()
    })
}

fn run(cli: Cli, said: Said, console: &mut Console) -> Result<Exit, Failure> {
    let people = &mut console.people;
    people.quiet = cli.global.quiet;
    let color = |terminal: bool| match cli.global.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && !no_color(),
    };
    people.color = color(people.terminal);
    console.stdout_color = color(console.stdout_width.is_some());
    logs::start(&cli.global, people);
    // Cron sends a mail with whatever is said, every few minutes; the runner names its projects itself.
    let is_schedule = matches!(cli.command, Command::Schedule(_));
    if let Some(config) = said.config.filter(|_| !is_schedule) {
        people.mention(format!("settings of {} are in use", config.display()));
    }
    if let Some(caution) = said.caution {
        tracing::warn!("{caution}");
    }
    // What the runtime waits with are files.
    machine::check_files().map_err(Failure::own)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = match cli.command {
        Command::Audit(args) => runtime.block_on(audit::run(&args, console)),
        Command::Demo(args) => runtime.block_on(demo::run(&args, console)),
        Command::Report(args) => report::run(&args, console),
        Command::Compare(args) => compare::run(&args, console),
        Command::Runs(args) => runs::run(&args, console),
        Command::Schedule(args) => runtime.block_on(schedule::run(&args, console)),
        Command::Explain(args) => explain::run(&args, console),
        Command::Check(args) => runtime.block_on(check::run(*args, console)),
        Command::Robots(args) => runtime.block_on(robots::run(&args, console)),
        Command::Sitemap(args) => runtime.block_on(sitemap::run(&args, console)),
        Command::Links(args) => runtime.block_on(links::run(&args, console)),
        Command::Completions(args) => about::completions(&args, console),
        Command::Man(args) => about::man(&args, console),
    };
    // Whoever stops three times waits for nothing.
    runtime.shutdown_background();
    done
}

/// Whether colours are unwanted everywhere (no-color.org): the variable is there and not empty.
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn print(console: &mut Console, text: &str) -> Result<Exit, Failure> {
    console.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}
