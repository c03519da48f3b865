//! CSV as in RFC 4180: UTF-8, `\r\n`, always a header, an empty cell for an unknown value. A text that a spreadsheet
//! would run as a formula becomes plain text.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::Write;

use ::csv::{ByteRecord, Terminator, Writer, WriterBuilder};

use crate::store::tables::Column;
use crate::store::{Cell, RunRow, Store, Table};

use super::columns::Columns;
use crate::report::files::fault::Fault;

/// Size of the buffer before the file, in bytes.
const BUFFER: usize = 1 << 16;

/// Writes a table.
pub(in crate::report) fn write(
    store: &Store,
    run: &RunRow,
    table: Table,
    out: impl Write,
) -> Result<(), Fault> {
    let columns = Columns::of(store, run, table)?;
    let mut csv = writer(out);
    let names = columns.all().iter();
    csv.write_record(names.map(|column| without_formulas(&column.name).into_owned()))?;
    let (mut record, mut number) = (ByteRecord::new(), String::new());
    store.rows(run.id, table, &mut |row| {
        record.clear();
        columns.each(row, |cell| {
            push(cell, &mut record, &mut number);
            Ok::<(), Fault>(())
        })?;
        Ok::<(), Fault>(csv.write_byte_record(&record)?)
    })?;
    Ok(csv.flush()?)
}

/// Calls a function with each row of a table until it returns `false`.
pub type ComputedRows<'a> = dyn Fn(&mut dyn FnMut(&[Cell<'_>]) -> bool) + 'a;

/// Writes a table whose rows are computed.
pub(super) fn write_rows(
    columns: &[Column],
    rows: &ComputedRows<'_>,
    out: impl Write,
) -> Result<(), Fault> {
    let mut csv = writer(out);
    csv.write_record(columns.iter().map(|column| column.name))?;
    let (mut record, mut number) = (ByteRecord::new(), String::new());
    let mut fault = None;
    rows(&mut |row| {
        record.clear();
        for cell in row {
            push(*cell, &mut record, &mut number);
        }
        fault = csv.write_byte_record(&record).err();
        fault.is_none()
    });
    match fault {
        Some(fault) => Err(fault.into()),
        None => Ok(csv.flush()?),
    }
}

/// Returns the writer of all tables. Texts from the site go through [`without_formulas`] first.
pub fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .buffer_capacity(BUFFER)
        .from_writer(out)
}

fn push(cell: Cell<'_>, record: &mut ByteRecord, number: &mut String) {
    number.clear();
    // Writing to a string cannot fail.
    let _ = match cell {
        Cell::Text(text) => return record.push_field(without_formulas(text).as_bytes()),
        Cell::Empty => Ok(()),
        Cell::Integer(value) => write!(number, "{value}"),
        Cell::Real(value) => write!(number, "{value}"),
    };
    record.push_field(number.as_bytes());
}

/// Makes a text harmless in a spreadsheet and a terminal. Puts an apostrophe before anything that a spreadsheet would
/// take for a formula (OWASP, "CSV injection"). Replaces with U+FFFD control characters other than tab and line breaks,
/// which would control a terminal, and those that turn the direction of writing, which would disguise a name.
///
/// Where a spreadsheet separates cells by `;` or tab, as Excel does in half of Europe, our quotes protect nothing: a
/// cell may begin after each of these and after each line break.
pub fn without_formulas(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::new();
    // Bytes of the text that `plain` has already.
    let mut taken = 0;
    let mut cell = Some(Begins::Text);
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if commands(c) {
            plain.push_str(&text[taken..at]);
            plain.push('\u{fffd}');
            taken = end;
        } else if cell.is_some() && is_formula(c) || cell == Some(Begins::Text) && is_break(c) {
            plain.push_str(&text[taken..at]);
            plain.push('\'');
            taken = at;
        }
        cell = match c {
            ';' | '\t' | '\n' | '\r' => Some(Begins::Within),
            // A spreadsheet removes these before a formula.
            ' ' | '"' if cell == Some(Begins::Within) => cell,
            _ => None,
        };
    }
    if plain.is_empty() {
        return Cow::Borrowed(text);
    }
    plain.push_str(&text[taken..]);
    Cow::Owned(plain)
}

/// Returns whether a first look shows that nothing is to be changed, as in most texts: ASCII without control
/// characters, in which no further cell can begin.
fn is_harmless(text: &str) -> bool {
    let is_usual = |byte: u8| matches!(byte, b' '..=b'~') && byte != b';';
    !text.starts_with(is_formula) && text.bytes().all(is_usual)
}

/// Where a cell begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// At the beginning of the text.
    Text,
    /// Within the text, if the file is read with another separator than ours.
    Within,
}

/// Returns whether a cell that begins with this character is a formula.
fn is_formula(c: char) -> bool {
    // Excel and LibreOffice in East Asian languages accept the full-width ones as well.
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

/// Returns whether a spreadsheet removes this character before it reads a cell.
fn is_break(c: char) -> bool {
    matches!(c, '\t' | '\r')
}

/// Returns whether a character is a control character other than tab and line breaks (those of the second set, C1,
/// too), or turns the direction of writing.
pub(super) fn commands(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(cell: Cell<'_>) -> String {
        let mut record = ByteRecord::new();
        push(cell, &mut record, &mut "before".to_owned());
        String::from_utf8(record[0].to_vec()).expect("UTF-8")
    }

    /// Returns the cells that a spreadsheet finds in a record of ours if it uses another separator: quotes have a
    /// meaning at the beginning of a cell only.
    fn cells(text: &str, separator: char) -> Vec<String> {
        let mut csv = writer(Vec::new());
        let record = ["https://h/", &without_formulas(text), "200"];
        csv.write_record(record).expect("written");
        let written = String::from_utf8(csv.into_inner().expect("flushed")).expect("UTF-8");
        written
            .split([separator, '\n', '\r'])
            .map(|cell| cell.trim_start_matches(['"', ' ']).to_owned())
            .collect()
    }

    #[test]
    fn no_cell_is_a_formula_whatever_separates_them() {
        let formulas = [
            "=1+1",
            "+1",
            "-1",
            "@x",
            "=HYPERLINK(\"http://x/\")",
            "\u{ff1d}1+1",
            "\u{ff0b}1",
            "\u{ff0d}1",
            "\u{ff20}x",
        ];
        let before = [
            ";", "x;", "x; ", "x;\"", "x;\" \"", ";;", "x\t", "\t", "\t\t", "x\n", "\n", "x\r\n",
            "x\u{7};",
        ];
        for (formula, before) in formulas.iter().flat_map(|f| before.map(|b| (f, b))) {
            let text = format!("{before}{formula};y");
            for separator in [';', '\t'] {
                for cell in cells(&text, separator) {
                    assert!(!cell.starts_with(is_formula), "{text:?}: {cell:?}");
                }
            }
        }
        assert_eq!(without_formulas("x;=1"), "x;'=1");
        assert_eq!(without_formulas("=a;b;-c\n@d"), "'=a;b;'-c\n'@d");
    }

    #[test]
    fn formulas_become_texts_and_numbers_stay_numbers() {
        for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx"] {
            assert_eq!(field(Cell::Text(text)), format!("'{text}"));
        }
        for text in [
            "",
            "a=1",
            " =1",
            "'=1",
            "a, b-c",
            "https://example.com/?a=-1",
        ] {
            assert_eq!(field(Cell::Text(text)), text);
        }
        assert_eq!(field(Cell::Text("=\x1b[2J")), "'=\u{fffd}[2J");
        assert_eq!(field(Cell::Text("a\t\r\n\x07")), "a\t\r\n\u{fffd}");
        // A terminal reads U+009B like the two characters that begin its commands.
        assert_eq!(field(Cell::Text("\u{9b}2J\u{7f}")), "\u{fffd}2J\u{fffd}");
        assert_eq!(
            field(Cell::Text("\u{ff1d}1\u{202e}x\u{2069}")),
            "'\u{ff1d}1\u{fffd}x\u{fffd}"
        );
        assert_eq!(field(Cell::Integer(-1)), "-1");
        assert_eq!(field(Cell::Real(-0.5)), "-0.5");
        assert_eq!(field(Cell::Real(12.0)), "12");
        assert_eq!(field(Cell::Empty), "");
    }
}
