//! Counts by URL, in shards that threads share. Beyond the bound, URLs count for their family.

mod batch;
mod chunks;
mod counts;
mod index;
mod shard;

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::family::Paths;
use shard::Shard;

pub(in crate::logs) use batch::Batch;
pub(in crate::logs) use counts::{FailureTally, From, Hit, STATUSES, UrlTally, place};

/// Number of shards: enough that two threads rarely meet. A power of two.
const SHARDS: usize = 64;

/// The bits of a hash from here on select its shard.
const SHARD_BITS: u32 = 32;

/// Maximum families for which URLs beyond the bound are counted; further families share one row. Ours.
const MOST_FAMILIES: usize = 10_000;

/// URLs of each shard from which families are learned. Ours: a value that one URL in two hundred shares is seen often
/// enough.
const LEARNED: usize = 3_200 / SHARDS;

/// The row of folded URLs without a family.
const OTHER: &[u8] = b"(other)";

/// Returns the number of the shard that has the URL of a hash.
fn shard_of(hash: u64) -> usize {
    (hash >> SHARD_BITS) as usize % SHARDS
}

/// The id of a URL: its shard, and its row there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::logs) struct UrlId {
    shard: u8,
    row: u32,
}

/// All URLs.
#[derive(Debug)]
pub(in crate::logs) struct Urls {
    /// The last one has the families.
    shards: Vec<Mutex<Shard>>,
    /// Number of URLs that are counted one by one.
    apart: AtomicUsize,
    most: usize,
    /// Learned when the bound is reached.
    paths: OnceLock<Paths>,
}

impl Urls {
    /// Returns an empty table that keeps at most this many URLs apart.
    pub(in crate::logs) fn new(most: usize) -> Urls {
        let spread = RandomState::new().hash_one(());
        Urls {
            shards: (0..=SHARDS)
                .map(|_| Mutex::new(Shard::new(spread)))
                .collect(),
            apart: AtomicUsize::new(0),
            most,
            paths: OnceLock::new(),
        }
    }

    /// Makes room for `urls` URLs. They can then be added without moving others.
    pub(in crate::logs) fn reserve(&mut self, urls: usize) {
        // Their hashes divide them among the shards almost evenly.
        let each = urls / SHARDS * 9 / 8;
        for shard in &mut self.shards[..SHARDS] {
            shard
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .reserve(each);
        }
    }

    /// Adds counts of a URL, as [`Urls::row`] does it but without a lock: no other thread has the table.
    pub(in crate::logs) fn add(&mut self, key: &[u8], counts: &UrlTally) -> UrlId {
        let hash = xxh3_64(key);
        let number = shard_of(hash);
        let has_room = *self.apart.get_mut() < self.most;
        let shard = self.shards[number]
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        let mut row = shard.find(hash);
        if row.is_none() && has_room && !shard.is_full() {
            *self.apart.get_mut() += 1;
            row = Some(shard.add(hash, key));
        }
        match row {
            Some(row) => {
                shard.sum(row, counts);
                UrlId::new(number, row)
            }
            None => self.in_family_of(key, |family, row| family.sum(row, counts)),
        }
    }

    /// Adds counts of a family.
    pub(in crate::logs) fn add_family(&self, family: &[u8], counts: &UrlTally) -> UrlId {
        self.in_family(family, |shard, row| shard.sum(row, counts))
    }

    /// Returns the row of a URL in its shard; `None` beyond the bound.
    fn row(&self, shard: &mut Shard, hash: u64, key: &[u8]) -> Option<u32> {
        let found = shard.find(hash);
        let has_room = || self.apart.load(Ordering::Relaxed) < self.most && !shard.is_full();
        if found.is_some() || !has_room() {
            return found;
        }
        self.apart.fetch_add(1, Ordering::Relaxed);
        Some(shard.add(hash, key))
    }

    /// Changes the counts of the family of a URL.
    fn in_family_of(&self, key: &[u8], change: impl FnOnce(&mut Shard, u32)) -> UrlId {
        let paths = self.paths.get_or_init(|| self.learn());
        self.in_family(paths.family(key).as_bytes(), change)
    }

    /// Changes the counts of a family; beyond the bound of families, those of the rest.
    fn in_family(&self, family: &[u8], change: impl FnOnce(&mut Shard, u32)) -> UrlId {
        let mut shard = self.lock(SHARDS);
        let is_full = shard.len() >= MOST_FAMILIES;
        let row = shard.find(xxh3_64(family)).unwrap_or_else(|| {
            let family = if is_full { OTHER } else { family };
            let hash = xxh3_64(family);
            let known = shard.find(hash);
            known.unwrap_or_else(|| shard.add(hash, family))
        });
        change(&mut shard, row);
        UrlId::new(SHARDS, row)
    }

    /// Learns the families of the URLs known so far.
    pub(in crate::logs) fn learn(&self) -> Paths {
        let mut paths = Paths::default();
        for at in 0..SHARDS {
            let shard = self.lock(at);
            for row in 0..LEARNED.min(shard.len()) {
                paths.learn(shard.key(row as u32));
            }
        }
        paths
    }

    fn lock(&self, at: usize) -> MutexGuard<'_, Shard> {
        self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of URLs with a row of their own, and the number of families that count the URLs beyond the
    /// bound.
    pub(in crate::logs) fn sizes(&self) -> (usize, usize) {
        let families = self.lock(SHARDS).len();
        (self.apart.load(Ordering::Relaxed), families)
    }

    /// Calls a function with each URL and its counts.
    pub(in crate::logs) fn each(&self, mut take: impl FnMut(UrlId, &[u8], &UrlTally)) {
        for at in 0..=SHARDS {
            let shard = self.lock(at);
            for row in 0..shard.len() as u32 {
                take(UrlId::new(at, row), shard.key(row), &shard.tally(row));
            }
        }
    }

    /// Returns the id and the counts of a URL that is counted separately.
    pub(in crate::logs) fn get(&self, key: &[u8]) -> Option<(UrlId, UrlTally)> {
        let hash = xxh3_64(key);
        let number = shard_of(hash);
        let shard = self.lock(number);
        let row = shard.find(hash)?;
        Some((UrlId::new(number, row), shard.tally(row)))
    }

    /// Calls a function with each URL and its counts in the order of keys, until it returns `false`.
    pub(in crate::logs) fn sorted(&self, mut take: impl FnMut(UrlId, &[u8], UrlTally) -> bool) {
        let shards: Vec<MutexGuard<'_, Shard>> = (0..=SHARDS).map(|at| self.lock(at)).collect();
        let numbers = shards.iter().enumerate();
        let mut all: Vec<UrlId> = numbers
            .flat_map(|(at, shard)| (0..shard.len() as u32).map(move |row| UrlId::new(at, row)))
            .collect();
        let shard = |id: &UrlId| &shards[usize::from(id.shard)];
        all.sort_unstable_by(|one, other| shard(one).key(one.row).cmp(shard(other).key(other.row)));
        for id in all {
            let shard = shard(&id);
            if !take(id, shard.key(id.row), shard.tally(id.row)) {
                return;
            }
        }
    }

    /// Returns the key of a URL.
    pub(in crate::logs) fn key(&self, id: UrlId) -> Vec<u8> {
        self.with_key(id, <[u8]>::to_vec)
    }

    /// Passes the key of a URL to a function. Returns what that returns.
    pub(in crate::logs) fn with_key<T>(&self, id: UrlId, take: impl FnOnce(&[u8]) -> T) -> T {
        take(self.lock(usize::from(id.shard)).key(id.row))
    }

    /// Returns the hash that stands for a URL or a family in the store.
    pub(in crate::logs) fn hash(&self, id: UrlId) -> u64 {
        if id.is_family() {
            self.with_key(id, hash_of_family)
        } else {
            self.lock(usize::from(id.shard)).hash(id.row)
        }
    }

    /// Returns the URL with a hash, if it is counted separately.
    pub(in crate::logs) fn find(&self, hash: u64) -> Option<UrlId> {
        let number = shard_of(hash);
        let row = self.lock(number).find(hash)?;
        Some(UrlId::new(number, row))
    }
}

/// Returns the hash of a URL, which also stands for it in the store.
pub(in crate::logs) fn hash_of_url(key: &[u8]) -> u64 {
    xxh3_64(key)
}

/// Returns the hash that stands for a family in the store. A URL with the same text has another.
pub(in crate::logs) fn hash_of_family(family: &[u8]) -> u64 {
    xxh3_64_with_seed(family, 1)
}

impl UrlId {
    /// The id of a URL that is not counted separately.
    pub(in crate::logs) const NONE: UrlId = UrlId {
        shard: u8::MAX,
        row: u32::MAX,
    };

    fn new(shard: usize, row: u32) -> UrlId {
        UrlId {
            shard: shard as u8,
            row,
        }
    }

    /// Returns whether it is a family of URLs beyond the bound.
    pub(in crate::logs) fn is_family(self) -> bool {
        usize::from(self.shard) == SHARDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_piece_by_piece_is_the_sum() {
        let hits = (0..3_000_u32).map(|at| Hit {
            status: [200, 404, 502, 503][at as usize % 4 * usize::from(at % 3 == 0)],
            is_failure: at % 3 == 0 && at % 4 > 1,
            second: 1_000 + at,
            millis: (at % 7 == 0).then_some(at),
            from: From {
                user: at % 5 > 0,
                search: at % 5 == 0,
                google: at % 10 == 0,
            },
        });
        let key = |at: usize| format!("/p{}", at % 250);
        let (whole, one, two) = (Urls::new(200), Urls::new(200), Urls::new(200));
        let mut batches = [&whole, &one, &two].map(|urls| (Batch::new(), urls));
        let mut named = Vec::new();
        for (at, hit) in hits.enumerate() {
            let key = key(at);
            for of in [0, 1 + at / 1_500] {
                let (batch, urls) = &mut batches[of];
                batch.add(key.as_bytes(), &hit, (of == 0).then_some(at as u32));
                if at % 100 == 99 {
                    batch.count(urls, |name, id| named.push((name, id)));
                }
            }
        }
        assert_eq!(named.len(), 3_000);
        for (name, id) in named {
            let expected = key(name as usize);
            assert!(id.is_family() || whole.key(id) == expected.as_bytes());
        }
        let mut sum = Urls::new(200);
        sum.reserve(150);
        for piece in [one, two] {
            piece.each(|id, key, tally| {
                let added = if id.is_family() {
                    sum.add_family(key, tally)
                } else {
                    sum.add(key, tally)
                };
                assert_eq!(added.is_family(), id.is_family());
            });
        }
        assert_eq!(sum.sizes(), (200, 1));
        let rows = |urls: &Urls| {
            let mut rows = Vec::new();
            urls.sorted(|id, key, tally| {
                rows.push((id, key.to_vec(), tally));
                true
            });
            assert!(rows.iter().all(|(id, key, _)| urls.key(*id) == *key));
            let rows = rows.into_iter().map(|(_, key, tally)| (key, tally));
            rows.collect::<Vec<_>>()
        };
        assert_eq!(rows(&sum), rows(&whole));
        assert_eq!(rows(&whole).len(), 201);
    }
}
