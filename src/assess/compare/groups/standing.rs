//! Pages that are as ill as they were, by folder: a change of the same kind beside them is growth.

use std::collections::BTreeMap;

use super::super::sight::Pair;
use super::moves::{folder, path};

/// Maximum folders that are counted.
const MOST: usize = 1_000;

/// What is wrong with a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ill {
    /// It fails.
    Failing,
    /// It answers 404 or 410.
    Missing,
    /// It answers another 4xx, this status.
    Refused(u16),
}

/// Numbers of these pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing(BTreeMap<(Ill, String), u64>);

impl Standing {
    /// Adds a pair, if its page is ill in the same way in both runs.
    pub(in crate::assess::compare) fn add(&mut self, pair: &Pair<'_>) {
        let (Some(old), Some(new)) = (pair.old.state(), pair.new.state()) else {
            return;
        };
        let ill = if old.fails() && new.fails() {
            Ill::Failing
        } else if old.is_gone() && new.is_gone() {
            Ill::Missing
        } else if new.is_refused() && old.is_refused() && old.status == new.status {
            Ill::Refused(new.status)
        } else {
            return;
        };
        let key = (ill, folder(path(pair.address)).to_owned());
        if self.0.len() < MOST || self.0.contains_key(&key) {
            *self.0.entry(key).or_default() += 1;
        }
    }

    /// Returns how many pages of a folder are so; 0 without a folder.
    pub fn pages(&self, ill: Ill, folder: Option<&str>) -> u64 {
        let key = folder.map(|folder| (ill, folder.to_owned()));
        key.and_then(|key| self.0.get(&key).copied()).unwrap_or(0)
    }
}
