//! The sheets of a table: one, and another whenever a sheet is full.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use super::cell::{Content, cell_text, serial};
use super::column::{format, header, width};
use crate::report::tables::columns::Heading;
use crate::store::tables::Kind;

/// Maximum rows of a sheet, the header included.
const MOST_ROWS: u32 = 1_048_576;

/// Maximum bytes of XML in a sheet, a row's size below 4 GiB: LibreOffice opens no workbook whose archive uses the
/// extension for more.
const MOST_BYTES: u64 = 4_200_000_000;

/// Maximum bytes of XML for a row without its cells.
const ROW: u64 = 72;
/// Maximum bytes of XML for a cell with a number.
const NUMBER: u64 = 52;
/// Maximum bytes of XML for a cell with a text, without the text.
const TEXT: u64 = 80;
/// Maximum bytes of XML for an escaped character.
const ESCAPED: u64 = 7;

/// A table on its way into a workbook.
pub(super) struct Sheets<'a> {
    workbook: &'a mut Workbook,
    name: &'a str,
    columns: &'a [Heading],
    formats: Vec<Option<Format>>,
    header: Format,
    most_rows: u32,
    /// Number of sheets begun.
    begun: usize,
    /// The position of the last one in the workbook.
    at: usize,
    /// Number of its rows so far.
    rows: u32,
    /// Maximum bytes of XML of these rows.
    bytes: u64,
    /// The next column of the last row.
    column: u16,
}

impl<'a> Sheets<'a> {
    pub(super) fn begin(
        workbook: &'a mut Workbook,
        name: &'a str,
        columns: &'a [Heading],
    ) -> Result<Sheets<'a>, XlsxError> {
        Sheets::of(MOST_ROWS, workbook, name, columns)
    }

    fn of(
        most_rows: u32,
        workbook: &'a mut Workbook,
        name: &'a str,
        columns: &'a [Heading],
    ) -> Result<Sheets<'a>, XlsxError> {
        let mut sheets = Sheets {
            workbook,
            name,
            columns,
            formats: (columns.iter()).map(|column| format(column.kind)).collect(),
            header: header(),
            most_rows,
            begun: 0,
            at: 0,
            rows: 0,
            bytes: 0,
            column: 0,
        };
        sheets.turn()?;
        Ok(sheets)
    }

    /// Begins a row, on the next sheet if this one is full.
    pub(super) fn row(&mut self) -> Result<(), XlsxError> {
        if self.rows == self.most_rows || self.bytes > MOST_BYTES {
            self.end()?;
            self.turn()?;
        }
        self.rows += 1;
        self.bytes += ROW;
        self.column = 0;
        Ok(())
    }

    /// Writes the next cell of the row.
    pub(super) fn push(&mut self, content: Content<'_>) -> Result<(), XlsxError> {
        let (row, column) = (self.rows - 1, self.column);
        let kind = self.columns.get(usize::from(column));
        let kind = kind.map_or(Kind::Text, |column| column.kind);
        self.column += 1;
        self.bytes += space(content);
        let sheet = self.sheet()?;
        match (content, kind) {
            (Content::Empty, _) => {}
            (Content::Number(value), _) => {
                sheet.write_number(row, column, value)?;
            }
            (Content::Text(text @ ("true" | "false")), Kind::YesNo) => {
                sheet.write_boolean(row, column, text == "true")?;
            }
            (Content::Text(text), Kind::Time | Kind::Second) if serial(text).is_some() => {
                sheet.write_number(row, column, serial(text).unwrap_or_default())?;
            }
            (Content::Text(text), _) => {
                sheet.write_string(row, column, cell_text(text))?;
            }
        }
        Ok(())
    }

    /// Ends the last sheet and sets its filter, whose range is known only now.
    pub(super) fn end(&mut self) -> Result<(), XlsxError> {
        let (last_row, columns) = (self.rows - 1, self.columns.len() as u16);
        self.sheet()?
            .autofilter(0, 0, last_row, columns.saturating_sub(1))?;
        Ok(())
    }

    /// Begins the next sheet: `attempts`, then `attempts 2`.
    fn turn(&mut self) -> Result<(), XlsxError> {
        self.begun += 1;
        self.at = self.workbook.worksheets().len();
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        if self.begun == 1 {
            sheet.set_name(self.name)?;
        } else {
            sheet.set_name(format!("{} {}", self.name, self.begun))?;
        }
        // Keeps the subject of each row in sight.
        let is_address = |heading: &Heading| heading.kind == Kind::Address;
        let frozen = u16::from(self.columns.first().is_some_and(is_address));
        sheet.set_freeze_panes(1, frozen)?;
        for (column, heading) in (0..).zip(self.columns) {
            sheet.set_column_width(column, width(heading))?;
            if let Some(Some(format)) = self.formats.get(usize::from(column)) {
                sheet.set_column_format(column, format)?;
            }
            sheet.write_string_with_format(0, column, cell_text(&heading.name), &self.header)?;
        }
        (self.rows, self.bytes) = (1, 0);
        Ok(())
    }

    fn sheet(&mut self) -> Result<&mut Worksheet, XlsxError> {
        self.workbook.worksheet_from_index(self.at)
    }
}

/// Returns an upper bound of the bytes that a cell takes in the sheet's XML.
fn space(content: Content<'_>) -> u64 {
    match content {
        Content::Empty => 0,
        Content::Number(_) => NUMBER,
        Content::Text(text) => {
            let plain = |byte: u8| byte >= b' ' && !b"&<>\"_".contains(&byte);
            let sum: u64 = (text.bytes())
                .map(|byte| if plain(byte) { 1 } else { ESCAPED })
                .sum();
            TEXT + sum
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::tables::pages;

    #[test]
    fn a_full_sheet_is_followed_by_another_with_a_header() {
        let mut workbook = Workbook::new();
        let columns = [&pages::ADDRESS, &pages::ATTEMPTS].map(Heading::from);
        let mut sheets = Sheets::of(3, &mut workbook, "pages", &columns).expect("begun");
        for n in 0..5 {
            sheets.row().expect("a row");
            sheets.push(Content::Text("=1+1")).expect("a cell");
            sheets.push(Content::Number(f64::from(n))).expect("a cell");
        }
        sheets.end().expect("ended");
        assert_eq!(sheets.rows, 2);
        // A sheet is also full if it has no room for more bytes.
        sheets.bytes = MOST_BYTES + 1;
        sheets.row().expect("a row");
        assert_eq!((sheets.rows, sheets.begun), (2, 4));
        let names: Vec<String> = workbook.worksheets().iter().map(Worksheet::name).collect();
        assert_eq!(names, ["pages", "pages 2", "pages 3", "pages 4"]);
        workbook.save_to_buffer().expect("written");
    }
}
