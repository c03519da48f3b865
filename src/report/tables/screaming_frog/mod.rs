//! The exports of Screaming Frog SEO Spider, for teams whose sheets read them: its file names, all of its columns in
//! its order, every field quoted. A column that we have no value for is empty. The files have only URLs of the site
//! that the product would have too: fetched, or forbidden by robots.txt.
//!
//! The columns are those of June 2026 with an English (UK) interface, taken from exports that people
//! published: `internal_all.csv` of CJLune/F_MediMotive_2026 (June 2026; the same in other repositories
//! of May and June, but for `(Bytes)` where the interface is American), `response_codes_all.csv` of
//! imran2635/Website-DIG-CT (all filters of that tab have the columns of `All`) and, for the file of inlinks,
//! `schemas/csv/server_error_(5xx)_inlinks.json` of Amaculus/screaming-frog-api.

mod columns;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{BufWriter, Write};

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Role, SkipReason};
use crate::store::tables::{error_inlinks, pages};
use crate::store::{Cell, FailingRow, RunRow, Store, Table};

use super::csv::without_formulas;
use crate::report::files::fault::Fault;

use columns::{Column, INLINKS, INTERNAL, RESPONSE_CODES, text};

/// One of the product's exports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Sheet {
    /// Tab "Internal", filter "All".
    InternalAll,
    /// Tab "Response Codes", filter "Internal Server Error (5xx)".
    ServerErrors,
    /// Bulk export "Server Error (5xx) Inlinks".
    ServerErrorInlinks,
}

impl Sheet {
    /// All of them.
    pub(in crate::report) const ALL: [Sheet; 3] = [
        Sheet::InternalAll,
        Sheet::ServerErrors,
        Sheet::ServerErrorInlinks,
    ];

    /// Returns the product's name for the file.
    pub(in crate::report) const fn file_name(self) -> &'static str {
        match self {
            Sheet::InternalAll => "internal_all.csv",
            Sheet::ServerErrors => "response_codes_internal_server_error_(5xx).csv",
            Sheet::ServerErrorInlinks => "server_error_(5xx)_inlinks.csv",
        }
    }

    /// Returns the beginning of our files. The product quotes its first column too, so its own exports in the same
    /// directory are never taken for ours.
    pub(in crate::report) const fn head(self) -> &'static str {
        match self {
            Sheet::InternalAll | Sheet::ServerErrors => "Address,\"Content Type\",\"Status Code\",",
            Sheet::ServerErrorInlinks => "Type,\"Source\",\"Destination\",",
        }
    }

    const fn columns(self) -> &'static [Column] {
        match self {
            Sheet::InternalAll => &INTERNAL,
            Sheet::ServerErrors => &RESPONSE_CODES,
            Sheet::ServerErrorInlinks => &INLINKS,
        }
    }

    const fn table(self) -> Table {
        match self {
            // In the order of URLs; our table of errors has the worst first.
            Sheet::InternalAll | Sheet::ServerErrors => Table::Pages,
            Sheet::ServerErrorInlinks => Table::ErrorInlinks,
        }
    }
}

/// Writes one of the files.
pub(in crate::report) fn write(
    store: &Store,
    run: &RunRow,
    sheet: Sheet,
    out: impl Write,
) -> Result<(), Fault> {
    let elsewhere = match sheet {
        Sheet::ServerErrorInlinks => failing_elsewhere(store, run)?,
        _ => HashSet::new(),
    };
    let mut out = BufWriter::new(out);
    write_header(sheet.columns(), &mut out)?;
    let mut csv = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .quote_style(QuoteStyle::Always)
        .from_writer(out);
    store.rows(run.id, sheet.table(), &mut |cells| {
        if is_wanted(sheet, cells, &elsewhere) {
            write_row(sheet.columns(), cells, &mut csv)?;
        }
        Ok::<(), Fault>(())
    })?;
    Ok(csv.flush()?)
}

/// Writes the first name without quotes (see [`Sheet::head`]), the others with quotes.
fn write_header(columns: &[Column], out: &mut impl Write) -> std::io::Result<()> {
    for (at, column) in columns.iter().enumerate() {
        if at == 0 {
            out.write_all(column.name.as_bytes())?;
        } else {
            write!(out, ",\"{}\"", column.name.replace('"', "\"\""))?;
        }
    }
    out.write_all(b"\r\n")
}

fn write_row(
    columns: &[Column],
    row: &[Cell<'_>],
    csv: &mut ::csv::Writer<impl Write>,
) -> Result<(), ::csv::Error> {
    for column in columns {
        let value = column.value(row);
        let value = match value {
            Cow::Borrowed(text) => without_formulas(text),
            Cow::Owned(text) => Cow::Owned(without_formulas(&text).into_owned()),
        };
        csv.write_field(value.as_bytes())?;
    }
    csv.write_record(None::<&[u8]>)
}

fn is_wanted(sheet: Sheet, row: &[Cell<'_>], elsewhere: &HashSet<u64>) -> bool {
    let is_internal = || text(&pages::SCOPE, row) != Role::External.name();
    let is_server_error = |status: Cell<'_>| matches!(status, Cell::Integer(500..=599));
    match sheet {
        Sheet::InternalAll => {
            let requested = pages::ATTEMPTS.of(row) != Cell::Integer(0);
            let reason = text(&pages::NOT_FETCHED_BECAUSE, row);
            is_internal() && (requested || reason == SkipReason::Robots.name())
        }
        Sheet::ServerErrors => is_internal() && is_server_error(pages::STATUS_CODE.of(row)),
        Sheet::ServerErrorInlinks => {
            let target = text(&error_inlinks::DESTINATION, row);
            is_server_error(error_inlinks::STATUS_CODE.of(row))
                && !elsewhere.contains(&xxh3_64(target.as_bytes()))
        }
    }
}

/// Returns fingerprints of failing URLs of other sites: eight bytes each.
fn failing_elsewhere(store: &Store, run: &RunRow) -> Result<HashSet<u64>, Fault> {
    let mut found = HashSet::new();
    store.typed_rows(run.id, &mut |row: FailingRow| {
        if row.role == Role::External {
            found.insert(xxh3_64(row.address.as_bytes()));
        }
        Ok::<(), Fault>(())
    })?;
    Ok(found)
}
