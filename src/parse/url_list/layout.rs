use super::fault::{Column, ListFault};
use super::row::{Row, Rows, TextRows};
use super::shape::Shape;

/// Rows and bytes by which a table is judged: much more than stands before a table, such as totals and the days of a
/// chart in exports of Google Analytics.
const SAMPLE_ROWS: usize = 500;

/// Bytes of a file from which its layout is recognised.
pub(super) const SAMPLE: usize = 256 * 1024;

/// Rows with an open quote that are passed over in a sample.
const MOST_SKIPPED: usize = 8;

/// The separators of cells, the likeliest last.
const SEPARATORS: [u8; 3] = [b'\t', b';', b','];

/// Headers of the column that is meant if several have URLs. A header in another language, or no header, is
/// as good where only one has.
const NAMES: [&str; 12] = [
    "address",
    "url",
    "urls",
    "loc",
    "page",
    "pages",
    "top pages",
    "landing page",
    "page url",
    "page location",
    "page path",
    "full url",
];

/// How a table is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// The separator of cells; `None` if each line is one cell.
    pub(super) separator: Option<u8>,
    pub(super) column: usize,
    /// The line and the text of the column's header.
    pub(super) header: Option<(u64, String)>,
    /// The line of the first row with a URL.
    pub(super) first: u64,
    pub(super) shape: Shape,
    /// Number of rows of the sample with a URL.
    pub(super) hits: usize,
    /// The most frequent number of cells of these rows.
    width: usize,
    /// Number of these rows that have `width` cells.
    fit: usize,
    /// Number of cells of the row with the headers.
    header_width: usize,
}

impl Layout {
    /// Returns the column; `None` for a plain list.
    pub(super) fn name(&self) -> Option<Column> {
        match &self.header {
            Some((_, name)) if !name.is_empty() => Some(Column::Named(name.clone())),
            _ if self.width > 1 => Some(Column::Number(self.column + 1)),
            _ => None,
        }
    }

    /// Returns the layout of a text by its beginning. A text without a URL is a list.
    pub(super) fn of_text(head: &[u8]) -> Layout {
        let lines = sample_of_text(head, None);
        let is_plain = |row: &&Row| {
            let line = row.cell(0);
            Shape::of(line) != Shape::Other && !line.contains(char::is_whitespace)
        };
        let plain = lines.iter().filter(is_plain).count();
        let tables = SEPARATORS.iter().filter_map(|&separator| {
            let layout = Layout::of_rows(&sample_of_text(head, Some(separator)))?;
            let has_header = layout.width > 1 && layout.header_width > 1;
            let is_table = has_header
                || layout.fit > plain
                || (separator == b'\t' && layout.header.is_none() && layout.width > 1);
            (is_table && layout.fit * 2 >= layout.hits).then_some(Layout {
                separator: Some(separator),
                ..layout
            })
        });
        tables
            .max_by_key(|layout| {
                let is_even = layout.header_width == layout.width;
                (layout.shape, layout.fit, is_even, layout.width)
            })
            .unwrap_or_else(|| Layout::of_lines(&lines))
    }

    /// Returns the layout of a table by a sample of its rows, if it has a column of URLs.
    pub(super) fn of_rows(rows: &[Row]) -> Option<Layout> {
        let columns = rows.iter().map(Row::width).max().unwrap_or(0);
        let found =
            (0..columns.min(MOST_COLUMNS)).filter_map(|column| Layout::of_column(rows, column));
        found.max_by_key(|layout| {
            let name = layout.header.as_ref().map(|(_, name)| name.to_lowercase());
            let is_known = name.is_some_and(|name| NAMES.contains(&&*name));
            (
                is_known,
                layout.shape,
                layout.hits,
                std::cmp::Reverse(layout.column),
            )
        })
    }

    fn of_column(rows: &[Row], column: usize) -> Option<Layout> {
        let shapes: Vec<Shape> = rows.iter().map(|row| Shape::of(row.cell(column))).collect();
        let count = |wanted: Shape| shapes.iter().filter(|&&shape| shape == wanted).count();
        let shape = [Shape::Host, Shape::Path, Shape::Absolute]
            .into_iter()
            .max_by_key(|&shape| count(shape))?;
        // Titles and other tables may stand before; from the first URL on, most rows must have one.
        let first = shapes.iter().position(|&found| found == shape)?;
        let block = block(&rows[..first]);
        let is_hit = |at: &usize| shapes[*at] != Shape::Other;
        let hits: Vec<usize> = (first..rows.len()).filter(is_hit).collect();
        // Hosts are written among other words too, as in what people search for.
        let begin = if shape == Shape::Host { block } else { first };
        if hits.len() * 2 < rows.len() - begin {
            return None;
        }
        let width = usual(hits.iter().map(|&at| rows[at].width()));
        let header = header(&rows[block..first], width);
        Some(Layout {
            separator: None,
            column,
            header: header.map(|row| (row.line, row.cell(column).to_owned())),
            first: rows[first].line,
            shape,
            hits: hits.len(),
            width,
            fit: hits.iter().filter(|&&at| rows[at].width() == width).count(),
            header_width: header.map_or(0, Row::width),
        })
    }

    /// Returns the layout of a plain list. Words above its URLs are a title and a header.
    fn of_lines(lines: &[Row]) -> Layout {
        let is_word = |row: &&Row| {
            Shape::of(row.cell(0)) == Shape::Other && !row.cell(0).contains(['/', ':', '.', '@'])
        };
        let words = lines.iter().take_while(is_word).count();
        let shapes = || lines.iter().map(|row| Shape::of(row.cell(0)));
        let hits = shapes().filter(|&shape| shape != Shape::Other).count();
        let first = lines.get(words).filter(|_| words <= 2 && hits > 0);
        let header = first.and_then(|_| lines[..words].last());
        Layout {
            separator: None,
            column: 0,
            header: header.map(|row| (row.line, row.cell(0).to_owned())),
            first: first.map_or(0, |row| row.line),
            shape: shapes().max().unwrap_or(Shape::Other),
            // Prose that mentions a URL is not a list of URLs.
            hits: if hits * 2 >= lines.len() { hits } else { 0 },
            width: 1,
            fit: 0,
            header_width: 1,
        }
    }
}

/// Columns among which that of the URLs is looked for: as many as a sheet of a workbook may have.
pub(super) const MOST_COLUMNS: usize = 16_384;

/// Returns the index at which the last block of rows begins: behind blank lines or comments.
fn block(rows: &[Row]) -> usize {
    rows.iter().rposition(|row| row.gap).unwrap_or(0)
}

/// Returns the row with the headers: the fullest above the first URL that is as wide as the table.
fn header(above: &[Row], width: usize) -> Option<&Row> {
    let rank = |row: &&Row| (row.width() == width, row.filled());
    // Of several the first: `max_by_key` gives the last.
    above.iter().rev().max_by_key(rank)
}

fn usual(numbers: impl Iterator<Item = usize>) -> usize {
    let mut numbers: Vec<usize> = numbers.collect();
    numbers.sort_unstable();
    let runs = numbers.chunk_by(|a, b| a == b);
    runs.max_by_key(|run| run.len()).map_or(0, |run| run[0])
}

/// Adds the first rows to those that were found.
pub(super) fn sample(rows: &mut impl Rows, found: &mut Vec<Row>) -> Result<(), ListFault> {
    let mut size = 0;
    let mut row = Row::default();
    while found.len() < SAMPLE_ROWS && size < SAMPLE && rows.next(&mut row)? {
        size += row.size();
        found.push(row.clone());
    }
    Ok(())
}

/// Returns the first rows of a text whose end may be missing. A row with an open quote is skipped: reading the whole
/// file will report its error.
fn sample_of_text(head: &[u8], separator: Option<u8>) -> Vec<Row> {
    let mut rows = TextRows::new(head, None, separator);
    let mut found = Vec::new();
    for _ in 0..MOST_SKIPPED {
        if sample(&mut rows, &mut found).is_ok() || !rows.skip_quote() {
            break;
        }
    }
    found
}
