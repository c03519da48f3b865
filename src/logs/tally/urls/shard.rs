//! The URLs of a shard. Most URLs have few requests, all by users and without a failure. So a row holds only the
//! counts of such a URL, and counting its request reads one row; all other counts are in `more`.

use super::chunks::{Chunks, Texts};
use super::counts::{FailureTally, Hit, UrlTally};
use super::index::{self, Index};
use crate::logs::tally::times::Times;

/// The URLs of a shard.
#[derive(Debug)]
pub(super) struct Shard {
    index: Index,
    rows: Chunks<Row>,
    keys: Texts,
    more: Chunks<More>,
    failures: Chunks<FailureTally>,
    times: Chunks<Times>,
}

/// The counts that every URL has.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    hash: u64,
    /// The number of its key in the texts.
    key: u32,
    requests: u32,
    last_ok: u32,
    /// Its index in `more`, from 1; 0 if it has none.
    more: u32,
}

/// The further counts of a URL that also has failures or requests by others than users.
#[derive(Debug, Default)]
struct More {
    /// Requests that are not those of users.
    others: u32,
    search: u32,
    google: u32,
    not_found: u32,
    /// Its indexes in `failures` and `times`, from 1; 0 if it has none.
    failures: u32,
    times: u32,
}

impl Shard {
    /// Returns an empty shard. The `spread` is unknown to clients.
    pub(super) fn new(spread: u64) -> Shard {
        Shard {
            index: Index::new(spread),
            rows: Chunks::default(),
            keys: Texts::default(),
            more: Chunks::default(),
            failures: Chunks::default(),
            times: Chunks::default(),
        }
    }

    /// Returns the number of URLs. Their numbers begin with 0.
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Makes room for so many URLs.
    pub(super) fn reserve(&mut self, urls: usize) {
        self.index
            .reserve(urls, self.rows.iter().map(|row| row.hash));
    }

    /// Returns whether no URL can be added.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= index::MOST || self.keys.is_full()
    }

    /// Returns the number of the URL with a hash.
    pub(super) fn find(&self, hash: u64) -> Option<u32> {
        let is_it = |number| self.rows.get(number).is_some_and(|row| row.hash == hash);
        self.index.find(hash, is_it)
    }

    /// Adds an absent URL. Returns its number.
    pub(super) fn add(&mut self, hash: u64, key: &[u8]) -> u32 {
        if self.index.is_full() {
            self.index.grow(self.rows.iter().map(|row| row.hash));
        }
        let key = self.keys.push(key);
        let number = self.rows.push(Row {
            hash,
            key,
            ..Row::default()
        });
        self.index.add(hash, number);
        number
    }

    /// Returns the hash of a URL.
    pub(super) fn hash(&self, number: u32) -> u64 {
        self.rows.get(number).map_or(0, |row| row.hash)
    }

    pub(super) fn key(&self, number: u32) -> &[u8] {
        let row = self.rows.get(number);
        row.map_or(&[], |row| self.keys.get(row.key))
    }

    /// Counts a request of a URL.
    pub(super) fn count(&mut self, number: u32, hit: &Hit) {
        let Some(row) = self.rows.get_mut(number) else {
            return;
        };
        row.requests = row.requests.saturating_add(1);
        let is_refused = (400..500).contains(&hit.status);
        if !hit.is_failure && !is_refused {
            row.last_ok = row.last_ok.max(hit.second);
            if hit.from.user && hit.millis.is_none() {
                return;
            }
        }
        let Some(more) = made(&mut row.more, &mut self.more) else {
            return;
        };
        more.others += u32::from(!hit.from.user);
        more.search += u32::from(hit.from.search);
        more.google += u32::from(hit.from.google);
        more.not_found += u32::from(is_refused);
        if hit.is_failure
            && let Some(failures) = made(&mut more.failures, &mut self.failures)
        {
            failures.count(hit);
        }
        if let Some(millis) = hit.millis
            && let Some(times) = made(&mut more.times, &mut self.times)
        {
            times.add(millis);
        }
    }

    /// Adds counts of a URL.
    pub(super) fn sum(&mut self, number: u32, counts: &UrlTally) {
        let Some(row) = self.rows.get_mut(number) else {
            return;
        };
        row.requests = row.requests.saturating_add(counts.requests);
        row.last_ok = row.last_ok.max(counts.last_ok);
        let others = counts.requests - counts.user.min(counts.requests);
        let is_usual = others + counts.not_found == 0 && counts.failures.is_none();
        if is_usual && counts.times.is_none() {
            return;
        }
        let Some(more) = made(&mut row.more, &mut self.more) else {
            return;
        };
        more.others = more.others.saturating_add(others);
        more.search += counts.search;
        more.google += counts.google;
        more.not_found += counts.not_found;
        if let Some(added) = &counts.failures
            && let Some(failures) = made(&mut more.failures, &mut self.failures)
        {
            failures.add(added);
        }
        if let Some(added) = &counts.times
            && let Some(times) = made(&mut more.times, &mut self.times)
        {
            times.merge(added);
        }
    }

    /// Returns the counts of a URL.
    pub(super) fn tally(&self, number: u32) -> UrlTally {
        let row = self.rows.get(number).copied().unwrap_or_default();
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

/// Returns the element with this index, counted from 1; `None` for 0.
fn at<T>(place: u32, all: &Chunks<T>) -> Option<&T> {
    all.get(place.checked_sub(1)?)
}

/// Returns the element with this index, counted from 1. If the index is 0, adds an element and sets the index.
fn made<'t, T: Default>(place: &mut u32, all: &'t mut Chunks<T>) -> Option<&'t mut T> {
    if *place == 0 {
        *place = all.push(T::default()) + 1;
    }
    all.get_mut(*place - 1)
}
