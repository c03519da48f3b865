//! Numbers, times and foreign texts as people read them.

use std::borrow::Cow;
use std::time::Duration;

/// A number with its thousands apart: `1,234`.
pub(super) fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and its noun, in the plural unless it is one.
pub(super) fn count(value: u64, noun: &str) -> String {
    let s = if value == 1 { "" } else { "s" };
    format!("{} {noun}{s}", number(value))
}

/// A duration in its two largest units: `2 m 05 s`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..=9 => format!("{:.1} s", duration.as_secs_f64()),
        10..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3_600, seconds / 60 % 60),
    }
}

/// A text without its line breaks and other runs of blanks: a field of a stranger stays in its line.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A text with what would command a terminal made visible: control characters but line break and
/// tab, and the marks that turn the direction of writing (Unicode annex 9, section 2).
pub(super) fn tame(text: &str) -> Cow<'_, str> {
    if text.chars().any(commands) {
        Cow::Owned(text.chars().fold(String::new(), tamed))
    } else {
        Cow::Borrowed(text)
    }
}

/// The same, but colours stay: for what we painted ourselves.
pub(super) fn tame_but_colors(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        out.push_str(&tame(&rest[..at]));
        let style = &rest[at + 2..];
        let end = style.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.filter(|end| style[*end..].starts_with('m')) {
            Some(end) => {
                out.push_str(&rest[at..at + end + 3]);
                rest = &style[end + 1..];
            }
            None => {
                out = tamed(out, '\x1b');
                rest = &rest[at + 1..];
            }
        }
    }
    out.push_str(&tame(rest));
    Cow::Owned(out)
}

fn commands(c: char) -> bool {
    let turns = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (c.is_control() && !matches!(c, '\n' | '\t'))
}

fn tamed(mut out: String, c: char) -> String {
    if commands(c) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_not_commanded_by_strangers() {
        let cases = [
            ("plain ü\n\tx", "plain ü\n\tx"),
            ("\x1b]0;x\x07", "\\u{1b}]0;x\\u{7}"),
            (
                "a\rb\u{202e}c\u{2066}\u{9b}",
                "a\\u{d}b\\u{202e}c\\u{2066}\\u{9b}",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(tame(text), expected);
            assert_eq!(tame_but_colors(text), expected);
        }
        assert_eq!(tame("\x1b[1mx"), "\\u{1b}[1mx");
        let mixed = "\x1b[1;31mx\x1b[0m\x1b[2J\x1b";
        assert_eq!(
            tame_but_colors(mixed),
            "\x1b[1;31mx\x1b[0m\\u{1b}[2J\\u{1b}"
        );
    }

    #[test]
    fn people_can_read_it() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(count(1, "page"), "1 page");
        assert_eq!(count(2_000, "page"), "2,000 pages");
        let cases = [
            (0.25, "0.2 s"),
            (42.9, "42 s"),
            (125.0, "2 m 05 s"),
            (7_500.0, "2 h 05 m"),
        ];
        for (seconds, text) in cases {
            assert_eq!(duration(Duration::from_secs_f64(seconds)), text);
        }
    }
}
