//! The exports about server logs: tables whose rows are computed by the room `logs`, and their summary.

use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::report::files::directory::Directory;
use crate::report::files::error::ReportError;
use crate::report::html;
use crate::report::json::text::pretty_json;
use crate::store::tables::Column;

use super::csv::{self, ComputedRows};

/// Name of the file with the summary.
const SUMMARY: &str = "log_summary.json";

/// A table whose rows are computed.
pub struct ComputedTable<'a> {
    /// Name of the file without its extension.
    pub name: &'static str,
    /// The columns in their order.
    pub columns: &'static [Column],
    /// Calls a function with each row until it returns `false`.
    pub rows: &'a ComputedRows<'a>,
}

impl fmt::Debug for ComputedTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComputedTable")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Name of the file with the report.
const PAGE: &str = "log_report.html";

/// Writes tables, a summary and a report, which shows the summary and draws `page`. Returns the files.
pub fn write_logs(
    out: &Path,
    overwrite: bool,
    tables: &[ComputedTable<'_>],
    summary: &impl Serialize,
    page: &impl Serialize,
) -> Result<Vec<PathBuf>, ReportError> {
    let directory = Directory::claim(out, &[], overwrite)?;
    let mut files = Vec::new();
    for table in tables {
        let name = format!("{}.csv", table.name);
        files.push(directory.put(&name, |file| {
            csv::write_rows(table.columns, table.rows, file)
        })?);
    }
    files.push(directory.put(SUMMARY, |file| {
        Ok(file.write_all((pretty_json(summary)? + "\n").as_bytes())?)
    })?);
    files.push(directory.put(PAGE, |file| html::logs::write(summary, page, file))?);
    Ok(files)
}
