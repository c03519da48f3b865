//! `gatecrawl explain`: what a status, a cause, an outcome or a step means, and what to do.

mod list;
mod page;

use std::io::Write;

use serde::Serialize;

use crate::assess::playbook::{groups, lookup, nearest};

use super::args::ExplainArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::streams::Console;
use super::wrap::width_of;

/// How a page looks where it is read.
#[derive(Clone, Copy, Debug)]
struct Look {
    /// Columns that prose is wrapped at.
    width: usize,
    /// Whether headings are painted.
    color: bool,
}

/// Prints a playbook, or what there are.
pub(super) fn run(args: &ExplainArgs, console: &mut Console) -> Result<Exit, Failure> {
    let look = Look {
        width: width_of(console.stdout_width),
        color: console.stdout_color,
    };
    let server = args.server.map(|server| server.0);
    match &args.topic {
        None if args.json => json(&groups(), console)?,
        None => write!(console.stdout, "{}", list::list(&groups(), look))?,
        Some(topic) => {
            let playbook = lookup(topic, server).ok_or_else(|| unknown(topic))?;
            if args.json {
                json(&playbook, console)?;
            } else {
                write!(console.stdout, "{}", page::page(&playbook, look))?;
            }
        }
    }
    Ok(Exit::Done)
}

fn json(value: &impl Serialize, console: &mut Console) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::own)?;
    writeln!(console.stdout, "{text}")?;
    Ok(())
}

fn unknown(topic: &str) -> Failure {
    let advice = match nearest(topic) {
        Some(near) => format!("the nearest is {near:?}"),
        None => "`gatecrawl explain` lists them".to_owned(),
    };
    Failure::usage(format!("no topic {topic:?}; {advice}"))
}
