//! `gatecrawl runs`: the stored runs, one of them in numbers, and forgetting some.

use std::collections::HashMap;
use std::io::Write;

use crate::store::{RunRow, Store};

use super::args::{RunsArgs, RunsCommand};
use super::exit::Exit;
use super::failure::Failure;
use super::gaps::gaps;
use super::look::Look;
use super::streams::Console;
use super::summary::{Told, WORST, summary};
use super::{database, text};

/// Carries out a command about runs.
pub(super) fn run(args: &RunsArgs, console: &mut Console) -> Result<Exit, Failure> {
    match &args.command {
        None | Some(RunsCommand::List) => list(args, console),
        Some(RunsCommand::Show { run }) => {
            show(&database::open(&args.store)?, run.as_deref(), console)
        }
        Some(RunsCommand::Delete { run }) => {
            let store = database::open(&args.store)?;
            let found = run.iter().map(|name| store.run(name));
            delete(&store, found.collect::<Result<_, _>>()?, console)
        }
        Some(RunsCommand::Prune { keep }) => {
            let store = database::open(&args.store)?;
            delete(&store, surplus(store.runs()?, *keep), console)
        }
    }
}

fn list(args: &RunsArgs, console: &mut Console) -> Result<Exit, Failure> {
    let runs = database::open(&args.store)?.runs()?;
    if runs.is_empty() {
        console.people.mention("no run is stored yet");
        return Ok(Exit::Done);
    }
    let out = &mut console.stdout;
    writeln!(
        out,
        "{:>5}  {:<19}  {:<11}  {:>10}  SITE",
        "RUN", "STARTED (UTC)", "STATE", "TOOK"
    )?;
    for run in runs {
        let took = run
            .ended
            .map(|ended| text::duration(ended.since(run.started)));
        writeln!(
            out,
            "{:>5}  {:<19}  {:<11}  {:>10}  {}",
            run.id.to_string(),
            run.started.spreadsheet(),
            run.state.name(),
            took.unwrap_or_default(),
            text::tame(&run.site),
        )?;
    }
    Ok(Exit::Done)
}

fn show(store: &Store, name: Option<&str>, console: &mut Console) -> Result<Exit, Failure> {
    let run = database::run(store, name)?;
    // A process that was killed could not do it.
    store.conclude(run.id)?;
    let text = summary(&Told {
        run: &run,
        summary: &store.summary(run.id)?,
        worst: &store.worst_pages(run.id, WORST)?,
        gaps: &gaps(store, &run)?,
        files: &[],
        database: store.path().display().to_string(),
        look: Look {
            color: false,
            ..Look::of_stdout(console)
        },
    });
    console.stdout.write_all(text::tame(&text).as_bytes())?;
    Ok(Exit::Done)
}

fn delete(store: &Store, runs: Vec<RunRow>, console: &mut Console) -> Result<Exit, Failure> {
    for run in runs {
        store.delete_run(run.id)?;
        console
            .people
            .mention(format!("deleted run {} of {}", run.id, run.site));
    }
    Ok(Exit::Done)
}

/// All but the newest runs of each site; `runs` has the newest first.
fn surplus(runs: Vec<RunRow>, keep: u32) -> Vec<RunRow> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut is_surplus = |run: &RunRow| {
        let kept = seen.entry(run.site.clone()).or_default();
        *kept += 1;
        *kept > keep
    };
    runs.into_iter().filter(|run| is_surplus(run)).collect()
}
