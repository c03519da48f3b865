//! Streaming reads of the exports' tables: a row at a time, however many there are.

use rusqlite::types::ValueRef;

use super::file::{Store, StoreError};
use super::runs::RunId;

/// A table of the exports. Its columns are those of the view with its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Pages of the site, a row each.
    Pages,
    /// All attempts.
    Attempts,
    /// Links to failing URLs.
    ErrorInlinks,
    /// Redirects with the end of their chains.
    Redirects,
    /// Sitemaps.
    Sitemaps,
    /// robots.txt files.
    Robots,
    /// URLs that were not fetched.
    Skipped,
}

/// A cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Not known.
    Empty,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text; bytes that are not UTF-8 were replaced when it was stored.
    Text(&'a str),
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 7] = [
        Table::Pages,
        Table::Attempts,
        Table::ErrorInlinks,
        Table::Redirects,
        Table::Sitemaps,
        Table::Robots,
        Table::Skipped,
    ];

    /// The name of the view, and of the file without its ending.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Pages => "pages",
            Table::Attempts => "attempts",
            Table::ErrorInlinks => "error_inlinks",
            Table::Redirects => "redirects",
            Table::Sitemaps => "sitemaps",
            Table::Robots => "robots",
            Table::Skipped => "skipped",
        }
    }

    /// By address, then by what tells rows of one address apart, so that two runs can be compared
    /// as text.
    const fn order(self) -> &'static str {
        match self {
            Table::Pages | Table::Redirects | Table::Sitemaps => r#""Address""#,
            Table::Attempts => r#""Address", "Attempt""#,
            Table::ErrorInlinks => r#""Destination", "Source", "Type", "Anchor", "Link Position""#,
            Table::Robots => r#""Host""#,
            Table::Skipped => r#""Address", "Reason", "Found On""#,
        }
    }
}

impl Store {
    /// The names of a table's columns. The last one of [`Table::Pages`], `Selected`, is a JSON
    /// array with the values of the plan's `--select` columns.
    pub fn columns(&self, table: Table) -> Result<Vec<String>, StoreError> {
        let connection = self.connect()?;
        let statement = connection
            .prepare(&format!("SELECT * FROM {} LIMIT 0", table.name()))
            .map_err(|source| self.fault(source))?;
        let names = statement.column_names();
        Ok(names.into_iter().skip(1).map(str::to_owned).collect())
    }

    /// Hands over the rows of a run, in order, until `each` says to stop by returning false.
    pub fn rows(
        &self,
        run: RunId,
        table: Table,
        each: &mut dyn FnMut(&[Cell<'_>]) -> bool,
    ) -> Result<(), StoreError> {
        let connection = self.connect()?;
        let sql = format!(
            "SELECT * FROM {} WHERE run = ? ORDER BY {}",
            table.name(),
            table.order()
        );
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = connection.prepare(&sql)?;
            let width = statement.column_count();
            let mut rows = statement.query([run.0])?;
            while let Some(row) = rows.next()? {
                let mut cells = Vec::with_capacity(width);
                for at in 1..width {
                    cells.push(match row.get_ref(at)? {
                        ValueRef::Integer(value) => Cell::Integer(value),
                        ValueRef::Real(value) => Cell::Real(value),
                        ValueRef::Text(text) => {
                            Cell::Text(std::str::from_utf8(text).unwrap_or_default())
                        }
                        ValueRef::Null | ValueRef::Blob(_) => Cell::Empty,
                    });
                }
                if !each(&cells) {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(|source| self.fault(source))
    }
}
