//! A row whose cells are asked for by the names of their columns.

use std::collections::HashMap;

use crate::store::{Cell, Store, StoreError, Table};

/// Where each column of a table is.
#[derive(Debug)]
pub struct Places(HashMap<String, usize>);

/// A row of a table.
#[derive(Debug)]
pub struct Row<'a> {
    places: &'a Places,
    cells: &'a [Cell<'a>],
}

impl Places {
    /// Of a table of this store.
    pub fn read(store: &Store, table: Table) -> Result<Places, StoreError> {
        Ok(store.columns(table)?.into_iter().collect())
    }

    /// A row as the store hands it over.
    pub const fn row<'a>(&'a self, cells: &'a [Cell<'a>]) -> Row<'a> {
        Row {
            places: self,
            cells,
        }
    }
}

impl FromIterator<String> for Places {
    fn from_iter<T: IntoIterator<Item = String>>(names: T) -> Places {
        Places(names.into_iter().zip(0..).collect())
    }
}

impl<'a> Row<'a> {
    /// The cell of a column; empty if there is no such column.
    pub fn cell(&self, name: &str) -> Cell<'a> {
        let at = self.places.0.get(name);
        let cell = at.and_then(|at| self.cells.get(*at));
        cell.copied().unwrap_or(Cell::Empty)
    }

    /// The same if it is text, otherwise nothing.
    pub fn text(&self, name: &str) -> &'a str {
        match self.cell(name) {
            Cell::Text(text) => text,
            Cell::Empty | Cell::Integer(_) | Cell::Real(_) => "",
        }
    }

    /// The same if it is a number, otherwise 0.
    pub fn number(&self, name: &str) -> f64 {
        match self.cell(name) {
            Cell::Integer(value) => value as f64,
            Cell::Real(value) => value,
            Cell::Empty | Cell::Text(_) => 0.0,
        }
    }
}
