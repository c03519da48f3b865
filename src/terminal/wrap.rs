//! Prose wrapped to the width of the terminal. Code between backticks is to be copied, so it is never broken and
//! may exceed the width.

/// Width if none is known: the usual width of terminals.
pub(super) const USUAL: usize = 80;

/// Minimum and maximum width of prose: longer lines are hard to read, and in shorter ones nothing fits.
const BOUNDS: (usize, usize) = (40, 100);

/// Returns the width to wrap at, for a terminal of this width.
pub(crate) fn width_of(terminal: Option<u16>) -> usize {
    terminal.map_or(USUAL, |columns| {
        usize::from(columns).clamp(BOUNDS.0, BOUNDS.1)
    })
}

/// Wraps a paragraph, ending in a line break. Its first line begins with `first`, the others with as many blanks.
pub(crate) fn paragraph(text: &str, width: usize, first: &str) -> String {
    let indent = first.chars().count();
    let mut out = first.to_owned();
    let mut used = indent;
    for (at, word) in words(text).into_iter().enumerate() {
        let long = word.chars().count();
        if at > 0 && used + 1 + long > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else if at > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += long;
    }
    out.push('\n');
    out
}

/// Returns the command of a line that is nothing but a command between backticks.
pub(crate) fn command(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('`')?.strip_suffix('`')?;
    (!inner.contains('`')).then_some(inner)
}

/// Splits a text into words; code stays in one piece with the word that it touches.
fn words(text: &str) -> Vec<&str> {
    let mut code = false;
    let between = text.split(move |c: char| {
        code ^= c == '`';
        !code && c.is_whitespace()
    });
    between.filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_wrapped_and_code_is_not() {
        let text = "Type `curl -sS -D - -o /dev/null URL`, then read it twice.";
        assert_eq!(
            paragraph(text, 24, "  - "),
            "  - Type\n    `curl -sS -D - -o /dev/null URL`,\n    then read it twice.\n"
        );
        assert_eq!(paragraph(text, 200, "").lines().count(), 1);
        assert_eq!(paragraph("", 40, "  "), "  \n");
        assert_eq!(paragraph("ein \u{fc}ber", 8, ""), "ein \u{fc}ber\n");
    }

    #[test]
    fn a_line_of_code_is_a_command() {
        assert_eq!(command("`nginx -t`"), Some("nginx -t"));
        for line in ["nginx -t", "`a` and `b`", "`a` then", "`"] {
            assert_eq!(command(line), None, "{line}");
        }
    }

    #[test]
    fn widths_have_bounds() {
        let cases = [(None, 80), (Some(10), 40), (Some(90), 90), (Some(300), 100)];
        for (terminal, expected) in cases {
            assert_eq!(width_of(terminal), expected);
        }
    }
}
