//! A canonical form for all the ways in which URLs, HTML and JSON write a text. Escapes are decoded, and
//! characters that readers skip or do not see are left out. A search in this form finds a text in every
//! coding, even if only some characters are escaped. Each part of the form can be mapped back to where it was
//! written.
//!
//! The form serves only for comparison: some different texts have the same form.

use std::borrow::Cow;
use std::ops::Range;

use htmlize::Context;

/// Maximum number of nested codings, such as a URL in JSON in an attribute. Each may take the memory of the
/// text once more.
pub(super) const LAYERS: usize = 4;

/// The longest character reference, in bytes: `&CounterClockwiseContourIntegral;`. Zeros before a number are
/// not counted: their number is unlimited.
pub(super) const LONGEST_REFERENCE: usize = 33;

/// A text and its canonical form.
pub(in crate::fetch) struct Canonical<'t> {
    /// The text, without one layer of escapes, without two.
    layers: Vec<Cow<'t, [u8]>>,
    /// The last layer without invisible characters, if it has any.
    seen: Option<Vec<u8>>,
}

/// Returns the canonical form of a text.
pub(super) fn canonical(text: &[u8]) -> Canonical<'_> {
    let mut layers = vec![Cow::Borrowed(text)];
    while layers.len() <= LAYERS
        && let Some(next) = layers.last().and_then(|text| ESCAPES.taken(text))
    {
        layers.push(Cow::Owned(next));
    }
    let seen = layers.last().and_then(|text| UNSEEN.taken(text));
    Canonical { layers, seen }
}

impl Canonical<'_> {
    pub(in crate::fetch) fn bytes(&self) -> &[u8] {
        self.seen.as_deref().unwrap_or_else(|| self.unescaped())
    }

    /// Returns the text without its escapes.
    pub(super) fn unescaped(&self) -> &[u8] {
        self.layers.last().map_or(&[], |layer| layer)
    }

    /// Returns where parts of the form were written. The parts must be in order, and none empty.
    pub(in crate::fetch) fn written(&self, parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
        let parts = match self.seen {
            Some(_) => UNSEEN.origins(self.unescaped(), &parts),
            None => parts,
        };
        let escaped = self.layers.iter().rev().skip(1);
        escaped.fold(parts, |parts, text| ESCAPES.origins(text, &parts))
    }
}

/// Length of the prefix of a text that changes, and its replacement.
type Change<'t> = (usize, Cow<'t, [u8]>);

/// One kind of change that leads to the canonical form, such as removing a kind of escape.
struct Step {
    /// A table of the first bytes of everything that it may change; a table, because every byte of a page is
    /// checked.
    begins: [bool; 256],
    /// Returns the change at the beginning of a text.
    meaning: fn(&[u8]) -> Option<Change<'_>>,
}

/// The bytes that an escape may begin with, or that readers skip.
const SPECIAL: [bool; 256] = table(b"%&\\+\0\t\n\r");

static ESCAPES: Step = Step {
    begins: SPECIAL,
    meaning,
};

static UNSEEN: Step = Step {
    begins: {
        let mut begins = table(b"\x7F\xC2\xE1\xE2\xE3\xEF");
        let mut byte = 0;
        while byte <= b' ' {
            begins[byte as usize] = true;
            byte += 1;
        }
        begins
    },
    meaning: |text| Some((unseen(text)?, Cow::Borrowed(b""))),
};

const fn table(mut bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    while let [byte, others @ ..] = bytes {
        table[*byte as usize] = true;
        bytes = others;
    }
    table
}

impl Step {
    /// Returns the text after this step, or `None` if it is unchanged.
    fn taken(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !text.iter().any(|byte| self.begins[usize::from(*byte)]) {
            return None;
        }
        let mut out = Vec::with_capacity(text.len());
        self.take(text, |_, meant| out.extend_from_slice(meant));
        (out != text).then_some(out)
    }

    /// Maps parts of the text after this step to the text before it.
    fn origins(&self, text: &[u8], parts: &[Range<usize>]) -> Vec<Range<usize>> {
        let ends = |part: &Range<usize>| [part.start, part.end - 1];
        let mut ends = parts.iter().flat_map(ends).peekable();
        let mut found: Vec<Range<usize>> = Vec::with_capacity(2 * parts.len());
        let mut done = 0;
        self.take(text, |written, meant| {
            while let Some(end) = ends.next_if(|end| *end < done + meant.len()) {
                let is_plain = written.len() == meant.len();
                let at = written.start + end - done;
                found.push(if is_plain {
                    at..at + 1
                } else {
                    written.clone()
                });
            }
            done += meant.len();
        });
        let whole = |ends: &[Range<usize>]| ends[0].start..ends[1].end;
        found.chunks_exact(2).map(whole).collect()
    }

    /// Passes the text in pieces: where each is written, and what it means.
    fn take(&self, text: &[u8], mut each: impl FnMut(Range<usize>, &[u8])) {
        let (mut at, mut done) = (0, 0);
        let begins = |byte: &u8| self.begins[usize::from(*byte)];
        while let Some(plain) = text[at..].iter().position(begins) {
            at += plain;
            let Some((length, meant)) = (self.meaning)(&text[at..]) else {
                at += 1;
                continue;
            };
            each(done..at, &text[done..at]);
            each(at..at + length, &meant);
            at += length;
            done = at;
        }
        each(done..text.len(), &text[done..]);
    }
}

/// Returns the length of the escape at the beginning of a text, and its meaning.
fn meaning(text: &[u8]) -> Option<Change<'_>> {
    match text {
        // Forms write a space like this.
        [b'+', ..] => Some((1, Cow::Borrowed(b" "))),
        [b'%', high, low, ..] => Some((3, byte([*high, *low])?)),
        [b'&', b'#', ..] => numeric_reference(text),
        [b'&', ..] => named_reference(text),
        [b'\\', b'\\', ..] => Some((2, Cow::Borrowed(b"\\"))),
        [b'\\', b'x', high, low, ..] if let Some(byte) = byte([*high, *low]) => Some((4, byte)),
        [b'\\', b'u', ..] if let Some(found) = utf16(text) => Some(found),
        // The next layer knows what it stands before.
        [b'\\', b'x' | b'u', ..] => None,
        [b'\\', next, ..] if SPECIAL[usize::from(*next)] => None,
        // A backslash before any other character means that character. The URL parser removes the others, and
        // NUL stands between the letters of UTF-16.
        [b'\\' | b'\0' | b'\t' | b'\n' | b'\r', ..] => Some((1, Cow::Borrowed(b""))),
        _ => None,
    }
}

fn number(hex: &[u8]) -> Option<u32> {
    let is_hex = hex.iter().all(u8::is_ascii_hexdigit);
    u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16)
        .ok()
        .filter(|_| is_hex)
}

fn byte(hex: [u8; 2]) -> Option<Cow<'static, [u8]>> {
    Some(Cow::Owned(vec![u8::try_from(number(&hex)?).ok()?]))
}

/// Decodes `\u0061`, or two of them if one character takes two.
fn utf16(text: &[u8]) -> Option<Change<'_>> {
    let unit = |at: usize| {
        let hex = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::try_from(number(hex)?).ok()
    };
    let (first, second) = (unit(0)?, unit(6));
    let units = [Some(first), second];
    let (length, char) = match char::from_u32(first.into()) {
        Some(char) => (6, char),
        None => (
            12,
            char::decode_utf16(units.into_iter().flatten())
                .next()?
                .ok()?,
        ),
    };
    Some((length, Cow::Owned(char.to_string().into_bytes())))
}

/// Decodes `&#97;` and `&#x61;`, after any number of zeros and also without an end, as HTML parsers read it.
fn numeric_reference(text: &[u8]) -> Option<Change<'_>> {
    let is_hex = matches!(text.get(2), Some(b'x' | b'X'));
    let start = 2 + usize::from(is_hex);
    let is_digit = |byte: &u8| byte.is_ascii_digit() || is_hex && byte.is_ascii_hexdigit();
    let digits = text.get(start..)?.iter();
    let zeros = digits.clone().take_while(|byte| **byte == b'0').count();
    let end = start + digits.take_while(|byte| is_digit(byte)).count();
    let reference = [&text[..start], &text[start + zeros..end], b";"].concat();
    let end = end + usize::from(text.get(end) == Some(&b';'));
    unescaped(&reference).map(|meant| (end, meant))
}

/// Decodes `&amp;`, and `&amp` where that is allowed.
fn named_reference(text: &[u8]) -> Option<Change<'_>> {
    let text = &text[..text.len().min(LONGEST_REFERENCE)];
    let name = text[1..].iter().take_while(|it| it.is_ascii_alphanumeric());
    let end = 1 + name.count();
    let end = end + usize::from(text.get(end) == Some(&b';'));
    unescaped(&text[..end]).map(|meant| (end, meant))
}

fn unescaped(reference: &[u8]) -> Option<Cow<'static, [u8]>> {
    match htmlize::unescape_bytes_in(reference, Context::General) {
        Cow::Owned(meant) if meant != reference => Some(Cow::Owned(meant)),
        _ => None,
    }
}

/// Returns how many bytes the first character of a text has, if readers do not see it or fold it with similar
/// ones. These are white space, control characters, and characters that only join, separate or turn others,
/// in UTF-8.
fn unseen(text: &[u8]) -> Option<usize> {
    match text {
        [..=b' ' | 0x7F, ..] => Some(1),
        // C1, the no-break space, the soft hyphen.
        [0xC2, 0x80..=0xA0 | 0xAD, ..] => Some(2),
        [0xE1, 0x9A, 0x80, ..]
        | [0xE2, 0x80, 0x80..=0x8F | 0xA8..=0xAF, ..]
        | [0xE2, 0x81, 0x9F..=0xAF, ..]
        | [0xE3, 0x80, 0x80, ..]
        | [0xEF, 0xBB, 0xBF, ..] => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_codings_have_one_form() {
        let cases = [
            ("a%62c%2b", "abc"),
            ("a%2562c", "abc"),
            ("a%", "a%"),
            ("a%4", "a%4"),
            ("a%+1", "a%1"),
            ("&#97;&#x62;&#00099;&lt;&amp;lt;", "abc<<"),
            ("a&#37;62", "ab"),
            (r"&#x41\amp", "Aamp"),
            ("&#97&#X62&#x063g&#100", "abcgd"),
            ("&#xg&#&#0;", "&#xg&#&#0;"),
            ("&a;&b &", "&a;&b&"),
            (
                "a b\u{a0}&nbsp; \u{3000}c\u{200b}d\u{ad}\u{feff}e\x1b\x7f",
                "abcde",
            ),
            ("a\u{2010}ß", "a\u{2010}ß"),
            (
                r"\u0061\x62\/\\\\d\u00e9\ud83d\ude00",
                "ab/d\u{e9}\u{1f600}",
            ),
            (r"\ud83d", r"\ud83d"),
            (r"\u00&#x36;1\&quot;", "a\""),
            ("\\\0u\x000\x000\x006\x001", "a"),
            ("a\nb\r\n\tc\0", "abc"),
            ("\\", ""),
            ("", ""),
        ];
        for (text, expected) in cases {
            let form = canonical(text.as_bytes());
            assert_eq!(String::from_utf8_lossy(form.bytes()), expected, "{text}");
        }
    }

    #[test]
    fn a_number_may_have_any_zeros_in_front() {
        for zeros in [1, 40, 100_000] {
            let zeros = "0".repeat(zeros);
            let text = format!("a&#{zeros}45;b&#x{zeros}2dz&#{zeros}");
            let expected = format!("a-b-z&#{zeros}");
            assert_eq!(canonical(text.as_bytes()).bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn parts_of_the_form_are_mapped_back_to_the_text() {
        let text = "say \n%2573&#101;c\nret\n, or not";
        let form = canonical(text.as_bytes());
        assert_eq!(form.bytes(), b"saysecret,ornot");
        let written = form.written(vec![3..9, 10..12]);
        let words: Vec<&str> = written.into_iter().map(|part| &text[part]).collect();
        assert_eq!(words, ["%2573&#101;c\nret", "or"]);
    }

    /// Writes a text in a coding: escapes what it must, and everything else too if `all` is set.
    fn escaped(text: &str, coding: u8, all: bool) -> String {
        let utf8 = |out: String, byte| out + &format!("%{byte:02x}");
        let utf16 = |out: String, unit: &u16| out + &format!("\\u{unit:04x}");
        let each = |char: char| match (coding, char) {
            (0, char) if all || !char.is_ascii_alphanumeric() => {
                char.to_string().bytes().fold(String::new(), utf8)
            }
            (1, char) if all => format!("&#x{:x};", u32::from(char)),
            (1, '&') => "&amp;".to_owned(),
            (1, '<' | '"') => format!("&#{};", u32::from(char)),
            (2, char) if all => char
                .encode_utf16(&mut [0; 2])
                .iter()
                .fold(String::new(), utf16),
            (2, '"' | '\\' | '/') => format!("\\{char}"),
            _ => char.to_string(),
        };
        text.chars().map(each).collect()
    }

    proptest! {
        #[test]
        fn a_text_in_two_codings_has_its_own_form(
            text in "([a-c0-9%&;#<+ \"/éж😀]|\\\\|amp|u0041|x41){1,12}",
            codings in proptest::collection::vec((0..3u8, any::<bool>()), 0..3),
        ) {
            let own = canonical(text.as_bytes());
            // A text that looks like nested escapes has too many layers itself. A number without an end would
            // continue in digits that were escaped behind it.
            let has_number = |text: &Cow<'_, [u8]>| memchr::memmem::find(text, b"&#").is_some();
            if own.layers.len() + codings.len() > LAYERS || own.layers.iter().any(has_number) {
                return Ok(());
            }
            let coded = codings.iter().fold(text.clone(), |text, (coding, all)| escaped(&text, *coding, *all));
            let form = canonical(coded.as_bytes());
            let [form, own] = [&form, &own].map(|form| String::from_utf8_lossy(form.bytes()).into_owned());
            prop_assert_eq!(form, own, "{} for {}", coded, text);
        }

        #[test]
        fn every_part_has_a_place(text in "(a|%|2|5|61|&|amp|#|;|\\\\|u0061|x61|\n|é|\\+){0,40}") {
            let form = canonical(text.as_bytes());
            let parts: Vec<_> = (0..form.bytes().len()).map(|at| at..at + 1).collect();
            let written = form.written(parts.clone());
            prop_assert_eq!(written.len(), parts.len());
            prop_assert!(written.is_sorted_by_key(|part| part.start));
            for part in written {
                prop_assert!(!part.is_empty() && part.end <= text.len());
            }
        }
    }
}
