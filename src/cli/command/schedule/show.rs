//! `gatecrawl schedule list` and `check`: the projects and their times.

use std::io::Write;

use crate::machine;
use crate::schedule::Project;
use crate::store::{ScheduleState, Store};

use super::teller::words;
use super::{channels, projects};
use crate::cli::database;
use crate::settings::args::StoreArgs;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::columns::{Side, columns};
use crate::terminal::streams::Console;
use crate::terminal::text;

/// Number of times that `check` prints for each project.
const TIMES: usize = 5;

/// Lists the projects with the results of their last runs.
pub(super) fn list(store: &StoreArgs, console: &mut Console) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let planned = projects::read(&path, &projects::text(&path)?)?;
    if planned.is_empty() {
        console
            .people
            .mention(format!("no project in {}", path.display()));
        return Ok(Exit::Done);
    }
    // Without a database there was no run yet.
    let store = database::open(store).ok();
    let now = machine::wall_clock();
    let heads = ["PROJECT", "SCHEDULE", "NEXT", "LAST RUN"].map(|head| (head, Side::Left));
    let mut rows = Vec::new();
    for project in planned.iter().map(|planned| &planned.project) {
        let state = state(store.as_ref(), project)?;
        let next = project.timing.after(now);
        let next = next
            .map(|at| words(&project.timing, at))
            .unwrap_or_default();
        let last = state.as_ref().map_or("none yet".to_owned(), last);
        rows.push(vec![
            project.name.clone(),
            project.timing.to_string(),
            next,
            last,
        ]);
    }
    console.print(&columns(&heads, &rows))?;
    Ok(Exit::Done)
}

fn state(store: Option<&Store>, project: &Project) -> Result<Option<ScheduleState>, Failure> {
    match store {
        Some(store) => Ok(store.schedule(&project.name)?),
        None => Ok(None),
    }
}

fn last(state: &ScheduleState) -> String {
    let last = state
        .last
        .map(|last| format!("{}, ended {}", last.run, last.ended.spreadsheet()));
    let last = last.unwrap_or_else(|| "none yet".to_owned());
    match &state.open {
        Some(_) => format!("{last} UTC; another is running or was interrupted"),
        None if state.last.is_some() => format!("{last} UTC"),
        None => last,
    }
}

/// Checks the configuration, and prints when the projects are due.
pub(super) fn check(store: &StoreArgs, console: &mut Console) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let text = projects::text(&path)?;
    let planned = projects::read(&path, &text)?;
    channels::check(&path, &text, &planned)?;
    for (at, planned) in planned.iter().enumerate() {
        if at > 0 {
            writeln!(console.stdout)?;
        }
        times(&planned.project, console)?;
    }
    let count = planned.len();
    console.people.mention(format!(
        "{}: {count} {}, all valid",
        path.display(),
        if count == 1 { "project" } else { "projects" }
    ));
    Ok(Exit::Done)
}

/// Prints when a project is due.
pub(super) fn times(project: &Project, console: &mut Console) -> Result<(), Failure> {
    let timing = &project.timing;
    let zone = timing
        .zone()
        .iana_name()
        .unwrap_or("the system's time zone");
    let schedule = timing.to_string();
    writeln!(
        console.stdout,
        "{}: {} ({zone})",
        project.name,
        text::tame(&schedule)
    )?;
    let times = std::iter::successors(timing.after(machine::wall_clock()), |at| timing.after(*at));
    for at in times.take(TIMES) {
        writeln!(
            console.stdout,
            "  {:<27}  {} UTC",
            words(timing, at),
            at.spreadsheet()
        )?;
    }
    Ok(())
}
