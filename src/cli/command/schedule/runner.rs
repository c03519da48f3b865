//! `gatecrawl schedule run`: makes the runs that are due.

use std::collections::HashSet;
use std::sync::Arc;

use crate::crawl::stop_switch;
use crate::schedule::{Runner, Tally};

use super::auditor::Audits;
use super::background::Background;
use super::channels;
use super::printer::Printer;
use super::projects::known;
use super::projects::{self, Planned};
use super::service::{self, Status, Wall};
use crate::cli::{database, signals};
use crate::settings::args::{RunArgs, StoreArgs};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;

/// Makes due runs until it is stopped, or once with `--once`.
pub(super) async fn run(
    args: &RunArgs,
    store: &StoreArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let text = projects::text(&path)?;
    projects::refuse_unnamed(store, &path, &text)?;
    let planned = projects::read(&path, &text)?;
    if planned.is_empty() {
        return Err(Failure::usage(format!(
            "{}: no project in it; `gatecrawl schedule add NAME URL --schedule WHEN` adds one",
            path.display()
        )));
    }
    if !args.once {
        let path = path.display();
        console
            .people
            .mention(format!("projects of {path} are in use"));
    }
    for name in &args.now {
        known(&planned, name)?;
    }
    let channels = channels::read(&projects::file(&path, &text), &planned)?;
    let store = database::open_or_make(store)?;
    let people = console.people.clone();
    let names = planned.iter().map(|planned| planned.project.name.clone());
    let names: Vec<String> = names.collect();
    let heard = (args.metrics.clone(), &people);
    let background = Background::start(&store, channels, &names, heard).await?;
    let timings = planned
        .iter()
        .map(|planned| (planned.project.name.clone(), planned.project.timing.clone()));
    let printer = Printer {
        people: people.clone(),
        timings: timings.collect(),
    };
    let (projects, args_of) = planned
        .into_iter()
        .map(|Planned { project, args }| (project.clone(), (project.name, args)))
        .unzip();
    let (switch, stop) = stop_switch();
    let runner = Runner {
        projects,
        now: args.now.iter().cloned().collect::<HashSet<_>>(),
        parallel: args.parallel.into(),
        auditor: Arc::new(Audits {
            args: args_of,
            store: store.clone(),
        }),
        store,
        listener: ((printer, Status), background.listener()),
        clock: Wall::new(),
        stop: stop.clone(),
    };
    service::ready(stop);
    let once = args.once;
    let work = async move {
        if once {
            runner.serve_once().await
        } else {
            runner.serve().await
        }
    };
    // A task, so that its audits run as tasks on the same runtime threads.
    let work = tokio::spawn(work);
    let tally = tokio::select! {
        done = work => match done {
            Ok(tally) => tally?,
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        },
        () = signals::listen(switch, people) => return Ok(Exit::Interrupted),
    };
    if once {
        background.finish_and_send().await;
        return Ok(exit_of(tally));
    }
    background.finish().await;
    Ok(Exit::Done)
}

/// Returns the exit code of the worst run, for `--once`.
fn exit_of(tally: Tally) -> Exit {
    match tally {
        Tally { failed: 1.., .. } => Exit::Failed,
        Tally { no_audit: 1.., .. } => Exit::NoAudit,
        Tally {
            gate_failed: 1.., ..
        } => Exit::GateFailed,
        Tally {
            gate_undecided: 1..,
            ..
        } => Exit::GateUndecided,
        Tally {
            interrupted: true, ..
        } => Exit::Interrupted,
        _ => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_run_decides_the_exit_code() {
        let good = Tally {
            done: 3,
            ..Tally::default()
        };
        assert_eq!(exit_of(good), Exit::Done);
        let gate = Tally {
            gate_failed: 1,
            gate_undecided: 2,
            ..good
        };
        assert_eq!(exit_of(gate), Exit::GateFailed);
        assert_eq!(exit_of(Tally { failed: 1, ..gate }), Exit::Failed);
    }
}
