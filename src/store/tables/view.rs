//! The view of a table in SQL, made from the declarations of its columns.

use super::column::Column;
use crate::assess::diagnose::rules::Severity;

/// A table of the exports as the database has it.
#[derive(Debug)]
pub(crate) struct View {
    /// The columns in their order.
    pub(crate) columns: &'static [Column],
    /// Where the number of the run comes from.
    pub(super) run: &'static str,
    /// What the sources of the columns name.
    pub(super) from: &'static str,
    /// What rows are sorted by.
    pub(super) order: &'static [By],
}

/// A column that rows are sorted by.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// The least first.
    Up(Column),
    /// The greatest first.
    Down(Column),
    /// The worst severity first.
    Worst(Column),
}

impl View {
    /// The rows of all runs, with `run` in front.
    pub(crate) fn select(&self) -> String {
        let columns = self.columns.iter();
        let columns: Vec<String> = columns
            .map(|column| format!("    {} AS \"{}\"", column.expression(), column.name))
            .collect();
        let (run, columns, from) = (self.run, columns.join(",\n"), self.from);
        format!("SELECT\n    {run} AS run,\n{columns}\n{from}")
    }

    /// The names of its columns as SQL takes them.
    pub(crate) fn names(&self) -> String {
        let names = self.columns.iter();
        let names: Vec<String> = names.map(|column| quoted(*column)).collect();
        names.join(", ")
    }

    /// What follows `ORDER BY`.
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
