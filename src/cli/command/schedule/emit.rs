//! `gatecrawl schedule emit`: prints files by which systemd, cron and others start the schedule.

use std::path::{Component, Path, PathBuf};

use crate::machine;
use crate::schedule::emit::{Installation, cron, github_actions, kubernetes, service, timer};

use super::projects;
use crate::cli::database;
use crate::settings::args::{EmitArgs, StoreArgs, Target};
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;

/// Prints the file for the projects of a valid configuration.
pub(super) fn emit(
    args: &EmitArgs,
    store: &StoreArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let planned = projects::read(&path, &projects::text(&path)?)?;
    let what = Installation {
        program: match &args.program {
            Some(program) => absolute(program)?,
            None => std::env::current_exe()?,
        },
        config: absolute(&path)?,
        database: store.db.as_deref().map(absolute).transpose()?,
        data: data()?,
        outs: planned
            .iter()
            .filter_map(|planned| planned.project.out.as_deref())
            .filter(|out| out.is_absolute())
            .map(fixed)
            .collect(),
        user: std::env::var("USER")
            .ok()
            .filter(|user| user != "root" && !user.is_empty()),
    };
    let text = match args.target {
        Target::Systemd => service(&what),
        Target::SystemdTimer => timer(&what),
        Target::Cron => cron(&what),
        Target::GithubActions => {
            let projects: Vec<_> = planned.into_iter().map(|planned| planned.project).collect();
            let text = github_actions(&projects, machine::wall_clock());
            text.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?
        }
        Target::Kubernetes => kubernetes(&args.image),
    };
    console.stdout.write_all(text.as_bytes())?;
    Ok(Exit::Done)
}

/// Returns the directory of the database if none is named.
fn data() -> Result<PathBuf, Failure> {
    let path = database::path(&StoreArgs::default())?;
    Ok(path.parent().map(Path::to_owned).unwrap_or_default())
}

/// Returns the part of an export path that is the same for each run, before the first placeholder in braces.
fn fixed(out: &Path) -> PathBuf {
    let is_fixed = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains('{');
    out.components().take_while(is_fixed).collect()
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    Ok(std::path::absolute(path)?)
}
