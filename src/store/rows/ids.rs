//! Numbers for what comes again and again: URLs by fingerprint, texts by content.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::model::{AsIs, Fingerprint, FingerprintTable};

/// A known URL's number in `url.id`.
pub(in crate::store) type UrlId = u32;

/// The URLs of a run: some 16 bytes for each.
#[derive(Debug, Default)]
pub(in crate::store) struct UrlIds {
    known: FingerprintTable<Packed>,
}

/// What the writer must know of a URL without asking the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Known {
    pub(in crate::store) id: UrlId,
    /// Skipped so far, so it may still be admitted for another reason.
    pub(in crate::store) skipped: bool,
    /// Listed in a sitemap.
    pub(in crate::store) in_sitemap: bool,
}

/// What is known in four bytes: thirty bits of the number, and the two answers.
#[derive(Clone, Copy, Debug, Default)]
struct Packed(u32);

/// The highest number: a thousand million pages are a terabyte.
const HIGHEST: UrlId = u32::MAX >> 2;

impl UrlIds {
    pub(in crate::store) fn get(&self, fingerprint: Fingerprint) -> Option<Known> {
        self.known.get(fingerprint).map(Packed::known)
    }

    pub(in crate::store) fn set(&mut self, fingerprint: Fingerprint, known: Known) {
        self.known.insert(fingerprint, Packed::of(known));
    }

    /// The number of the next URL that is new. Numbers start at 1 and have no gaps; the highest is
    /// given out for ever, and the database refuses it.
    pub(in crate::store) fn next(&self) -> UrlId {
        u32::try_from(self.known.len() + 1).map_or(HIGHEST, |next| next.min(HIGHEST))
    }
}

impl Packed {
    const SKIPPED: u32 = 1 << 31;
    const IN_SITEMAP: u32 = 1 << 30;

    fn of(known: Known) -> Packed {
        let flag = |is: bool, bit: u32| if is { bit } else { 0 };
        let flags =
            flag(known.skipped, Packed::SKIPPED) | flag(known.in_sitemap, Packed::IN_SITEMAP);
        Packed(known.id.min(HIGHEST) | flags)
    }

    fn known(self) -> Known {
        Known {
            id: self.0 & HIGHEST,
            skipped: self.0 & Packed::SKIPPED != 0,
            in_sitemap: self.0 & Packed::IN_SITEMAP != 0,
        }
    }
}

/// 96 bits of a text's hash, with a seed that keeps servers from sending texts of the same.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct TextKey {
    place: u64,
    rest: u32,
}

/// The texts used lately. One that was forgotten gets a new number when it comes again, which
/// costs a row and nothing else.
#[derive(Debug)]
pub(in crate::store) struct TextIds {
    /// The rest of a key and the number, by the place.
    recent: HashMap<u64, (u32, u32), BuildHasherDefault<AsIs>>,
    seed: u64,
    next: u32,
}

impl TextIds {
    /// Most texts that are remembered: 2 MB.
    const CAPACITY: usize = 65_536;

    /// Continues after the highest number in use.
    pub(in crate::store) fn after(highest: u32) -> TextIds {
        TextIds {
            recent: HashMap::default(),
            seed: fastrand::u64(..),
            next: highest + 1,
        }
    }

    /// What stands for the text here.
    pub(in crate::store) fn key(&self, text: &str) -> TextKey {
        let hash = xxh3_128_with_seed(text.as_bytes(), self.seed);
        TextKey {
            place: (hash >> 64) as u64,
            rest: hash as u32,
        }
    }

    /// The text's number, if it is remembered.
    pub(in crate::store) fn get(&self, key: TextKey) -> Option<u32> {
        let (rest, id) = self.recent.get(&key.place)?;
        (*rest == key.rest).then_some(*id)
    }

    /// The text's number, and whether it is new and must be stored.
    pub(in crate::store) fn intern(&mut self, key: TextKey) -> (u32, bool) {
        if let Some(id) = self.get(key) {
            return (id, false);
        }
        if self.recent.len() >= TextIds::CAPACITY {
            self.recent.clear();
        }
        let id = self.next;
        self.next += 1;
        self.recent.insert(key.place, (key.rest, id));
        (id, true)
    }
}

/// Bytes of anchors that are remembered of a run: those of its first four million URLs. Ours.
pub(super) const ANCHORS_IN_MEMORY: usize = 64 << 20;

/// What each URL was called when that was new last: 16 bytes for each. Links to a page call it alike,
/// so where there are more pages than texts that are remembered, this keeps an anchor from being
/// stored anew with every link. URLs beyond the bound are found late, and few pages link to them.
#[derive(Debug, Default)]
pub(in crate::store) struct Anchors {
    /// By the number of the URL, piece by piece: to grow copies nothing.
    pieces: Vec<Vec<Anchor>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Anchor {
    /// The text's key, as the rest is.
    place: u64,
    rest: u32,
    /// 0 where there is none.
    id: u32,
}

impl Anchors {
    /// URLs in one piece.
    const PIECE: usize = 4_096;

    /// Pieces at most.
    const MOST: usize = ANCHORS_IN_MEMORY / (Anchors::PIECE * size_of::<Anchor>());

    /// The number of the text, if that is what the URL was called.
    pub(in crate::store) fn get(&self, url: UrlId, key: TextKey) -> Option<u32> {
        let (piece, at) = Anchors::place(url);
        let anchor = self.pieces.get(piece)?.get(at)?;
        let is_same = anchor.place == key.place && anchor.rest == key.rest;
        (anchor.id != 0 && is_same).then_some(anchor.id)
    }

    /// Remembers what the URL was called, if it is one of the first.
    pub(in crate::store) fn set(&mut self, url: UrlId, key: TextKey, id: u32) {
        let (piece, at) = Anchors::place(url);
        if piece >= Anchors::MOST {
            return;
        }
        if self.pieces.len() <= piece {
            self.pieces.resize(piece + 1, Vec::new());
        }
        let piece = &mut self.pieces[piece];
        if piece.is_empty() {
            piece.resize(Anchors::PIECE, Anchor::default());
        }
        let TextKey { place, rest } = key;
        piece[at] = Anchor { place, rest, id };
    }

    const fn place(url: UrlId) -> (usize, usize) {
        let url = url as usize;
        (url / Anchors::PIECE, url % Anchors::PIECE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CrawlUrl;

    #[test]
    fn what_is_known_of_a_url_comes_back() {
        let mut urls = UrlIds::default();
        let fingerprint = |n: u32| {
            let url = CrawlUrl::parse(&format!("http://h/{n}")).expect("a URL");
            url.fingerprint()
        };
        for (n, id) in (0..4).zip([1, 2, HIGHEST - 1, HIGHEST]) {
            let known = Known {
                id,
                skipped: n & 1 == 1,
                in_sitemap: n & 2 == 2,
            };
            assert_eq!(urls.get(fingerprint(n)), None);
            assert_eq!(urls.next(), n + 1);
            urls.set(fingerprint(n), known);
            assert_eq!(urls.get(fingerprint(n)), Some(known));
        }
    }

    #[test]
    fn a_text_has_one_number_while_it_is_remembered() {
        let mut texts = TextIds::after(7);
        let mut intern = |text: &str| texts.intern(texts.key(text));
        assert_eq!(intern("nginx"), (8, true));
        assert_eq!(intern("nginx"), (8, false));
        assert_eq!(intern("apache"), (9, true));
        for n in 0..TextIds::CAPACITY {
            intern(&n.to_string());
        }
        assert!(intern("nginx").1);
    }

    #[test]
    fn a_url_is_known_by_its_last_anchor() {
        let texts = TextIds::after(0);
        let (home, start) = (texts.key("Home"), texts.key("Start"));
        let mut anchors = Anchors::default();
        for url in [1, 4_095, 4_096, 1_000_000] {
            assert_eq!(anchors.get(url, home), None);
            anchors.set(url, home, 7);
            assert_eq!(anchors.get(url, home), Some(7));
            assert_eq!(anchors.get(url, start), None);
            anchors.set(url, start, 8);
            assert_eq!(anchors.get(url, home), None);
            assert_eq!(anchors.get(url, start), Some(8));
        }
        let nothing = TextKey { place: 0, rest: 0 };
        assert_eq!(anchors.get(2, nothing), None);
    }

    #[test]
    fn the_anchors_of_a_run_have_a_bound_in_bytes() {
        let home = TextIds::after(0).key("Home");
        let mut anchors = Anchors::default();
        let is_remembered = |url| {
            anchors.set(url, home, 7);
            anchors.get(url, home) == Some(7)
        };
        let first_beyond = (ANCHORS_IN_MEMORY / size_of::<Anchor>()) as UrlId;
        let urls = [1, first_beyond - 1, first_beyond, HIGHEST];
        assert_eq!(urls.map(is_remembered), [true, true, false, false]);
        let pieces = anchors.pieces.iter().map(Vec::len).max();
        assert_eq!(anchors.pieces.len() * Anchors::PIECE, first_beyond as usize);
        assert_eq!(pieces, Some(Anchors::PIECE));
    }
}
