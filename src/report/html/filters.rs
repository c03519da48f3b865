//! What the template needs to put values into words.

use minijinja::Environment;
use minijinja::value::Value;

use crate::report::words::{count, number, percent, tame};

/// Characters of an address that are shown; all of it is where the link leads.
const LONG: usize = 240;

/// Bytes of the longest address that is a link.
const LONGEST_LINK: usize = 500;

/// Teaches a template the words of the report.
pub(super) fn add(page: &mut Environment<'_>) {
    page.add_filter("number", |value: u64| number(value));
    page.add_filter("count", |value: u64, noun: &str| count(value, noun));
    page.add_filter("percent", |share: f64| percent(share));
    page.add_filter("points", |value: f64| format!("{value:.1}"));
    page.add_filter("ms", ms);
    page.add_filter("short", short);
    page.add_filter("advice", advice);
    page.add_filter("capitalize_first", capitalize_first);
    page.add_filter("is_link", is_link);
}

/// Milliseconds, or seconds where there are many.
fn ms(millis: f64) -> String {
    if millis < 1_000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.1} s", millis / 1_000.0)
    }
}

/// A text with its middle left out if it is long: an address is told by both its ends.
fn short(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONG {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONG * 2 / 3).collect();
    let tail: String = text.chars().skip(length - LONG / 3).collect();
    format!("{head} … {tail}")
}

/// A text that begins a line. The built-in `capitalize` makes the rest lower case.
fn capitalize_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// A line of advice, what stands between backticks set as code.
fn advice(line: &str) -> Value {
    let parts = line.split('`').map(escaped).enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => part,
        _ => format!("<code>{part}</code>"),
    });
    Value::from_safe_string(parts.collect())
}

/// A text of which nothing is markup, with what turns or hides writing made visible.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in tame(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Whether an address becomes a link: nothing but the web does, and nothing of a length that only
/// makes the page heavy.
fn is_link(address: &str) -> bool {
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    is_web && address.len() <= LONGEST_LINK
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_code_and_nothing_else_is_markup() {
        let cases = [
            (
                "run `ss -ltnp` & look",
                "run <code>ss -ltnp</code> &amp; look",
            ),
            ("<b>`<i>`", "&lt;b&gt;<code>&lt;i&gt;</code>"),
            ("open `end", "open <code>end</code>"),
        ];
        for (line, html) in cases {
            assert_eq!(advice(line).to_string(), html);
        }
    }

    #[test]
    fn long_addresses_keep_both_ends() {
        let long = format!("https://example.com/{}/end", "a".repeat(5_000));
        let shown = short(&long);
        assert!(shown.starts_with("https://example.com/a") && shown.ends_with("a/end"));
        assert!(shown.chars().count() < LONG + 5);
        assert_eq!(short("https://example.com/"), "https://example.com/");
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(is_link("https://a/") && is_link("http://a/"));
        assert!(!is_link("javascript:alert(1)") && !is_link("data:text/html,x"));
        assert!(!is_link(&format!("https://a/{}", "a".repeat(500))));
    }
}
