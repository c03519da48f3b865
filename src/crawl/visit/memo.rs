//! A cache of recent meanings of references. The same navigation is on every page of a site. It is
//! resolved, normalised and judged once, not once per page. A page's references are looked up
//! together, so that the waits for memory overlap. The cache affects only the speed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::{Admission, CrawlUrl, Fingerprint, LinkKind, UrlNumber};
use crate::store::StoredUrls;

/// Maximum cached references. About 10 MB on a real site, 30 MB at most: the URL is dropped when a
/// later reference finds it in the store.
const PLACES: usize = 1 << 16;

/// Maximum length of a URL whose meaning is cached, in bytes: few links of real pages are longer,
/// and all links of a hostile site are.
pub(in crate::crawl) const LONGEST: usize = 256;

/// The meaning of a reference.
#[derive(Clone, Debug)]
pub(in crate::crawl) struct Meaning {
    pub(in crate::crawl) fingerprint: Fingerprint,
    /// Whether the URL belongs to the site.
    pub(in crate::crawl) is_site: bool,
    pub(in crate::crawl) leads_to: LeadsTo,
}

/// The target of a reference.
#[derive(Clone, Debug)]
pub(in crate::crawl) enum LeadsTo {
    /// A URL that the store has completely.
    Stored(UrlNumber),
    /// A URL that the store may not have.
    Found(Arc<Found>),
}

/// A URL that a page refers to.
#[derive(Clone, Debug)]
pub(in crate::crawl) struct Found {
    pub(in crate::crawl) url: CrawlUrl,
    pub(in crate::crawl) admission: Admission,
}

/// The hash of all that a meaning depends on, within one crawl. Two references with the same hash
/// would share a meaning: with a secret seed, a chance of one in 10^14 per lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::crawl) struct Key(u64);

/// Meanings by key. Visits share it and lock it for the references of a page.
#[derive(Debug)]
pub(in crate::crawl) struct LinkMemo {
    seed: u64,
    /// A key has two slots, next to each other; the latest entry stays.
    places: Mutex<Vec<Option<(Key, Meaning)>>>,
}

impl Default for LinkMemo {
    /// Returns an empty cache. The seed keeps sites from making references that share a slot.
    fn default() -> LinkMemo {
        LinkMemo {
            seed: fastrand::u64(..),
            places: Mutex::default(),
        }
    }
}

impl LinkMemo {
    /// Returns the key of a reference by its absolute text. `depth` is the number of clicks from a
    /// seed, where that affects the meaning.
    pub(in crate::crawl) fn key(&self, text: &str, kind: LinkKind, depth: Option<u32>) -> Key {
        let besides = u64::from(kind.code()) << 32 | u64::from(depth.unwrap_or(u32::MAX));
        Key(xxh3_64_with_seed(text.as_bytes(), self.seed ^ besides))
    }

    /// Returns the known meanings of a page's references. `stored` is checked for URLs that were
    /// not stored at the last check.
    pub(in crate::crawl) fn known(
        &self,
        keys: &[Option<Key>],
        stored: &StoredUrls,
    ) -> Vec<Option<Meaning>> {
        let mut places = self.lock();
        let stored = stored.look();
        let mut known = |key: &Option<Key>| {
            let (_, meaning) = find(&mut places, (*key)?)?;
            if let LeadsTo::Found(found) = &meaning.leads_to
                && let Some(number) = stored.settled(meaning.fingerprint, &found.admission)
            {
                meaning.leads_to = LeadsTo::Stored(number);
            }
            Some(meaning.clone())
        };
        keys.iter().map(&mut known).collect()
    }

    /// Returns the current meaning of a reference that was not known, from `find` if it is still
    /// not known.
    pub(in crate::crawl) fn meaning<E>(
        &self,
        key: Key,
        find_out: impl FnOnce() -> Result<Meaning, E>,
    ) -> Result<Meaning, E> {
        if let Some((_, known)) = find(&mut self.lock(), key) {
            return Ok(known.clone());
        }
        let found = find_out()?;
        if found.length() <= LONGEST {
            put(&mut self.lock(), key, found.clone());
        }
        Ok(found)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<(Key, Meaning)>>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Meaning {
    fn length(&self) -> usize {
        match &self.leads_to {
            LeadsTo::Stored(_) => 0,
            LeadsTo::Found(found) => found.url.as_str().len(),
        }
    }
}

fn find(places: &mut [Option<(Key, Meaning)>], key: Key) -> Option<&mut (Key, Meaning)> {
    let two = places.get_mut(first_place(key)..)?.first_chunk_mut::<2>()?;
    two.iter_mut().flatten().find(|(known, _)| *known == key)
}

/// Caches a meaning. If both slots are taken, it overwrites the older one.
fn put(places: &mut Vec<Option<(Key, Meaning)>>, key: Key, meaning: Meaning) {
    if places.is_empty() {
        // A crawl of a single page needs no cache.
        places.resize(PLACES, None);
    }
    let first = first_place(key);
    places.swap(first, first + 1);
    places[first] = Some((key, meaning));
}

fn first_place(key: Key) -> usize {
    key.0 as usize % (PLACES / 2) * 2
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::model::Role;

    fn key(memo: &LinkMemo, text: &str) -> Key {
        memo.key(text, LinkKind::Anchor, None)
    }

    fn meaning(path: &str) -> Meaning {
        let url = CrawlUrl::parse(&format!("http://h{path}")).expect("a URL");
        Meaning {
            fingerprint: url.fingerprint(),
            is_site: true,
            leads_to: LeadsTo::Found(Arc::new(Found {
                url,
                admission: Admission::Fetch(Role::Page),
            })),
        }
    }

    fn path(meaning: &Meaning) -> Option<&str> {
        match &meaning.leads_to {
            LeadsTo::Found(found) => Some(found.url.as_url().path()),
            LeadsTo::Stored(_) => None,
        }
    }

    /// Returns the path of a reference's target, `other` if it is not known.
    fn ask(memo: &LinkMemo, key: Key, other: &str) -> String {
        let found: Result<_, Infallible> = memo.meaning(key, || Ok(meaning(other)));
        match found {
            Ok(found) => path(&found).unwrap_or_default().to_owned(),
            Err(never) => match never {},
        }
    }

    #[test]
    fn known_meanings_are_reused_and_different_references_are_distinguished() {
        let memo = LinkMemo::default();
        let b = key(&memo, "http://h/b");
        assert_eq!(ask(&memo, b, "/b"), "/b");
        assert_eq!(ask(&memo, b, "/wrong"), "/b");
        for other in [
            key(&memo, "http://h/c"),
            memo.key("http://h/b", LinkKind::Image, None),
            memo.key("http://h/b", LinkKind::Anchor, Some(3)),
        ] {
            assert_eq!(ask(&memo, other, "/other"), "/other");
        }
    }

    #[test]
    fn stored_urls_are_known_by_their_number() {
        let (memo, stored) = (LinkMemo::default(), StoredUrls::default());
        let a = key(&memo, "http://h/a");
        let look = || memo.known(&[None, Some(a)], &stored);
        assert!(look().iter().all(Option::is_none));
        ask(&memo, a, "/a");
        assert_eq!(look()[1].as_ref().and_then(path), Some("/a"));
        stored.learn(meaning("/a").fingerprint, 7);
        let known = look().remove(1).expect("known");
        assert!(matches!(known.leads_to, LeadsTo::Stored(UrlNumber(7))));
    }

    #[test]
    fn the_latest_meaning_stays_and_memory_is_bounded() {
        let memo = LinkMemo::default();
        for n in 0..2 * PLACES {
            let n = key(&memo, &n.to_string());
            assert_eq!(ask(&memo, n, "/x"), "/x");
            assert_eq!(ask(&memo, n, "/found-out-again"), "/x");
        }
        assert_eq!(memo.lock().len(), PLACES);
        let taken = memo.lock().iter().flatten().count();
        assert!(taken > PLACES * 9 / 10, "{taken}");
    }
}
