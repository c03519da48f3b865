//! `gatecrawl report`: writes the exports of a stored run again.

mod history;

use std::io::Write;

use crate::audit;

use crate::cli::database;
use crate::settings::args::ReportArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::settings::plan::asked;
use crate::terminal::streams::Console;

/// Writes the exports, and prints the names of the files unless `--quiet` is set.
pub(in crate::cli) fn run(args: &ReportArgs, console: &mut Console) -> Result<Exit, Failure> {
    if let Some(url) = &args.url {
        return history::run(url, args, console);
    }
    if args.export.out.is_none() {
        return Err(Failure::usage("--out: name the directory to write to"));
    }
    let store = database::open(&args.store)?;
    let run = database::run(&store, args.run.as_deref())?;
    let asked = asked::of_stored(&args.export, &args.baseline);
    let reported = audit::report(&store, &run, &asked)?;
    if let Some(first) = reported.owed.first() {
        let (id, hint) = (run.id, database::hint(&store, &args.store));
        console.people.say(format!(
            "run {id} has not judged its gates yet, such as {first}: `gatecrawl audit --resume {id}{hint}` does"
        ));
    }
    if !console.people.quiet {
        for file in reported.files {
            writeln!(console.stdout, "{}", file.display())?;
        }
    }
    Ok(Exit::Done)
}
