//! Rows of the exports' tables as typed values, for code that decides on them. Only code that writes
//! tables reads raw cells.

use crate::model::Moment;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::runs::id::RunId;
use crate::store::tables::Column;
use crate::store::tables::column::Cell;
use crate::store::tables::table::Table;

/// A typed row of a table.
pub trait ReadRow: Sized {
    /// The table.
    const TABLE: Table;

    /// Reads a row of the table.
    fn read(row: TypedRow<'_>) -> Result<Self, Unreadable>;
}

/// A row of a table with typed access to its cells.
#[derive(Clone, Copy, Debug)]
pub struct TypedRow<'a>(&'a [Cell<'a>]);

/// A cell with an invalid value, in words.
#[derive(Debug)]
pub struct Unreadable(String);

impl TypedRow<'_> {
    /// Returns a text; empty if it is unknown.
    pub(in crate::store) fn text(&self, column: &Column) -> String {
        match column.of(self.0) {
            Cell::Text(text) => text.to_owned(),
            Cell::Empty | Cell::Integer(_) | Cell::Real(_) => String::new(),
        }
    }

    /// Returns a whole number that is not negative, if it is known.
    pub(in crate::store) fn whole(&self, column: &Column) -> Option<u64> {
        match column.of(self.0) {
            Cell::Integer(value) => u64::try_from(value).ok(),
            Cell::Empty | Cell::Real(_) | Cell::Text(_) => None,
        }
    }

    /// Returns such a number, or 0 if it is unknown.
    pub(in crate::store) fn count(&self, column: &Column) -> u64 {
        self.whole(column).unwrap_or(0)
    }

    /// Returns a status code; 0 without an answer.
    pub(in crate::store) fn status(&self, column: &Column) -> u16 {
        u16::try_from(self.count(column)).unwrap_or(0)
    }

    /// Returns a number with decimals, if it is known.
    pub(in crate::store) fn real(&self, column: &Column) -> Option<f64> {
        match column.of(self.0) {
            Cell::Real(value) => Some(value),
            Cell::Empty | Cell::Integer(_) | Cell::Text(_) => None,
        }
    }

    /// Returns a time, if it is known.
    pub(in crate::store) fn time(&self, column: &Column) -> Result<Option<Moment>, Unreadable> {
        self.named(column, Moment::parse)
    }

    /// Returns the value of a name, if it is known.
    pub(in crate::store) fn named<T>(
        &self,
        column: &Column,
        value: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Unreadable> {
        let Cell::Text(text) = column.of(self.0) else {
            return Ok(None);
        };
        let unknown = || Unreadable(format!("cannot read stored {}: {text:?}", column.name));
        value(text).map(Some).ok_or_else(unknown)
    }

    /// Returns the value of a name that every row has.
    pub(in crate::store) fn name<T>(
        &self,
        column: &Column,
        value: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Unreadable> {
        let missing = || Unreadable(format!("a stored row has no {}", column.name));
        self.named(column, value)?.ok_or_else(missing)
    }
}

impl Store {
    /// Passes the rows of a run to `each`, in order, until it fails.
    pub fn typed_rows<R: ReadRow, E: From<StoreError>>(
        &self,
        run: RunId,
        each: &mut dyn FnMut(R) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rows(run, R::TABLE, &mut |cells| {
            let row = R::read(TypedRow(cells)).map_err(|what| self.damaged(what.0))?;
            each(row)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Verdict;
    use crate::store::tables::pages::{ADDRESS, COLUMNS, FAILED_ATTEMPTS, LAST_FAILED, VERDICT};

    #[test]
    fn typed_cells_are_read_or_the_row_names_the_invalid_one() {
        let mut cells = vec![Cell::Empty; COLUMNS.len()];
        cells[ADDRESS.at] = Cell::Text("http://h/");
        cells[FAILED_ATTEMPTS.at] = Cell::Integer(3);
        cells[LAST_FAILED.at] = Cell::Text("2026-11-22T11:00:00.007Z");
        cells[VERDICT.at] = Cell::Text("persistent");
        let row = TypedRow(&cells);
        assert_eq!(row.text(&ADDRESS), "http://h/");
        assert_eq!(row.count(&FAILED_ATTEMPTS), 3);
        let failed = row.time(&LAST_FAILED).expect("a time");
        assert_eq!(failed, Some(Moment::from_millis(1_795_345_200_007)));
        let verdict = row.name(&VERDICT, Verdict::from_name).expect("a verdict");
        assert_eq!(verdict, Verdict::Persistent);
        let empty = vec![Cell::Empty; COLUMNS.len()];
        let missing = TypedRow(&empty).name(&VERDICT, Verdict::from_name);
        assert_eq!(missing.expect_err("none").0, "a stored row has no Verdict");
        cells[VERDICT.at] = Cell::Text("gone");
        let unknown = TypedRow(&cells).name(&VERDICT, Verdict::from_name);
        let message = unknown.expect_err("unknown").0;
        assert_eq!(message, "cannot read stored Verdict: \"gone\"");
    }
}
