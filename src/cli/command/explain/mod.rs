//! `gatecrawl explain`: the meaning of a status, a cause, an outcome or a step, and what to do.

mod list;
mod page;

use crate::assess::playbook::{groups, lookup, nearest};

use crate::settings::args::ExplainArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::streams::Console;

/// Prints a playbook, or the list of topics.
pub(in crate::cli) fn run(args: &ExplainArgs, console: &mut Console) -> Result<Exit, Failure> {
    let output = OutputStyle::of_stdout(console);
    let server = args.server.map(|server| server.0);
    match &args.topic {
        None if args.json => console.print_json(&groups())?,
        None => console.print(&list::list(&groups(), output))?,
        Some(topic) => {
            let playbook = lookup(topic, server).ok_or_else(|| unknown(topic))?;
            if args.json {
                console.print_json(&playbook)?;
            } else {
                console.print(&page::page(&playbook, output))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn unknown(topic: &str) -> Failure {
    let advice = match nearest(topic) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "`gatecrawl explain` lists them".to_owned(),
    };
    Failure::usage(format!("no topic {topic:?}; {advice}"))
}
