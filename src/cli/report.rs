//! `gatecrawl report`: the exports of a stored run once more.

use std::io::Write;

use crate::report::{self, Wanted};

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
    let wanted = Wanted {
        formats: args.export.formats(),
        overwrite: args.export.overwrite,
        gates: Vec::new(),
    };
    report::check(out, &wanted.formats, wanted.overwrite).map_err(|fault| bad_out(&fault))?;
    for file in report::write(&store, &run, &wanted, out)? {
        writeln!(console.stdout, "{}", file.display())?;
    }
    Ok(Exit::Done)
}
