//! How much the references of one page may amount to once they are resolved. A short reference beside a long
//! `<base>` is a long URL: a page of a few hundred kilobytes could name hundreds of megabytes.

use crate::model::{CrawlUrl, FingerprintSet};

use super::memo::LONGEST;

/// Bytes of URLs that one page adds to what is known: some forty thousand links of usual length. Links to
/// what is known already do not count. Ours.
pub(super) const RESOLVED_ON_A_PAGE: usize = 4 << 20;

/// Once so many links had no room, no others are resolved: that is work, too. Ours.
const MOST_MISSES: usize = 100;

/// The room that a page has for new URLs.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
    counted: FingerprintSet,
    /// Links that there was no room for.
    pub(super) left_out: usize,
}

impl Room {
    /// All of it.
    pub(super) fn new() -> Room {
        Room {
            left: RESOLVED_ON_A_PAGE,
            counted: FingerprintSet::default(),
            left_out: 0,
        }
    }

    /// Whether references of which nothing is known are still to be resolved; counts one that is not.
    pub(super) fn is_used_up(&mut self) -> bool {
        let is_used_up = self.left_out >= MOST_MISSES;
        self.left_out += usize::from(is_used_up);
        is_used_up
    }

    /// Whether there is room for a link to a URL that the store may not have. Links to the same URL share
    /// its text, if it is of usual length.
    pub(super) fn take(&mut self, url: &CrawlUrl) -> bool {
        let length = url.as_str().len();
        if length <= LONGEST && self.counted.contains(&url.fingerprint()) {
            return true;
        }
        if length > self.left {
            self.left_out += 1;
            return false;
        }
        self.left -= length;
        self.counted.insert(url.fingerprint());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://h/{path}")).expect("a URL")
    }

    #[test]
    fn a_page_has_room_for_new_urls_and_any_number_of_links_to_one() {
        let mut room = Room::new();
        let usual = url(&"x".repeat(200));
        for _ in 0..50_000 {
            assert!(room.take(&usual));
        }
        let fits = (0..50_000).filter(|n| room.take(&url(&format!("{n:093}"))));
        let fits = fits.count();
        assert_eq!(fits, (RESOLVED_ON_A_PAGE - usual.as_str().len()) / 102);
        assert_eq!(room.left_out, 50_000 - fits);
    }

    #[test]
    fn long_urls_take_room_each_time() {
        let mut room = Room::new();
        let long = url(&"x".repeat(8_000));
        let fits = (0..20_000).filter(|_| room.take(&long)).count();
        assert_eq!(fits, RESOLVED_ON_A_PAGE / long.as_str().len());
        assert!(room.is_used_up());
        assert_eq!(room.left_out, 20_001 - fits);
        assert!(!Room::new().is_used_up());
    }
}
