//! JSON lines: an object for each row, its keys the names of the CSV columns in snake case. Numbers are numbers,
//! booleans are booleans, and unknown values are left out.

use std::io::{BufWriter, Write};

use crate::store::tables::Kind;
use crate::store::{Cell, RunRow, Store, Table};

use super::columns::{Columns, Heading};
use crate::report::files::fault::Fault;
use crate::report::json::text::{Escaping, pretty_json};

/// A column as a JSON key.
struct Key {
    /// The key with its quotes and colon.
    text: String,
    boolean: bool,
}

/// Writes a table.
pub(in crate::report) fn write(
    store: &Store,
    run: &RunRow,
    table: Table,
    out: impl Write,
) -> Result<(), Fault> {
    let columns = Columns::of(store, run, table)?;
    let keys = keys(columns.all())?;
    let mut out = BufWriter::new(out);
    let mut line = Vec::new();
    store.rows(run.id, table, &mut |row| {
        line.clear();
        object(&columns, &keys, row, &mut line)?;
        Ok::<(), Fault>(out.write_all(&line)?)
    })?;
    Ok(out.flush()?)
}

fn object(
    columns: &Columns,
    keys: &[Key],
    row: &[Cell<'_>],
    line: &mut Vec<u8>,
) -> Result<(), Fault> {
    let mut keys = keys.iter();
    columns.each(row, |cell| {
        let Some(key) = keys.next().filter(|_| cell != Cell::Empty) else {
            return Ok(());
        };
        line.push(if line.is_empty() { b'{' } else { b',' });
        line.extend_from_slice(key.text.as_bytes());
        match cell {
            Cell::Empty => {}
            Cell::Integer(value) => serde_json::to_writer(&mut *line, &value)?,
            Cell::Real(value) => serde_json::to_writer(&mut *line, &value)?,
            Cell::Text(text) if key.boolean => line.extend_from_slice(text.as_bytes()),
            Cell::Text(text) => serde_json::to_writer(Escaping(&mut *line), text)?,
        }
        Ok::<(), Fault>(())
    })?;
    line.extend_from_slice(if line.is_empty() { b"{}\n" } else { b"}\n" });
    Ok(())
}

/// Returns the keys of a table, each different from all before it: a column of `--select` may have the name of one of
/// ours.
fn keys(columns: &[Heading]) -> Result<Vec<Key>, Fault> {
    let mut taken: Vec<String> = Vec::new();
    let mut keys = Vec::new();
    for column in columns {
        let plain = snake_case(&column.name);
        let mut unique = plain.clone();
        for n in 2.. {
            if !taken.contains(&unique) {
                break;
            }
            unique = format!("{plain}_{n}");
        }
        keys.push(Key {
            text: format!("{}:", pretty_json(&unique)?),
            boolean: column.kind == Kind::YesNo,
        });
        taken.push(unique);
    }
    Ok(keys)
}

/// Turns `TTFB (ms)` into `ttfb_ms`.
pub fn snake_case(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for word in name.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() && !key.is_empty() {
            key.push('_');
        }
        key.push_str(&word.to_lowercase());
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_columns_in_snake_case() {
        let cases = [
            ("Status Code", "status_code"),
            ("TTFB (ms)", "ttfb_ms"),
            ("Error Rate Low 95%", "error_rate_low_95"),
            ("X-Robots-Tag 1", "x_robots_tag_1"),
            ("5xx Attempts", "5xx_attempts"),
            ("Crawl-delay (s)", "crawl_delay_s"),
        ];
        for (name, expected) in cases {
            assert_eq!(snake_case(name), expected);
        }
    }

    #[test]
    fn no_key_comes_twice() {
        let columns = ["Status", "status", "STATUS"].map(|name| Heading {
            name: name.to_owned(),
            kind: Kind::Text,
            width: None,
        });
        let keys = keys(&columns).expect("made");
        let texts: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
        assert_eq!(texts, [r#""status":"#, r#""status_2":"#, r#""status_3":"#]);
    }
}
