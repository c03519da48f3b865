//! Values by name, separate up to a bound; beyond it they share coarser names.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, numbered in order of arrival.
#[derive(Debug)]
pub(super) struct Known<K, V> {
    limit: usize,
    numbers: HashMap<K, usize>,
    values: Vec<V>,
}

impl<K: Clone + Eq + Hash, V> Known<K, V> {
    pub(super) fn at_most(limit: usize) -> Known<K, V> {
        Known {
            limit,
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }

    /// Returns the number of the value with this key. Beyond the bound it is that of a coarser key, of
    /// which there may be as many again. Beyond these it is `None`.
    pub(super) fn place(
        &mut self,
        key: K,
        coarse: impl FnOnce(&K) -> K,
        new: impl FnOnce(&K) -> V,
    ) -> Option<usize> {
        if let Some(number) = self.numbers.get(&key) {
            return Some(*number);
        }
        if self.values.len() < self.limit {
            return Some(self.add(key, new));
        }
        let key = coarse(&key);
        match self.numbers.get(&key) {
            Some(number) => Some(*number),
            None if self.values.len() < 2 * self.limit => Some(self.add(key, new)),
            None => None,
        }
    }

    pub(super) fn get_mut(&mut self, number: usize) -> Option<&mut V> {
        self.values.get_mut(number)
    }

    /// Returns the values by number.
    pub(super) fn into_values(self) -> Vec<V> {
        self.values
    }

    fn add(&mut self, key: K, new: impl FnOnce(&K) -> V) -> usize {
        let number = self.values.len();
        self.values.push(new(&key));
        self.numbers.insert(key, number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_keys_share_a_coarser_name_and_then_have_none() {
        let mut known: Known<(u32, u32), u32> = Known::at_most(2);
        let mut place = |key: (u32, u32)| known.place(key, |key| (key.0, 0), |key| key.1);
        assert_eq!(place((1, 1)), Some(0));
        assert_eq!(place((1, 2)), Some(1));
        assert_eq!(place((1, 1)), Some(0));
        assert_eq!(place((1, 3)), Some(2));
        assert_eq!(place((1, 4)), Some(2));
        assert_eq!(place((2, 4)), Some(3));
        assert_eq!(place((3, 4)), None);
    }
}
