//! The limit on the bytes of URLs that a run accepts. A site of any size names few new URLs for
//! each fetched page, besides those in its sitemaps. A site that continues to name them faster than
//! they can be fetched is endless, and would fill memory and disk. URLs that are only noted, as out
//! of scope or beyond a limit, are counted separately: they never take the room of URLs to be
//! fetched. A resumed run starts counting from zero.

use crate::model::ScopePlan;

/// Bytes of URLs that a run may accept before any page is fetched: some 400,000 of usual length.
/// Ours.
pub(super) const ADDRESSES_AT_FIRST: u64 = 64 << 20;

/// Bytes that each fetched page adds: some two hundred URLs of usual length, many times the average
/// of sites. Ours.
pub(super) const ADDRESSES_PER_PAGE: u64 = 32 << 10;

/// Pages after which a page adds less: by then a large site has named the URLs that it links to
/// everywhere. Ours.
const GENEROUS_PAGES: u64 = 10_000;

/// Bytes that each further page adds: on average a page is one new URL, and this is six. Ours.
const ADDRESSES_PER_FURTHER_PAGE: u64 = 1 << 10;

/// Bytes of URLs in sitemaps, for each page that may be fetched: one and a half times the usual length. Ours.
pub(super) const LISTED_PER_PAGE: u64 = 256;

/// Bytes of a URL besides its text: its row in the database, and its entries in the tables in
/// memory. Measured, roughly.
const BESIDES: u64 = 64;

/// The reason shown for URLs that were not accepted because a run has no room for them.
pub(in crate::crawl::state) const ENDLESS: &str = "the site seems endless here: it names new URLs much faster than \
                                  pages can be fetched";

/// The counts of a run so far.
#[derive(Debug)]
pub(in crate::crawl::state) struct Appetite {
    /// Links to be fetched.
    linked: Account,
    /// Links that are only noted.
    noted: Account,
    /// Entries of sitemaps.
    listed: Account,
    /// Pages that were fetched.
    pages: u64,
}

/// Bytes of accepted URLs, and their current limit.
#[derive(Clone, Copy, Debug)]
struct Account {
    taken: u64,
    most: u64,
}

impl Appetite {
    /// Returns the limits of a run that may fetch at most `max_pages`.
    pub(in crate::crawl::state) fn new(max_pages: Option<u64>) -> Appetite {
        let pages = max_pages.unwrap_or(ScopePlan::USUAL_MAX_PAGES);
        let at_first = Account::of(ADDRESSES_AT_FIRST);
        let listed = pages.saturating_mul(LISTED_PER_PAGE);
        Appetite {
            linked: at_first,
            noted: at_first,
            listed: Account::of(ADDRESSES_AT_FIRST.saturating_add(listed)),
            pages: 0,
        }
    }

    /// Records a fetched page.
    pub(in crate::crawl::state) fn fetched(&mut self) {
        self.pages += 1;
        let more = if self.pages <= GENEROUS_PAGES {
            ADDRESSES_PER_PAGE
        } else {
            ADDRESSES_PER_FURTHER_PAGE
        };
        self.linked.most += more;
        self.noted.most += more;
    }

    /// Returns whether there is room for a new URL of this weight that is to be fetched.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.linked.has_room(bytes)
    }

    /// Accepts a new URL of this weight that a page links to and that is to be fetched, if there is
    /// room for it.
    pub(super) fn take_link(&mut self, bytes: usize) -> bool {
        self.linked.take(bytes)
    }

    /// Accepts a new URL of this weight that is only noted, if there is room for it.
    pub(super) fn take_noted(&mut self, bytes: usize) -> bool {
        self.noted.take(bytes)
    }

    /// Accepts a new URL of this weight that a sitemap lists, if there is room for it.
    pub(in crate::crawl::state) fn take_listed(&mut self, bytes: usize) -> bool {
        self.listed.take(bytes)
    }
}

impl Account {
    fn of(most: u64) -> Account {
        Account { taken: 0, most }
    }

    fn has_room(self, bytes: usize) -> bool {
        self.taken + bytes as u64 + BESIDES <= self.most
    }

    fn take(&mut self, bytes: usize) -> bool {
        let fits = self.has_room(bytes);
        if fits {
            self.taken += bytes as u64 + BESIDES;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1 << 10;

    #[test]
    fn a_run_accepts_many_urls_at_first_and_then_as_its_pages_allow() {
        let mut appetite = Appetite::new(None);
        let mut take = |pages: u64| {
            (0..pages).for_each(|_| appetite.fetched());
            let length = KIB - BESIDES as usize;
            assert!(appetite.has_room(length) || pages == 0);
            (0..1_000_000)
                .take_while(|_| appetite.take_link(length))
                .count()
        };
        assert_eq!(
            [take(0), take(0), take(1), take(10)],
            [64 * KIB, 0, 32, 320]
        );
        assert_eq!(take(GENEROUS_PAGES - 11 + 100), 32 * (10_000 - 11) + 100);
    }

    #[test]
    fn noted_urls_take_no_room_of_urls_to_be_fetched() {
        let mut appetite = Appetite::new(None);
        while appetite.take_noted(KIB) {}
        assert!(appetite.has_room(KIB) && appetite.take_link(KIB));
        appetite.fetched();
        assert!(appetite.take_noted(KIB));
    }

    #[test]
    fn the_urls_of_a_million_pages_take_at_most_a_few_gigabytes() {
        let mut appetite = Appetite::new(None);
        (0..ScopePlan::USUAL_MAX_PAGES).for_each(|_| appetite.fetched());
        for account in [appetite.linked, appetite.noted, appetite.listed] {
            assert!(account.most < 3 << 29, "{account:?}");
        }
    }

    #[test]
    fn sitemaps_may_list_as_many_urls_as_may_be_fetched() {
        for pages in [1_000, 5_000_000] {
            let mut appetite = Appetite::new(Some(pages));
            let listed = (0..20_000_000_u64)
                .take_while(|_| appetite.take_listed(100))
                .count() as u64;
            assert!(listed > pages && listed < pages * 2 + 700_000, "{listed}");
            assert!(appetite.take_link(KIB));
        }
    }
}
