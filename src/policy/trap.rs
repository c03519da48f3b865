//! Paths whose queries never end: calendars, filters that combine, session numbers.

use std::collections::HashMap;

use crate::model::CrawlUrl;
use xxhash_rust::xxh3::xxh3_64;

/// Most paths that are watched. A site with more paths with queries than this is watched in part.
const MAX_PATHS: usize = 200_000;

/// Counts the distinct queries of each path.
#[derive(Debug)]
pub struct Traps {
    limit: u32,
    queries: HashMap<u64, u32>,
}

impl Traps {
    /// Allows so many distinct queries of one path.
    pub fn new(limit: u32) -> Traps {
        Traps {
            limit,
            queries: HashMap::new(),
        }
    }

    /// Counts a URL that was not known before, and tells whether its path has had its share.
    pub fn is_trap(&mut self, url: &CrawlUrl) -> bool {
        let Some(query) = url.as_url().query() else {
            return false;
        };
        let path = &url.as_str()[..url.as_str().len() - query.len()];
        let key = xxh3_64(path.as_bytes());
        if self.queries.len() >= MAX_PATHS && !self.queries.contains_key(&key) {
            return false;
        }
        let count = self.queries.entry(key).or_default();
        if *count >= self.limit {
            return true;
        }
        *count += 1;
        false
    }

    /// The bound in words, for the detail of a skipped URL.
    pub fn detail(&self) -> String {
        format!("more than {} queries of one path", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_have_so_many_queries() {
        let mut traps = Traps::new(2);
        let mut ask = |text| traps.is_trap(&CrawlUrl::parse(text).expect("valid"));
        assert!(!ask("http://h/cal?d=1"));
        assert!(!ask("http://h/cal?d=2"));
        assert!(ask("http://h/cal?d=3"));
        assert!(!ask("http://h/cal"));
        assert!(!ask("http://h/other?d=1"));
    }
}
