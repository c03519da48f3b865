//! Text that comes in pieces, its white space folded as browsers render it.

use xxhash_rust::xxh3::Xxh3;

/// The hasher gets pieces of this size, in bytes: large enough for its fast path.
const HASHED_AT_ONCE: usize = 4_096;

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
    /// Keeps so many characters.
    pub(super) fn new(max_chars: usize) -> Folded {
        Folded {
            max_chars,
            ..Folded::default()
        }
    }

    pub(super) fn push(&mut self, piece: &str) {
        // No character has more than four bytes.
        let enough = self.max_chars * 4;
        for part in piece.as_bytes().chunks(1_024) {
            if self.bytes.len() < enough {
                fold(part, &mut self.gap, &mut self.bytes, false);
            }
        }
    }

    /// A boundary of words, such as between two paragraphs.
    pub(super) fn push_gap(&mut self) {
        self.gap = true;
    }

    /// The text so far, leaving none behind.
    pub(super) fn take(&mut self) -> String {
        // Asked at every tag, and mostly nothing is there.
        if self.bytes.is_empty() {
            self.gap = false;
            return String::new();
        }
        let text = String::from_utf8_lossy(&self.bytes);
        // Folding is for the white space of markup; at the ends, no-break spaces go as well.
        let text = text.trim();
        let end = text.char_indices().nth(self.max_chars);
        let text = end.map_or(text, |(at, _)| text[..at].trim_end()).to_owned();
        self.bytes.clear();
        self.gap = false;
        text
    }
}

// === impl Digest ===

impl Digest {
    pub(super) fn new() -> Digest {
        Digest {
            hasher: Xxh3::new(),
            buffer: Vec::with_capacity(HASHED_AT_ONCE),
            gap: false,
            hashed: 0,
        }
    }

    pub(super) fn push(&mut self, piece: &str) {
        let started = self.hashed > 0;
        fold(piece.as_bytes(), &mut self.gap, &mut self.buffer, started);
        if self.buffer.len() >= HASHED_AT_ONCE {
            self.flush();
        }
    }

    /// A boundary of words, such as between two paragraphs.
    pub(super) fn push_gap(&mut self) {
        self.gap = true;
    }

    /// Hash and length in bytes.
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

/// Appends words with single spaces between them; `started` if some went out of `out` before.
fn fold(piece: &[u8], gap: &mut bool, out: &mut Vec<u8>, started: bool) {
    let at = out.len();
    let is_first = at == 0 && !started;
    let piece = if is_first {
        piece.trim_ascii_start()
    } else {
        piece
    };
    // One more for the gap before the piece.
    out.resize(at + piece.len() + 1, b' ');
    let space = &mut out[at..];
    let mut end = 0;
    let mut is_gap = *gap && !is_first;
    // Without a branch: where words end cannot be foretold.
    for byte in piece {
        let is_white = byte.is_ascii_whitespace();
        end += usize::from(is_gap & !is_white);
        space[end] = if is_white { b' ' } else { *byte };
        end += usize::from(!is_white);
        is_gap = is_white;
    }
    if !piece.is_empty() {
        *gap = is_gap;
    }
    out.truncate(at + end);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pieces: &[&str], max_chars: usize, expected: &str) {
        let mut folded = Folded::new(max_chars);
        for piece in pieces {
            folded.push(piece);
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
    fn long_texts_are_cut_between_characters() {
        check(&["ééé", "éé"], 4, "éééé");
        check(&["abc def"], 4, "abc");
        check(&["a".repeat(100).as_str(), "b"], 3, "aaa");
        check(&["日本語", "テキスト"], 5, "日本語テキ");
    }

    #[test]
    fn a_hash_depends_on_the_words_alone() {
        let digest = |pieces: &[&str]| {
            let mut digest = Digest::new();
            for piece in pieces {
                digest.push(piece);
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
