//! The sheets of a table: one, and another whenever a sheet is full.

use rust_xlsxwriter::{FilterCondition, Format, Url, Workbook, Worksheet, XlsxError};

use super::cell::{Content, cell_text, serial};
use super::column::{format, header, width};
use crate::assess::Verdict;
use crate::report::tables::columns::Heading;
use crate::store::tables::{Kind, Names};

/// Maximum rows of a sheet, the header included.
const MOST_ROWS: u32 = 1_048_576;

/// Maximum bytes of XML in a sheet, a row's size below 4 GiB: LibreOffice opens no workbook whose archive uses the
/// extension for more.
const MOST_BYTES: u64 = 4_200_000_000;

/// Maximum links of a sheet (ours): they stay in memory until the workbook is saved. Excel reads 65,530.
const MOST_LINKS: u32 = 10_000;

/// Maximum length of a link in Excel, in UTF-16 units.
const LONGEST_LINK: usize = 2_079;

/// Widest sheet that is printed on one page's width, in characters (ours): text is still legible in landscape.
const PRINTED_ON_ONE: f64 = 200.0;

/// The number of A4 in print settings.
pub(super) const A4: u8 = 9;

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
    /// The column in the sheet of each column.
    places: Vec<u16>,
    /// Number of columns, from the left, that stay in sight.
    frozen: u16,
    /// Whether only rows of failing pages are shown at first.
    failing_only: bool,
    formats: Vec<Option<Format>>,
    header: Format,
    most_rows: u32,
    /// Number of sheets begun.
    begun: usize,
    /// The index of the current sheet in the workbook.
    at: usize,
    /// Number of rows of the current sheet so far.
    rows: u32,
    /// Maximum bytes of XML of these rows.
    bytes: u64,
    /// Number of links of the current sheet so far.
    links: u32,
    /// The next column of the last row.
    column: u16,
}

impl<'a> Sheets<'a> {
    pub(super) fn begin(
        workbook: &'a mut Workbook,
        name: &'a str,
        columns: &'a [Heading],
        failing_only: bool,
    ) -> Result<Sheets<'a>, XlsxError> {
        Sheets::of(MOST_ROWS, workbook, name, columns, failing_only)
    }

    fn of(
        most_rows: u32,
        workbook: &'a mut Workbook,
        name: &'a str,
        columns: &'a [Heading],
        failing_only: bool,
    ) -> Result<Sheets<'a>, XlsxError> {
        let (places, frozen) = arrange(columns);
        let mut sheets = Sheets {
            workbook,
            name,
            columns,
            places,
            frozen,
            failing_only,
            formats: (columns.iter()).map(|column| format(column.kind)).collect(),
            header: header(),
            most_rows,
            begun: 0,
            at: 0,
            rows: 0,
            bytes: 0,
            links: 0,
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
        let (row, at) = (self.rows - 1, usize::from(self.column));
        let kind = self.columns.get(at);
        let kind = kind.map_or(Kind::Text, |column| column.kind);
        let column = self.places.get(at).copied().unwrap_or(self.column);
        let is_link = self.column == 0 && kind == Kind::Address && self.links < MOST_LINKS;
        let hides = self.failing_only && kind == Kind::Name(Names::Verdict) && !is_failing(content);
        self.column += 1;
        self.links += u32::from(is_link);
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
            (Content::Text(text), _) if is_link && is_web(text) => {
                let link = Url::new(text).set_text(cell_text(text));
                sheet.write_url(row, column, link)?;
            }
            (Content::Text(text), _) => {
                sheet.write_string(row, column, cell_text(text))?;
            }
        }
        if hides {
            sheet.set_row_hidden(row)?;
        }
        Ok(())
    }

    /// Ends the last sheet and sets its filter, whose range is known only now.
    pub(super) fn end(&mut self) -> Result<(), XlsxError> {
        let (last_row, columns) = (self.rows - 1, self.columns.len() as u16);
        let verdict = self.place_of(Kind::Name(Names::Verdict));
        let verdict = verdict.filter(|_| self.failing_only);
        let sheet = self.sheet()?;
        sheet.autofilter(0, 0, last_row, columns.saturating_sub(1))?;
        if let Some(verdict) = verdict {
            let failing = Verdict::ALL.into_iter().filter(|it| *it != Verdict::Ok);
            let shown = failing.fold(FilterCondition::new(), |shown, verdict| {
                shown.add_list_filter(verdict.name())
            });
            // Rows are hidden while they are written: later they are no longer in memory.
            sheet.filter_automatic_off();
            sheet.filter_column(verdict, &shown)?;
        }
        Ok(())
    }

    /// Returns the column in the sheet of the first column of a kind.
    fn place_of(&self, kind: Kind) -> Option<u16> {
        let at = self.columns.iter().position(|column| column.kind == kind)?;
        self.places.get(at).copied()
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
        sheet.set_freeze_panes(1, self.frozen)?;
        sheet.set_paper_size(A4).set_landscape();
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_footer("&L&A&RPage &P of &N");
        if self.columns.iter().map(width).sum::<f64>() <= PRINTED_ON_ONE {
            sheet.set_print_fit_to_pages(1, 0);
        } else if let Some(last) = self.frozen.checked_sub(1) {
            sheet.set_repeat_columns(0, last)?;
        }
        let formatted = self.columns.iter().zip(&self.formats);
        for ((heading, format), column) in formatted.zip(self.places.iter().copied()) {
            sheet.set_column_width(column, width(heading))?;
            if let Some(format) = format {
                sheet.set_column_format(column, format)?;
            }
            sheet.write_string_with_format(0, column, cell_text(&heading.name), &self.header)?;
        }
        (self.rows, self.bytes, self.links) = (1, 0, 0);
        Ok(())
    }

    fn sheet(&mut self) -> Result<&mut Worksheet, XlsxError> {
        self.workbook.worksheet_from_index(self.at)
    }
}

/// Returns the position of each table column in the sheet, and the number of columns that stay visible. These are the
/// URL of the row and, if the table has both, the verdict and the cause.
fn arrange(columns: &[Heading]) -> (Vec<u16>, u16) {
    let of_kind = |kind| columns.iter().position(|column| column.kind == kind);
    let has_subject = columns
        .first()
        .is_some_and(|first| first.kind == Kind::Address);
    let verdict = of_kind(Kind::Name(Names::Verdict));
    let first = match (verdict, of_kind(Kind::Name(Names::Causes))) {
        _ if !has_subject => vec![],
        (Some(verdict), Some(cause)) => vec![0, verdict, cause],
        _ => vec![0],
    };
    let others = (0..columns.len()).filter(|at| !first.contains(at));
    let mut places = vec![0; columns.len()];
    for (place, at) in (0..).zip(first.iter().copied().chain(others)) {
        places[at] = place;
    }
    (places, first.len() as u16)
}

fn is_failing(verdict: Content<'_>) -> bool {
    matches!(verdict, Content::Text(name) if name != Verdict::Ok.name())
}

/// Returns whether a text is an address that Excel can open.
fn is_web(text: &str) -> bool {
    let has_scheme = ["http://", "https://"]
        .iter()
        .any(|it| text.starts_with(it));
    has_scheme && text.encode_utf16().count() <= LONGEST_LINK
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
    fn verdict_and_cause_stand_beside_the_address() {
        let columns = [&pages::ADDRESS, &pages::ATTEMPTS, &pages::PROBABLE_CAUSE];
        let columns = columns.into_iter().chain([&pages::VERDICT]);
        let columns: Vec<Heading> = columns.map(Heading::from).collect();
        assert_eq!(arrange(&columns), (vec![0, 3, 2, 1], 3));
        assert_eq!(arrange(&columns[..3]), (vec![0, 1, 2], 1));
        assert_eq!(arrange(&columns[1..]), (vec![0, 1, 2], 0));
    }

    #[test]
    fn only_addresses_of_the_web_are_links() {
        assert!(is_web("https://a.example/"));
        let long = format!("https://a.example/{}", "a".repeat(LONGEST_LINK));
        for text in [
            "=1+1",
            "javascript:alert(1)",
            "file:///x",
            "previous run",
            &long,
        ] {
            assert!(!is_web(text), "{text}");
        }
    }

    #[test]
    fn a_full_sheet_is_followed_by_another_with_a_header() {
        let mut workbook = Workbook::new();
        let columns = [&pages::ADDRESS, &pages::ATTEMPTS].map(Heading::from);
        let mut sheets = Sheets::of(3, &mut workbook, "pages", &columns, false).expect("begun");
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
