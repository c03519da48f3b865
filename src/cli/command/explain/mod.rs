//! `gatecrawl explain`: the meaning of a status, a cause, an outcome, a step, a column or another word of the program, and
//! what to do.

mod declared;
mod list;
mod page;

use crate::assess::playbook::{Playbook, groups, lookup, nearest};

use crate::report::snake_case;
use crate::settings::args::ExplainArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::output_style::OutputStyle;
use crate::terminal::streams::Console;

use declared::{Explained, declared};

/// Prints a playbook, or the list of topics.
pub(in crate::cli) fn run(args: &ExplainArgs, console: &mut Console) -> Result<Exit, Failure> {
    let output = OutputStyle::of_stdout(console);
    let server = args.server.map(|server| server.0);
    match &args.topic {
        None if args.json => console.print_json(&groups())?,
        None => console.print(&list::list(&groups(), output))?,
        Some(topic) => {
            let found = find(topic, server).ok_or_else(|| unknown(topic))?;
            if args.json {
                console.print_json(&found)?;
            } else {
                console.print(&page::page(&found, output))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn find(topic: &str, server: Option<&'static str>) -> Option<Explained> {
    let declared = declared(topic);
    let playbook = match lookup(topic, server) {
        Some(playbook) => playbook,
        None if declared.is_empty() => return None,
        None => Playbook {
            key: snake_case(topic),
            title: topic.trim().to_owned(),
            ..Playbook::default()
        },
    };
    Some(Explained { playbook, declared })
}

fn unknown(topic: &str) -> Failure {
    let advice = match nearest(topic, declared::names()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => "`gatecrawl explain` lists them".to_owned(),
    };
    Failure::usage(format!("no topic {topic:?}; {advice}"))
}
