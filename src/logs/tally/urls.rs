//! Counts by URL, in shards that threads share. Beyond the bound, URLs count for their family. Most URLs have few
//! requests, all of them of users and answered well. So a shard is a hash table whose rows hold what such a URL needs, and
//! counting its request reads one place of the memory; whatever else is counted has its place in `more`.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::family::Paths;
use super::times::Times;

/// Number of shards: enough that two threads rarely meet. A power of two.
const SHARDS: usize = 64;

/// The bits of a hash from here on select its shard.
const SHARD_BITS: u32 = 32;

/// Most families that folded URLs count for; further ones share one row. Ours.
const MOST_FAMILIES: usize = 10_000;

/// URLs of each shard from which families are learned. Ours: a value that one URL in two hundred shares is seen often
/// enough.
const LEARNED: usize = 3_200 / SHARDS;

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
    pub(in crate::logs) failures: Option<FailureTally>,
    pub(in crate::logs) times: Option<Times>,
}

/// The failures of a URL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

    fn count(&mut self, hit: &Hit) {
        self.by_status[place(hit.status)] += 1;
        self.user += u32::from(hit.from.user);
        self.search += u32::from(hit.from.search);
        if hit.from.google {
            self.google += 1;
            self.google_first = earlier(self.google_first, hit.second);
        }
        self.first = earlier(self.first, hit.second);
        self.last = self.last.max(hit.second);
    }

    fn add(&mut self, other: &FailureTally) {
        for (count, more) in self.by_status.iter_mut().zip(other.by_status) {
            *count += more;
        }
        self.user += other.user;
        self.search += other.search;
        self.google += other.google;
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
        self.google_first = earlier(self.google_first, other.google_first);
    }
}

impl UrlTally {
    /// Returns the number of failures.
    pub(in crate::logs) fn failed(&self) -> u32 {
        self.failures.as_ref().map_or(0, FailureTally::total)
    }
}

/// Returns the number of the shard that has the URL of a hash.
fn shard_of(hash: u64) -> usize {
    (hash >> SHARD_BITS) as usize % SHARDS
}

/// Returns the earlier of two times; 0 is unknown.
fn earlier(one: u32, other: u32) -> u32 {
    match (one, other) {
        (0, known) | (known, 0) => known,
        (one, other) => one.min(other),
    }
}

/// The place of a URL: its shard, and its key there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::logs) struct UrlId {
    shard: u8,
    key: u32,
}

/// The URLs of a shard.
#[derive(Debug, Default)]
struct Shard {
    /// A URL stands where its hash selects, or in the next free row, wrapping around. A quarter of them is free.
    rows: Vec<Row>,
    len: usize,
    /// Odd, and unknown to clients, so they cannot choose URLs that compete for one row.
    spread: u64,
    /// All keys, one after the other, each behind its length in two bytes.
    keys: Vec<u8>,
    more: Vec<More>,
    failures: Vec<FailureTally>,
    times: Vec<Times>,
}

/// What every URL has.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    hash: u64,
    /// The place behind its key's length; 0 if the row is free.
    key: u32,
    requests: u32,
    last_ok: u32,
    /// Its place in `more`, from 1; 0 if it has none.
    more: u32,
}

/// What a URL has that is not only requested by users and answered well.
#[derive(Debug, Default)]
struct More {
    /// Requests that are not those of users.
    others: u32,
    search: u32,
    google: u32,
    not_found: u32,
    /// Its places in `failures` and `times`, from 1.
    failures: u32,
    times: u32,
}

/// Bytes of a key's length.
const LENGTH: usize = size_of::<u16>();

/// Largest size of a shard's keys, in bytes. Ours: places are numbers of 32 bits.
const LARGEST: usize = 1 << 30;

impl Shard {
    /// Returns the row of a hash, or the free one where it would be; `None` if there are no rows.
    fn place(&self, hash: u64) -> Option<usize> {
        let size = self.rows.len() as u64;
        // Another order for each size: rows that come in the order of another table would crowd at the begin.
        let bits = hash.wrapping_mul(self.spread.wrapping_add(2 * size)) >> u32::BITS;
        let first = ((bits * size) >> u32::BITS) as usize;
        let (before, after) = self.rows.split_at(first);
        let is_it = |row: &Row| row.key == 0 || row.hash == hash;
        match after.iter().position(is_it) {
            Some(steps) => Some(first + steps),
            None => before.iter().position(is_it),
        }
    }

    fn find(&self, hash: u64) -> Option<usize> {
        self.place(hash).filter(|at| self.rows[*at].key > 0)
    }

    /// Adds an absent URL. Returns its row.
    fn add(&mut self, hash: u64, key: &[u8]) -> usize {
        if (self.len + 1) * 4 > self.rows.len() * 3 {
            let larger = vec![Row::default(); self.rows.len() * 3 / 2 + 8];
            for row in std::mem::replace(&mut self.rows, larger) {
                if row.key > 0
                    && let Some(at) = self.place(row.hash)
                {
                    self.rows[at] = row;
                }
            }
        }
        let key = &key[..key.len().min(usize::from(u16::MAX))];
        self.keys.extend((key.len() as u16).to_le_bytes());
        let place = self.keys.len() as u32;
        self.keys.extend_from_slice(key);
        let at = self.place(hash).unwrap_or_default();
        self.rows[at] = Row {
            hash,
            key: place,
            ..Row::default()
        };
        self.len += 1;
        at
    }

    /// Returns the key behind its length.
    fn key(&self, place: u32) -> &[u8] {
        let (before, after) = self.keys.split_at(place as usize);
        let length = before.last_chunk().map_or(0, |it| u16::from_le_bytes(*it));
        &after[..usize::from(length)]
    }

    /// Returns the rows of URLs.
    fn taken(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| row.key > 0)
    }

    fn count(&mut self, at: usize, hit: &Hit) {
        let row = &mut self.rows[at];
        row.requests = row.requests.saturating_add(1);
        let is_refused = (400..500).contains(&hit.status);
        let is_fine = !hit.is_failure && !is_refused;
        if is_fine {
            row.last_ok = row.last_ok.max(hit.second);
            if hit.from.user && hit.millis.is_none() {
                return;
            }
        }
        let more = place_of(&mut row.more, &mut self.more);
        more.others += u32::from(!hit.from.user);
        more.search += u32::from(hit.from.search);
        more.google += u32::from(hit.from.google);
        more.not_found += u32::from(is_refused);
        if hit.is_failure {
            place_of(&mut more.failures, &mut self.failures).count(hit);
        }
        if let Some(millis) = hit.millis {
            place_of(&mut more.times, &mut self.times).add(millis);
        }
    }

    fn sum(&mut self, at: usize, counts: &UrlTally) {
        let row = &mut self.rows[at];
        row.requests = row.requests.saturating_add(counts.requests);
        row.last_ok = row.last_ok.max(counts.last_ok);
        let others = counts.requests - counts.user.min(counts.requests);
        let is_usual = others + counts.not_found == 0 && counts.failures.is_none();
        if is_usual && counts.times.is_none() {
            return;
        }
        let more = place_of(&mut row.more, &mut self.more);
        more.others = more.others.saturating_add(others);
        more.search += counts.search;
        more.google += counts.google;
        more.not_found += counts.not_found;
        if let Some(failures) = &counts.failures {
            place_of(&mut more.failures, &mut self.failures).add(failures);
        }
        if let Some(times) = &counts.times {
            place_of(&mut more.times, &mut self.times).merge(times);
        }
    }

    fn tally(&self, row: &Row) -> UrlTally {
        let Some(more) = at(row.more, &self.more) else {
            return UrlTally {
                requests: row.requests,
                user: row.requests,
                last_ok: row.last_ok,
                ..UrlTally::default()
            };
        };
        UrlTally {
            requests: row.requests,
            user: row.requests.saturating_sub(more.others),
            search: more.search,
            google: more.google,
            not_found: more.not_found,
            last_ok: row.last_ok,
            failures: at(more.failures, &self.failures).copied(),
            times: at(more.times, &self.times).cloned(),
        }
    }
}

/// Returns what a place from 1 stands for.
fn at<T>(place: u32, all: &[T]) -> Option<&T> {
    all.get((place as usize).checked_sub(1)?)
}

/// Returns what a place from 1 stands for; makes it if there is none.
fn place_of<'t, T: Default>(place: &mut u32, all: &'t mut Vec<T>) -> &'t mut T {
    if *place == 0 {
        all.push(T::default());
        *place = all.len() as u32;
    }
    &mut all[*place as usize - 1]
}

/// All URLs.
#[derive(Debug)]
pub(in crate::logs) struct Urls {
    /// The last one has the families.
    shards: Vec<Mutex<Shard>>,
    /// URLs that are kept apart.
    apart: AtomicUsize,
    most: usize,
    /// Learned when the bound is reached.
    paths: OnceLock<Paths>,
}

impl Urls {
    /// Returns an empty table that keeps at most this many URLs apart.
    pub(in crate::logs) fn new(most: usize) -> Urls {
        let spread = RandomState::new().hash_one(()) | 1;
        let shard = |_| {
            Mutex::new(Shard {
                spread,
                ..Shard::default()
            })
        };
        Urls {
            shards: (0..=SHARDS).map(shard).collect(),
            apart: AtomicUsize::new(0),
            most,
            paths: OnceLock::new(),
        }
    }

    /// Returns an empty table with room for a number of URLs.
    pub(in crate::logs) fn with_room(most: usize, urls: usize) -> Urls {
        let table = Urls::new(most);
        for at in 0..SHARDS {
            // A little more than their share of three quarters: shards are not quite equal.
            let rows = urls.min(most) / SHARDS * 3 / 2;
            table.lock(at).rows = vec![Row::default(); rows];
        }
        table
    }

    /// Counts a request.
    pub(in crate::logs) fn count(&self, key: &[u8], hit: &Hit) -> UrlId {
        self.at(key, |shard, at| shard.count(at, hit))
    }

    /// Adds counts of a URL.
    pub(in crate::logs) fn add(&self, key: &[u8], counts: &UrlTally) -> UrlId {
        self.at(key, |shard, at| shard.sum(at, counts))
    }

    /// Adds counts of a family.
    pub(in crate::logs) fn add_family(&self, family: &[u8], counts: &UrlTally) -> UrlId {
        self.in_family(family, |shard, at| shard.sum(at, counts))
    }

    fn at(&self, key: &[u8], change: impl FnOnce(&mut Shard, usize)) -> UrlId {
        let hash = xxh3_64(key);
        let number = shard_of(hash);
        let mut shard = self.lock(number);
        let at = match shard.find(hash) {
            Some(at) => at,
            None if self.apart.load(Ordering::Relaxed) < self.most
                && shard.keys.len() < LARGEST =>
            {
                self.apart.fetch_add(1, Ordering::Relaxed);
                shard.add(hash, key)
            }
            None => {
                drop(shard);
                let paths = self.paths.get_or_init(|| self.learn());
                return self.in_family(paths.family(key).as_bytes(), change);
            }
        };
        change(&mut shard, at);
        UrlId {
            shard: number as u8,
            key: shard.rows[at].key,
        }
    }

    /// Changes the counts of a family; beyond the bound of families, those of the rest.
    fn in_family(&self, family: &[u8], change: impl FnOnce(&mut Shard, usize)) -> UrlId {
        let mut shard = self.lock(SHARDS);
        let is_full = shard.len >= MOST_FAMILIES;
        let at = shard.find(xxh3_64(family)).unwrap_or_else(|| {
            let family = if is_full { OTHER } else { family };
            let hash = xxh3_64(family);
            let known = shard.find(hash);
            known.unwrap_or_else(|| shard.add(hash, family))
        });
        change(&mut shard, at);
        UrlId {
            shard: SHARDS as u8,
            key: shard.rows[at].key,
        }
    }

    /// Learns the families of the URLs known so far.
    pub(in crate::logs) fn learn(&self) -> Paths {
        let mut paths = Paths::default();
        for at in 0..SHARDS {
            let shard = self.lock(at);
            let mut place = LENGTH;
            for _ in 0..LEARNED.min(shard.len) {
                let key = shard.key(place as u32);
                paths.learn(key);
                place += key.len() + LENGTH;
            }
        }
        paths
    }

    fn lock(&self, at: usize) -> MutexGuard<'_, Shard> {
        self.shards[at]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the number of URLs with a row of their own, and the number of families that count the URLs beyond the bound.
    pub(in crate::logs) fn sizes(&self) -> (usize, usize) {
        let families = self.lock(SHARDS).len;
        (self.apart.load(Ordering::Relaxed), families)
    }

    /// Calls a function with each URL and its counts.
    pub(in crate::logs) fn each(&self, mut take: impl FnMut(UrlId, &[u8], &UrlTally)) {
        for at in 0..=SHARDS {
            let shard = self.lock(at);
            for row in shard.taken() {
                let id = UrlId {
                    shard: at as u8,
                    key: row.key,
                };
                take(id, shard.key(row.key), &shard.tally(row));
            }
        }
    }

    /// Returns the place and the counts of a URL that is kept apart.
    pub(in crate::logs) fn get(&self, key: &[u8]) -> Option<(UrlId, UrlTally)> {
        let hash = xxh3_64(key);
        let number = shard_of(hash);
        let shard = self.lock(number);
        let row = &shard.rows[shard.find(hash)?];
        let id = UrlId {
            shard: number as u8,
            key: row.key,
        };
        Some((id, shard.tally(row)))
    }

    /// Calls a function with each URL and its counts in the order of keys, until it returns `false`.
    pub(in crate::logs) fn sorted(&self, mut take: impl FnMut(UrlId, &[u8], &UrlTally) -> bool) {
        let shards: Vec<MutexGuard<'_, Shard>> = (0..=SHARDS).map(|at| self.lock(at)).collect();
        let rows = shards.iter().enumerate();
        let rows = rows.flat_map(|(at, shard)| shard.taken().map(move |row| (at as u8, row)));
        let mut rows: Vec<(u8, &Row)> = rows.collect();
        let key = |(at, row): &(u8, &Row)| shards[usize::from(*at)].key(row.key);
        rows.sort_unstable_by(|one, other| key(one).cmp(key(other)));
        for row in &rows {
            let (at, Row { key: place, .. }) = *row;
            let id = UrlId {
                shard: at,
                key: *place,
            };
            if !take(id, key(row), &shards[usize::from(at)].tally(row.1)) {
                return;
            }
        }
    }

    /// Returns the key of a URL.
    pub(in crate::logs) fn key(&self, id: UrlId) -> Vec<u8> {
        let shard = self.lock(usize::from(id.shard));
        shard.key(id.key).to_vec()
    }
}

impl UrlId {
    /// The place of a URL that is not counted.
    pub(in crate::logs) const NONE: UrlId = UrlId {
        shard: u8::MAX,
        key: u32::MAX,
    };

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
        for (at, hit) in hits.enumerate() {
            let key = key(at);
            whole.count(key.as_bytes(), &hit);
            let piece = if at < 1_500 { &one } else { &two };
            piece.count(key.as_bytes(), &hit);
        }
        let sum = Urls::new(200);
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
                rows.push((id, key.to_vec(), tally.clone()));
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
