//! The report for a pull request or a chat: the same view as the HTML report, short, in GitHub's Markdown. Every text
//! passes one function, so that a page's title is never markup.

pub(super) mod tickets;

use std::io::{self, Write};

use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, escape_formatter};

use super::files::fault::Fault;
use super::template::environment;
use super::view::View;
use super::words::{count, number, percent, tame};

const TEXT: &str = include_str!("report.md.j2");

/// Characters with a meaning within a line of CommonMark, and `#`, which names an issue on GitHub. Characters with a
/// meaning only at the beginning of a line are not escaped: no text of a site begins a line.
const MARKS: &str = "\\`*_[]~#";

/// Maximum characters shown of a URL.
const LONG: usize = 300;

/// Writes the report.
pub(super) fn write(view: &View, mut out: impl Write) -> Result<(), Fault> {
    let text = render(view).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))?;
    // The last line break of a template is not rendered.
    Ok(writeln!(out, "{text}")?)
}

fn render(view: &View) -> Result<String, minijinja::Error> {
    let mut page = environment()?;
    page.set_auto_escape_callback(|_| AutoEscape::None);
    page.set_formatter(|out, state, value| match value.as_str() {
        Some(text) if !value.is_safe() => escape_formatter(out, state, &plain(text)),
        _ => escape_formatter(out, state, value),
    });
    page.add_filter("number", |value: u64| number(value));
    page.add_filter("count", |value: u64, noun: &str| count(value, noun));
    page.add_filter("percent", |share: f64| {
        Value::from_safe_string(percent(share))
    });
    page.add_filter("points", |value: f64| {
        Value::from_safe_string(format!("{value:.1}"))
    });
    page.add_filter("code", code);
    page.add_filter("link", link);
    page.add_filter("advice", |line: &str| Value::from_safe_string(advice(line)));
    page.template_from_str(TEXT)?
        .render(Value::from(Serde(view)))
}

/// Renders a text in one line, without markup.
fn plain(text: &str) -> Value {
    Value::from_safe_string(escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            // A bar ends a cell of a table, `@` notifies people.
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '|' => out.push_str("&#124;"),
            '@' => out.push_str("&#64;"),
            c if MARKS.contains(c) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

fn one_line(text: &str) -> String {
    tame(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Renders a text as code that may stand in a table, where a bar would end the cell.
fn code(text: &str) -> Value {
    Value::from_safe_string(fenced(&one_line(text).replace('|', "\u{2502}")))
}

/// Renders a line as code, between more backticks than it has in a row.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if longest > 0 { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

/// Renders a URL as a link to itself; any other text stays a text.
fn link(address: &str) -> Value {
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    let is_plain = address
        .bytes()
        .all(|b| b.is_ascii_graphic() && !b"<>`".contains(&b));
    // `&lt;` within a link is read as `<`: the link would lead elsewhere.
    let has_reference = address.split('&').skip(1).any(|part| part.contains(';'));
    if is_web && is_plain && !has_reference && address.len() <= LONG {
        Value::from_safe_string(format!("<{}>", address.replace('|', "%7C")))
    } else {
        code(&address.chars().take(LONG).collect::<String>())
    }
}

/// Renders a line of advice: text between backticks stays a command to copy, the rest is escaped. Not for tables.
fn advice(line: &str) -> String {
    let parts = line.split('`').enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => spaced(part),
        _ => fenced(&one_line(part)),
    });
    parts.collect()
}

/// Escapes the text and keeps the spaces at its ends, which separate it from a command.
fn spaced(text: &str) -> String {
    let space = |is: bool| if is { " " } else { "" };
    let (before, after) = (text.starts_with(' '), text.ends_with(' '));
    format!(
        "{}{}{}",
        space(before),
        escaped(text),
        space(after && text.len() > 1)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_sites_are_never_markup() {
        let cases = [
            ("**a** | [b](c)", "\\*\\*a\\*\\* &#124; \\[b\\](c)"),
            ("<script>\n# x", "&lt;script&gt; \\# x"),
            ("@everyone", "&#64;everyone"),
            ("\u{202e}", "\\\\u{202e}"),
        ];
        for (text, expected) in cases {
            assert_eq!(escaped(text), expected);
        }
        assert_eq!(code("a`b|c").to_string(), "`` a`b\u{2502}c ``");
        assert_eq!(link("https://a/x|y").to_string(), "<https://a/x%7Cy>");
        assert_eq!(link("javascript:x").to_string(), "`javascript:x`");
        assert_eq!(link("https://a/<b>").to_string(), "`https://a/<b>`");
        assert_eq!(
            link("https://a/?a=1&b=2").to_string(),
            "<https://a/?a=1&b=2>"
        );
        assert_eq!(link("https://a/?a&lt;b").to_string(), "`https://a/?a&lt;b`");
    }

    #[test]
    fn commands_in_advice_stay_commands() {
        assert_eq!(
            advice("run `ss -ltnp | grep *` twice"),
            "run `ss -ltnp | grep *` twice"
        );
    }
}
