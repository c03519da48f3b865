//! What references meant lately. The same navigation stands on every page of a site: it is
//! resolved, normalised and judged once, not once a page. It changes nothing but the speed.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::{Admission, AsIs, CrawlUrl, Fingerprint, LinkKind};

/// References of one generation; two are kept. Some 12 MB on a real site, 50 MB at most.
const GENERATION: usize = 16_384;

/// Meanings of longer URLs are not kept, in bytes: they are no pages.
const LONGEST: usize = 1_024;

/// What a reference means.
#[derive(Clone, Debug)]
pub(super) struct Meaning {
    pub(super) url: CrawlUrl,
    pub(super) fingerprint: Fingerprint,
    /// Whether it leads to the site.
    pub(super) is_site: bool,
    pub(super) admission: Admission,
}

/// All that a meaning depends on, within one crawl.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference<'a> {
    /// The beginning of the base that decides what it means.
    pub(super) context: &'a str,
    pub(super) target: &'a str,
    pub(super) kind: LinkKind,
    /// Clicks from a seed, where they decide.
    pub(super) depth: Option<u32>,
}

/// Meanings by reference. Visits share it: locked for one lookup at a time.
#[derive(Debug)]
pub(super) struct LinkMemo {
    seed: u64,
    known: Mutex<Generations>,
}

/// By the hashes of references. Two that share one would share a meaning: with a seed that nobody
/// knows, a chance of one in 10^15 for each that is looked up.
type Meanings = HashMap<u64, Meaning, BuildHasherDefault<AsIs>>;

#[derive(Debug, Default)]
struct Generations {
    young: Meanings,
    old: Meanings,
}

impl Default for LinkMemo {
    /// Empty. The seed keeps sites from making references that share a place.
    fn default() -> LinkMemo {
        LinkMemo {
            seed: fastrand::u64(..),
            known: Mutex::default(),
        }
    }
}

impl LinkMemo {
    /// What a reference means, found out by `find` if it is not known.
    pub(super) fn meaning<E>(
        &self,
        of: Reference<'_>,
        find: impl FnOnce() -> Result<Meaning, E>,
    ) -> Result<Meaning, E> {
        let key = self.key(of);
        if let Some(known) = self.lock().get(key) {
            return Ok(known);
        }
        let found = find()?;
        if found.url.as_str().len() <= LONGEST {
            self.lock().put(key, found.clone());
        }
        Ok(found)
    }

    fn key(&self, of: Reference<'_>) -> u64 {
        let depth = of.depth.map_or(u32::MAX, |depth| depth);
        let besides = u64::from(of.kind.code()) << 32 | u64::from(depth);
        let place = xxh3_64_with_seed(of.context.as_bytes(), self.seed ^ besides);
        xxh3_64_with_seed(of.target.as_bytes(), place)
    }

    fn lock(&self) -> MutexGuard<'_, Generations> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Generations {
    fn get(&mut self, key: u64) -> Option<Meaning> {
        if let Some(known) = self.young.get(&key) {
            return Some(known.clone());
        }
        let known = self.old.remove(&key)?;
        self.put(key, known.clone());
        Some(known)
    }

    fn put(&mut self, key: u64, meaning: Meaning) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, meaning);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::model::Role;

    fn reference<'a>(context: &'a str, target: &'a str) -> Reference<'a> {
        Reference {
            context,
            target,
            kind: LinkKind::Anchor,
            depth: None,
        }
    }

    fn meaning(path: &str) -> Meaning {
        let url = CrawlUrl::parse(&format!("http://h{path}")).expect("a URL");
        Meaning {
            fingerprint: url.fingerprint(),
            url,
            is_site: true,
            admission: Admission::Fetch(Role::Page),
        }
    }

    fn ask(memo: &LinkMemo, of: Reference<'_>, path: &str) -> String {
        let found: Result<_, Infallible> = memo.meaning(of, || Ok(meaning(path)));
        match found {
            Ok(found) => found.url.as_url().path().to_owned(),
            Err(never) => match never {},
        }
    }

    #[test]
    fn what_is_known_is_not_found_out_again_and_places_are_told_apart() {
        let memo = LinkMemo::default();
        assert_eq!(ask(&memo, reference("http://h/a/", "b"), "/a/b"), "/a/b");
        assert_eq!(ask(&memo, reference("http://h/a/", "b"), "/wrong"), "/a/b");
        assert_eq!(
            ask(&memo, reference("http://h/", "a/b"), "/other"),
            "/other"
        );
        let deeper = Reference {
            depth: Some(3),
            ..reference("http://h/a/", "b")
        };
        assert_eq!(ask(&memo, deeper, "/deeper"), "/deeper");
    }

    #[test]
    fn what_is_asked_for_stays_and_memory_has_a_bound() {
        let memo = LinkMemo::default();
        ask(&memo, reference("http://h/", "often"), "/often");
        for n in 0..3 * GENERATION {
            ask(&memo, reference("http://h/", &n.to_string()), "/x");
            ask(&memo, reference("http://h/", "often"), "/found-out-again");
        }
        assert_eq!(
            ask(&memo, reference("http://h/", "often"), "/new"),
            "/often"
        );
        let known = memo.lock();
        assert!(known.young.len() <= GENERATION && known.old.len() <= GENERATION);
    }
}
