//! Text that arrives in pieces, with its white space folded as browsers render it.

use compact_str::CompactString;
use xxhash_rust::xxh3::Xxh3;

use crate::model::beginning;

/// The hasher gets pieces of this size, in bytes: large enough for its fast path.
const HASHED_AT_ONCE: usize = 4_096;

/// Bytes of a long text that are read at once, before it may be cut.
const READ_AT_ONCE: usize = 128;

/// Maximum length of a text that may be a single word, in bytes, as it occurs between the tags of
/// code.
const WORD: usize = 16;

/// The beginning of a text.
#[derive(Debug, Default)]
pub(super) struct Folded {
    bytes: Vec<u8>,
    gap: bool,
    max_chars: usize,
}

/// Hash and length of a text that is not kept.
pub(super) struct Digest {
    hasher: Xxh3,
    buffer: Vec<u8>,
    gap: bool,
    hashed: usize,
}

// === impl Folded ===

impl Folded {
    /// Keeps at most this many characters.
    pub(super) fn new(max_chars: usize) -> Folded {
        Folded {
            max_chars,
            ..Folded::default()
        }
    }

    pub(super) fn push(&mut self, piece: &[u8]) {
        // No character has more than four bytes.
        let enough = self.max_chars * 4;
        for part in piece.chunks(READ_AT_ONCE) {
            if self.bytes.len() < enough {
                fold(part, &mut self.gap, &mut self.bytes, false);
            }
        }
    }

    /// Adds a boundary of words, such as between two paragraphs.
    pub(super) fn push_gap(&mut self) {
        self.gap = true;
    }

    /// Returns whether nothing was pushed.
    pub(super) fn is_clear(&self) -> bool {
        self.bytes.is_empty() && !self.gap
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.gap = false;
    }

    /// Returns the text so far and clears it.
    pub(super) fn take(&mut self) -> CompactString {
        // The last character may be incomplete.
        let text = match str::from_utf8(&self.bytes) {
            Ok(text) => text,
            Err(fault) => {
                let whole = &self.bytes[..fault.valid_up_to()];
                str::from_utf8(whole).unwrap_or_default()
            }
        };
        // Folding handles the white space of markup; at the ends, no-break spaces are removed as
        // well.
        let text = text.trim();
        let text = beginning(text, self.max_chars).trim_end().into();
        self.clear();
        text
    }
}

// === impl Digest ===

impl Digest {
    pub(super) fn new() -> Digest {
        Digest {
            hasher: Xxh3::new(),
            buffer: Vec::with_capacity(2 * HASHED_AT_ONCE),
            gap: false,
            hashed: 0,
        }
    }

    pub(super) fn push(&mut self, piece: &[u8]) {
        for part in piece.chunks(HASHED_AT_ONCE) {
            let started = self.hashed > 0;
            fold(part, &mut self.gap, &mut self.buffer, started);
            if self.buffer.len() >= HASHED_AT_ONCE {
                self.flush();
            }
        }
    }

    /// Adds a boundary of words, such as between two paragraphs.
    pub(super) fn push_gap(&mut self) {
        self.gap = true;
    }

    /// Returns hash and length in bytes.
    pub(super) fn finish(mut self) -> (u64, usize) {
        self.flush();
        (self.hasher.digest(), self.hashed)
    }

    fn flush(&mut self) {
        self.hasher.update(&self.buffer);
        self.hashed += self.buffer.len();
        self.buffer.clear();
    }
}

/// Appends words with single spaces between them. `started` says whether words were already taken
/// out of `out`. Most lines need folding only at their ends, and are copied whole.
fn fold(piece: &[u8], gap: &mut bool, out: &mut Vec<u8>, started: bool) {
    if piece.len() <= WORD && piece.iter().all(|byte| *byte > b' ') {
        return push_words(piece, gap, out, started);
    }
    let mut rest = piece;
    loop {
        let end = memchr::memchr(b'\n', rest);
        fold_line(&rest[..end.unwrap_or(rest.len())], gap, out, started);
        let Some(end) = end else { return };
        *gap = true;
        rest = &rest[end + 1..];
    }
}

fn fold_line(line: &[u8], gap: &mut bool, out: &mut Vec<u8>, started: bool) {
    let from_first = line.trim_ascii_start();
    let words = from_first.trim_ascii_end();
    *gap |= from_first.len() < line.len();
    if is_folded(words) {
        push_words(words, gap, out, started);
    } else {
        for (n, word) in words.split(u8::is_ascii_whitespace).enumerate() {
            *gap |= n > 0;
            push_words(word, gap, out, started);
        }
    }
    *gap |= words.len() < from_first.len();
}

fn push_words(words: &[u8], gap: &mut bool, out: &mut Vec<u8>, started: bool) {
    if words.is_empty() {
        return;
    }
    if *gap && (started || !out.is_empty()) {
        out.push(b' ');
    }
    *gap = false;
    out.extend_from_slice(words);
}

/// Returns whether all white space is single spaces. Reads eight bytes at a time: most texts are
/// too short for anything wider. Control characters count as white space, which is safe.
fn is_folded(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        let pairs = text.windows(2);
        return text.iter().all(|byte| *byte >= b' ') && !pairs.into_iter().any(|it| it == b"  ");
    };
    // The last eight bytes overlap those before; each of the others knows whether a space came
    // before it.
    let last = u64::from_le_bytes(*last);
    let mut found = controls(last) | (spaces(last) & spaces(last) << 8);
    let mut before = 0;
    for eight in text.as_chunks().0 {
        let eight = u64::from_le_bytes(*eight);
        let spaces = spaces(eight);
        found |= controls(eight) | (spaces & (spaces << 8 | before));
        before = spaces >> 56;
    }
    found == 0
}

/// The highest bit of each byte.
const HIGH: u64 = 0x8080_8080_8080_8080;

/// Marks in the highest bits some of the bytes below a space, if there are any.
const fn controls(eight: u64) -> u64 {
    const SPACES: u64 = HIGH >> 2;
    eight.wrapping_sub(SPACES) & !eight & HIGH
}

/// Marks in the highest bits which bytes are spaces.
const fn spaces(eight: u64) -> u64 {
    let others = eight ^ (HIGH >> 2);
    !((others & !HIGH).wrapping_add(!HIGH) | others) & HIGH
}

/// Removes the characters that the URL standard removes around a URL, if they are white space.
pub(super) fn trim(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_ascii_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&str], max_chars: usize, expected: &str) {
        let mut folded = Folded::new(max_chars);
        for piece in pieces {
            folded.push(piece.as_bytes());
        }
        assert_eq!(folded.take(), expected, "{pieces:?}");
    }

    #[test]
    fn white_space_is_folded_across_pieces() {
        check(&["  a", "b \n", "\tc", " "], 9, "ab c");
        check(&[" \u{a0}a\u{a0}b\u{a0} "], 9, "a\u{a0}b");
        check(&["", " "], 9, "");
    }

    #[test]
    fn texts_without_odd_white_space_are_recognised() {
        assert!(is_folded(b""));
        for length in 1..40 {
            let words: Vec<u8> = "a é".bytes().cycle().take(length).collect();
            assert!(is_folded(&words), "{length}");
            for at in 0..length {
                for odd in [b'\n', b'\t', b'\0'] {
                    let mut text = words.clone();
                    text[at] = odd;
                    assert!(!is_folded(&text), "{length} {at}");
                }
                let mut text = words.clone();
                text.splice(at..at, *b"  ");
                assert!(!is_folded(&text), "{length} {at}");
            }
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        check(&["ééé", "éé"], 4, "éééé");
        check(&["abc def"], 4, "abc");
        check(&["a".repeat(100).as_str(), "b"], 3, "aaa");
        check(&["日本語", "テキスト"], 5, "日本語テキ");
        // Cutting the beginning leaves no room for a part of a character at the end.
        let wide = format!("\u{a0}{}", "🍎".repeat(99));
        check(&[&wide], 32, &"🍎".repeat(31));
    }

    #[test]
    fn a_hash_depends_only_on_the_words() {
        let digest = |pieces: &[&str]| {
            let mut digest = Digest::new();
            for piece in pieces {
                digest.push(piece.as_bytes());
            }
            digest.finish()
        };
        let long = "word ".repeat(5_000);
        assert_eq!(digest(&["  a\n", "b"]), digest(&["a b "]));
        assert_eq!(digest(&[&long, " end"]), digest(&[&format!("{long}end")]));
        assert_ne!(digest(&["a b"]), digest(&["ab"]));
        assert_eq!(digest(&["a  b"]).1, 3);
    }
}
