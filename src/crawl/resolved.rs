//! How much the references of one page may amount to once they are resolved. A short reference beside a long
//! `<base>` is a long URL: a page of a few hundred kilobytes could name hundreds of megabytes.

use crate::model::{CrawlUrl, FingerprintSet, LONGEST_URL};

use super::appetite::weight;
use super::memo::LONGEST;

/// Bytes of URLs that one page adds to what is known: some forty thousand links of usual length, or five
/// hundred of the longest, which weigh more. Links to what is known already do not count. Ours.
pub(super) const RESOLVED_ON_A_PAGE: usize = 4 << 20;

/// Once so many links had no room, or were too long when it was used up, no others are resolved: that is work, too. Ours.
const MOST_MISSES: usize = 100;

/// References of a page that are no URLs, or too long ones, which are listed; more are counted. Ours.
pub(super) const MOST_FAULTY: usize = 100;

/// The room that a page has for new URLs.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
    counted: FingerprintSet,
    /// Links that there was no room for.
    pub(super) left_out: usize,
    /// These, and too long ones that were found out when the room was used up.
    misses: usize,
    /// References that are no URLs, or too long ones.
    faulty: usize,
}

impl Room {
    /// All of it.
    pub(super) fn new() -> Room {
        Room {
            left: RESOLVED_ON_A_PAGE,
            counted: FingerprintSet::default(),
            left_out: 0,
            misses: 0,
            faulty: 0,
        }
    }

    /// Whether a reference that is no URL, or a too long one, is listed.
    pub(super) fn list_faulty(&mut self) -> bool {
        self.faulty += 1;
        self.faulty <= MOST_FAULTY
    }

    /// Faulty references that are not listed.
    pub(super) fn unlisted(&self) -> usize {
        self.faulty.saturating_sub(MOST_FAULTY)
    }

    /// Counts the work that it was to find a URL of this length too long. It is listed as faulty, and not left out.
    pub(super) fn was_too_long(&mut self, length: usize) {
        match self.left.checked_sub(length.min(LONGEST_URL)) {
            Some(left) => self.left = left,
            None => self.misses += 1,
        }
    }

    /// Whether references of which nothing is known are still to be resolved; counts one that is not.
    pub(super) fn is_used_up(&mut self) -> bool {
        let is_used_up = self.misses >= MOST_MISSES;
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
        let weight = weight(url);
        if weight > self.left {
            self.left_out += 1;
            self.misses += 1;
            return false;
        }
        self.left -= weight;
        self.counted.insert(url.fingerprint());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::LONGEST_CRAWLED;

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
        let long = url(&"x".repeat(LONGEST_CRAWLED - "http://h/".len()));
        let fits = (0..20_000).filter(|_| room.take(&long)).count();
        assert_eq!(fits, RESOLVED_ON_A_PAGE / weight(&long));
        assert!((500..600).contains(&fits), "{fits}");
        assert!(room.is_used_up());
        assert_eq!(room.left_out, 20_001 - fits);
        assert!(!Room::new().is_used_up());
    }

    #[test]
    fn faulty_references_are_listed_up_to_a_limit_and_end_nothing() {
        let mut room = Room::new();
        assert_eq!((0..1_000).filter(|_| room.list_faulty()).count(), 100);
        assert_eq!(room.unlisted(), 900);
        assert!(!room.is_used_up());
    }

    #[test]
    fn urls_that_are_too_long_are_found_out_up_to_a_limit_of_work() {
        let mut room = Room::new();
        let found_out = (0..20_000)
            .take_while(|_| {
                room.was_too_long(LONGEST_URL);
                !room.is_used_up()
            })
            .count();
        assert!((500..700).contains(&found_out), "{found_out}");
        assert_eq!(room.left_out, 1, "they are listed, or counted as faulty");
    }

    #[test]
    fn links_that_are_somewhat_too_long_leave_room_for_others() {
        let mut room = Room::new();
        for _ in 0..620 {
            room.was_too_long(2_150);
        }
        assert!(!room.is_used_up());
        let fits = (0..10_000).filter(|n| room.take(&url(&format!("{n:093}"))));
        assert_eq!(fits.count(), 10_000);
    }
}
