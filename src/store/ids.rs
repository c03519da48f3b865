//! Numbers for what comes again and again: URLs by fingerprint, texts by content.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use crate::model::{AsIs, Fingerprint, FingerprintTable};

/// A known URL's number in `url.id`.
pub(super) type UrlId = u32;

/// The URLs of a run: some 16 bytes for each.
#[derive(Debug, Default)]
pub(super) struct UrlIds {
    known: FingerprintTable<Packed>,
}

/// What the writer must know of a URL without asking the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: UrlId,
    /// Skipped so far, so it may still be admitted for another reason.
    pub(super) skipped: bool,
    /// Listed in a sitemap.
    pub(super) in_sitemap: bool,
}

/// What is known in four bytes: thirty bits of the number, and the two answers.
#[derive(Clone, Copy, Debug, Default)]
struct Packed(u32);

/// The highest number: a thousand million pages are a terabyte.
const HIGHEST: UrlId = u32::MAX >> 2;

impl UrlIds {
    pub(super) fn get(&self, fingerprint: Fingerprint) -> Option<Known> {
        self.known.get(fingerprint).map(Packed::known)
    }

    pub(super) fn set(&mut self, fingerprint: Fingerprint, known: Known) {
        self.known.insert(fingerprint, Packed::of(known));
    }

    /// The number of the next URL that is new. Numbers start at 1 and have no gaps; the highest is
    /// given out for ever, and the database refuses it.
    pub(super) fn next(&self) -> UrlId {
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
pub(super) struct TextKey {
    place: u64,
    rest: u32,
}

/// The texts used lately. One that was forgotten gets a new number when it comes again, which
/// costs a row and nothing else.
#[derive(Debug)]
pub(super) struct TextIds {
    /// The rest of a key and the number, by the place.
    recent: HashMap<u64, (u32, u32), BuildHasherDefault<AsIs>>,
    seed: u64,
    next: u32,
}

impl TextIds {
    /// Most texts that are remembered: 2 MB.
    const CAPACITY: usize = 65_536;

    /// Continues after the highest number in use.
    pub(super) fn after(highest: u32) -> TextIds {
        TextIds {
            recent: HashMap::default(),
            seed: fastrand::u64(..),
            next: highest + 1,
        }
    }

    /// What stands for the text here.
    pub(super) fn key(&self, text: &str) -> TextKey {
        let hash = xxh3_128_with_seed(text.as_bytes(), self.seed);
        TextKey {
            place: (hash >> 64) as u64,
            rest: hash as u32,
        }
    }

    /// The text's number, if it is remembered.
    pub(super) fn get(&self, key: TextKey) -> Option<u32> {
        let (rest, id) = self.recent.get(&key.place)?;
        (*rest == key.rest).then_some(*id)
    }

    /// The text's number, and whether it is new and must be stored.
    pub(super) fn intern(&mut self, text: &str) -> (u32, bool) {
        let key = self.key(text);
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
        assert_eq!(texts.intern("nginx"), (8, true));
        assert_eq!(texts.intern("nginx"), (8, false));
        assert_eq!(texts.intern("apache"), (9, true));
        for n in 0..TextIds::CAPACITY {
            texts.intern(&n.to_string());
        }
        assert!(texts.intern("nginx").1);
    }
}
