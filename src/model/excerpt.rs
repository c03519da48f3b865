//! Bounded excerpts of foreign texts, which may have any length.

use xxhash_rust::xxh3::xxh3_64;

/// Returns the beginning of a text: at most `most` characters.
pub fn excerpt(mut text: String, most: usize) -> String {
    text.truncate(beginning(&text, most).len());
    text
}

/// Returns the beginning of a borrowed text: at most `most` characters.
pub fn beginning(text: &str, most: usize) -> &str {
    // Every character has at least one byte.
    if text.len() <= most {
        return text;
    }
    let end = text.char_indices().nth(most);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Returns the beginning of a text: at most `most` characters. If there are more, its length and a hash
/// follow, which distinguish it from others with the same beginning.
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
