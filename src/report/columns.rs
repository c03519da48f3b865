//! The columns of an exported table: those of the store, with `Selected` split into one for each
//! `--select NAME=...` of the plan.

use crate::store::{Cell, RunRow, Store, StoreError, Table};

/// The last column of a table of pages: a JSON array of what `--select` found.
const SELECTED: &str = "Selected";

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns {
    names: Vec<String>,
    /// How many of them, at the end, come out of `Selected`; absent if the table has none.
    selected: Option<usize>,
}

impl Columns {
    pub(super) fn read(store: &Store, run: &RunRow, table: Table) -> Result<Columns, StoreError> {
        let mut names = store.columns(table)?;
        let selected = names.pop_if(|name| name == SELECTED).map(|_| {
            let select = &run.plan.scope.select;
            names.extend(select.iter().map(|option| select_name(option).to_owned()));
            select.len()
        });
        Ok(Columns { names, selected })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Hands over the cells of a row, as many as there are names, until one cannot be taken.
    pub(super) fn each<E>(
        &self,
        row: &[Cell<'_>],
        mut take: impl FnMut(Cell<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (Some(selected), Some((last, plain))) = (self.selected, row.split_last()) else {
            return row.iter().try_for_each(|cell| take(*cell));
        };
        plain.iter().try_for_each(|cell| take(*cell))?;
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

/// `NAME` of `NAME=CSS`.
fn select_name(option: &str) -> &str {
    option.split_once('=').map_or(option, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_values_are_columns_of_their_own() {
        let columns = Columns {
            names: vec![],
            selected: Some(3),
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
