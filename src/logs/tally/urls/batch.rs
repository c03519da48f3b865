//! Requests that wait to be counted. A thread takes the lock of each shard once for many of them, and meanwhile the rows of
//! that shard are in its processor's cache.

use super::counts::Hit;
use super::{SHARDS, UrlId, Urls, shard_of};
use xxhash_rust::xxh3::xxh3_64;

/// Requests that wait to be counted, by shard.
#[derive(Debug)]
pub(in crate::logs) struct Batch {
    shards: Vec<Vec<Waiting>>,
    /// Their keys, one after the other.
    keys: Vec<u8>,
}

/// A request that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    hash: u64,
    /// The end of its key, and its length.
    end: u32,
    length: u32,
    hit: Hit,
    /// The caller's number for the request, if the caller needs the id of the URL.
    name: Option<u32>,
}

impl Batch {
    pub(in crate::logs) fn new() -> Batch {
        Batch {
            shards: vec![Vec::new(); SHARDS],
            keys: Vec::new(),
        }
    }

    /// Adds a request, by a name if the caller must know its URL.
    pub(in crate::logs) fn add(&mut self, key: &[u8], hit: &Hit, name: Option<u32>) {
        self.keys.extend_from_slice(key);
        let hash = xxh3_64(key);
        self.shards[shard_of(hash)].push(Waiting {
            hash,
            end: self.keys.len() as u32,
            length: key.len() as u32,
            hit: *hit,
            name,
        });
    }

    /// Counts all requests. Calls a function with the name and the URL of each that has a name.
    pub(in crate::logs) fn count(&mut self, urls: &Urls, mut take: impl FnMut(u32, UrlId)) {
        for (number, waiting) in self.shards.iter_mut().enumerate() {
            if waiting.is_empty() {
                continue;
            }
            let mut shard = urls.lock(number);
            for one in waiting.drain(..) {
                let end = one.end as usize;
                let key = &self.keys[end - one.length as usize..end];
                let found = urls.row(&mut shard, one.hash, key);
                let id = match found {
                    Some(row) => {
                        shard.count(row, &one.hit);
                        UrlId::new(number, row)
                    }
                    None => {
                        // The families are learned from all shards.
                        drop(shard);
                        let id = urls.in_family_of(key, |family, row| family.count(row, &one.hit));
                        shard = urls.lock(number);
                        id
                    }
                };
                if let Some(name) = one.name {
                    take(name, id);
                }
            }
        }
        self.keys.clear();
    }
}
