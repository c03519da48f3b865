//! Turns a finished run into bytes: one file a format, streamed from the store, so that a run of a
//! million pages needs no more memory than one of ten. A file has its final name only once it is
//! whole, and files that are not ours are never touched. Nothing here fetches or judges.

mod columns;
mod csv;
mod directory;
mod error;
mod format;
mod json;
mod jsonl;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::store::{RunRow, Store};

use directory::Directory;
use format::Export;

pub use csv::plain;
pub use error::ReportError;
pub use format::Format;

/// Makes sure that [`write`] will be able to write there, so that a wrong path is known before the
/// crawl and not after it. Creates the directory.
pub fn check(out: &Path, formats: &[Format], overwrite: bool) -> Result<(), ReportError> {
    Directory::claim(out, formats, overwrite).map(|_| ())
}

/// Writes the exports of a run; returns the files.
pub fn write(
    store: &Store,
    run: &RunRow,
    formats: &[Format],
    out: &Path,
    overwrite: bool,
) -> Result<Vec<PathBuf>, ReportError> {
    let directory = Directory::claim(out, formats, overwrite)?;
    store.conclude(run.id)?;
    let mut files = Vec::new();
    for export in Export::of(formats) {
        let path = directory.put(&export.file_name(), |file| match export {
            Export::Csv(table) => csv::write(store, run, table, file),
            Export::Jsonl(table) => jsonl::write(store, run, table, file),
            Export::Summary => json::write(store, run, &files, file),
        })?;
        files.push(path);
    }
    directory.retire(formats)?;
    Ok(files)
}
