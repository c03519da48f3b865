//! Numbers for what comes again and again: URLs by fingerprint, texts by content.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::{AsIs, Fingerprint, FingerprintMap};

/// A known URL's number in `url.id`.
pub(super) type UrlId = u32;

/// The URLs of a run: 16 bytes and the table's slack for each.
#[derive(Debug, Default)]
pub(super) struct UrlIds {
    known: FingerprintMap<Known>,
}

/// What the writer must know of a URL without asking the disk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    pub(super) id: UrlId,
    /// Skipped so far, so it may still be admitted for another reason.
    pub(super) skipped: bool,
    /// Listed in a sitemap.
    pub(super) in_sitemap: bool,
}

impl UrlIds {
    pub(super) fn get(&self, fingerprint: Fingerprint) -> Option<Known> {
        self.known.get(&fingerprint).copied()
    }

    pub(super) fn set(&mut self, fingerprint: Fingerprint, known: Known) {
        self.known.insert(fingerprint, known);
    }

    /// The number of the next URL that is new. Numbers start at 1 and have no gaps.
    pub(super) fn next(&self) -> UrlId {
        u32::try_from(self.known.len() + 1).unwrap_or(u32::MAX)
    }
}

/// The texts used lately. One that was forgotten gets a new number when it comes again, which
/// costs a row and nothing else.
#[derive(Debug)]
pub(super) struct TextIds {
    /// By their hashes. The seed keeps servers from sending texts that share a place; of two that
    /// do, one is forgotten.
    recent: HashMap<u64, (Box<str>, u32), BuildHasherDefault<AsIs>>,
    seed: u64,
    /// Bytes of the remembered texts.
    bytes: usize,
    next: u32,
}

impl TextIds {
    /// Most texts that are remembered. Anchors have 255 characters at most, header fields 1,024.
    const CAPACITY: usize = 65_536;

    /// Most bytes of them. Real texts are short: the number is reached first.
    const BYTES: usize = 16 << 20;

    /// Continues after the highest number in use.
    pub(super) fn after(highest: u32) -> TextIds {
        TextIds {
            recent: HashMap::default(),
            seed: fastrand::u64(..),
            bytes: 0,
            next: highest + 1,
        }
    }

    /// The text's number, and whether it is new and must be stored.
    pub(super) fn intern(&mut self, text: &str) -> (u32, bool) {
        let hash = xxh3_64_with_seed(text.as_bytes(), self.seed);
        if let Some((known, id)) = self.recent.get(&hash)
            && **known == *text
        {
            return (*id, false);
        }
        if self.recent.len() >= TextIds::CAPACITY || self.bytes + text.len() > TextIds::BYTES {
            self.recent.clear();
            self.bytes = 0;
        }
        let id = self.next;
        self.next += 1;
        self.bytes += text.len();
        self.recent.insert(hash, (text.into(), id));
        (id, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_while_it_is_remembered() {
        let mut texts = TextIds::after(7);
        assert_eq!(texts.intern("nginx"), (8, true));
        assert_eq!(texts.intern("nginx"), (8, false));
        assert_eq!(texts.intern("apache"), (9, true));
        for n in 0..TextIds::CAPACITY {
            texts.intern(&n.to_string());
        }
        assert!(texts.intern("nginx").1);
    }

    #[test]
    fn long_texts_are_forgotten_by_their_bytes() {
        let mut texts = TextIds::after(0);
        let long = |n: usize| format!("{n:04000}");
        for n in 0..TextIds::BYTES / 4_000 {
            texts.intern(&long(n));
        }
        assert!(!texts.intern(&long(0)).1);
        texts.intern(&long(9_999));
        assert!(texts.intern(&long(0)).1);
        assert!(texts.bytes <= TextIds::BYTES);
    }
}
