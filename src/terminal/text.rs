//! Numbers, times and texts of the site, formatted for people.

use std::borrow::Cow;

use crate::report::words::tamed;
pub(crate) use crate::report::words::{count, duration, number, percent, tame};

/// Returns the text with characters that would control a terminal made visible, except colours: for texts that
/// we painted ourselves.
pub(crate) fn tame_but_colors(text: &str) -> Cow<'_, str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_others_cannot_control_the_terminal() {
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
}
