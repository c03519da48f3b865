//! Logins in texts that quote what was typed. A URL may have been typed where none belongs, or in a form that is
//! none, so this goes by looks: rather a word too much is left out than a password shown.

use std::borrow::Cow;

/// The text without what stands before an `@` as a login does: `https://user:password@host` and
/// `user:password@host`. Addresses of mail stay.
pub(super) fn without_logins(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    // Passwords may have quotes but no blanks: a URL would end there.
    let words = text.split_inclusive(char::is_whitespace);
    Cow::Owned(words.map(without_login).collect())
}

fn without_login(word: &str) -> Cow<'_, str> {
    let (start, end) = (start(word), word.rfind('@'));
    match end {
        Some(end) if end > start && is_login(word, start, end) => {
            Cow::Owned(format!("{}{}", &word[..start], &word[end + 1..]))
        }
        _ => Cow::Borrowed(word),
    }
}

/// Where a login would begin: behind the scheme or the quotes.
fn start(word: &str) -> usize {
    let quotes = |c: char| "'\"`(".contains(c);
    let bare = word.len() - word.trim_start_matches(quotes).len();
    word.find("://").map_or(bare, |scheme| scheme + 3)
}

/// A path may have an `@` as well, but then a host with no more than a port goes before it.
fn is_login(word: &str, start: usize, end: usize) -> bool {
    let before = &word[start..end];
    let head = before.split(['/', '?', '#']).next().unwrap_or_default();
    let has_scheme = start > 0 && word[..start].ends_with("://");
    match head.split_once(':') {
        Some((_, port)) if head.len() < before.len() => !port.bytes().all(|b| b.is_ascii_digit()),
        Some(_) => true,
        None => has_scheme && head.len() == before.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_left_out_and_nothing_else() {
        let cases = [
            ("no 'https://u:hush@h/' here", "no 'https://h/' here"),
            ("\"https://hush@h/a@b\": bad", "\"https://b\": bad"),
            ("x \"u:hush@h:443:1.2.3.4\" is", "x \"h:443:1.2.3.4\" is"),
            ("https://u:pa/hush@h/x", "https://h/x"),
            ("u:pa/hush@h", "h"),
            ("u:hu@sh@h", "h"),
            ("https://h/@user", "https://h/@user"),
            ("https://h:8080/@user", "https://h:8080/@user"),
            ("a@b.example is no address", "a@b.example is no address"),
            ("nothing: at all", "nothing: at all"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_logins(text), expected);
        }
    }
}
