//! A table in parts: a column with its cell, or columns that several tables have.

use crate::assess::Interval;
use crate::logs::tally::times::Times;
use crate::logs::tally::urls::STATUSES;
use crate::model::{Cause, Moment};
use crate::store::Cell;
use crate::store::tables::{Column, Kind};

/// Takes rows until it returns `false`.
pub(super) type Each<'a> = &'a mut dyn FnMut(&[Cell<'_>]) -> bool;

/// A part of a table whose rows are `R`s.
pub(super) enum Part<R> {
    /// A column and its cell.
    One(Column, fn(&R) -> Value),
    /// Failures, those by status, and answers of 4xx.
    Answers(fn(&R) -> Answers),
    /// The share of failures with its interval, from failures and requests.
    Rate(fn(&R) -> (u64, u64)),
    /// Requests and failures of users and of search engines.
    Who(fn(&R) -> [(u64, u64); 2]),
    /// Percentiles of request times.
    Times(fn(&R) -> Option<&Times>),
}

/// Failures, and answers of 4xx.
pub(super) struct Answers {
    pub(super) by_status: [u64; STATUSES.len() + 1],
    pub(super) refused: u64,
}

/// The value of a cell; its column rounds it.
pub(super) enum Value {
    Empty,
    Whole(u64),
    Real(f64),
    Text(String),
}

const ANSWERS: [Column; 6] = [
    column("5xx", Kind::Whole, "Those that failed with a 5xx."),
    column("500", Kind::Whole, "Those with this status."),
    column("502", Kind::Whole, "Those with this status."),
    column("503", Kind::Whole, "Those with this status."),
    column("504", Kind::Whole, "Those with this status."),
    column("4xx", Kind::Whole, "Those that were answered with a 4xx."),
];

const RATE: [Column; 3] = [
    column(
        "Error Rate",
        Kind::Share(4),
        "Share of requests that failed with a 5xx. Its 95 % interval is in the two columns beside it.",
    ),
    Column::computed("Error Rate Low 95%", Kind::Share(4), None),
    Column::computed("Error Rate High 95%", Kind::Share(4), None),
];

const WHO: [Column; 4] = [
    column(
        "User Requests",
        Kind::Whole,
        "Requests of browsers and of clients without a user agent.",
    ),
    column("User 5xx", Kind::Whole, "Those that failed."),
    column(
        "Bot Requests",
        Kind::Whole,
        "Requests of search engines' crawlers, without those that are known to be false.",
    ),
    column("Bot 5xx", Kind::Whole, "Those that failed."),
];

/// The percentiles of request times.
const SHARES: [f64; 2] = [0.5, 0.95];

const TIMES: [Column; SHARES.len()] = [
    column(
        "Request Time p50 (ms)",
        Kind::Decimals(1),
        "Median of the request times, within 5 %; empty if the log has none.",
    ),
    column(
        "Request Time p95 (ms)",
        Kind::Decimals(1),
        "19 of 20 requests took no longer.",
    ),
];

const fn column(name: &'static str, kind: Kind, says: &'static str) -> Column {
    Column::computed(name, kind, Some(says))
}

/// Declares a column and its cell.
pub(super) fn one<R>(
    name: &'static str,
    kind: Kind,
    says: &'static str,
    cell: fn(&R) -> Value,
) -> Part<R> {
    Part::One(column(name, kind, says), cell)
}

impl<R> Part<R> {
    /// Returns its columns.
    pub(super) fn columns(&self) -> Vec<Column> {
        match self {
            Part::One(column, _) => vec![*column],
            Part::Answers(_) => ANSWERS.to_vec(),
            Part::Rate(_) => RATE.to_vec(),
            Part::Who(_) => WHO.to_vec(),
            Part::Times(_) => TIMES.to_vec(),
        }
    }

    /// Adds its cells of a row.
    fn add(&self, row: &R, cells: &mut Vec<Value>) {
        match self {
            Part::One(column, cell) => cells.push(cell(row).rounded(column.kind)),
            Part::Answers(answers) => {
                let Answers { by_status, refused } = answers(row);
                let statuses = by_status.iter().take(STATUSES.len());
                cells.push(Value::Whole(by_status.iter().sum()));
                cells.extend(statuses.map(|count| Value::Whole(*count)));
                cells.push(Value::Whole(refused));
            }
            Part::Rate(counts) => {
                let (failed, requests) = counts(row);
                let rate = Interval::wilson(failed as f64, requests as f64);
                let values = [rate.value, rate.low, rate.high];
                cells.extend(values.map(|value| Value::Real(value).rounded(RATE[0].kind)));
            }
            Part::Who(counts) => {
                let counts = counts(row).map(|(requests, failed)| [requests, failed]);
                cells.extend(
                    counts
                        .as_flattened()
                        .iter()
                        .map(|count| Value::Whole(*count)),
                );
            }
            Part::Times(times) => {
                let times = times(row);
                cells.extend(SHARES.map(|share| {
                    let value = times.and_then(|times| times.percentile(share));
                    Value::from(value).rounded(TIMES[0].kind)
                }));
            }
        }
    }
}

/// Room for the cells of a row; no table has more. Ours.
const CELLS: usize = 32;

/// Gives a row to a function. Returns whether that wants more.
pub(super) fn give<R>(parts: &[Part<R>], row: &R, each: Each<'_>) -> bool {
    let mut values = Vec::with_capacity(CELLS);
    for part in parts {
        part.add(row, &mut values);
    }
    let cells = values.iter().map(|value| match value {
        Value::Empty => Cell::Empty,
        Value::Whole(number) => Cell::Integer(*number as i64),
        Value::Real(number) => Cell::Real(*number),
        Value::Text(text) => Cell::Text(text),
    });
    each(&cells.collect::<Vec<_>>())
}

/// Gives rows to a function until it returns `false`.
pub(super) fn give_all<R>(parts: &[Part<R>], rows: impl IntoIterator<Item = R>, each: Each<'_>) {
    let mut rows = rows.into_iter();
    // Ends with the first row after which no more are wanted.
    let _ = rows.all(|row| give(parts, &row, each));
}

impl Value {
    fn rounded(self, kind: Kind) -> Value {
        match (self, kind) {
            (Value::Real(value), Kind::Decimals(places) | Kind::Share(places)) => {
                let scale = 10_f64.powi(places.into());
                Value::Real((value * scale).round() / scale)
            }
            (value, _) => value,
        }
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Value {
        Value::Whole(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Value {
        Value::Whole(number.into())
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Value {
        Value::Real(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        if text.is_empty() {
            Value::Empty
        } else {
            Value::Text(text)
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::from(text.to_owned())
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Value {
        Value::Text(moment.to_string())
    }
}

impl From<Cause> for Value {
    fn from(cause: Cause) -> Value {
        Value::from(cause.id())
    }
}

impl<T> From<Option<T>> for Value
where
    Value: From<T>,
{
    fn from(value: Option<T>) -> Value {
        value.map_or(Value::Empty, Value::from)
    }
}
