use memchr::{memchr, memchr2};

use super::fault::ListFault;
use crate::parse::sitemap::Source;

/// Bytes that one row may take, all its cells together.
pub(super) const LONGEST_ROW: usize = 1024 * 1024;

/// The cells of one row. It is filled again and again, so that rows cost no memory of their own.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The cells one after another.
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    /// Where the row begins, counted from 1.
    pub(super) line: u64,
    /// Whether blank lines or comments stand before it.
    pub(super) gap: bool,
}

impl Row {
    pub(super) fn clear(&mut self, line: u64) {
        self.text.clear();
        self.ends.clear();
        self.line = line;
        self.gap = false;
    }

    /// Returns the number of cells.
    pub fn width(&self) -> usize {
        self.ends.len()
    }

    /// Returns a cell without the white space around it; empty behind the last.
    pub fn cell(&self, at: usize) -> &str {
        let Some(&end) = self.ends.get(at) else {
            return "";
        };
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        let cell = std::str::from_utf8(&self.text[start..end]).unwrap_or_default();
        // A second byte order mark, as of files that were put together.
        cell.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
    }

    /// Returns the cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.width()).map(|at| self.cell(at))
    }

    /// Returns the number of cells that are not empty.
    pub(super) fn filled(&self) -> usize {
        self.cells().filter(|cell| !cell.is_empty()).count()
    }

    /// Returns the size of the row in bytes.
    pub(super) fn size(&self) -> usize {
        self.text.len() + self.ends.len()
    }

    /// Adds bytes to the open cell.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.text.extend_from_slice(bytes);
    }

    /// Ends the open cell.
    pub(super) fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }
}

/// A source of rows.
pub(super) trait Rows {
    /// Reads the next row that is not blank. Returns false at the end.
    fn next(&mut self, row: &mut Row) -> Result<bool, ListFault>;
}

/// The rows of a text, its cells separated by one character, or one cell a line.
pub(super) struct TextRows<'a, 's> {
    head: &'a [u8],
    rest: Option<&'a mut Source<'s>>,
    separator: Option<u8>,
    /// The line of the next byte.
    line: u64,
    /// Whether the last line ended with a carriage return: a line feed after it ends no other.
    after_return: bool,
    raw: Vec<u8>,
    /// Where in the head the row begins that has an open quote, and its line.
    open: Option<(&'a [u8], u64)>,
}

impl<'a, 's> TextRows<'a, 's> {
    /// Returns the rows of a head and of what follows it.
    pub(super) fn new(
        head: &'a [u8],
        rest: Option<&'a mut Source<'s>>,
        separator: Option<u8>,
    ) -> TextRows<'a, 's> {
        TextRows {
            head,
            rest,
            separator,
            line: 1,
            after_return: false,
            raw: Vec::new(),
            open: None,
        }
    }

    /// Goes on with the line after the one on which the row begins that was read last, if a quote in it is open.
    pub(super) fn skip_quote(&mut self) -> bool {
        let Some((from, line)) = self.open.take() else {
            return false;
        };
        let end = memchr2(b'\n', b'\r', from).map_or(from.len(), |at| at + 1);
        (self.head, self.line) = (&from[end..], line + 1);
        self.after_return = false;
        true
    }

    /// Reads one line into `raw`, without its end; whether there was one.
    fn read_line(&mut self) -> Result<bool, ListFault> {
        self.raw.clear();
        let begin = self.line;
        let mut any = false;
        loop {
            let from_head = !self.head.is_empty();
            let available = if from_head {
                self.head
            } else {
                let Some(source) = self.rest.as_deref_mut() else {
                    return Ok(any);
                };
                available(source)
            };
            if available.is_empty() {
                return Ok(any);
            }
            let mut skip = 0;
            if std::mem::take(&mut self.after_return) && available[0] == b'\n' {
                skip = 1;
            }
            let end = memchr2(b'\n', b'\r', &available[skip..]).map(|at| skip + at);
            let part = &available[skip..end.unwrap_or(available.len())];
            any |= !part.is_empty() || end.is_some();
            if self.raw.len() + part.len() > LONGEST_ROW {
                return Err(ListFault::LongRow { line: begin });
            }
            self.raw.extend_from_slice(part);
            if let Some(end) = end {
                self.line += 1;
                self.after_return = available[end] == b'\r';
            }
            let used = end.map_or(available.len(), |end| end + 1);
            if from_head {
                self.head = &self.head[used..];
            } else if let Some(source) = self.rest.as_deref_mut() {
                std::io::BufRead::consume(source, used);
            }
            if end.is_some() {
                return Ok(true);
            }
        }
    }

    /// Splits the line that was read, and further ones as long as a quote is open.
    fn split(&mut self, separator: u8, row: &mut Row) -> Result<(), ListFault> {
        let mut state = State::Begin;
        loop {
            for &byte in &self.raw {
                state = state.feed(byte, separator, row);
            }
            if state != State::Quoted {
                row.end_cell();
                return Ok(());
            }
            row.push(b"\n");
            if !self.read_line()? || row.size() + self.raw.len() > LONGEST_ROW {
                return Err(ListFault::LongRow { line: row.line });
            }
        }
    }
}

/// Returns the next bytes of a source; none at its end. Errors are kept in the source.
fn available<'b>(source: &'b mut Source<'_>) -> &'b [u8] {
    source.next_piece();
    std::io::BufRead::fill_buf(source).unwrap_or_default()
}

impl Rows for TextRows<'_, '_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, ListFault> {
        let mut gap = false;
        loop {
            row.clear(self.line);
            let begin = (self.head, self.line);
            if !self.read_line()? {
                return Ok(false);
            }
            let line = self.raw.trim_ascii();
            if line.is_empty() || is_comment(line, self.separator) {
                gap = true;
                continue;
            }
            match self.separator {
                Some(separator) => {
                    self.open = Some(begin);
                    self.split(separator, row)?;
                    self.open = None;
                }
                None => {
                    row.push(&self.raw);
                    row.end_cell();
                }
            }
            if row.cells().any(|cell| !cell.is_empty()) {
                row.gap = gap;
                return Ok(true);
            }
            gap = true;
        }
    }
}

/// Returns whether a line is a comment. In a table `#1` is a cell, unless it is the only one.
fn is_comment(line: &[u8], separator: Option<u8>) -> bool {
    let is_cell = |separator| {
        memchr(separator, line).is_some() && !matches!(line.get(1), Some(b' ' | b'#' | b'-'))
    };
    line.starts_with(b"#") && !separator.is_some_and(is_cell)
}

/// Where in a cell a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Begin,
    Bare,
    Quoted,
    /// Behind a quote inside quotes: the end, or the first of two.
    Quote,
}

impl State {
    fn feed(self, byte: u8, separator: u8, row: &mut Row) -> State {
        match (self, byte) {
            (State::Begin, b'"') => State::Quoted,
            (State::Quoted, b'"') => State::Quote,
            (State::Quote, b'"') | (State::Quoted, _) => {
                row.push(&[byte]);
                State::Quoted
            }
            _ if byte == separator => {
                row.end_cell();
                State::Begin
            }
            _ => {
                row.push(&[byte]);
                State::Bare
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str, separator: Option<u8>) -> Result<Vec<(u64, Vec<String>)>, ListFault> {
        let mut rows = TextRows::new(text.as_bytes(), None, separator);
        let (mut row, mut found) = (Row::default(), Vec::new());
        while rows.next(&mut row)? {
            found.push((row.line, row.cells().map(str::to_owned).collect()));
        }
        Ok(found)
    }

    fn check(text: &str, separator: u8, expected: &[(u64, &[&str])]) {
        let found = rows(text, Some(separator)).expect("rows");
        let expected: Vec<(u64, Vec<String>)> = expected
            .iter()
            .map(|(line, cells)| (*line, cells.iter().map(|&cell| cell.to_owned()).collect()))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn cells_may_be_quoted_and_rows_may_span_lines() {
        check("a,b\r\nc,d", b',', &[(1, &["a", "b"]), (2, &["c", "d"])]);
        check(
            "a;\"b;\"\"c\"\"\";d\n",
            b';',
            &[(1, &["a", "b;\"c\"", "d"])],
        );
        check(
            "\n\"x\r\ny\",1\r\r\nz,5\" screen\n",
            b',',
            &[(2, &["x\ny", "1"]), (5, &["z", "5\" screen"])],
        );
        check("# a\n,,\n \na\t\n", b'\t', &[(2, &[",,"]), (4, &["a", ""])]);
        check("# a, b\n#1,c\n", b',', &[(2, &["#1", "c"])]);
        check("\"a\"b,c", b',', &[(1, &["ab", "c"])]);
        check("", b',', &[]);
    }

    #[test]
    fn a_line_is_a_cell_without_a_separator() {
        let found = rows("\u{feff}a,\"b\r\rc\n\n d \n", None).expect("rows");
        let lines: Vec<_> = found
            .iter()
            .map(|(line, cells)| (*line, &*cells[0]))
            .collect();
        assert_eq!(lines, [(1, "a,\"b"), (3, "c"), (5, "d")]);
    }

    #[test]
    fn a_row_without_an_end_is_named() {
        let fault = rows("a\n\"b\nc\n", Some(b',')).expect_err("an open quote");
        assert_eq!(fault, ListFault::LongRow { line: 2 });
        let long = format!("a\n\"{}", "b\n".repeat(LONGEST_ROW / 2));
        let fault = rows(&long, Some(b',')).expect_err("an open quote");
        assert_eq!(fault, ListFault::LongRow { line: 2 });
        let fault = rows(&"x".repeat(LONGEST_ROW + 1), None).expect_err("an endless line");
        assert_eq!(fault, ListFault::LongRow { line: 1 });
    }
}
