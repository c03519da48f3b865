//! A workbook: a sheet that sums up the run, then one for each table, with the columns of the CSV files. Rows go to
//! temporary files and from there into the workbook, so that a million rows need no more memory than ten. Texts stay
//! texts, whatever they begin with: none is a formula. Links are those of the first sheet to the others, and addresses in
//! the first column.

mod cell;
mod column;
mod full_disk;
pub(in crate::report) mod head;
mod overview;
mod sheets;

use std::io::{BufWriter, Write};
use std::path::Path;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use serde_json::Value;

use crate::report::view::brief::Brief;
use crate::store::{RunRow, RunSummary, Store, StoreError, Table};

use super::changes::{self, COMPARE_COLUMNS, Compared};
use super::columns::{Columns, Heading};
use crate::report::files::fault::Fault;
use crate::report::wanted::Wanted;

use cell::Content;
use full_disk::{Calm, as_error};
use overview::Overview;
use sheets::Sheets;

/// Compression level, 1 to 9. The usual 6 takes three times as long, for a file that is a quarter smaller.
const COMPRESSION: u8 = 1;

/// Maximum pages of a site whose sheet shows only failing pages at first (ours): hidden rows stay in memory until the
/// workbook is saved.
const MOST_FILTERED: u64 = 100_000;

/// Writes the workbook. Temporary files are on the same disk, which needs room for the workbook anyway. They have no
/// names, so none of them remains, whatever happens.
pub(in crate::report) fn write(
    store: &Store,
    run: &RunRow,
    wanted: &Wanted,
    temporary: &Path,
    out: impl Write + Send,
) -> Result<(), Fault> {
    as_error(|| {
        let mut workbook = Workbook::new();
        workbook
            .set_zip_compression_level(COMPRESSION)
            .set_tempdir(temporary)?
            .set_properties(&properties(run)?);
        let summary = store.summary(run.id)?;
        let pages = &summary.pages;
        let failing_only = pages.failing() > 0 && pages.known <= MOST_FILTERED;
        let headline = headline(store, run, &summary, wanted)?;
        let overview = Overview {
            run,
            summary: &summary,
            headline: &headline,
            gates: &wanted.gates,
            failing_only,
        };
        overview.write(&mut workbook)?;
        for table in Table::ALL {
            let failing_only = failing_only && table == Table::Pages;
            write_table(store, run, table, failing_only, &mut workbook)?;
        }
        if let Some(compared) = &wanted.compared {
            write_changes(store, run, compared, &mut workbook)?;
        }
        let mut out = BufWriter::new(Calm(out));
        workbook.save_to_writer(&mut out)?;
        Ok(out.flush()?)
    })
}

/// Returns the state of the site in a sentence, as in the report.
fn headline(
    store: &Store,
    run: &RunRow,
    summary: &RunSummary,
    wanted: &Wanted,
) -> Result<String, StoreError> {
    if let Some(brief) = &wanted.brief {
        return Ok(brief.state().to_owned());
    }
    let brief = Brief::read(store, &wanted.judged(run, summary))?;
    Ok(brief.state().to_owned())
}

fn write_table(
    store: &Store,
    run: &RunRow,
    table: Table,
    failing_only: bool,
    workbook: &mut Workbook,
) -> Result<(), Fault> {
    let columns = Columns::of(store, run, table)?;
    let mut sheets = Sheets::begin(workbook, table.name(), columns.all(), failing_only)?;
    store.rows(run.id, table, &mut |row| {
        sheets.row()?;
        columns.each(row, |cell| sheets.push(Content::from(cell)))?;
        Ok::<(), Fault>(())
    })?;
    Ok(sheets.end()?)
}

/// Writes the changes since the baseline, with the columns of `compare.csv`.
fn write_changes(
    store: &Store,
    run: &RunRow,
    compared: &Compared,
    workbook: &mut Workbook,
) -> Result<(), Fault> {
    let columns: Vec<Heading> = COMPARE_COLUMNS.iter().map(Heading::from).collect();
    let mut sheets = Sheets::begin(workbook, "compare", &columns, false)?;
    changes::each(store, run, compared, &mut |page| {
        sheets.row()?;
        for cell in changes::cells(page) {
            sheets.push(match &cell {
                Value::String(text) => Content::Text(text),
                cell => cell.as_f64().map_or(Content::Empty, Content::Number),
            })?;
        }
        Ok(())
    })?;
    Ok(sheets.end()?)
}

/// Returns the document's properties. They have the time of the run, so that the same run gives the same bytes.
fn properties(run: &RunRow) -> Result<DocProperties, XlsxError> {
    let started = ExcelDateTime::from_timestamp(run.started.millis().div_euclid(1000))?;
    Ok(DocProperties::new()
        .set_title(format!("gatecrawl: {}", cell::cell_text(&run.site)))
        .set_creation_datetime(&started))
}

#[cfg(test)]
mod tests {
    use super::head::HEAD;
    use super::*;

    #[test]
    fn a_workbook_begins_with_the_bytes_of_ours() {
        let mut workbook = Workbook::new();
        workbook.set_zip_compression_level(COMPRESSION);
        let bytes = workbook.save_to_buffer().expect("written");
        let head = String::from_utf8_lossy(&bytes[..HEAD.len()]);
        assert_eq!(head, HEAD);
    }
}
