//! `gatecrawl schedule add` and `remove`: edits of the configuration file that leave the rest as it is.

use std::fs::Metadata;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::schedule::edit;

use super::super::args::{AddArgs, StoreArgs};
use super::super::config;
use super::super::database;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::streams::Console;
use super::super::text::tame;
use super::show;
use super::{flags, projects};

/// Adds a project, unless the configuration would not be in order with it.
pub(super) fn add(
    args: &AddArgs,
    store: &StoreArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let before = match config::text(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == ErrorKind::NotFound => String::new(),
        Err(fault) => return Err(Failure::usage(format!("{}: {fault}", path.display()))),
    };
    flags::check(&args.name, &args.url, &args.set)?;
    let mut keys = vec![
        edit::text("url", &args.url),
        edit::text("schedule", &args.schedule),
    ];
    keys.extend(
        args.timezone
            .iter()
            .map(|zone| edit::text("timezone", zone)),
    );
    keys.extend(args.set.iter().cloned());
    keys.extend(flags::keys(&args.name, &args.flags)?);
    let after = edit::add(&before, &args.name, &keys);
    let after = after.map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
    let planned = projects::read(&path, &after)?;
    write(&path, &after)?;
    let added = planned
        .iter()
        .find(|planned| planned.project.name == args.name);
    console
        .people
        .mention(format!("added project {} to {}", args.name, path.display()));
    if let Some(planned) = added {
        show::times(&planned.project, console)?;
    }
    Ok(Exit::Done)
}

/// Takes a project out.
pub(super) fn remove(
    name: &str,
    store: &StoreArgs,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let path = projects::path(store);
    let fault = |why: &str| Failure::usage(format!("{}: {why}", path.display()));
    let after = edit::remove(&projects::text(&path)?, name).map_err(|why| fault(&why))?;
    let Some(after) = after else {
        return Err(fault(&format!("no project {:?} in it", tame(name))));
    };
    write(&path, &after)?;
    // A project that gets its name later is a new one, and owes no runs. Without a database there is
    // nothing to forget.
    if let Ok(known) = database::open(store) {
        known.forget_schedule(name)?;
    }
    console.people.mention(format!(
        "removed project {name} from {}; its runs stay (`gatecrawl runs`)",
        path.display()
    ));
    Ok(Exit::Done)
}

/// Makes an empty file with the owner and the permissions of another, or with none for its group if that cannot
/// be the same.
#[cfg(unix)]
fn like(known: &Metadata, path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};

    let _ = std::fs::remove_file(path);
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true).mode(0o600).open(path)?;
    let mode = match chown(path, Some(known.uid()), Some(known.gid())) {
        Ok(()) => known.mode(),
        Err(_) => known.mode() & !0o070,
    };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn like(known: &Metadata, path: &Path) -> std::io::Result<()> {
    std::fs::File::create(path)?;
    std::fs::set_permissions(path, known.permissions())
}

/// Replaces the file in one step: half a configuration is worse than an old one.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    // What a link leads to is replaced, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut beside = path.clone().into_os_string();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let replace = || {
        match std::fs::metadata(&path) {
            Ok(known) => {
                // Before there is anything in it: at no moment may more people read it than may read the old one.
                like(&known, &beside)?;
                std::fs::OpenOptions::new().write(true).open(&beside)?
            }
            Err(_) => std::fs::File::create(&beside)?,
        }
        .write_all(text.as_bytes())?;
        std::fs::rename(&beside, &path)
    };
    replace()
        .map_err(|fault| Failure::usage(format!("could not write {}: {fault}", path.display())))
}
