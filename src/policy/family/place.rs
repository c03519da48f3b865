//! One position in a path, such as the second segment below `/shop/`, and how many URLs share each value there.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::AsIs;

/// URLs that share a value for it to be a name: fewer may share it by chance. Ours.
const NAME: u32 = 8;

/// Maximum values counted at one position of a path. Another value replaces the rarest and takes
/// over its count, as in the Space-Saving algorithm (Metwally, Agrawal, El Abbadi 2005): frequent
/// values are never lost.
const MOST_VALUES: usize = 128;

/// The values at one position of a path, by their hashes.
#[derive(Debug, Default)]
pub(super) struct Place {
    counts: HashMap<u64, Count, BuildHasherDefault<AsIs>>,
    /// The values that were the rarest at the last full comparison, greatest first, with the number
    /// of URLs of each at that time. Values counted since then have more.
    rarest: Vec<u64>,
    rarity: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    urls: u32,
    /// The part of the count that may belong to values counted in the same slot before.
    inherited: u32,
}

impl Place {
    /// Counts a URL with this value.
    pub(super) fn count(&mut self, value: &str) {
        let value = xxh3_64(value.as_bytes());
        if let Some(count) = self.counts.get_mut(&value) {
            count.urls = count.urls.saturating_add(1);
            return;
        }
        let mut inherited = 0;
        if self.counts.len() >= MOST_VALUES {
            self.forget_rarest();
            inherited = self.rarity;
        }
        let urls = inherited.saturating_add(1);
        self.counts.insert(value, Count { urls, inherited });
    }

    /// Forgets the rarest value. Of several equally rare ones it is the smallest: a map has no
    /// order of its own.
    fn forget_rarest(&mut self) {
        loop {
            while let Some(value) = self.rarest.pop() {
                let is_as_rare = |count: &Count| count.urls == self.rarity;
                if self.counts.get(&value).is_some_and(is_as_rare) {
                    self.counts.remove(&value);
                    return;
                }
            }
            let counts = self.counts.iter();
            self.rarity = counts
                .map(|(_, count)| count.urls)
                .min()
                .unwrap_or_default();
            let as_rare = self
                .counts
                .iter()
                .filter(|(_, count)| count.urls == self.rarity);
            self.rarest.extend(as_rare.map(|(value, _)| *value));
            if self.rarest.is_empty() {
                return;
            }
            self.rarest.sort_unstable_by(|one, other| other.cmp(one));
        }
    }

    /// Returns whether many URLs share this value.
    pub(super) fn is_name(&self, value: &str) -> bool {
        let count = self.counts.get(&xxh3_64(value.as_bytes()));
        count.is_some_and(|count| count.urls - count.inherited >= NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frequent_value_is_a_name_among_any_number_of_others() {
        let mut place = Place::default();
        for n in 0..10_000 {
            place.count(&format!("once-{n}"));
            if n % 20 == 0 {
                place.count("often");
            }
        }
        assert!(place.is_name("often") && !place.is_name("once-9999"));
        assert!(place.counts.len() <= MOST_VALUES);
    }

    #[test]
    fn only_the_values_decide_which_of_them_are_names() {
        let learned = || {
            let mut place = Place::default();
            for n in 0..2_000 {
                place.count(&format!("value-{}", n * n % 397));
            }
            let mut counts: Vec<u64> = place.counts.keys().copied().collect();
            counts.sort_unstable();
            counts
        };
        let first = learned();
        assert!((0..4).all(|_| learned() == first));
    }
}
