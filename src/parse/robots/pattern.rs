use std::borrow::Cow;

use memchr::memmem;

/// The path of an `Allow` or `Disallow`, prepared for comparison with [normal](normal_path) paths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// In normal form, so that each `*` in it is a wildcard; without the final `$`.
    text: Box<[u8]>,
    /// Whether the path must end where the pattern does.
    anchored: bool,
    /// Its length for precedence, in bytes.
    weight: usize,
}

impl Pattern {
    /// Reads the value of a rule.
    pub(super) fn new(value: &[u8]) -> Pattern {
        let (body, anchored) = match value.strip_suffix(b"$") {
            Some(body) => (body, true),
            None => (value, false),
        };
        let mut text = Vec::with_capacity(body.len());
        for (index, literal) in body.split(|b| *b == b'*').enumerate() {
            if index > 0 {
                text.push(b'*');
            }
            text.extend_from_slice(&normal(literal));
        }
        // A "$" inside is one octet of the rule, though its normal form has three.
        let dollars = memchr::memchr_iter(b'$', body).count();
        Pattern {
            weight: text.len() - 2 * dollars + usize::from(anchored),
            text: text.into(),
            anchored,
        }
    }

    /// Returns the folded pattern: Google reads a permission for `/dir/index.html` or
    /// `/dir/index.htm` also as one for `/dir/`.
    pub(super) fn folded_index(value: &[u8]) -> Option<Pattern> {
        let slash = memchr::memrchr(b'/', value)?;
        let (folder, file) = value.split_at(slash + 1);
        file.starts_with(b"index.htm")
            .then(|| Pattern::new(&[folder, b"$"].concat()))
    }

    /// Returns the literal beginning of every matching path.
    pub(super) fn prefix(&self) -> &[u8] {
        let end = memchr::memchr(b'*', &self.text).unwrap_or(self.text.len());
        &self.text[..end]
    }

    /// Returns whether text must be searched for after a `*`. A `*` at the end needs no search.
    pub(super) fn searches(&self) -> bool {
        let tail = &self.text[self.prefix().len()..];
        tail.iter().any(|byte| *byte != b'*')
    }

    /// Returns the weight: the longest matching pattern decides (RFC 9309 section 2.2.2).
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Returns its normal form, without the final `$`.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns whether the path must end where the pattern does.
    pub(super) fn is_anchored(&self) -> bool {
        self.anchored
    }
}

/// Returns whether a path in normal form matches a pattern with this text.
pub(super) fn matches(text: &[u8], anchored: bool, path: &[u8]) -> bool {
    walk(text, anchored, path, &mut 0)
}

/// Matches each literal piece at the first offset where it occurs. A later offset could only leave
/// less room for the following pieces. So no byte is tried twice, and the work is bounded by the
/// length of the path. `steps` counts the bytes of it that were read.
fn walk(text: &[u8], anchored: bool, path: &[u8], steps: &mut usize) -> bool {
    let mut pieces = text.split(|b| *b == b'*');
    let first = pieces.next().unwrap_or_default();
    *steps += first.len().min(path.len());
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return !anchored || rest.is_empty();
    };
    for piece in pieces {
        match after(rest, piece, steps) {
            Some(tail) => rest = tail,
            None => return false,
        }
    }
    if anchored {
        *steps += last.len().min(rest.len());
        rest.ends_with(last)
    } else {
        after(rest, last, steps).is_some()
    }
}

/// Returns the text after the first occurrence of a piece. The search itself is linear in the worst
/// case.
fn after<'a>(text: &'a [u8], piece: &[u8], steps: &mut usize) -> Option<&'a [u8]> {
    let found = memmem::find(text, piece).map(|at| at + piece.len());
    *steps += found.unwrap_or(text.len());
    found.map(|end| &text[end..])
}

/// Returns a path with its query in the normal form for comparison: from the root, without a
/// fragment.
pub(super) fn normal_path(path: &str) -> Cow<'_, [u8]> {
    let path = path.split('#').next().unwrap_or_default();
    if path.starts_with('/') {
        normal(path.as_bytes())
    } else {
        Cow::Owned(normal(format!("/{path}").as_bytes()).into_owned())
    }
}

/// Returns one form for all spellings of the same octets (RFC 9309 section 2.2.2). Escaped
/// unreserved characters are decoded, characters invalid in a URL are escaped, and hex is in upper
/// case. `*` and `$` are escaped, too, since a pattern can name them only like that (section
/// 2.2.3).
fn normal(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().all(|b| stays(*b)) {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let octet = (hex(text, at + 1), hex(text, at + 2));
        if let (b'%', (Some(high), Some(low))) = (byte, octet) {
            let meant = high * 16 + low;
            if is_unreserved(meant) {
                out.push(meant);
            } else {
                escape(&mut out, meant);
            }
            at += 3;
        } else {
            // A "%" that starts no escape stays unchanged, as in URLs.
            if stays(byte) || byte == b'%' {
                out.push(byte);
            } else {
                escape(&mut out, byte);
            }
            at += 1;
        }
    }
    Cow::Owned(out)
}

fn escape(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.push(b'%');
    out.push(DIGITS[usize::from(byte >> 4)]);
    out.push(DIGITS[usize::from(byte & 15)]);
}

fn hex(text: &[u8], at: usize) -> Option<u8> {
    let digit = char::from(*text.get(at)?).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// RFC 3986 section 2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// Returns whether a byte stays: unreserved or reserved by RFC 3986, except for the two with a
/// meaning in patterns.
fn stays(byte: u8) -> bool {
    is_unreserved(byte) || b":/?#[]@!&'()+,;=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(pattern: &str, path: &str) -> bool {
        let pattern = Pattern::new(pattern.as_bytes());
        matches(pattern.text(), pattern.is_anchored(), &normal_path(path))
    }

    #[test]
    fn wildcards_and_ends_match() {
        let cases = [
            ("/", "/anything", true),
            ("/*", "/", true),
            ("/*.php$", "/a.php", true),
            ("/*.php$", "/a.php?x", false),
            ("/*.php$", "/a.php.php", true),
            ("/a*b*c", "/a-b-b-c", true),
            ("/a*b*c", "/a-c-b", false),
            ("/a*a$", "/a", false),
            ("/a*a$", "/aa", true),
            ("/***x", "/x", true),
            ("/a$b", "/a$b", true),
            ("/a%24b", "/a$b", true),
            ("/a%2ab", "/a*b", true),
            ("/a%2ab", "/axb", false),
            ("/%7Euser", "/~user", true),
            ("/caf\u{e9}", "/caf%c3%a9", true),
            ("/a b", "/a%20b", true),
            ("/100%", "/100%", true),
            ("*/x", "/a/x", true),
            ("/x/$", "/x/", true),
            ("/x/*$", "/x/y", true),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(check(pattern, path), expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn work_is_bounded_by_the_length_of_the_path() {
        let path = "/".to_owned() + &"a".repeat(1500);
        for tail in ["b", "b$", "", "$"] {
            for head in ["/*a".repeat(60), "/".to_owned() + &"*a".repeat(700)] {
                let pattern = Pattern::new((head + tail).as_bytes());
                let (text, anchored, mut steps) = (pattern.text(), pattern.is_anchored(), 0);
                walk(text, anchored, path.as_bytes(), &mut steps);
                assert!(steps <= path.len(), "{steps} steps for {tail}");
            }
        }
    }

    #[test]
    fn weights_are_lengths_of_the_written_pattern() {
        let cases = [
            ("/a", 2),
            ("/a*", 3),
            ("/a$", 3),
            ("/a$b", 4),
            ("/é", 7),
            ("", 0),
        ];
        for (pattern, weight) in cases {
            assert_eq!(
                Pattern::new(pattern.as_bytes()).weight(),
                weight,
                "{pattern}"
            );
        }
    }

    /// Matches by the definition of the wildcard, slow but simple.
    fn slow(pattern: &[u8], path: &[u8]) -> bool {
        match pattern {
            [] => true,
            [b'$'] => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|skip| slow(rest, &path[skip..])),
            [byte, rest @ ..] => path.first() == Some(byte) && slow(rest, &path[1..]),
        }
    }

    proptest! {
        #[test]
        fn the_walk_agrees_with_the_definition(
            pattern in "/[ab*]{0,8}[$]?",
            path in "/[ab]{0,12}",
        ) {
            prop_assert_eq!(check(&pattern, &path), slow(pattern.as_bytes(), path.as_bytes()));
        }

        #[test]
        fn normalising_twice_is_once(text in "(%[0-9A-Fa-f]{2}|[a-c*$é ]){0,20}") {
            let once = normal(text.as_bytes()).into_owned();
            prop_assert_eq!(normal(&once).into_owned(), once);
        }
    }
}
