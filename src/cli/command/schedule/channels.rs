//! The notification channels of the projects: checks and reads their `notify` tables and `[smtp]`, and sends a sample.

use std::collections::BTreeMap;
use std::path::Path;

use crate::machine;
use crate::schedule::notify::{Channels, NotifyConfig, NotifyError, SmtpConfig, notify_test};

use super::projects::known;
use super::projects::{self, Planned};
use crate::settings::args::StoreArgs;
use crate::settings::config::{File, SMTP};
use crate::settings::exit::Exit;
use crate::settings::failure::{Failure, chain};
use crate::terminal::streams::Console;

/// Checks the tables, as far as this needs no secret.
pub(super) fn check(path: &Path, text: &str, planned: &[Planned]) -> Result<(), Failure> {
    smtp(path, text)?;
    planned
        .iter()
        .try_for_each(|planned| table(path, planned).map(|_| ()))
}

/// Reads the channels of each project that has some, with their secrets.
pub(super) fn read(
    path: &Path,
    text: &str,
    planned: &[Planned],
) -> Result<BTreeMap<String, Channels>, Failure> {
    let smtp = smtp(path, text)?;
    let mut channels = BTreeMap::new();
    for planned in planned {
        let Some(config) = table(path, planned)? else {
            continue;
        };
        let key = key(planned);
        let found = Channels::new(&key, &config, smtp.as_ref(), &environment);
        let mut found = found.map_err(|fault| wrong(path, &fault))?;
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
    let channels = read(&path, &text, &planned)?;
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

fn smtp(path: &Path, text: &str) -> Result<Option<SmtpConfig>, Failure> {
    let table = File {
        path,
        text,
        named: true,
    }
    .table(SMTP)?;
    let smtp = table.map(SmtpConfig::read).transpose();
    smtp.map_err(|fault| wrong(path, &fault))
}

fn table(path: &Path, planned: &Planned) -> Result<Option<NotifyConfig>, Failure> {
    let table = planned.project.notify.clone();
    let config = table.map(|table| NotifyConfig::read(&key(planned), table));
    config.transpose().map_err(|fault| wrong(path, &fault))
}

fn key(planned: &Planned) -> String {
    format!("project.{}.notify", planned.project.name)
}

fn wrong(path: &Path, fault: &dyn std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: {fault}", path.display()))
}

fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
