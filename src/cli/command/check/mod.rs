//! `gatecrawl check`: a few URLs in depth, requested now or read from a browser's archive.

mod archive;
mod attempts;
mod clients;
#[cfg(test)]
mod tests;
mod urls;
mod why;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use crate::check::read_archive;
use crate::parse::har::Report;

use crate::settings::args::CheckArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::{Failure, chain};
use crate::terminal::output_style::OutputStyle;
use crate::terminal::streams::{Console, People};
use crate::terminal::text::count;

/// Maximum size of an archive in bytes: a session of some hours with all bodies.
const LARGEST: u64 = 512 << 20;

/// Requests URLs, or reads a browser's archive.
pub(in crate::cli) async fn run(args: CheckArgs, console: &mut Console) -> Result<Exit, Failure> {
    match &args.har {
        Some(path) => explain(path, args.json, console),
        None => urls::run(args, console).await,
    }
}

/// Explains the failures in an archive.
fn explain(path: &Path, json: bool, console: &mut Console) -> Result<Exit, Failure> {
    let (archive, report) = {
        let reader = open(path, &mut console.stdin)?;
        read_archive(path.display().to_string(), reader).map_err(|fault| {
            Failure::usage(format!("--har {}: {}", path.display(), chain(&fault)))
        })?
    };
    complain(path, &report, &console.people);
    if json {
        console.print_json(&archive)?;
        return Ok(Exit::Done);
    }
    let style = OutputStyle::of_stdout(console);
    console.print(&archive::render(&archive, style.width, style.color))?;
    Ok(Exit::Done)
}

fn open<'a>(path: &Path, stdin: &'a mut dyn Read) -> Result<Box<dyn Read + 'a>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(stdin.take(LARGEST)));
    }
    let fault = |what: String| Failure::usage(format!("--har {}: {what}", path.display()));
    let file = File::open(path).map_err(|error| fault(error.to_string()))?;
    let size = file
        .metadata()
        .map_err(|error| fault(error.to_string()))?
        .len();
    if size > LARGEST {
        let most = LARGEST >> 20;
        return Err(fault(format!(
            "larger than {most} MiB; save it without bodies, or in parts"
        )));
    }
    Ok(Box::new(BufReader::new(file.take(LARGEST))))
}

/// Prints which entries of the archive could not be used.
fn complain(path: &Path, report: &Report, people: &People) {
    let path = path.display();
    for complaint in &report.complaints {
        people.say(format!(
            "{path}: entry {}: {}",
            complaint.entry, complaint.what
        ));
    }
    let unlisted = report.complaint_count - report.complaints.len() as u64;
    if unlisted > 0 {
        people.say(format!(
            "{path}: and {} more",
            count(unlisted, "broken one")
        ));
    }
    if let Some(why) = &report.broken_off {
        people.say(format!(
            "{path}: breaks off ({why}); what stands before that is explained"
        ));
    }
}
