//! Removes logins from texts that quote the user's input. A URL may be typed in the wrong place or malformed, so a
//! login is recognised by its form: rather too much is removed than a password shown.

use std::borrow::Cow;

/// Returns the text without logins: `https://user:password@host` and `user:password@host`. Mail addresses stay.
pub(crate) fn without_logins(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    // Passwords may have quotes but no blanks: a URL would end there.
    let words = text.split_inclusive(char::is_whitespace);
    Cow::Owned(words.map(without_login).collect())
}

/// Removes the logins from a word, which may have several URLs, separated by commas.
fn without_login(word: &str) -> String {
    let (mut kept, mut rest) = (String::new(), word);
    loop {
        let start = start(rest);
        let login = end(&rest[start..], rest[..start].ends_with("://"));
        kept.push_str(&rest[..start]);
        rest = &rest[start + login.map_or(0, |end| end + 1)..];
        if !rest.contains("://") {
            return kept + rest;
        }
    }
}

/// Returns the position at which a login would begin: after the scheme or the quotes.
fn start(word: &str) -> usize {
    let quotes = |c: char| "'\"`(".contains(c);
    let bare = word.len() - word.trim_start_matches(quotes).len();
    word.find("://").map_or(bare, |scheme| scheme + 3)
}

/// Returns the position of the `@` after a login. A path may have an `@` as well, but only after a host with at most a
/// port; otherwise it is a password with a slash.
fn end(text: &str, has_scheme: bool) -> Option<usize> {
    let head = text.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(at) = head.rfind('@') {
        return (has_scheme || head[..at].contains(':')).then_some(at);
    }
    let (_, port) = head.split_once(':')?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit());
    text.rfind('@').filter(|_| !is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_are_removed_and_nothing_else() {
        let cases = [
            ("no 'https://u:hush@h/' here", "no 'https://h/' here"),
            ("\"https://hush@h/a@b\": bad", "\"https://h/a@b\": bad"),
            ("x \"u:hush@h:443:1.2.3.4\" is", "x \"h:443:1.2.3.4\" is"),
            ("https://u:pa/hush@h/x", "https://h/x"),
            ("u:pa/hush@h", "h"),
            ("u:hu@sh@h", "h"),
            ("https://u:hush@h,https://v:hush@k", "https://h,https://k"),
            ("https://h,https://v:hush@k/", "https://h,https://k/"),
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
