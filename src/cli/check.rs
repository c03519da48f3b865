//! `gatecrawl check`: a few URLs in depth. What a browser recorded of them is read and explained.

mod archive;
mod attempts;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "what is told of URLs once they are asked")
)]
mod clients;
mod groups;
#[cfg(test)]
mod tests;
mod why;

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use crate::parse::har::{self, Report};

use super::args::CheckArgs;
use super::exit::Exit;
use super::failure::{Failure, chain};
use super::streams::{Console, People};
use super::text::{count, tame, tame_but_colors};
use super::wrap::width_of;
use archive::Archive;
use groups::Groups;

/// Largest archive that is read, in bytes: a session of some hours with all bodies.
const LARGEST: u64 = 512 << 20;

/// Explains what failed in an archive.
pub(super) fn run(args: &CheckArgs, console: &mut Console) -> Result<Exit, Failure> {
    let path = args.har.as_path();
    let mut groups = Groups::default();
    let report = {
        let reader = open(path, &mut console.stdin)?;
        har::read(reader, &mut |entry| groups.add(&entry)).map_err(|fault| {
            Failure::usage(format!("--har {}: {}", path.display(), chain(&fault)))
        })?
    };
    complain(path, &report, &console.people);
    let archive = Archive::new(path.display().to_string(), &report, groups);
    if args.json {
        let text = serde_json::to_string_pretty(&archive).map_err(Failure::own)?;
        writeln!(console.stdout, "{text}")?;
        return Ok(Exit::Done);
    }
    let color = console.stdout_color;
    let text = archive.text(width_of(console.stdout_width), color);
    let text = if color {
        tame_but_colors(&text)
    } else {
        tame(&text)
    };
    console.stdout.write_all(text.as_bytes())?;
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

/// Says what of the archive could not be used.
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
