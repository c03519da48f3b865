//! The database of runs: finds and opens it.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use etcetera::BaseStrategy;

use crate::report::shell_word;
use crate::store::{RunRow, Store};

use crate::settings::args::StoreArgs;
use crate::settings::failure::Failure;

/// Opens the file for an audit, and creates it if it does not exist.
pub(super) fn open_or_make(args: &StoreArgs) -> Result<Store, Failure> {
    let path = path(args)?;
    if args.db.is_none()
        && let Some(dir) = path.parent()
    {
        fs::create_dir_all(dir).map_err(|fault| {
            Failure::usage(format!(
                "could not create {}: {fault}; name a file with --db",
                dir.display()
            ))
        })?;
    }
    let store = Store::open(&path)?;
    Ok(store)
}

/// Opens an existing file.
pub(super) fn open(args: &StoreArgs) -> Result<Store, Failure> {
    match (open_if_there(args)?, &args.db) {
        (Some(store), _) => Ok(store),
        (None, None) => Err(none_stored()),
        (None, Some(path)) => Err(Failure::usage(format!(
            "--db {0}: no database there; `gatecrawl audit URL --db {1}` creates one",
            path.display(),
            shell_word(&path.to_string_lossy())
        ))),
    }
}

/// Opens the file if it exists.
pub(super) fn open_if_there(args: &StoreArgs) -> Result<Option<Store>, Failure> {
    let path = path(args)?;
    let fault = |fault: io::Error| {
        let why = match fault.kind() {
            ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
            _ => fault.to_string(),
        };
        Failure::usage(format!(
            "could not open the database {}: {why}",
            path.display()
        ))
    };
    match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(fault(error)),
        Ok(file) if file.is_file() && file.len() == 0 => return Ok(None),
        // Checks that it may be read. The store refuses anything else, such as a directory.
        Ok(file) if file.is_file() => drop(File::open(&path).map_err(fault)?),
        Ok(_) => {}
    }
    Ok(Some(Store::open(&path)?))
}

/// Returns the named run; without a name, the newest.
pub(super) fn run(store: &Store, name: Option<&str>) -> Result<RunRow, Failure> {
    match name {
        Some(name) => Ok(store.run(name)?),
        None => store.newest_run()?.ok_or_else(none_stored),
    }
}

pub(super) fn none_stored() -> Failure {
    Failure::usage("no run is stored yet; `gatecrawl audit URL` makes one")
}

/// Returns the flag by which another command finds the file, ` --db FILE`; empty if the file is in its default place.
pub(super) fn hint(store: &Store, args: &StoreArgs) -> String {
    match &args.db {
        Some(_) => format!(" --db {}", shell_word(&store.path().to_string_lossy())),
        None => String::new(),
    }
}

/// Returns the path of the named file, or the default.
pub(super) fn path(args: &StoreArgs) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.db {
        return Ok(path.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|fault| {
        Failure::usage(format!(
            "no directory for the database: {fault}; name a file with --db"
        ))
    })?;
    Ok(base.data_dir().join("gatecrawl").join("runs.db"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_a_command_line_to_paste() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a;b$(x).db");
        let store = Store::open(&path).expect("a store");
        let args = StoreArgs {
            db: Some(path.clone()),
            ..StoreArgs::default()
        };
        assert_eq!(hint(&store, &args), format!(" --db '{}'", path.display()));
    }
}
