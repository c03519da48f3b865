//! Numbers of rows by the hashes of their URLs: four bytes for a row, and a quarter to a half of that unused.

/// The first bits of a slot: a part of the hash, so that few rows of other URLs are read.
const TAG: u32 = 0x3ff << NUMBER_BITS;
/// The others are the number of the row.
const NUMBER_BITS: u32 = 22;
const NUMBER: u32 = !TAG;

/// Maximum rows.
pub(super) const MOST: usize = NUMBER as usize;

/// A slot without a row.
const FREE: u32 = u32::MAX;

/// Numbers of rows. A number stands in the slot that the hash of its row selects, or in the next free one, wrapping
/// around.
#[derive(Debug)]
pub(super) struct Index {
    places: Vec<u32>,
    len: usize,
    /// Odd, and unknown to clients, so they cannot choose URLs that compete for one slot.
    spread: u64,
}

impl Index {
    pub(super) fn new(spread: u64) -> Index {
        Index {
            places: Vec::new(),
            len: 0,
            spread: spread | 1,
        }
    }

    /// Returns the number of the row that has a hash. Rows with the same tag may have another: `is_it` decides.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let tag = tag(hash);
        let wanted = |place: &u32| *place == FREE || (place & TAG == tag && is_it(place & NUMBER));
        let found = self.places[self.place(hash, wanted)?];
        (found != FREE).then_some(found & NUMBER)
    }

    /// Returns whether a further row needs more slots: at most three quarters are taken.
    pub(super) fn is_full(&self) -> bool {
        (self.len + 1) * 4 > self.places.len() * 3
    }

    /// Grows to one and a half times as many slots, from the hashes of all rows in their order.
    pub(super) fn grow(&mut self, hashes: impl Iterator<Item = u64>) {
        self.resize(self.places.len() * 3 / 2 + 8, hashes);
    }

    /// Grows to the number of slots that `rows` rows need. `hashes` are those of the existing rows, in their order.
    pub(super) fn reserve(&mut self, rows: usize, hashes: impl Iterator<Item = u64>) {
        let size = rows.min(MOST) * 4 / 3 + 1;
        if size > self.places.len() {
            self.resize(size, hashes);
        }
    }

    fn resize(&mut self, size: usize, hashes: impl Iterator<Item = u64>) {
        // First the old memory is given back.
        self.places = Vec::new();
        self.places.resize(size, FREE);
        self.len = 0;
        for (number, hash) in (0..).zip(hashes) {
            self.add(hash, number);
        }
    }

    /// Adds an absent row.
    pub(super) fn add(&mut self, hash: u64, number: u32) {
        if let Some(at) = self.place(hash, |place| *place == FREE) {
            self.places[at] = tag(hash) | number;
            self.len += 1;
        }
    }

    /// Returns the index of the first wanted slot, from the one that the hash selects on.
    fn place(&self, hash: u64, wanted: impl Fn(&u32) -> bool) -> Option<usize> {
        let bits = hash.wrapping_mul(self.spread) >> u32::BITS;
        let first = ((bits * self.places.len() as u64) >> u32::BITS) as usize;
        let (before, after) = self.places.split_at(first);
        match after.iter().position(&wanted) {
            Some(steps) => Some(first + steps),
            None => before.iter().position(&wanted),
        }
    }
}

fn tag(hash: u64) -> u32 {
    (hash as u32) << NUMBER_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_also_among_those_that_compete_for_one_place() {
        for hashes in [
            (0..2_000)
                .map(|at| xxhash_rust::xxh3::xxh3_64(&[at as u8, (at >> 8) as u8]))
                .collect(),
            // All for one slot, with one tag.
            (0..500).map(|at| 7 + at * 1_024).collect::<Vec<u64>>(),
        ] {
            let mut index = Index::new(hashes.len() as u64);
            for (number, hash) in (0..).zip(&hashes) {
                assert_eq!(index.find(*hash, |row| hashes[row as usize] == *hash), None);
                if index.is_full() {
                    index.grow(hashes[..number as usize].iter().copied());
                }
                index.add(*hash, number);
            }
            for (number, hash) in (0..).zip(&hashes) {
                let found = index.find(*hash, |row| hashes[row as usize] == *hash);
                assert_eq!(found, Some(number));
            }
            assert!(index.places.len() <= hashes.len() * 2 + 8);
        }
    }
}
