//! The notification channels of the projects: checks and reads their `notify` tables and `[smtp]`, and sends a sample.

use std::collections::{BTreeMap, HashSet};

use crate::machine;
use crate::schedule::notify::{
    Channels, ConfigError, NotifyConfig, NotifyError, SmtpConfig, notify_test,
};

use super::projects::known;
use super::projects::{self, Planned};
use crate::settings::args::StoreArgs;
use crate::settings::config::{File, PROJECTS, SMTP};
use crate::settings::exit::Exit;
use crate::settings::failure::{Failure, chain};
use crate::terminal::streams::Console;

/// Stands for the value of an environment variable that is not set in this process; valid as a URL and as a password.
const STAND_IN: &str = "https://example.invalid/";

/// Checks the `notify` tables as [`read`] does. Returns one warning for each environment variable that is not set in this
/// process: the runner may have it.
pub(super) fn check(file: &File<'_>, planned: &[Planned]) -> Result<Vec<String>, Failure> {
    let smtp = smtp(file)?;
    let (mut lines, mut unset) = (Vec::new(), HashSet::new());
    for planned in planned {
        let Some(config) = table(file, planned)? else {
            continue;
        };
        loop {
            let here = |name: &str| {
                environment(name).or_else(|| unset.contains(name).then(|| STAND_IN.to_owned()))
            };
            let Err(fault) = Channels::new(&key(planned), &config, smtp.as_ref(), &here) else {
                break;
            };
            let line = wrong(file, &fault);
            let Some(name) = fault.missing else {
                return Err(line);
            };
            unset.insert(name);
            let line = line.message().unwrap_or_default();
            lines.push(format!("{line}; `schedule run` needs it"));
        }
    }
    Ok(lines)
}

/// Reads the channels of each project with notifications, secrets included.
pub(super) fn read(
    file: &File<'_>,
    planned: &[Planned],
) -> Result<BTreeMap<String, Channels>, Failure> {
    let smtp = smtp(file)?;
    let mut channels = BTreeMap::new();
    for planned in planned {
        let Some(config) = table(file, planned)? else {
            continue;
        };
        let found = Channels::new(&key(planned), &config, smtp.as_ref(), &environment);
        let mut found = found.map_err(|fault| wrong(file, &fault))?;
        found.zone = planned.project.timing.zone().clone().into();
        channels.insert(planned.project.name.clone(), found);
    }
    Ok(channels)
}

/// `gatecrawl schedule notify-test`: sends a sample through every channel of a project.
pub(super) async fn test(
    name: &str,
    store: &StoreArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let text = projects::text(&path)?;
    projects::refuse_unnamed(store, &path, &text)?;
    let planned = projects::read(&path, &text)?;
    known(&planned, name)?;
    let channels = read(&projects::file(&path, &text), &planned)?;
    let Some(channels) = channels.get(name) else {
        return Err(Failure::usage(format!(
            "{}: project {name}: it has no `notify`; see docs/notify.md",
            path.display()
        )));
    };
    let tried = notify_test(name, channels, machine::wall_clock()).await;
    let mut exit = Exit::Done;
    for (channel, result) in tried.map_err(Failure::own)? {
        match result {
            Ok(()) => writeln!(console.stdout, "{channel}: accepted")?,
            Err(NotifyError::Refused { source, .. }) => {
                exit = Exit::Failed;
                writeln!(console.stdout, "{channel}: {}", chain(&source))?;
            }
            Err(fault) => return Err(Failure::own(fault)),
        }
    }
    Ok(exit)
}

fn smtp(file: &File<'_>) -> Result<Option<SmtpConfig>, Failure> {
    let smtp = file.value(&[SMTP])?.map(SmtpConfig::read).transpose();
    smtp.map_err(|fault| wrong(file, &fault))
}

fn table(file: &File<'_>, planned: &Planned) -> Result<Option<NotifyConfig>, Failure> {
    let table = file.value(&[PROJECTS, &planned.project.name, "notify"])?;
    let config = table.map(|table| NotifyConfig::read(&key(planned), table));
    config.transpose().map_err(|fault| wrong(file, &fault))
}

fn key(planned: &Planned) -> String {
    format!("project.{}.notify", planned.project.name)
}

fn wrong(file: &File<'_>, fault: &ConfigError) -> Failure {
    let line = fault.at.map(|at| file.line(at));
    let line = line.unwrap_or_else(|| file.line_of(&fault.key));
    file.fault(line, &fault.to_string())
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
