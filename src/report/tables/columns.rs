//! The columns of an exported table: those of the store, with `Selected` split into one column for each
//! `--select NAME=...` of the plan.

use std::ops::Range;

use crate::store::tables::{Column, Kind, pages};
use crate::store::{Cell, RunRow, Store, StoreError, Table};

/// The columns of a table.
#[derive(Debug)]
pub(in crate::report) struct Columns {
    all: Vec<Heading>,
    /// Number of columns, at the end, that come from `Selected`; absent if the table has no such column.
    selected: Option<usize>,
    /// Indexes of the columns for which the run has no data.
    hidden: Range<usize>,
}

/// The heading of a column in an exported table.
#[derive(Clone, Debug)]
pub(in crate::report) struct Heading {
    pub(in crate::report) name: String,
    pub(in crate::report) kind: Kind,
    /// Width in characters in a sheet, if the kind does not determine it.
    pub(in crate::report) width: Option<u8>,
}

impl From<&Column> for Heading {
    fn from(column: &Column) -> Heading {
        Heading {
            name: column.name.to_owned(),
            kind: column.kind,
            width: column.width,
        }
    }
}

impl Columns {
    pub(in crate::report) fn of(
        store: &Store,
        run: &RunRow,
        table: Table,
    ) -> Result<Columns, StoreError> {
        let mut all: Vec<Heading> = table.columns().iter().map(Heading::from).collect();
        let hidden = match table.traffic() {
            [first, ..] if !store.has_traffic(run.id)? => {
                first.at..first.at + table.traffic().len()
            }
            _ => 0..0,
        };
        all.drain(hidden.clone());
        let selected = all.pop_if(|column| column.name == pages::SELECTED.name);
        let selected = selected.map(|_| {
            let select = &run.plan.scope.select;
            all.extend(select.iter().map(|option| Heading {
                name: select_name(option).to_owned(),
                kind: Kind::Text,
                width: None,
            }));
            select.len()
        });
        Ok(Columns {
            all,
            selected,
            hidden,
        })
    }

    pub(in crate::report) fn all(&self) -> &[Heading] {
        &self.all
    }

    /// Calls a function with each cell of a row, as many as there are names, until it returns an error.
    pub(in crate::report) fn each<E>(
        &self,
        row: &[Cell<'_>],
        mut take: impl FnMut(Cell<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut shown = |cells: &[Cell<'_>]| {
            let (before, rest) = cells.split_at(self.hidden.start.min(cells.len()));
            let after = &rest[self.hidden.len().min(rest.len())..];
            (before.iter().chain(after)).try_for_each(|cell| take(*cell))
        };
        let (Some(selected), Some((last, plain))) = (self.selected, row.split_last()) else {
            return shown(row);
        };
        shown(plain)?;
        let values: Vec<Option<String>> = match last {
            Cell::Text(json) => serde_json::from_str(json).unwrap_or_default(),
            _ => Vec::new(),
        };
        let mut values = values.into_iter();
        (0..selected).try_for_each(|_| match values.next().flatten() {
            Some(value) => take(Cell::Text(&value)),
            None => take(Cell::Empty),
        })
    }
}

/// Returns the `NAME` of `NAME=CSS`.
fn select_name(option: &str) -> &str {
    option.split_once('=').map_or(option, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_values_are_columns_of_their_own() {
        let columns = Columns {
            all: vec![],
            selected: Some(3),
            hidden: 0..0,
        };
        let check = |cell: Cell<'_>, expected: &[Option<&str>]| {
            let mut seen = Vec::new();
            let taken: Result<(), ()> = columns.each(&[cell], |cell| {
                seen.push(match cell {
                    Cell::Text(text) => Some(text.to_owned()),
                    _ => None,
                });
                Ok(())
            });
            assert!(taken.is_ok());
            let seen: Vec<Option<&str>> = seen.iter().map(Option::as_deref).collect();
            assert_eq!(seen, expected);
        };
        check(
            Cell::Text(r#"["a",null,"c"]"#),
            &[Some("a"), None, Some("c")],
        );
        check(Cell::Text(r#"["a"]"#), &[Some("a"), None, None]);
        check(Cell::Text("broken"), &[None; 3]);
        check(Cell::Empty, &[None; 3]);
    }

    #[test]
    fn a_selector_may_hold_an_equals_sign() {
        assert_eq!(select_name("Price=span[itemprop=price]"), "Price");
    }
}
