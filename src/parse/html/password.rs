//! Detects password fields.

/// Returns whether the text of a page contains `<input type=password>`. It reads the plain text,
/// without regard to scripts and comments: enough to recognise a login form after a redirect.
pub fn has_password_field(html: &str) -> bool {
    let mut rest = html;
    while let Some(at) = find_tag(rest) {
        let tag = &rest[at..];
        let end = tag.find('>').unwrap_or(tag.len());
        if is_password(&tag[..end]) {
            return true;
        }
        rest = &tag[end..];
    }
    false
}

const TAG: &[u8] = b"<input";

/// Returns where the attributes of the next `<input` begin.
fn find_tag(html: &str) -> Option<usize> {
    let bytes = html.as_bytes();
    let starts = bytes.windows(TAG.len() + 1);
    let found = starts.into_iter().position(|window| {
        let (name, next) = window.split_at(TAG.len());
        name.eq_ignore_ascii_case(TAG) && (next[0].is_ascii_whitespace() || next[0] == b'/')
    });
    found.map(|at| at + TAG.len())
}

/// Returns whether the attributes of a tag have `type=password`, quoted or not.
fn is_password(attributes: &str) -> bool {
    let text = attributes.to_ascii_lowercase();
    text.match_indices("type").any(|(at, name)| {
        let is_whole =
            text[..at].ends_with(|c: char| c.is_ascii_whitespace() || "/\"'".contains(c));
        let value = text[at + name.len()..].trim_start().strip_prefix('=');
        let value = value.map(|value| value.trim_start().trim_start_matches(['"', '\'']));
        is_whole && value.is_some_and(|value| value.trim_start().starts_with("password"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_field_is_found_in_every_spelling() {
        let cases = [
            ("<form><input type=\"password\" name=p></form>", true),
            ("<INPUT name=p TYPE = 'Password'>", true),
            ("<input\n  id=p\n  type=password>", true),
            (
                "<input type=text><p><input name=\"x\"type=\"password\"/>",
                true,
            ),
            ("<input type=text name=password>", false),
            ("<input data-type=password>", false),
            ("<p>Your password</p><inputs type=password>", false),
            ("<input type=text> type=password", false),
            ("<input", false),
            ("", false),
        ];
        for (html, expected) in cases {
            assert_eq!(has_password_field(html), expected, "{html}");
        }
    }
}
