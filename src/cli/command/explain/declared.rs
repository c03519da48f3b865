//! Topics whose explanation is a sentence in the code: columns, metrics of gates, diagnosis rules.

use serde::Serialize;

use crate::assess::METRICS;

use crate::assess::diagnose::rules::Rule;
use crate::assess::playbook::Playbook;
use crate::logs::LogTable;
use crate::report::{COMPARE_COLUMNS, snake_case};
use crate::store::Table;
use crate::store::tables::{Column, pages};

/// The explanation of a topic.
#[derive(Debug, Serialize)]
pub(super) struct Explained {
    #[serde(flatten)]
    pub(super) playbook: Playbook,
    /// Columns, metrics and rules of this name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) declared: Vec<Declared>,
}

/// The meaning of a name, with the places where it has this meaning.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Declared {
    /// The places, such as `pages.csv`.
    pub(super) places: Vec<String>,
    /// The sentence of its declaration.
    pub(super) says: String,
}

/// Returns the meanings of a name, each with the tables or other places that have it.
pub(super) fn declared(topic: &str) -> Vec<Declared> {
    let key = snake_case(topic);
    let mut found: Vec<Declared> = Vec::new();
    let mut add = |place: String, says: &str| match found.iter_mut().find(|it| it.says == says) {
        Some(same) => same.places.push(place),
        None => found.push(Declared {
            places: vec![place],
            says: says.to_owned(),
        }),
    };
    for (file, columns) in tables() {
        for (at, column) in columns.iter().enumerate() {
            if snake_case(column.name) == key && is_documented(column) {
                add(format!("{file}.csv"), sentence(columns, at));
            }
        }
    }
    for metric in METRICS.iter().filter(|it| snake_case(it.name) == key) {
        add("--fail-on".to_owned(), &first_letter(metric.doc));
    }
    if let Some(rule) = Rule::from_id(&key) {
        let says = format!(
            "{}. `Advice` in that row is the topic of its fix.",
            rule.title()
        );
        add("Rule in findings.csv".to_owned(), &says);
    }
    found
}

/// Returns the names that [`declared`] knows, except rules.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let columns = tables().flat_map(|(_, columns)| columns.iter().filter(|it| is_documented(it)));
    let metrics = METRICS.iter().map(|metric| metric.name);
    columns.map(|column| column.name).chain(metrics)
}

/// Every table of the exports. Errors have the columns of pages.
fn tables() -> impl Iterator<Item = (&'static str, &'static [Column])> {
    let own = Table::ALL
        .into_iter()
        .filter(|table| *table != Table::ServerErrors);
    let own = own.map(|table| (table.name(), table.columns()));
    let of_logs = LogTable::ALL.into_iter();
    own.chain([("compare", &COMPARE_COLUMNS[..])])
        .chain(of_logs.map(|table| (table.name(), table.columns())))
}

/// Returns whether a column has a meaning of ours: columns of `--select` are named and filled by users.
fn is_documented(column: &Column) -> bool {
    column.name != pages::SELECTED.name
}

/// Returns what a column holds: its own sentence, that of the same name in a table above, or that of the column
/// before, which describes both.
fn sentence(columns: &'static [Column], at: usize) -> &'static str {
    let column = &columns[at];
    let above = || {
        let mut all = tables().flat_map(|(_, columns)| columns);
        all.find_map(|other| other.says.filter(|_| other.name == column.name))
    };
    let before = || columns[..at].iter().rev().find_map(|other| other.says);
    column
        .says
        .or_else(above)
        .or_else(before)
        .unwrap_or_default()
}

fn first_letter(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_and_metric_has_a_sentence() {
        for name in names() {
            let found = declared(name);
            let says = |it: &Declared| it.says.len() > 5 && !it.places.is_empty();
            assert!(
                !found.is_empty() && found.iter().all(says),
                "{name}: {found:?}"
            );
        }
    }
}
