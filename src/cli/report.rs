//! `gatecrawl report`: the exports of a stored run once more.

use std::io::Write;

use crate::report;

use super::args::ReportArgs;
use super::database;
use super::exit::Exit;
use super::failure::{Failure, bad_out};
use super::streams::Console;

/// Writes them, and prints the names of the files.
pub(super) fn run(args: &ReportArgs, console: &mut Console) -> Result<Exit, Failure> {
    let Some(out) = &args.export.out else {
        return Err(Failure::usage("--out: name the directory to write to"));
    };
    let store = database::open(&args.store)?;
    let run = database::run(&store, args.run.as_deref())?;
    let (formats, overwrite) = (args.export.formats(), args.export.overwrite);
    report::check(out, &formats, overwrite).map_err(|fault| bad_out(&fault))?;
    for file in report::write(&store, &run, &formats, out, overwrite)? {
        writeln!(console.stdout, "{}", file.display())?;
    }
    Ok(Exit::Done)
}
