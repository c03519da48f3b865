//! JSON that is harmless wherever it is shown. Characters that end a line, control a terminal or turn the direction of
//! writing are written as `\u` escapes. For a JSON parser nothing changes.

use std::io::{self, Write};

use serde::Serialize;

/// A writer that escapes such characters in the JSON that passes through it. They occur in strings only, and serde_json
/// never splits them between two writes.
pub(in crate::report) struct Escaping<W>(pub(in crate::report) W);

impl<W: Write> Write for Escaping<W> {
    fn write(&mut self, json: &[u8]) -> io::Result<usize> {
        let mut written = 0;
        for at in memchr::memchr3_iter(0x7F, 0xC2, 0xE2, json) {
            if let Some((code, length)) = acting(&json[at..]) {
                self.0.write_all(&json[written..at])?;
                write!(self.0, "\\u{code:04x}")?;
                written = at + length;
            }
        }
        self.0.write_all(&json[written..])?;
        Ok(json.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Returns the code point and length of the first character of a text in UTF-8, if it is one of these: DEL and the
/// second set of control characters (U+0085 ends a line), U+2028 and U+2029 (these too), U+202A to U+202E and U+2066 to
/// U+2069.
fn acting(text: &[u8]) -> Option<(u16, usize)> {
    match *text {
        [0x7F, ..] => Some((0x7F, 1)),
        [0xC2, last @ 0x80..=0x9F, ..] => Some((last.into(), 2)),
        [0xE2, 0x80, last @ 0xA8..=0xAE, ..] => Some((0x2000 + u16::from(last - 0x80), 3)),
        [0xE2, 0x81, last @ 0xA6..=0xA9, ..] => Some((0x2040 + u16::from(last - 0x80), 3)),
        _ => None,
    }
}

/// Formats a value as JSON for people, over several lines.
pub fn pretty_json(value: &impl Serialize) -> serde_json::Result<String> {
    let mut json = Vec::new();
    serde_json::to_writer_pretty(Escaping(&mut json), value)?;
    Ok(String::from_utf8_lossy(&json).into_owned())
}

/// Rounds to four decimals: more would be noise in a text that people compare.
pub(in crate::report) fn four_decimals(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_of_a_string_ends_a_line_or_acts() {
        let text = "a\u{7f}b\u{85}\u{9b}c\u{2028}\u{2029}\u{202a}\u{202e}d\u{2066}\u{2069}\u{a0}\u{2019}\u{206a}\u{e2}";
        let json = pretty_json(&text).expect("JSON");
        let expected = "\"a\\u007fb\\u0085\\u009bc\\u2028\\u2029\\u202a\\u202ed\\u2066\\u2069\u{a0}\u{2019}\u{206a}\u{e2}\"";
        assert_eq!(json, expected);
        let read: String = serde_json::from_str(&json).expect("JSON");
        assert_eq!(read, text);
        let all: String = ('\0'..=char::MAX).collect();
        let json = pretty_json(&all).expect("JSON");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), all);
        assert!(!json.contains(|c: char| c.is_control()));
    }
}
