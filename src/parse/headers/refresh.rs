//! The value of `<meta http-equiv=refresh>` and of the `Refresh` header, read by the "shared
//! declarative refresh steps" of the HTML standard (section 4.2.5.3).

use std::time::Duration;

/// Returns the delay and, unless the page is only reloaded, the URL as written.
pub fn parse_refresh(value: &str) -> Option<(Duration, Option<&str>)> {
    let rest = skip_space(value);
    let after_digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &rest[..rest.len() - after_digits.len()];
    if digits.is_empty() && !after_digits.starts_with('.') {
        return None;
    }
    // A number too large for u32 means "in a century" as well.
    let seconds = if digits.is_empty() {
        0
    } else {
        digits.parse().unwrap_or(u32::MAX)
    };
    let delay = Duration::from_secs(u64::from(seconds));

    let rest = after_digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    if rest.is_empty() {
        return Some((delay, None));
    }
    if !rest.starts_with([';', ',', ' ', '\t', '\n', '\r', '\x0c']) {
        return None;
    }
    let rest = skip_space(rest);
    let rest = skip_space(rest.strip_prefix([';', ',']).unwrap_or(rest));
    let target = url_part(rest).trim_matches(is_space);
    Some((delay, Some(target).filter(|target| !target.is_empty())))
}

/// Returns the URL after an optional `url=` and within optional quotes.
fn url_part(rest: &str) -> &str {
    if !rest.starts_with(['u', 'U']) {
        return unquoted(rest);
    }
    // After a "u", anything but `url =` makes the whole rest the URL, including quotes.
    let labelled = rest
        .get(..3)
        .filter(|label| label.eq_ignore_ascii_case("url"))
        .and_then(|_| skip_space(&rest[3..]).strip_prefix('='));
    labelled.map_or(rest, |value| unquoted(skip_space(value)))
}

fn unquoted(text: &str) -> &str {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return text;
    };
    let inner = &text[1..];
    inner.find(quote).map_or(inner, |end| &inner[..end])
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches(is_space)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<(u64, Option<&str>)>) {
        let found = parse_refresh(value).map(|(delay, target)| (delay.as_secs(), target));
        assert_eq!(found, expected, "{value:?}");
    }

    #[test]
    fn all_spellings_of_a_refresh_are_read() {
        check("0;url='x'", Some((0, Some("x"))));
        check("5; URL = x", Some((5, Some("x"))));
        check("5, x", Some((5, Some("x"))));
        check("5 x", Some((5, Some("x"))));
        check(" 5;\turl=\"a b\" tail", Some((5, Some("a b"))));
        check("0; 'x'", Some((0, Some("x"))));
        check("0;url='x", Some((0, Some("x"))));
        check("1.9;url=x", Some((1, Some("x"))));
        check(".5;url=x", Some((0, Some("x"))));
        check("0;url==x", Some((0, Some("=x"))));
        check("0;url", Some((0, Some("url"))));
        check("0;up/there", Some((0, Some("up/there"))));
        check("0;urk=x", Some((0, Some("urk=x"))));
        check("99999999999999;x", Some((u64::from(u32::MAX), Some("x"))));
        check("0;uré", Some((0, Some("uré"))));
    }

    #[test]
    fn a_refresh_without_a_url_reloads_the_page() {
        check("300", Some((300, None)));
        check("300;", Some((300, None)));
        check("300;url=''", Some((300, None)));
    }

    #[test]
    fn a_refresh_must_start_with_a_number() {
        check("", None);
        check("url=x", None);
        check("-1;url=x", None);
        check("5x;url=y", None);
    }
}
