use memchr::{memchr, memchr2};

use super::problem::ProblemKind;

/// Maximum bytes of a line that count, without its end. Google's parser keeps 8 times the 2083
/// bytes of the longest URL once allowed in Internet Explorer, the terminating NUL included.
pub const LINE_LIMIT: usize = 2083 * 8 - 1;

/// One line of a file.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Its number, counted from 1.
    pub(super) number: usize,
    /// Its text without its end and surrounding white space, at most [`LINE_LIMIT`] bytes.
    pub(super) text: &'a [u8],
    /// Whether something was cut off.
    pub(super) cut: bool,
}

/// Splits a file into lines; CR, LF and CRLF each end one.
pub(super) fn lines(mut rest: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut number = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        number += 1;
        let end = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        let (whole, after) = rest.split_at(end);
        rest = match after {
            [b'\r', b'\n', tail @ ..] | [_, tail @ ..] => tail,
            [] => after,
        };
        Some(Line {
            number,
            text: whole[..whole.len().min(LINE_LIMIT)].trim_ascii(),
            cut: whole.len() > LINE_LIMIT,
        })
    })
}

/// The key of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    UserAgent,
    Allow,
    Disallow,
    Sitemap,
    CrawlDelay,
    Unknown,
}

/// A key with its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directive<'a> {
    pub(super) key: Key,
    pub(super) value: &'a [u8],
    /// The mistake that was forgiven, if any.
    pub(super) forgiven: Option<ProblemKind>,
}

/// Reads a line. Returns `Err` if it is not a directive, `Ok(None)` if it is blank.
pub(super) fn directive(text: &[u8]) -> Result<Option<Directive<'_>>, ProblemKind> {
    let text = match memchr(b'#', text) {
        Some(comment) => text[..comment].trim_ascii(),
        None => text,
    };
    if text.is_empty() {
        return Ok(None);
    }
    let (word, value, colon) = split(text).ok_or(ProblemKind::NotADirective)?;
    let (key, exact) = key(word);
    let forgiven = match (exact, colon) {
        (false, _) => Some(ProblemKind::TypoAccepted),
        (true, false) => Some(ProblemKind::MissingColon),
        (true, true) => None,
    };
    Ok(Some(Directive {
        key,
        value,
        forgiven: forgiven.filter(|_| key != Key::Unknown),
    }))
}

/// Returns key, value, and whether a colon stands between them. White space replaces the colon if
/// the line has exactly two words.
fn split(text: &[u8]) -> Option<(&[u8], &[u8], bool)> {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let (key, value, colon) = if let Some(colon) = memchr(b':', text) {
        (&text[..colon], &text[colon + 1..], true)
    } else {
        let gap = text.iter().position(blank)?;
        let value = text[gap..].trim_ascii();
        if value.iter().any(blank) {
            return None;
        }
        (&text[..gap], value, false)
    };
    let key = key.trim_ascii();
    (!key.is_empty()).then(|| (key, value.trim_ascii(), colon))
}

/// Google compares only the beginning of the key, so `Disallows` still means `Disallow`.
const SPELLINGS: [(&[u8], Key); 14] = [
    (b"user-agent", Key::UserAgent),
    (b"useragent", Key::UserAgent),
    (b"user agent", Key::UserAgent),
    (b"allow", Key::Allow),
    (b"disallow", Key::Disallow),
    (b"dissallow", Key::Disallow),
    (b"dissalow", Key::Disallow),
    (b"disalow", Key::Disallow),
    (b"diasllow", Key::Disallow),
    (b"disallaw", Key::Disallow),
    (b"sitemap", Key::Sitemap),
    (b"site-map", Key::Sitemap),
    (b"crawl-delay", Key::CrawlDelay),
    (b"crawldelay", Key::CrawlDelay),
];

/// The correct spellings.
const CORRECT: [&[u8]; 5] = [
    b"user-agent",
    b"allow",
    b"disallow",
    b"sitemap",
    b"crawl-delay",
];

/// Returns the meaning of a key, and whether it is spelt correctly.
fn key(word: &[u8]) -> (Key, bool) {
    let begins = |spelling: &[u8]| {
        word.get(..spelling.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(spelling))
    };
    let found = SPELLINGS.iter().find(|(spelling, _)| begins(spelling));
    let exact = CORRECT.iter().any(|right| right.eq_ignore_ascii_case(word));
    (found.map_or(Key::Unknown, |(_, key)| *key), exact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once() {
        let numbered: Vec<_> = lines(b"a\rb\nc\r\nd\n\n e ")
            .map(|line| (line.number, String::from_utf8_lossy(line.text).into_owned()))
            .collect();
        let expected = [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, ""), (6, "e")];
        assert_eq!(numbered, expected.map(|(n, text)| (n, text.to_owned())));
    }

    #[test]
    fn long_lines_are_cut() {
        let long = vec![b'x'; LINE_LIMIT + 5];
        let line = lines(&long).next().expect("one line");
        assert!(line.cut);
        assert_eq!(line.text.len(), LINE_LIMIT);
    }

    #[test]
    fn keys_are_understood_in_many_spellings() {
        use ProblemKind::{MissingColon, NotADirective, TypoAccepted};
        let found = |key, value: &'static str, forgiven| {
            Ok(Some(Directive {
                key,
                value: value.as_bytes(),
                forgiven,
            }))
        };
        let cases = [
            ("User-agent: a", found(Key::UserAgent, "a", None)),
            ("USER-AGENT :a#b", found(Key::UserAgent, "a", None)),
            (
                "useragent: a",
                found(Key::UserAgent, "a", Some(TypoAccepted)),
            ),
            (
                "user agent: a",
                found(Key::UserAgent, "a", Some(TypoAccepted)),
            ),
            (
                "disallow /x",
                found(Key::Disallow, "/x", Some(MissingColon)),
            ),
            (
                "disallow \t /x",
                found(Key::Disallow, "/x", Some(MissingColon)),
            ),
            (
                "disallows: /x",
                found(Key::Disallow, "/x", Some(TypoAccepted)),
            ),
            (
                "diasllow: /x",
                found(Key::Disallow, "/x", Some(TypoAccepted)),
            ),
            ("disallow /x y", Err(NotADirective)),
            ("disallow", Err(NotADirective)),
            (": /x", Err(NotADirective)),
            ("site-map: u", found(Key::Sitemap, "u", Some(TypoAccepted))),
            ("sitemap: http://h/", found(Key::Sitemap, "http://h/", None)),
            ("crawl-delay: 3", found(Key::CrawlDelay, "3", None)),
            ("noindex: /x", found(Key::Unknown, "/x", None)),
            ("# all of it", Ok(None)),
            ("", Ok(None)),
        ];
        for (text, expected) in cases {
            assert_eq!(directive(text.as_bytes()), expected, "{text}");
        }
    }
}
