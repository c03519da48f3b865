//! What others wrote may have any length. What is kept of it for people has a limit.

/// The beginning of a text: at most so many characters.
pub fn excerpt(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
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
