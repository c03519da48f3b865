//! The template's filters, which put values into words.

use minijinja::Environment;
use minijinja::value::Value;

use crate::model::Cause;
use crate::report::words::{count, decoded, number, percent, tame};

/// Maximum characters shown of a URL; the link holds the whole URL.
const LONG: usize = 240;

/// Maximum bytes of a URL that becomes a link.
const LONGEST_LINK: usize = 500;

/// Adds the filters to a template.
pub(super) fn add(page: &mut Environment<'_>) {
    page.add_filter("number", |value: u64| number(value));
    page.add_filter("count", |value: u64, noun: &str| count(value, noun));
    page.add_filter("percent", |share: f64| percent(share));
    page.add_filter("points", |value: f64| format!("{value:.1}"));
    page.add_filter("ms", ms);
    page.add_filter("short", short);
    page.add_filter("decoded", |text: &str| decoded(text).into_owned());
    page.add_filter("advice", advice);
    page.add_filter("without_commands", without_commands);
    page.add_filter("capitalize_first", capitalize_first);
    page.add_filter("is_link", is_link);
    page.add_filter("cause", |id: &str| {
        Cause::from_id(id).map_or("", Cause::title)
    });
}

/// Formats milliseconds, as seconds if there are many.
fn ms(millis: f64) -> String {
    if millis < 1_000.0 {
        format!("{millis:.0} ms")
    } else {
        format!("{:.1} s", millis / 1_000.0)
    }
}

/// Shortens a long text in its middle, because both ends identify a URL.
fn short(text: &str) -> String {
    let length = text.chars().count();
    if length <= LONG {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONG * 2 / 3).collect();
    let tail: String = text.chars().skip(length - LONG / 3).collect();
    format!("{head} … {tail}")
}

/// Capitalises the first letter. The built-in `capitalize` makes the rest lower case.
fn capitalize_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(chars).collect()
}

/// Renders a line of advice, with text between backticks as code.
fn advice(line: &str) -> Value {
    let parts = line.split('`').map(escaped).enumerate();
    let parts = parts.map(|(at, part)| match at % 2 {
        0 => part,
        _ => format!("<code>{part}</code>"),
    });
    Value::from_safe_string(parts.collect())
}

/// Returns a text without the sentences and clauses that name a command or an option, for readers who have no shell.
fn without_commands(text: &str) -> String {
    let is_command = |code: &str| code.contains(' ') || code.starts_with(['-', '/', '$']);
    let has_command =
        |piece: &str| piece.contains("--") || piece.split('`').skip(1).step_by(2).any(is_command);
    let (mut out, mut rest, mut joint) = (String::new(), text, "");
    loop {
        let ends = [". ", "; ", ": "].map(|end| rest.find(end));
        let end = ends.into_iter().flatten().min();
        let piece = end.map_or(rest, |end| &rest[..end]);
        if !has_command(piece) {
            if !out.is_empty() {
                out.push_str(joint);
            }
            out.push_str(&piece.replace('`', ""));
        }
        let Some(end) = end else { break };
        joint = &rest[end..end + 2];
        rest = &rest[end + 2..];
    }
    if text.ends_with('.') && !out.is_empty() && !out.ends_with('.') {
        out.push('.');
    }
    out
}

/// Escapes a text: no markup, and characters that turn or hide writing are visible.
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

/// Returns whether a URL becomes a link: only `http` and `https`, and none so long that they make the page heavy.
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
    fn readers_without_a_shell_see_no_command() {
        let cases = [
            ("Send `Retry-After` too.", "Send Retry-After too."),
            ("It is down; run `ss -ltnp`.", "It is down."),
            ("It is down: see `-x`. It costs.", "It is down. It costs."),
            ("rare; more audits, or --sample 100%, show more", "rare"),
        ];
        for (line, plain) in cases {
            assert_eq!(without_commands(line), plain);
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
