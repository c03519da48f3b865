//! What others wrote may have any length. What is kept of it for people has a limit.

use xxhash_rust::xxh3::xxh3_64;

/// The beginning of a text: at most so many characters.
pub fn excerpt(mut text: String, most: usize) -> String {
    text.truncate(beginning(&text, most).len());
    text
}

/// The beginning of a text where it stands: at most so many characters.
pub fn beginning(text: &str, most: usize) -> &str {
    // No character has less than a byte.
    if text.len() <= most {
        return text;
    }
    let end = text.char_indices().nth(most);
    end.map_or(text, |(end, _)| &text[..end])
}

/// The beginning of a text: at most so many characters, and if there are more its length and what tells it apart
/// from others that begin alike.
pub fn marked_excerpt(text: &str, most: usize) -> String {
    let kept = beginning(text, most);
    if kept.len() == text.len() {
        return text.to_owned();
    }
    let fingerprint = xxh3_64(text.as_bytes());
    format!(
        "{kept}... ({} bytes, fingerprint {fingerprint:016x})",
        text.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_ends_between_characters() {
        for (text, expected) in [
            ("", ""),
            ("ab", "ab"),
            ("äöü", "äö"),
            ("a\u{1F600}b", "a\u{1F600}"),
        ] {
            assert_eq!(excerpt(text.to_owned(), 2), expected);
        }
    }
}
