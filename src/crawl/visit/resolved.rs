//! The limit on the size of one page's references once they are resolved. A short reference with a
//! long `<base>` is a long URL: a page of a few hundred kilobytes could name hundreds of megabytes.
//! URLs that are only noted, such as links to other sites, take no room of those to be fetched.

use crate::model::{Admission, CrawlUrl, FingerprintSet, LONGEST_URL, Role};

use super::memo::LONGEST;

/// Maximum bytes of URLs to be fetched that one page adds. The same maximum holds for its URLs that are only
/// recorded. It is enough for some forty thousand links of usual length, or for five hundred of the longest. Links to
/// known URLs do not count. Ours.
pub(in crate::crawl) const RESOLVED_ON_A_PAGE: usize = 4 << 20;

/// Maximum bytes of URLs that are resolved although they are too long or have no room: only then is
/// it known whether a link is to be fetched. Four times the bytes of all links of a page at usual
/// lengths. Beyond it no others are resolved, as that is work, too. Ours.
const RESOLVED_UNUSED: usize = 16 << 20;

/// Maximum references of a page that are listed as invalid or too long; more are counted. Ours.
pub(in crate::crawl) const MOST_FAULTY: usize = 100;

/// URLs longer than this, in bytes, weigh more than their length. Ours.
const USUAL_LENGTH: usize = 512;

/// Returns the weight of a URL, in bytes. A URL of usual length weighs its length; one of `n` times
/// that weighs `n` times its length, so that the longest take little room altogether. They are
/// repeated in every export that names them.
pub(in crate::crawl) fn weight(url: &CrawlUrl) -> usize {
    let length = url.as_str().len();
    length.max(length * length / USUAL_LENGTH)
}

/// The bytes that new URLs of one page may still take, by kind.
#[derive(Debug)]
pub(in crate::crawl) struct Room {
    /// Bytes left for URLs that are to be fetched.
    fetched: usize,
    /// Bytes left for URLs that are only noted.
    noted: usize,
    /// Bytes of URLs without room that may still be resolved.
    unused: usize,
    counted: FingerprintSet,
    left_out: LeftOut,
    /// References that are invalid as URLs, or too long.
    faulty: usize,
}

/// Links of a page that had no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::crawl) struct LeftOut {
    /// Number of these links.
    pub(in crate::crawl) all: usize,
    /// References that are to be fetched, or may be because they were not resolved.
    pub(in crate::crawl) unseen: usize,
}

impl Room {
    /// Returns the full room.
    pub(in crate::crawl) fn new() -> Room {
        Room {
            fetched: RESOLVED_ON_A_PAGE,
            noted: RESOLVED_ON_A_PAGE,
            unused: RESOLVED_UNUSED,
            counted: FingerprintSet::default(),
            left_out: LeftOut::default(),
            faulty: 0,
        }
    }

    /// Returns the links that had no room so far.
    pub(in crate::crawl) fn left_out(&self) -> LeftOut {
        self.left_out
    }

    /// Returns whether a reference that is invalid or too long is listed.
    pub(in crate::crawl) fn list_faulty(&mut self) -> bool {
        self.faulty += 1;
        self.faulty <= MOST_FAULTY
    }

    /// Returns the faulty references that are not listed.
    pub(in crate::crawl) fn unlisted(&self) -> usize {
        self.faulty.saturating_sub(MOST_FAULTY)
    }

    /// Counts the work of resolving a URL of this length that was too long. It is listed as faulty,
    /// and not left out.
    pub(in crate::crawl) fn was_too_long(&mut self, length: usize) {
        self.unused = self.unused.saturating_sub(length.min(LONGEST_URL));
    }

    /// Returns whether unknown references are no longer resolved. Counts one that is not.
    pub(in crate::crawl) fn is_used_up(&mut self) -> bool {
        let is_used_up = self.unused == 0;
        self.left_out.all += usize::from(is_used_up);
        self.left_out.unseen += usize::from(is_used_up);
        is_used_up
    }

    /// Returns whether there is room for a link to a URL that the store may not have. Links to the
    /// same URL share its text, if it is of usual length.
    pub(in crate::crawl) fn take(&mut self, url: &CrawlUrl, admission: &Admission) -> bool {
        let length = url.as_str().len();
        if length <= LONGEST && self.counted.contains(&url.fingerprint()) {
            return true;
        }
        let is_fetched = matches!(admission, Admission::Fetch(role) if *role != Role::External);
        let left = if is_fetched {
            &mut self.fetched
        } else {
            &mut self.noted
        };
        let Some(less) = left.checked_sub(weight(url)) else {
            self.unused = self.unused.saturating_sub(length);
            self.left_out.all += 1;
            self.left_out.unseen += usize::from(is_fetched);
            return false;
        };
        *left = less;
        self.counted.insert(url.fingerprint());
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Skip, SkipReason};
    use crate::policy::LONGEST_CRAWLED;

    const PAGE: Admission = Admission::Fetch(Role::Page);

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://h/{path}")).expect("a URL")
    }

    /// Returns how many links to different pages of usual length have room.
    fn fitting(room: &mut Room, admission: &Admission) -> usize {
        let urls = (0..50_000).map(|n| url(&format!("{n:093}")));
        urls.filter(|url| room.take(url, admission)).count()
    }

    #[test]
    fn long_urls_weigh_more_than_they_are_long() {
        let weight = |length: usize| {
            let url = format!("http://h/{}", "a".repeat(length - "http://h/".len()));
            weight(&CrawlUrl::parse(&url).expect("a URL"))
        };
        let cases = [(100, 100), (512, 512), (1_024, 2_048), (8_192, 131_072)];
        for (length, expected) in cases {
            assert_eq!(weight(length), expected);
        }
    }

    #[test]
    fn a_page_has_limited_room_for_new_urls_and_any_number_of_links_to_one() {
        let mut room = Room::new();
        let usual = url(&"x".repeat(200));
        for _ in 0..50_000 {
            assert!(room.take(&usual, &PAGE));
        }
        let fits = fitting(&mut room, &PAGE);
        assert_eq!(fits, (RESOLVED_ON_A_PAGE - usual.as_str().len()) / 102);
        let left_out = 50_000 - fits;
        let expected = LeftOut {
            all: left_out,
            unseen: left_out,
        };
        assert_eq!(room.left_out(), expected);
    }

    #[test]
    fn noted_urls_take_no_room_of_urls_to_be_fetched() {
        let noted = [
            Admission::Skip(Role::Page, Skip::new(SkipReason::Scope, "")),
            Admission::Fetch(Role::External),
        ];
        for admission in noted {
            let mut room = Room::new();
            let long = url(&"x".repeat(LONGEST_CRAWLED - "http://h/".len()));
            let fits = (0..2_000).filter(|_| room.take(&long, &admission)).count();
            assert!((500..600).contains(&fits), "{fits}");
            let left_out = LeftOut {
                all: 2_000 - fits,
                unseen: 0,
            };
            assert_eq!(room.left_out(), left_out);
            assert!(fitting(&mut room, &PAGE) > 40_000);
        }
    }

    #[test]
    fn long_urls_take_room_each_time_and_the_work_is_limited() {
        let mut room = Room::new();
        let long = url(&"x".repeat(LONGEST_CRAWLED - "http://h/".len()));
        let fits = (0..8_600).filter(|_| room.take(&long, &PAGE)).count();
        assert_eq!(fits, RESOLVED_ON_A_PAGE / weight(&long));
        assert!((500..600).contains(&fits), "{fits}");
        assert!(!room.is_used_up());
        (0..200).for_each(|_| assert!(!room.take(&long, &PAGE)));
        assert!(room.is_used_up());
        let left_out = room.left_out();
        assert_eq!(left_out.all, 8_801 - fits);
        assert_eq!(left_out.unseen, left_out.all);
    }

    #[test]
    fn faulty_references_are_listed_up_to_a_limit_and_do_not_end_the_work() {
        let mut room = Room::new();
        assert_eq!((0..1_000).filter(|_| room.list_faulty()).count(), 100);
        assert_eq!(room.unlisted(), 900);
        assert!(!room.is_used_up());
    }

    #[test]
    fn urls_that_are_too_long_are_recognised_up_to_a_limit_of_work() {
        let mut room = Room::new();
        let found_out = (0..20_000)
            .take_while(|_| {
                room.was_too_long(LONGEST_URL);
                !room.is_used_up()
            })
            .count();
        assert_eq!(found_out + 1, RESOLVED_UNUSED / LONGEST_URL);
        let expected = LeftOut { all: 1, unseen: 1 };
        assert_eq!(room.left_out(), expected, "others are counted as faulty");
    }

    #[test]
    fn links_that_are_too_long_leave_room_for_others() {
        let mut room = Room::new();
        for _ in 0..1_900 {
            room.was_too_long(LONGEST_URL);
        }
        assert!(!room.is_used_up());
        assert!(fitting(&mut room, &PAGE) > 40_000);
    }
}
