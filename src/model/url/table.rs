//! Small values by fingerprint, for tables that grow with the site. A standard table doubles when it
//! is full, and exists twice meanwhile. This one is always at least two thirds full, and grows by a
//! quarter, one of many shards at a time.

use std::hash::{BuildHasher, RandomState};

use super::Fingerprint;

/// The first bits of a key select its shard.
const SHARD_BITS: u32 = 8;

/// A bit that every key has and no fingerprint: 0 is a free slot.
const TAKEN: u64 = 1 << 63;

/// Values by fingerprint; none is ever removed. Memory for each: 10 to 12 bytes, and 1.2 to 1.5 times the value's own
/// size.
#[derive(Debug)]
pub struct FingerprintTable<V> {
    shards: Box<[Shard<V>]>,
    len: usize,
    /// Odd, and unknown to servers, so they cannot choose URLs that compete for one slot.
    spread: u64,
}

impl<V: Copy + Default> FingerprintTable<V> {
    /// Returns the number of values.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether it is empty.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the value of a fingerprint, if it has one.
    pub fn get(&self, fingerprint: Fingerprint) -> Option<V> {
        let key = key(fingerprint.get(), self.spread);
        self.shards[shard_of(key)].get(key)
    }

    /// Returns whether a fingerprint has a value.
    pub fn contains(&self, fingerprint: Fingerprint) -> bool {
        self.get(fingerprint).is_some()
    }

    /// Sets the value of a fingerprint. Returns the previous one.
    pub fn insert(&mut self, fingerprint: Fingerprint, value: V) -> Option<V> {
        let key = key(fingerprint.get(), self.spread);
        let before = self.shards[shard_of(key)].insert(key, value);
        self.len += usize::from(before.is_none());
        before
    }
}

impl<V: Copy + Default> Default for FingerprintTable<V> {
    fn default() -> FingerprintTable<V> {
        FingerprintTable {
            shards: vec![Shard::default(); 1 << SHARD_BITS].into_boxed_slice(),
            len: 0,
            spread: RandomState::new().hash_one(()) | 1,
        }
    }
}

/// Returns the key of a fingerprint. Each has its own, because multiplying by an odd number is
/// reversible.
const fn key(fingerprint: u64, spread: u64) -> u64 {
    fingerprint.wrapping_mul(spread) | TAKEN
}

fn shard_of(key: u64) -> usize {
    (key << 1 >> (u64::BITS - SHARD_BITS)) as usize
}

/// A shard. A key stands in the slot that its bits select, or in the next free one, wrapping
/// around. Slots are in the order of keys, so a growing shard is copied from end to end.
#[derive(Clone, Debug, Default)]
struct Shard<V> {
    keys: Vec<u64>,
    values: Vec<V>,
    len: usize,
}

impl<V: Copy + Default> Shard<V> {
    fn get(&self, key: u64) -> Option<V> {
        let place = self.find(key)?;
        (self.keys[place] == key).then(|| self.values[place])
    }

    fn insert(&mut self, key: u64, value: V) -> Option<V> {
        // At five sixths, a lookup of an absent key reads about twenty neighbouring slots.
        let is_full = self.len * 6 >= self.keys.len() * 5;
        match self.find(key) {
            Some(place) if self.keys[place] == key => {
                return Some(std::mem::replace(&mut self.values[place], value));
            }
            Some(place) if !is_full => self.put(place, key, value),
            _ => {
                self.grow();
                self.add(key, value);
            }
        }
        None
    }

    /// Returns the slot of a key, or the free slot for it; `None` if the shard has no slots.
    fn find(&self, key: u64) -> Option<usize> {
        let bits = u128::from(key << 1 << SHARD_BITS);
        let first = ((bits * self.keys.len() as u128) >> u64::BITS) as usize;
        let (before, after) = self.keys.split_at(first);
        let is_it = |place: &u64| *place == key || *place == 0;
        match after.iter().position(is_it) {
            Some(steps) => Some(first + steps),
            None => before.iter().position(is_it),
        }
    }

    /// Adds an absent key.
    fn add(&mut self, key: u64, value: V) {
        if let Some(place) = self.find(key) {
            self.put(place, key, value);
        }
    }

    fn put(&mut self, place: usize, key: u64, value: V) {
        self.keys[place] = key;
        self.values[place] = value;
        self.len += 1;
    }

    fn grow(&mut self) {
        let size = self.keys.len() + self.keys.len() / 4 + 4;
        let larger = Shard {
            keys: vec![0; size],
            values: vec![V::default(); size],
            len: 0,
        };
        let old = std::mem::replace(self, larger);
        for (key, value) in old.keys.into_iter().zip(old.values) {
            if key != 0 {
                self.add(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::model::CrawlUrl;

    fn fingerprint(n: u32) -> Fingerprint {
        let url = CrawlUrl::parse(&format!("http://h/{n}")).expect("a URL");
        url.fingerprint()
    }

    #[test]
    fn it_behaves_like_a_standard_table() {
        let mut table = FingerprintTable::default();
        let mut standard = HashMap::new();
        let mut dice = fastrand::Rng::with_seed(7);
        assert!(table.is_empty());
        assert_eq!(table.get(fingerprint(0)), None);
        for value in 1..50_000 {
            let key = fingerprint(dice.u32(..30_000));
            assert_eq!(table.insert(key, value), standard.insert(key, value));
        }
        assert_eq!(table.len(), standard.len());
        for n in 0..40_000 {
            let key = fingerprint(n);
            assert_eq!(table.get(key), standard.get(&key).copied());
            assert_eq!(table.contains(key), standard.contains_key(&key));
        }
    }

    #[test]
    fn a_shard_holds_keys_that_compete_for_one_place() {
        let mut shard = Shard::default();
        for key in (0..100).rev() {
            assert_eq!(shard.insert(TAKEN + key, key), None);
            assert_eq!(shard.insert(u64::MAX - key, key), None);
        }
        assert!((0..100).all(|key| shard.get(TAKEN + key) == Some(key)));
        assert!((0..100).all(|key| shard.get(u64::MAX - key) == Some(key)));
        assert_eq!(shard.get(TAKEN + 100), None);
    }

    #[test]
    fn fingerprints_with_equal_beginnings_are_spread() {
        let keys = (0..25_600).map(|n| key(n, 0x9e37_79b9_7f4a_7c15));
        let mut counts = [0; 1 << SHARD_BITS];
        for key in keys {
            counts[shard_of(key)] += 1;
        }
        assert!(counts.iter().all(|count| (90..110).contains(count)));
    }

    #[test]
    fn little_memory_is_unused() {
        let mut table = FingerprintTable::default();
        for n in 0..200_000 {
            table.insert(fingerprint(n), ());
            if n >= 20_000 && n % 1_000 == 0 {
                let places: usize = table.shards.iter().map(|shard| shard.keys.capacity()).sum();
                assert!(
                    places * 2 <= table.len() * 3 + table.shards.len() * 8,
                    "{n}"
                );
            }
        }
    }
}
