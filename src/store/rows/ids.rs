//! Numbers for repeated values: URLs by fingerprint, texts by content.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::model::{AsIs, Fingerprint, FingerprintTable};

/// The number of a known URL in `url.id`.
pub(in crate::store) type UrlId = u32;

/// The URLs of a run: about 16 bytes each.
#[derive(Debug, Default)]
pub(in crate::store) struct UrlIds {
    known: FingerprintTable<Packed>,
}

/// Facts about a URL that the writer needs without reading the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Known {
    pub(in crate::store) id: UrlId,
    /// Whether it is skipped so far, so that it may still be admitted for another reason.
    pub(in crate::store) skipped: bool,
    /// Whether a sitemap lists it.
    pub(in crate::store) in_sitemap: bool,
}

/// A [`Known`] in four bytes: thirty bits of the number, and the two flags.
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

    /// Returns the number of the next new URL. Numbers start at 1 and have no gaps. The highest is
    /// returned again and again, and the database refuses it.
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

/// 96 bits of a text's hash, with a random seed, so that servers cannot send texts with the same
/// hash.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) struct TextKey {
    place: u64,
    rest: u32,
}

/// The recently used texts. A forgotten text gets a new number when it occurs again, which costs only
/// a row.
#[derive(Debug)]
pub(in crate::store) struct TextIds {
    /// Second part of the key and the number, by the first part.
    recent: HashMap<u64, (u32, u32), BuildHasherDefault<AsIs>>,
    seed: u64,
    next: u32,
}

impl TextIds {
    /// Maximum number of remembered texts: 2 MB.
    const CAPACITY: usize = 65_536;

    /// Starts after the highest number in use.
    pub(in crate::store) fn after(highest: u32) -> TextIds {
        TextIds {
            recent: HashMap::default(),
            seed: fastrand::u64(..),
            next: highest + 1,
        }
    }

    /// Returns the key of a text.
    pub(in crate::store) fn key(&self, text: &str) -> TextKey {
        let hash = xxh3_128_with_seed(text.as_bytes(), self.seed);
        TextKey {
            place: (hash >> 64) as u64,
            rest: hash as u32,
        }
    }

    /// Returns the text's number, if it is remembered.
    pub(in crate::store) fn get(&self, key: TextKey) -> Option<u32> {
        let (rest, id) = self.recent.get(&key.place)?;
        (*rest == key.rest).then_some(*id)
    }

    /// Returns the text's number, and whether it is new and must be stored.
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

/// Bytes for the remembered anchors of a run, those of its first four million URLs. Ours.
pub(super) const ANCHORS_IN_MEMORY: usize = 64 << 20;

/// The last new anchor text of each URL: 16 bytes each. Links to a page mostly use the same text. If
/// a run has more pages than remembered texts, this avoids storing an anchor again for every link.
/// URLs beyond the bound are found late, and few pages link to them.
#[derive(Debug, Default)]
pub(in crate::store) struct Anchors {
    /// Anchors by URL number, in pieces: growing copies nothing.
    pieces: Vec<Vec<Anchor>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Anchor {
    /// The text's key, in two parts.
    place: u64,
    rest: u32,
    /// 0 if there is none.
    id: u32,
}

impl Anchors {
    /// URLs in one piece.
    const PIECE: usize = 4_096;

    /// Maximum number of pieces.
    const MOST: usize = ANCHORS_IN_MEMORY / (Anchors::PIECE * size_of::<Anchor>());

    /// Returns the number of the text, if it is the remembered anchor of the URL.
    pub(in crate::store) fn get(&self, url: UrlId, key: TextKey) -> Option<u32> {
        let (piece, at) = Anchors::place(url);
        let anchor = self.pieces.get(piece)?.get(at)?;
        let is_same = anchor.place == key.place && anchor.rest == key.rest;
        (anchor.id != 0 && is_same).then_some(anchor.id)
    }

    /// Remembers the anchor of a URL, if its number is within the bound.
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
    fn known_urls_are_read_back() {
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
    fn the_last_anchor_of_a_url_is_remembered() {
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
