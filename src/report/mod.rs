//! Turns a finished run into bytes: files for each format, streamed from the store, so that a run of a million pages
//! needs no more memory than one of ten. A file has its final name only when it is complete, and files that are not
//! ours are never touched. Nothing here fetches or judges.

mod curl;
mod files;
mod html;
mod json;
mod junit;
mod markdown;
mod tables;
mod template;
#[cfg(test)]
mod tests;
mod view;
mod wanted;
pub mod words;

use std::path::{Path, PathBuf};

use crate::store::{RunRow, Store};

use files::browser::browser;
use files::directory::Directory;
use files::fault::Fault;
use files::format::Export;
use view::View;

pub use curl::{Curl, shell_word};
pub use files::cover::{Audience, Cover};
pub use files::error::ReportError;
pub use files::fault::io_error as csv_io_error;
pub use files::format::Format;
pub use html::escaping;
pub use json::listed::{SummaryFault, read_summary};
pub use json::text::pretty_json;
pub use tables::changes::{COMPARE_COLUMNS, Compared, comparison_json, write_changes};
pub use tables::csv::{ComputedRows, without_formulas, writer as csv_writer};
pub use tables::jsonl::snake_case;
pub use tables::logs::{ComputedTable, write_logs};
pub use view::Color;
pub use view::brief::{
    Brief, BriefFacts, BriefPage, Fact, FindingBrief, Headline, JudgedRun, ListKind, News,
    OutageBrief, PageList, Tone, Trend, UnauditedCause,
};
pub use view::problems::{Problem, fixed_with, problems, to_fix};
pub use wanted::Wanted;

/// Checks that [`write`] will be able to write there, so that a wrong path is an error before the crawl and not after
/// it. Creates the directory.
pub fn check(out: &Path, formats: &[Format], overwrite: bool) -> Result<(), ReportError> {
    if formats.contains(&Format::Pdf) && browser().is_none() {
        return Err(ReportError::NoBrowser);
    }
    Directory::claim(out, formats, overwrite).map(|_| ())
}

/// Writes the exports of a run. Returns the files.
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
    // Read once for all formats that show it, and only if one does.
    let mut view = None;
    for export in &exports {
        let path = directory.put(&export.file_name(), |file| match *export {
            Export::Csv(table) => tables::csv::write(store, run, table, wanted.marked(file)?),
            Export::Jsonl(table) => tables::jsonl::write(store, run, table, file),
            Export::Page => html::write(once(&mut view, store, run, wanted)?, file),
            Export::Pdf => html::pdf::write(once(&mut view, store, run, wanted)?, file),
            Export::Markdown => markdown::write(once(&mut view, store, run, wanted)?, file),
            Export::Workbook => tables::workbook::write(store, run, wanted, out, file),
            Export::Junit => junit::write(store, run, &wanted.gates, file),
            Export::ScreamingFrog(sheet) => {
                tables::screaming_frog::write(store, run, sheet, wanted.marked(file)?)
            }
            Export::Tickets => {
                markdown::tickets::markdown(once(&mut view, store, run, wanted)?, file)
            }
            Export::TicketsCsv => {
                let view = once(&mut view, store, run, wanted)?;
                markdown::tickets::csv(view, wanted.marked(file)?)
            }
            Export::Changes => compared(wanted, |other| {
                tables::changes::csv(store, run, other, wanted.marked(file)?)
            }),
            Export::ChangesJsonl => compared(wanted, |other| {
                tables::changes::jsonl(store, run, other, file)
            }),
            Export::Summary => json::write(store, run, wanted, &files, file),
        })?;
        files.push(path);
    }
    directory.remove_other_exports(&exports)?;
    Ok(files)
}

/// Returns the view of a run, which is read at the first call.
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

/// Runs a function on the comparison, if there is one.
fn compared(
    wanted: &Wanted,
    write: impl FnOnce(&Compared) -> Result<(), Fault>,
) -> Result<(), Fault> {
    wanted.compared.as_ref().map_or(Ok(()), write)
}
