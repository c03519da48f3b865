//! Writes the pages that changed since a baseline, as CSV and as JSON lines: all of them, streamed in the order of
//! URLs.

use std::io::{self, BufWriter, Write};

use serde_json::{Map, Value};

use crate::assess::compare::{Comparison, PageChange};
use crate::store::tables::{Column, Kind, Names};
use crate::store::{Baseline, RunRow, Store};

use super::csv::without_formulas;
use crate::report::files::error::ReportError;
use crate::report::files::fault::Fault;
use crate::report::json::text::Escaping;
use crate::report::json::text::four_decimals;

/// A baseline and the comparison with it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The baseline.
    pub baseline: Baseline,
    /// The changes.
    pub comparison: Comparison,
}

/// The columns of `compare.csv`.
pub const COMPARE_COLUMNS: [Column; 17] = [
    Column::computed(
        "Address",
        Kind::Address,
        Some(
            "The address in the new run, as in `URL Encoded Address`; for pages that are gone, \
             the address that they would have there.",
        ),
    ),
    Column::computed(
        "Change",
        Kind::Text,
        Some(
            "`new`, `fixed`, `worse`, `better`, `flapping`, `appeared`, `gone`, `lost`, `back`, `moved`, \
            `unlinked` or `unclear`.",
        ),
    ),
    Column::computed(
        "Old Address",
        Kind::Address,
        Some("The address in the old run; another only with `--map`."),
    ),
    Column::computed(
        "Old Verdict",
        Kind::Name(Names::Verdict),
        Some("The verdicts; empty if that run did not request the page."),
    ),
    Column::computed("New Verdict", Kind::Name(Names::Verdict), None),
    Column::computed(
        "Old Status Code",
        Kind::Whole,
        Some("The last status codes; 0 if there was no answer."),
    ),
    Column::computed("New Status Code", Kind::Whole, None),
    Column::computed(
        "Old Attempts",
        Kind::Whole,
        Some("How many attempts there were."),
    ),
    Column::computed("New Attempts", Kind::Whole, None),
    Column::computed(
        "Old Failed Attempts",
        Kind::Whole,
        Some("How many of them failed."),
    ),
    Column::computed("New Failed Attempts", Kind::Whole, None),
    Column::computed(
        "Old Error Rate",
        Kind::Share(4),
        Some("The shares of attempts that failed, 0 to 1."),
    ),
    Column::computed("New Error Rate", Kind::Share(4), None),
    Column::computed(
        "Difference",
        Kind::Decimals(4),
        Some(
            "The new rate minus the old one, -1 to 1. Its 95 % interval (Newcombe, method 10) is \
            in `Difference Low 95%` and `Difference High 95%`.",
        ),
    ),
    Column::computed("Difference Low 95%", Kind::Decimals(4), None),
    Column::computed("Difference High 95%", Kind::Decimals(4), None),
    Column {
        width: Some(100),
        ..Column::computed(
            "Evidence",
            Kind::Text,
            Some("The evidence for the change, in words with numbers."),
        )
    },
];

/// Writes the changes as CSV, as `compare.csv` has them.
pub fn write_changes(
    store: &Store,
    run: &RunRow,
    compared: &Compared,
    out: impl Write,
) -> Result<(), ReportError> {
    csv(store, run, compared, out).map_err(|fault| match fault {
        Fault::Io(source) => ReportError::Write {
            path: "standard output".into(),
            source,
        },
        Fault::Store(source) => ReportError::Store(source),
    })
}

pub(in crate::report) fn csv(
    store: &Store,
    run: &RunRow,
    compared: &Compared,
    out: impl Write,
) -> Result<(), Fault> {
    let mut csv = super::csv::writer(out);
    csv.write_record(COMPARE_COLUMNS.map(|column| column.name))?;
    each(store, run, compared, &mut |page| {
        let cells = cells(page).map(|cell| match cell {
            Value::Null => String::new(),
            Value::String(text) => without_formulas(&text).into_owned(),
            number => in_figures(&number),
        });
        Ok(csv.write_record(cells)?)
    })?;
    Ok(csv.flush()?)
}

pub(in crate::report) fn jsonl(
    store: &Store,
    run: &RunRow,
    compared: &Compared,
    out: impl Write,
) -> Result<(), Fault> {
    let keys = COMPARE_COLUMNS.map(|column| super::jsonl::snake_case(column.name));
    let mut out = BufWriter::new(out);
    each(store, run, compared, &mut |page| {
        let cells = keys.iter().cloned().zip(cells(page));
        let row: Map<String, Value> = cells.filter(|(_, cell)| !cell.is_null()).collect();
        serde_json::to_writer(Escaping(&mut out), &row)?;
        Ok(out.write_all(b"\n")?)
    })?;
    Ok(out.flush()?)
}

/// Formats a number as in the other tables: 1 rather than 1.0.
fn in_figures(number: &Value) -> String {
    match number.as_f64() {
        Some(value) => value.to_string(),
        None => number.to_string(),
    }
}

/// Calls a function with every change, until it returns an error.
pub(in crate::report) fn each(
    store: &Store,
    run: &RunRow,
    compared: &Compared,
    take: &mut dyn FnMut(&PageChange) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let yardstick = compared.comparison.yardstick();
    let mut fault = None;
    store.each_change(run, &compared.baseline, yardstick, &mut |page| {
        fault = take(&page).err();
        fault.is_none()
    })?;
    fault.map_or(Ok(()), Err)
}

pub(in crate::report) fn cells(page: &PageChange) -> [Value; COMPARE_COLUMNS.len()] {
    let (old, new) = (page.old, page.new);
    let own = page.old_address.as_ref().unwrap_or(&page.address);
    let text = |text: &str| Value::from(text);
    let verdict = |name: Option<&'static str>| name.map_or(Value::Null, Value::from);
    let number = |number: Option<u32>| number.map_or(Value::Null, Value::from);
    let rate = |rate: Option<f64>| rate.map_or(Value::Null, |rate| four_decimals(rate).into());
    [
        text(&page.address),
        text(page.change.name()),
        text(own),
        verdict(old.map(|old| old.verdict.name())),
        verdict(new.map(|new| new.verdict.name())),
        number(old.map(|old| old.status.into())),
        number(new.map(|new| new.status.into())),
        number(old.map(|old| old.attempts)),
        number(new.map(|new| new.attempts)),
        number(old.map(|old| old.failed)),
        number(new.map(|new| new.failed)),
        rate(old.map(|old| old.error_rate.value)),
        rate(new.map(|new| new.error_rate.value)),
        rate(page.difference.map(|found| found.value)),
        rate(page.difference.map(|found| found.low)),
        rate(page.difference.map(|found| found.high)),
        text(&page.evidence),
    ]
}

/// Returns the `compare` object of `summary.json` and `compare --json`.
pub fn comparison_json(comparison: &Comparison) -> io::Result<Value> {
    let mut value = serde_json::to_value(comparison)?;
    round(&mut value);
    Ok(value)
}

/// Rounds to four decimals: more would be noise in a text that people compare. A small value does not become zero, and
/// whole numbers stay whole.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(fraction) = number.as_f64().filter(|_| number.is_f64())
                && fraction.abs() >= 0.001
            {
                *value = four_decimals(fraction).into();
            }
        }
        Value::Array(values) => values.iter_mut().for_each(round),
        Value::Object(values) => values.values_mut().for_each(round),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_the_other_tables() {
        let cases = [
            (1.0.into(), "1"),
            (0.125.into(), "0.125"),
            (502.into(), "502"),
        ];
        for (number, expected) in cases {
            assert_eq!(in_figures(&number), expected);
        }
    }

    #[test]
    fn fractions_are_rounded_and_whole_numbers_kept() {
        let mut value = serde_json::json!({ "a": [0.123_456, 7, 0.000_012_34], "b": { "c": "x" } });
        round(&mut value);
        assert_eq!(
            value.to_string(),
            r#"{"a":[0.1235,7,0.00001234],"b":{"c":"x"}}"#
        );
    }
}
