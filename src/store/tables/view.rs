//! The view of a table in SQL, made from the declarations of its columns.

use super::column::Column;
use crate::assess::diagnose::rules::Severity;

/// The SQL view of an export's table.
#[derive(Debug)]
pub(crate) struct View {
    /// The columns in their order.
    pub(crate) columns: &'static [Column],
    /// Source of the run's number.
    pub(super) run: &'static str,
    /// The `FROM` clause that the columns' sources refer to.
    pub(super) from: &'static str,
    /// The sort order of rows.
    pub(super) order: &'static [By],
}

/// A column that rows are sorted by.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// Ascending.
    Up(Column),
    /// Descending.
    Down(Column),
    /// The worst severity first.
    Worst(Column),
}

impl View {
    /// Returns the query for the rows of all runs, with `run` in front.
    pub(crate) fn select(&self) -> String {
        let columns = self.columns.iter();
        let columns: Vec<String> = columns
            .map(|column| format!("    {} AS \"{}\"", column.expression(), column.name))
            .collect();
        let (run, columns, from) = (self.run, columns.join(",\n"), self.from);
        format!("SELECT\n    {run} AS run,\n{columns}\n{from}")
    }

    /// Returns the names of its columns as a SQL list.
    pub(crate) fn names(&self) -> String {
        let names = self.columns.iter();
        let names: Vec<String> = names.map(|column| quoted(*column)).collect();
        names.join(", ")
    }

    /// Returns the text after `ORDER BY`.
    pub(crate) fn order(&self) -> String {
        let keys: Vec<String> = self.order.iter().map(|by| by.key()).collect();
        keys.join(", ")
    }
}

impl By {
    fn key(self) -> String {
        match self {
            By::Up(column) => quoted(column),
            By::Down(column) => format!("{} DESC", quoted(column)),
            By::Worst(column) => {
                let ranks = Severity::ALL.into_iter().rev().zip(0..);
                let ranks: Vec<String> = ranks
                    .map(|(severity, rank)| format!("WHEN '{}' THEN {rank}", severity.id()))
                    .collect();
                format!("CASE {} {} END", quoted(column), ranks.join(" "))
            }
        }
    }
}

fn quoted(column: Column) -> String {
    format!("\"{}\"", column.name)
}
