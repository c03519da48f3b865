//! The commands of the program, one file or folder each. Only this room and `terminal` print, to streams that are
//! parameters: stdout is for programs, stderr for people. There is no rule about crawling here.

mod check_config;
mod command;
mod database;
mod logs;
mod signals;
#[cfg(test)]
mod tests;

use std::ffi::OsString;

use crate::machine;

use crate::settings::args::{Cli, ColorChoice, Command};
use crate::settings::failure::Failure;
use crate::settings::parse::{self, Said, Typed};
use crate::terminal::streams::Console;

pub use crate::settings::exit::Exit;
pub use crate::terminal::streams::Streams;
pub use check_config::check_config;

/// Runs the program. The arguments begin with the program's own name.
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
    // The last bytes may also find a closed pipe.
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
    // Cron mails all output, every few minutes; and the runner names its projects itself.
    let is_schedule = matches!(cli.command, Command::Schedule(_));
    if let Some(config) = said.config.filter(|_| !is_schedule) {
        people.mention(format!("settings of {} are in use", config.display()));
    }
    if let Some(caution) = said.caution {
        tracing::warn!("{caution}");
    }
    // The runtime itself needs open files.
    machine::check_files().map_err(Failure::own)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = match cli.command {
        Command::Audit(args) => runtime.block_on(command::audit::run(&args, console)),
        Command::Demo(args) => runtime.block_on(command::demo::run(&args, console)),
        Command::Report(args) => command::report::run(&args, console),
        Command::Compare(args) => command::compare::run(&args, console),
        Command::Runs(args) => command::runs::run(&args, console),
        Command::Schedule(args) => runtime.block_on(command::schedule::run(&args, console)),
        Command::Explain(args) => command::explain::run(&args, console),
        Command::Check(args) => runtime.block_on(command::check::run(*args, console)),
        Command::Robots(args) => runtime.block_on(command::robots::run(&args, console)),
        Command::Sitemap(args) => runtime.block_on(command::sitemap::run(&args, console)),
        Command::Links(args) => runtime.block_on(command::links::run(&args, console)),
        Command::Logs(args) => command::logs::run(&args, &runtime, console),
        Command::Completions(args) => command::about::completions(&args, console),
        Command::Man(args) => command::about::man(&args, console),
    };
    // After three signals nothing is waited for.
    runtime.shutdown_background();
    done
}

/// Returns whether NO_COLOR is set and not empty (no-color.org).
fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn print(console: &mut Console, text: &str) -> Result<Exit, Failure> {
    console.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}
