//! The URLs of a `srcset` (HTML standard, "parsing a srcset attribute").

/// Returns the URL of every candidate; widths and densities do not matter to a crawl.
pub(in crate::parse::html) fn candidates(srcset: &str) -> impl Iterator<Item = &str> {
    let mut rest = srcset;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == ',');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace());
        let (url, after) = rest.split_at(end.unwrap_or(rest.len()));
        let bare = url.trim_end_matches(',');
        // A comma at its end closes the candidate; otherwise descriptors continue to the next
        // comma.
        rest = if bare.len() < url.len() {
            after
        } else {
            after_descriptors(after)
        };
        Some(bare)
    })
}

fn after_descriptors(text: &str) -> &str {
    let mut in_parentheses = false;
    let end = text.bytes().position(|byte| {
        match byte {
            b'(' => in_parentheses = true,
            b')' => in_parentheses = false,
            b',' => return !in_parentheses,
            _ => {}
        }
        false
    });
    end.map_or("", |end| &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(srcset: &str, expected: &[&str]) {
        let found: Vec<&str> = candidates(srcset).collect();
        assert_eq!(found, expected, "{srcset}");
    }

    #[test]
    fn candidates_are_found_without_their_descriptors() {
        check("", &[]);
        check(" , ", &[]);
        check("a.png", &["a.png"]);
        check("a.png 1x, b.png 2x", &["a.png", "b.png"]);
        check("a.png 100w,b.png 200w", &["a.png", "b.png"]);
        check("a.png, b.png,", &["a.png", "b.png"]);
        check("a,b.png 1x", &["a,b.png"]);
        check("a.png size(1, 2) 1x, b.png", &["a.png", "b.png"]);
        check("a.png size(1, b.png", &["a.png"]);
        check(
            "data:image/png;base64,AA== 1x,\n\tb.png 2x",
            &["data:image/png;base64,AA==", "b.png"],
        );
    }
}
