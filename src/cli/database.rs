//! The file in which runs are kept: where it is, and opening it.

use std::fs;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::store::Store;

use super::args::StoreArgs;
use super::failure::Failure;

/// Opens the file for an audit, making it if it is not there.
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

/// Opens the file for reading. None if there has been no run yet.
pub(super) fn open(args: &StoreArgs) -> Result<Option<Store>, Failure> {
    let path = path(args)?;
    match (path.exists(), &args.db) {
        (true, _) => Ok(Some(Store::open(&path)?)),
        (false, None) => Ok(None),
        (false, Some(_)) => Err(Failure::usage(format!(
            "--db {}: no such file",
            path.display()
        ))),
    }
}

/// Opens the file for a command that needs a run in it.
pub(super) fn open_existing(args: &StoreArgs) -> Result<Store, Failure> {
    open(args)?
        .ok_or_else(|| Failure::usage("no run is stored yet; `gatecrawl audit URL` makes one"))
}

/// How to name the file to another command: nothing if it would find it itself.
pub(super) fn hint(store: &Store, args: &StoreArgs) -> String {
    match &args.db {
        Some(_) => format!(" --db {}", quoted(store.path())),
        None => String::new(),
    }
}

fn path(args: &StoreArgs) -> Result<PathBuf, Failure> {
    if let Some(path) = &args.db {
        return Ok(path.clone());
    }
    let base = etcetera::choose_base_strategy().map_err(|fault| {
        Failure::usage(format!(
            "no place to keep runs: {fault}; name a file with --db"
        ))
    })?;
    Ok(base.data_dir().join("gatecrawl").join("runs.db"))
}

fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains(|c: char| c.is_whitespace() || c == '\'') {
        format!("'{}'", text.replace('\'', r"'\''"))
    } else {
        text
    }
}
