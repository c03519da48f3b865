//! `gatecrawl report`: the exports of a stored run once more.

use std::io::Write;

use crate::report::{self, Wanted};

use super::args::ReportArgs;
use super::asked::Asked;
use super::exit::Exit;
use super::failure::{Failure, bad_out};
use super::streams::Console;
use super::{baseline, database, history};

/// Writes them, and prints the names of the files unless `--quiet` is given.
pub(super) fn run(args: &ReportArgs, console: &mut Console) -> Result<Exit, Failure> {
    if let Some(url) = &args.url {
        return history::run(url, args, console);
    }
    let Some(out) = &args.export.out else {
        return Err(Failure::usage("--out: name the directory to write to"));
    };
    let store = database::open(&args.store)?;
    let run = database::run(&store, args.run.as_deref())?;
    let baseline = &args.baseline;
    let named = baseline::named(
        &store,
        "--baseline",
        baseline.baseline.as_deref(),
        &baseline.maps.map,
    )?;
    let formats = args.export.formats();
    report::check(out, &formats, args.export.overwrite).map_err(|fault| bad_out(&fault))?;
    let wanted = Wanted {
        formats,
        overwrite: args.export.overwrite,
        gates: Vec::new(),
        compared: baseline::compared(&store, &run, named)?,
    };
    let files = report::write(&store, &run, &wanted, out)?;
    let gates = Asked::of_report(args).settle(&store, &run)?;
    if let Some(first) = gates.first() {
        let (id, hint) = (run.id, database::hint(&store, &args.store));
        console.people.say(format!(
            "run {id} has not judged its gates yet, such as {first}: `gatecrawl audit --resume {id}{hint}` does"
        ));
    }
    if !console.people.quiet {
        for file in files {
            writeln!(console.stdout, "{}", file.display())?;
        }
    }
    Ok(Exit::Done)
}
