//! The content of a cell in a sheet.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::store::Cell;

use crate::report::tables::csv::commands;

/// Maximum UTF-16 units in a cell of Excel.
const LONGEST: usize = 32_767;

/// The mark at the end of a text that was cut.
const CUT: &str = "… (cut)";

/// Days from Excel's day 0 to 1970-01-01.
const EPOCH: f64 = 25_569.0;

const MILLIS_OF_A_DAY: f64 = 86_400_000.0;

/// The content of a cell, without its format.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content<'a> {
    Empty,
    Number(f64),
    Text(&'a str),
}

impl<'a> From<Cell<'a>> for Content<'a> {
    fn from(cell: Cell<'a>) -> Content<'a> {
        match cell {
            Cell::Empty => Content::Empty,
            Cell::Integer(value) => Content::Number(value as f64),
            Cell::Real(value) => Content::Number(value),
            Cell::Text(text) => Content::Text(text),
        }
    }
}

/// Makes a text fit into a cell and into XML: line breaks become line feeds, other control characters U+FFFD. A text
/// that is too long is cut after a whole character, with a mark.
pub(super) fn cell_text(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !unfit(c) && c != '\r';
    if text.len() <= LONGEST && text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.replace(unfit, "\u{fffd}");
    if text.chars().map(char::len_utf16).sum::<usize>() <= LONGEST {
        return Cow::Owned(text);
    }
    let mut room = LONGEST - CUT.chars().count();
    let kept = text.chars().take_while(|c| {
        let fits = room >= c.len_utf16();
        room = room.saturating_sub(c.len_utf16());
        fits
    });
    Cow::Owned(kept.chain(CUT.chars()).collect())
}

/// Returns whether the character would control a terminal, as in the CSV files, or XML 1.0 cannot hold it.
fn unfit(c: char) -> bool {
    commands(c) || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Returns a time as Excel's number of days, in UTC. Reads RFC 3339 or `YYYY-MM-DD hh:mm:ss`.
pub(super) fn serial(text: &str) -> Option<f64> {
    let timestamp: Timestamp = if text.ends_with('Z') {
        text.parse().ok()?
    } else {
        format!("{text}Z").parse().ok()?
    };
    Some(EPOCH + timestamp.as_millisecond() as f64 / MILLIS_OF_A_DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_unchanged_if_a_cell_can_hold_them() {
        for text in ["", "=1+1", "a\tb\nc", "\u{fffd}", "日本語", "_x0041_"] {
            assert_eq!(cell_text(text), text);
        }
        assert_eq!(
            cell_text("a\r\nb\rc\u{b}\u{9b}[2J\0\u{ffff}"),
            "a\nb\nc\u{fffd}\u{fffd}[2J\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn a_long_text_is_cut_with_a_mark() {
        let most = "x".repeat(LONGEST);
        assert_eq!(cell_text(&most), most);
        // Each of these is two units of UTF-16, and four bytes.
        for text in ["x".repeat(LONGEST + 1), "𝄞".repeat(LONGEST)] {
            let cut = cell_text(&text);
            let units = cut.encode_utf16().count();
            assert!((LONGEST - 1..=LONGEST).contains(&units), "{units}");
            assert!(cut.ends_with(CUT));
        }
        let wide = "é".repeat(LONGEST);
        assert_eq!(cell_text(&wide), wide);
    }

    #[test]
    fn times_are_days() {
        assert_eq!(serial("1970-01-01T00:00:00.000Z"), Some(25_569.0));
        assert_eq!(serial("2026-11-28 12:00:00"), Some(46_354.5));
        assert_eq!(serial("2026-11-28T12:00:00.000Z"), Some(46_354.5));
        assert_eq!(serial("yesterday"), None);
    }
}
