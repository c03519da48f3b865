//! What others wrote may have any length. What is kept of it for people has a limit.

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
