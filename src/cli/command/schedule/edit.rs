//! `gatecrawl schedule add` and `remove`: edit the configuration file and leave the rest unchanged.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::schedule::edit;

use super::show;
use super::{flags, projects};
use crate::cli::database;
use crate::settings::args::{AddArgs, StoreArgs};
use crate::settings::config;
use crate::settings::exit::Exit;
use crate::settings::failure::Failure;
use crate::terminal::streams::Console;
use crate::terminal::text::tame;

/// Adds a project, unless the configuration would be invalid with it.
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

/// Removes a project.
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
    // A later project of the same name is a new one and must not inherit due runs, so the file stays unchanged if the
    // database cannot be opened. Without a database there is nothing to delete.
    let known = database::open_if_there(store)?;
    write(&path, &after)?;
    if let Some(known) = known {
        known.forget_schedule(name)?;
    }
    console.people.mention(format!(
        "removed project {name} from {}; its runs stay (`gatecrawl runs`)",
        path.display()
    ));
    Ok(Exit::Done)
}

/// Creates an empty file that only its owner may read. It must not exist, so a planted link is never followed.
fn private(path: &Path) -> std::io::Result<File> {
    let mut new = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    new.write(true).create_new(true).open(path)
}

/// Gives a new file the owner and permissions of a known one. If the group cannot be the same, the group gets no
/// permissions.
#[cfg(unix)]
fn share_like(known: &Metadata, file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

    let mode = match fchown(file, Some(known.uid()), Some(known.gid())) {
        Ok(()) => known.mode(),
        Err(_) => known.mode() & !0o070,
    };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn share_like(known: &Metadata, file: &File) -> std::io::Result<()> {
    file.set_permissions(known.permissions())
}

/// Replaces the file atomically: half a configuration is worse than an old one.
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    // Replaces the target of a link, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut beside = path.clone().into_os_string();
    beside.push(format!(".{:016x}.new", fastrand::u64(..)));
    let beside = PathBuf::from(beside);
    let replace = || {
        let mut file = match std::fs::metadata(&path) {
            Ok(known) => {
                let file = private(&beside)?;
                // While it is still empty: at no moment may more people read it than the old file.
                share_like(&known, &file)?;
                file
            }
            Err(_) => File::create_new(&beside)?,
        };
        file.write_all(text.as_bytes())?;
        std::fs::rename(&beside, &path)
    };
    let replaced = replace();
    if replaced.is_err() {
        // The first error says more than one of the clean-up.
        let _ = std::fs::remove_file(&beside);
    }
    replaced.map_err(|fault| Failure::usage(format!("could not write {}: {fault}", path.display())))
}
