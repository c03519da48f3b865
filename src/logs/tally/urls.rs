//! Counts by URL, in shards that threads share. Beyond the bound, URLs count for their family.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::by_hash::ByHash;
use super::family::Paths;
use super::times::Times;

/// Number of shards: enough that two threads rarely meet. A power of two.
const SHARDS: usize = 64;

/// Most families that folded URLs count for; further ones share one row. Ours.
const MOST_FAMILIES: usize = 10_000;

/// The row of folded URLs without a family.
const OTHER: &[u8] = b"(other)";

/// The statuses that are counted apart; the last place is for all other failures.
pub(in crate::logs) const STATUSES: [u16; 4] = [500, 502, 503, 504];

/// Returns the place of a failure's status.
pub(in crate::logs) fn place(status: u16) -> usize {
    let found = STATUSES.iter().position(|known| *known == status);
    found.unwrap_or(STATUSES.len())
}

/// Who a request is from, as far as counts tell it apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct From {
    /// A browser, or unknown.
    pub(in crate::logs) user: bool,
    /// A crawler of a search engine that is not known to be false.
    pub(in crate::logs) search: bool,
    /// Google's crawler, not known to be false.
    pub(in crate::logs) google: bool,
}

/// One request, as the count of its URL needs it.
#[derive(Clone, Copy, Debug)]
pub(in crate::logs) struct Hit {
    pub(in crate::logs) status: u16,
    pub(in crate::logs) is_failure: bool,
    /// Seconds since 1970-01-01 UTC; 0 if unknown.
    pub(in crate::logs) second: u32,
    pub(in crate::logs) millis: Option<u32>,
    pub(in crate::logs) from: From,
}

/// The counts of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct UrlTally {
    pub(in crate::logs) requests: u32,
    pub(in crate::logs) user: u32,
    pub(in crate::logs) search: u32,
    pub(in crate::logs) google: u32,
    pub(in crate::logs) not_found: u32,
    /// The last good answer; 0 if there was none.
    pub(in crate::logs) last_ok: u32,
    pub(in crate::logs) failures: Option<Box<FailureTally>>,
    pub(in crate::logs) times: Option<Box<Times>>,
}

/// The failures of a URL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::logs) struct FailureTally {
    /// By status, as [`place`] orders them.
    pub(in crate::logs) by_status: [u32; STATUSES.len() + 1],
    pub(in crate::logs) user: u32,
    pub(in crate::logs) search: u32,
    pub(in crate::logs) google: u32,
    pub(in crate::logs) first: u32,
    pub(in crate::logs) last: u32,
    /// The first failure of Google's crawler.
    pub(in crate::logs) google_first: u32,
}

impl FailureTally {
    pub(in crate::logs) fn total(&self) -> u32 {
        self.by_status.iter().sum()
    }
}

impl UrlId {
    /// The place of a URL that is not counted.
    pub(in crate::logs) const NONE: UrlId = UrlId {
        shard: u8::MAX,
        number: u32::MAX,
    };
}

impl UrlTally {
    fn count(&mut self, hit: &Hit) {
        self.requests = self.requests.saturating_add(1);
        self.user += u32::from(hit.from.user);
        self.search += u32::from(hit.from.search);
        self.google += u32::from(hit.from.google);
        if hit.is_failure {
            let failures = self.failures.get_or_insert_default();
            failures.by_status[place(hit.status)] += 1;
            failures.user += u32::from(hit.from.user);
            failures.search += u32::from(hit.from.search);
            if hit.from.google {
                failures.google += 1;
                failures.google_first = earlier(failures.google_first, hit.second);
            }
            failures.first = earlier(failures.first, hit.second);
            failures.last = failures.last.max(hit.second);
        } else if (400..500).contains(&hit.status) {
            self.not_found += 1;
        } else {
            self.last_ok = self.last_ok.max(hit.second);
        }
        if let Some(millis) = hit.millis {
            self.times.get_or_insert_default().add(millis);
        }
    }

    /// Adds the counts of the same URL in another table.
    pub(in crate::logs) fn add(&mut self, other: &UrlTally) {
        self.requests = self.requests.saturating_add(other.requests);
        self.user += other.user;
        self.search += other.search;
        self.google += other.google;
        self.not_found += other.not_found;
        self.last_ok = self.last_ok.max(other.last_ok);
        if let Some(theirs) = &other.failures {
            let mine = self.failures.get_or_insert_default();
            for (count, more) in mine.by_status.iter_mut().zip(theirs.by_status) {
                *count += more;
            }
            mine.user += theirs.user;
            mine.search += theirs.search;
            mine.google += theirs.google;
            mine.first = earlier(mine.first, theirs.first);
            mine.last = mine.last.max(theirs.last);
            mine.google_first = earlier(mine.google_first, theirs.google_first);
        }
        if let Some(theirs) = &other.times {
            self.times.get_or_insert_default().merge(theirs);
        }
    }

    /// Returns the number of failures.
    pub(in crate::logs) fn failed(&self) -> u32 {
        self.failures
            .as_ref()
            .map_or(0, |failures| failures.total())
    }
}

/// Returns the earlier of two times; 0 is unknown.
fn earlier(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, known) | (known, 0) => known,
        (one, other) => one.min(other),
    }
}

/// The place of a URL: its shard and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::logs) struct UrlId {
    shard: u8,
    number: u32,
}

/// The URLs of a shard.
#[derive(Debug, Default)]
struct Shard {
    numbers: HashMap<u64, u32, ByHash>,
    rows: Vec<Row>,
    /// All keys, one after the other.
    keys: Vec<u8>,
}

#[derive(Debug)]
struct Row {
    key: (u32, u32),
    tally: UrlTally,
}

impl Shard {
    fn add(&mut self, hash: u64, key: &[u8]) -> u32 {
        let number = self.rows.len() as u32;
        let start = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        self.rows.push(Row {
            key: (start, key.len() as u32),
            tally: UrlTally::default(),
        });
        self.numbers.insert(hash, number);
        number
    }

    fn key(&self, row: &Row) -> &[u8] {
        let (start, length) = row.key;
        &self.keys[start as usize..(start + length) as usize]
    }
}

/// All URLs.
#[derive(Debug)]
pub(in crate::logs) struct Urls {
    shards: Vec<Mutex<Shard>>,
    /// URLs that are kept apart.
    apart: AtomicUsize,
    /// Families of URLs beyond the bound.
    folded: AtomicUsize,
    most: usize,
    /// Learned when the bound is reached.
    paths: OnceLock<Paths>,
}

impl Urls {
    /// Returns an empty table that keeps at most this many URLs apart.
    pub(in crate::logs) fn new(most: usize) -> Urls {
        Urls {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            apart: AtomicUsize::new(0),
            folded: AtomicUsize::new(0),
            most,
            paths: OnceLock::new(),
        }
    }

    /// Counts a request.
    pub(in crate::logs) fn count(&self, key: &[u8], hit: &Hit) -> UrlId {
        self.at(xxh3_64(key), key, |tally| tally.count(hit))
    }

    /// Adds the counts of a URL, or of a family, that were kept under this hash.
    pub(in crate::logs) fn add(&self, hash: u64, key: &[u8], counts: &UrlTally) -> UrlId {
        if hash != xxh3_64(key) {
            let (id, _) = self.in_family(key, |tally| tally.add(counts));
            return id;
        }
        self.at(hash, key, |tally| tally.add(counts))
    }

    fn at(&self, hash: u64, key: &[u8], change: impl FnOnce(&mut UrlTally)) -> UrlId {
        {
            let mut shard = self.shard(hash);
            let known = shard.numbers.get(&hash).copied();
            let number = match known {
                Some(number) => Some(number),
                None if self.apart.load(Ordering::Relaxed) < self.most => {
                    self.apart.fetch_add(1, Ordering::Relaxed);
                    Some(shard.add(hash, key))
                }
                None => None,
            };
            if let Some(number) = number {
                change(&mut shard.rows[number as usize].tally);
                return UrlId {
                    shard: (hash as usize % SHARDS) as u8,
                    number,
                };
            }
        }
        self.fold(key, change)
    }

    /// Counts what belongs to a URL beyond the bound for its family.
    fn fold(&self, key: &[u8], change: impl FnOnce(&mut UrlTally)) -> UrlId {
        let paths = self.paths.get_or_init(|| self.learn());
        let family = paths.family(key);
        self.in_family(family.as_bytes(), change).0
    }

    /// Changes the counts of a family; beyond the bound of families, those of the rest.
    fn in_family(&self, family: &[u8], change: impl FnOnce(&mut UrlTally)) -> (UrlId, u64) {
        let mut family = family;
        let mut hash = folded(family);
        let mut shard = self.shard(hash);
        if !shard.numbers.contains_key(&hash)
            && self.folded.load(Ordering::Relaxed) >= MOST_FAMILIES
        {
            drop(shard);
            family = OTHER;
            hash = folded(family);
            shard = self.shard(hash);
        }
        let number = match shard.numbers.get(&hash) {
            Some(number) => *number,
            None => {
                self.folded.fetch_add(1, Ordering::Relaxed);
                shard.add(hash, family)
            }
        };
        change(&mut shard.rows[number as usize].tally);
        let id = UrlId {
            shard: (hash as usize % SHARDS) as u8,
            number,
        };
        (id, hash)
    }

    /// Learns the families of the URLs known so far.
    pub(in crate::logs) fn learn(&self) -> Paths {
        let mut keys = Vec::new();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let some = shard.rows.iter().take(20_000 / SHARDS);
            keys.extend(some.map(|row| shard.key(row).to_vec()));
        }
        Paths::learn(keys.iter().map(Vec::as_slice))
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        let shard = &self.shards[hash as usize % SHARDS];
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of URLs kept apart, and of families of the others.
    pub(in crate::logs) fn sizes(&self) -> (usize, usize) {
        (
            self.apart.load(Ordering::Relaxed),
            self.folded.load(Ordering::Relaxed),
        )
    }

    /// Calls a function with each URL and its counts.
    pub(in crate::logs) fn each(&self, mut take: impl FnMut(UrlId, &[u8], &UrlTally)) {
        for (at, shard) in self.shards.iter().enumerate() {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for (number, row) in shard.rows.iter().enumerate() {
                let id = UrlId {
                    shard: at as u8,
                    number: number as u32,
                };
                take(id, shard.key(row), &row.tally);
            }
        }
    }

    /// Calls a function with each URL, the hash that it is kept under, and its counts.
    pub(in crate::logs) fn each_hash(&self, mut take: impl FnMut(UrlId, u64, &[u8], &UrlTally)) {
        for (at, shard) in self.shards.iter().enumerate() {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            for (hash, number) in &shard.numbers {
                let row = &shard.rows[*number as usize];
                let id = UrlId {
                    shard: at as u8,
                    number: *number,
                };
                take(id, *hash, shard.key(row), &row.tally);
            }
        }
    }

    /// Returns the place and the counts of a URL that is kept apart.
    pub(in crate::logs) fn get(&self, key: &[u8]) -> Option<(UrlId, UrlTally)> {
        let hash = xxh3_64(key);
        let shard = self.shard(hash);
        let number = *shard.numbers.get(&hash)?;
        let id = UrlId {
            shard: (hash as usize % SHARDS) as u8,
            number,
        };
        Some((id, shard.rows[number as usize].tally.clone()))
    }

    /// Returns the hash that a URL is kept under, its key and its counts.
    pub(in crate::logs) fn whole(&self, id: UrlId) -> (u64, Vec<u8>, UrlTally) {
        let shard = self.shards[usize::from(id.shard)].lock();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        let Some(row) = shard.rows.get(id.number as usize) else {
            return (0, Vec::new(), UrlTally::default());
        };
        let key = shard.key(row);
        let own = xxh3_64(key);
        let is_url = shard.numbers.get(&own) == Some(&id.number);
        (
            if is_url { own } else { folded(key) },
            key.to_vec(),
            row.tally.clone(),
        )
    }

    /// Calls a function with each URL and its counts in the order of keys, until it returns `false`.
    pub(in crate::logs) fn sorted(&self, mut take: impl FnMut(UrlId, &[u8], &UrlTally) -> bool) {
        let lock = |shard| Mutex::lock(shard).unwrap_or_else(PoisonError::into_inner);
        let shards: Vec<MutexGuard<'_, Shard>> = self.shards.iter().map(lock).collect();
        let mut rows: Vec<UrlId> = Vec::new();
        for (at, shard) in shards.iter().enumerate() {
            let numbers = 0..shard.rows.len() as u32;
            rows.extend(numbers.map(|number| UrlId {
                shard: at as u8,
                number,
            }));
        }
        let row = |id: &UrlId| {
            let shard = &shards[usize::from(id.shard)];
            let row = &shard.rows[id.number as usize];
            (shard.key(row), &row.tally)
        };
        rows.sort_unstable_by(|one, other| row(one).0.cmp(row(other).0));
        for id in &rows {
            let (key, tally) = row(id);
            if !take(*id, key, tally) {
                return;
            }
        }
    }

    /// Returns the key of a URL.
    pub(in crate::logs) fn key(&self, id: UrlId) -> Vec<u8> {
        let shard = self.shards[usize::from(id.shard)].lock();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        let row = shard.rows.get(id.number as usize);
        row.map_or_else(Vec::new, |row| shard.key(row).to_vec())
    }
}

/// Returns the hash of a family, which differs from that of a URL with the same text.
fn folded(family: &[u8]) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(family, 1)
}
