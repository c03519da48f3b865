//! The beginning of an answer as text, and its headline.

use std::borrow::Cow;

/// Bytes of a body that are read. Error pages are smaller and name themselves near the top.
pub(super) const BODY_HEAD: usize = 4096;

/// Returns the beginning of a body as text; bytes that are not UTF-8 are replaced.
pub(super) fn head(body: &[u8]) -> Cow<'_, str> {
    let head = &body[..body.len().min(BODY_HEAD)];
    match std::str::from_utf8(head) {
        Ok(text) => text.into(),
        // Replacement reads each byte. Nearly always only the last character is cut in two.
        Err(fault) => {
            let (valid, rest) = head.split_at(fault.valid_up_to());
            let valid = std::str::from_utf8(valid).unwrap_or_default();
            [valid, &String::from_utf8_lossy(rest)].concat().into()
        }
    }
}

/// Returns the title of a page, else its first heading, else its only line; at most 100 bytes.
pub(super) fn headline(body: &str) -> Option<&str> {
    let between = |open: &str, close: &str| {
        let lower = body.to_ascii_lowercase();
        let start = lower.find(open)? + open.len();
        let start = start + lower[start..].find('>')? + 1;
        let end = start + lower[start..].find(close)?;
        Some(body[start..end].trim())
    };
    let line = || Some(body.trim()).filter(|line| !line.contains(['<', '\n']));
    let found = between("<title", "</title").filter(|title| !title.is_empty());
    let found = found.or_else(|| between("<h1", "</h1")).or_else(line)?;
    let end = found.floor_char_boundary(100);
    Some(&found[..end]).filter(|text| !text.is_empty())
}
