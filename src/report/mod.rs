//! Turns a finished run into bytes: one file a format, streamed from the store, so that a run of a
//! million pages needs no more memory than one of ten. A file has its final name only once it is
//! whole, and files that are not ours are never touched. Nothing here fetches or judges.

mod changes;
mod columns;
mod csv;
mod curl;
mod directory;
mod error;
mod format;
mod html;
mod json;
mod json_text;
mod jsonl;
mod junit;
mod listed;
mod markdown;
mod screaming_frog;
mod template;
#[cfg(test)]
mod tests;
mod view;
pub mod words;
mod workbook;

use std::path::{Path, PathBuf};

use crate::assess::GateResult;
use crate::store::{RunRow, Store};

use directory::Directory;
use error::Fault;
use format::Export;
use view::View;

pub use changes::{COMPARE_COLUMNS, Compared, comparison_json, write_changes};
pub use csv::{io_error as csv_io_error, plain, writer as csv_writer};
pub use curl::Curl;
pub use error::ReportError;
pub use format::Format;
pub use html::escaping;
pub use json_text::pretty_json;
pub use listed::{SummaryFault, read_summary};

/// Makes sure that [`write`] will be able to write there, so that a wrong path is known before the
/// crawl and not after it. Creates the directory.
pub fn check(out: &Path, formats: &[Format], overwrite: bool) -> Result<(), ReportError> {
    Directory::claim(out, formats, overwrite).map(|_| ())
}

/// What is to be written of a run.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// In which formats.
    pub formats: Vec<Format>,
    /// Whether files of an earlier run may be replaced.
    pub overwrite: bool,
    /// What became of the gates that the run had to pass.
    pub gates: Vec<GateResult>,
    /// What the run is compared with, if anything.
    pub compared: Option<Compared>,
}

impl Wanted {
    /// The files to write: those of a comparison only if there is one.
    fn exports(&self) -> Vec<Export> {
        let mut exports = Export::of(&self.formats);
        exports.retain(|export| self.compared.is_some() || !export.is_of_comparison());
        exports
    }
}

/// Writes the exports of a run; returns the files.
pub fn write(
    store: &Store,
    run: &RunRow,
    wanted: &Wanted,
    out: &Path,
) -> Result<Vec<PathBuf>, ReportError> {
    let formats = &wanted.formats;
    let directory = Directory::claim(out, formats, wanted.overwrite)?;
    store.conclude(run.id)?;
    let mut files = Vec::new();
    let exports = wanted.exports();
    // The same for all formats that show it, and read only if one does.
    let mut view = None;
    for export in &exports {
        let path = directory.put(&export.file_name(), |file| match *export {
            Export::Csv(table) => csv::write(store, run, table, file),
            Export::Jsonl(table) => jsonl::write(store, run, table, file),
            Export::Page => html::write(once(&mut view, store, run, wanted)?, file),
            Export::Markdown => markdown::write(once(&mut view, store, run, wanted)?, file),
            Export::Workbook => workbook::write(store, run, wanted, (out, file)),
            Export::Junit => junit::write(store, run, &wanted.gates, file),
            Export::ScreamingFrog(sheet) => screaming_frog::write(store, run, sheet, file),
            Export::Changes => compared(wanted, |other| changes::csv(store, run, other, file)),
            Export::ChangesJsonl => {
                compared(wanted, |other| changes::jsonl(store, run, other, file))
            }
            Export::Summary => json::write(store, run, wanted, &files, file),
        })?;
        files.push(path);
    }
    directory.retire(&exports)?;
    Ok(files)
}

/// The view of a run, read when it is first asked for.
fn once<'a>(
    view: &'a mut Option<View>,
    store: &Store,
    run: &RunRow,
    wanted: &Wanted,
) -> Result<&'a View, Fault> {
    match view {
        Some(view) => Ok(view),
        None => Ok(view.insert(View::read(store, run, wanted)?)),
    }
}

/// What needs a comparison, if there is one.
fn compared(
    wanted: &Wanted,
    write: impl FnOnce(&Compared) -> Result<(), Fault>,
) -> Result<(), Fault> {
    wanted.compared.as_ref().map_or(Ok(()), write)
}
