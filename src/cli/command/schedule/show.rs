//! `gatecrawl schedule list` and `check`: the projects and their times.

use std::io::Write;

use crate::machine;
use crate::model::Moment;
use crate::schedule::Project;
use crate::store::{ScheduleState, Store, UnsentNotice};

use super::printer::words;
use super::projects::Planned;
use super::{channels, projects};
use crate::cli::database;
use crate::settings::args::StoreArgs;
use crate::settings::config::PROJECTS;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::columns::{Side, columns};
use crate::terminal::streams::Console;
use crate::terminal::text;

/// Number of times that `check` prints for each project.
const TIMES: usize = 5;

/// Minimum confirmation passes to separate a page that always fails from chance, if it was fine once before: with two
/// passes, three of three requests fail.
const PASSES: usize = 2;

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
    // Without a database there was no run yet. One that cannot be read is an error, not an empty one.
    let store = database::open_if_there(store)?;
    let now = machine::wall_clock();
    let heads = ["PROJECT", "SCHEDULE", "NEXT", "LAST RUN"].map(|head| (head, Side::Left));
    let (mut rows, mut unsent) = (Vec::new(), Vec::new());
    for project in planned.iter().map(|planned| &planned.project) {
        let state = state(store.as_ref(), project)?;
        let next = project.timing.after(now);
        let next = next
            .map(|at| words(&project.timing, at))
            .unwrap_or_default();
        let last = state.as_ref().map_or("none yet".to_owned(), last);
        unsent.extend(refused(store.as_ref(), project)?);
        rows.push(vec![
            project.name.clone(),
            project.timing.to_string(),
            next,
            last,
        ]);
    }
    console.print(&columns(&heads, &rows))?;
    for line in unsent {
        writeln!(console.stdout, "{line}")?;
    }
    Ok(Exit::Done)
}

/// Maximum refused notifications of a project that are listed.
const UNSENT: u32 = 3;

/// Returns a line for each of the last notifications of a project that were refused.
fn refused(store: Option<&Store>, project: &Project) -> Result<Vec<String>, Failure> {
    let Some(store) = store else {
        return Ok(Vec::new());
    };
    let unsent = store.unsent_notices(&project.name, UNSENT)?;
    let line = |unsent: UnsentNotice| {
        let run = unsent
            .run
            .map_or(String::new(), |run| format!(" of run {run}"));
        let next = match unsent.next {
            Some(at) => format!("next try {} UTC", at.spreadsheet()),
            None => format!(
                "given up; `gatecrawl schedule notify-test {}` tests it",
                project.name
            ),
        };
        let why = text::tame(&unsent.why);
        let (name, channel) = (&project.name, &unsent.channel);
        format!("{name}: {channel}{run} not sent: {why} ({next})")
    };
    Ok(unsent.into_iter().map(line).collect())
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
    let file = projects::file(&path, &text);
    let mut doubts = channels::check(&file, &planned)?;
    let refused = projects::refuse_unnamed(store, &path, &text).err();
    let refused = refused.and_then(|why| why.message());
    doubts.extend(
        refused.map(|why| format!("`schedule run` and `notify-test` refuse this file: {why}")),
    );
    for (at, planned) in planned.iter().enumerate() {
        if at > 0 {
            writeln!(console.stdout)?;
        }
        times(&planned.project, console)?;
        doubts.extend(doubtful(planned).into_iter().map(|(key, why)| {
            let name = &planned.project.name;
            let line = file.line_of(&format!("{PROJECTS}.{name}.{key}"));
            format!(
                "{}, line {line}: project {name}: {key}: {why}",
                path.display()
            )
        }));
    }
    for doubt in &doubts {
        console.people.say(doubt.clone());
    }
    let count = planned.len();
    let projects = if count == 1 { "project" } else { "projects" };
    let doubts = match doubts.len() {
        0 => String::new(),
        1 => "; see the line above".to_owned(),
        lines => format!("; see the {lines} lines above"),
    };
    console.people.mention(format!(
        "{}: {count} {projects}, all valid{doubts}",
        path.display()
    ));
    Ok(Exit::Done)
}

/// Returns keys of a project whose values are valid but probably not intended, each with the reason and what to write
/// instead.
fn doubtful(planned: &Planned) -> Vec<(&'static str, String)> {
    let project = &planned.project;
    let mut doubts = Vec::new();
    let all = next_times(project);
    let late = all.iter().filter_map(|at| project.quiet_end(*at));
    let late: Vec<Moment> = late.collect();
    if let Some(end) = late.first() {
        let end = project.timing.local(*end).strftime("%H:%M");
        let why = format!(
            "{} of its next {} times are in them and wait until {end}; move `schedule` or the hours",
            late.len(),
            all.len()
        );
        doubts.push(("quiet-hours", why));
    }
    if let Some(confirm) = &planned.args.pace.confirm
        && confirm.0.len() < PASSES
    {
        let why = format!(
            "with {} a page that newly fails is seen too rarely to rule out chance, so it is never reported as new; \
             write two passes or more, such as \"1m,5m\"",
            match confirm.0.len() {
                0 => "no pass",
                _ => "one pass",
            }
        );
        doubts.push(("confirm", why));
    }
    doubts
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
    for at in next_times(project) {
        let quiet = project.quiet_end(at).map_or(String::new(), |end| {
            format!(
                ", starts after the quiet hours at {}",
                timing.local(end).strftime("%H:%M")
            )
        });
        writeln!(
            console.stdout,
            "  {:<27}  {} UTC{quiet}",
            words(timing, at),
            at.spreadsheet()
        )?;
    }
    Ok(())
}

/// Returns the next times of a project.
fn next_times(project: &Project) -> Vec<Moment> {
    let timing = &project.timing;
    let times = std::iter::successors(timing.after(machine::wall_clock()), |at| timing.after(*at));
    times.take(TIMES).collect()
}
