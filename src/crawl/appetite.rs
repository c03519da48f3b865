//! How many bytes of URLs a run takes in. A site of any size names few new URLs for each page that is fetched,
//! besides those in its sitemaps; one that goes on naming them faster than they can be fetched is
//! endless, and would fill the disk. A resumed run starts counting from zero.

use crate::model::{CrawlUrl, ScopePlan};

use super::memo::LONGEST;

/// Bytes of URLs that a run may take in before any page is fetched: some 700,000 of usual length. Ours.
pub(super) const ADDRESSES_AT_FIRST: u64 = 64 << 20;

/// Bytes that each fetched page adds: some three hundred URLs of usual length, many times what sites have
/// on average. Ours.
pub(super) const ADDRESSES_PER_PAGE: u64 = 32 << 10;

/// Bytes of URLs in sitemaps, for each page that may be fetched: the usual length, and half as much. Ours.
pub(super) const LISTED_PER_PAGE: u64 = 128;

/// What is said of URLs that were not taken in.
pub(super) const ENDLESS: &str = "the site seems endless here: it names new URLs much faster than \
                                  pages can be fetched";

/// What a run has taken in so far.
#[derive(Debug)]
pub(super) struct Appetite {
    /// Bytes of links, and how many they may be by now.
    linked: u64,
    most_linked: u64,
    /// Bytes of entries of sitemaps.
    listed: u64,
    most_listed: u64,
}

impl Appetite {
    /// Of a run that may fetch so many pages.
    pub(super) fn new(max_pages: Option<u64>) -> Appetite {
        let pages = max_pages.unwrap_or(ScopePlan::USUAL_MAX_PAGES);
        let listed = pages.saturating_mul(LISTED_PER_PAGE);
        Appetite {
            linked: 0,
            most_linked: ADDRESSES_AT_FIRST,
            listed: 0,
            most_listed: ADDRESSES_AT_FIRST.saturating_add(listed),
        }
    }

    /// A page was fetched.
    pub(super) fn fetched(&mut self) {
        self.most_linked = self.most_linked.saturating_add(ADDRESSES_PER_PAGE);
    }

    /// Takes in a new URL of this weight that a page links to, if there is room for it.
    pub(super) fn take_link(&mut self, bytes: usize) -> bool {
        take(&mut self.linked, bytes, self.most_linked)
    }

    /// Takes in a new URL of this weight that a sitemap lists, if there is room for it.
    pub(super) fn take_listed(&mut self, bytes: usize) -> bool {
        take(&mut self.listed, bytes, self.most_listed)
    }
}

/// What a URL is counted as, in bytes: one of usual length as what it has, one of `n` times that as `n` times what
/// it has, so that the longest take little room altogether. They stand in every export that names them.
pub(super) fn weight(url: &CrawlUrl) -> usize {
    let length = url.as_str().len();
    length.max(length * length / LONGEST)
}

fn take(taken: &mut u64, bytes: usize, most: u64) -> bool {
    let after = *taken + bytes as u64;
    let fits = after <= most;
    if fits {
        *taken = after;
    }
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: usize = 1 << 10;

    #[test]
    fn a_run_takes_in_a_lot_at_first_and_then_as_its_pages_allow() {
        let mut appetite = Appetite::new(None);
        let mut take = |pages: usize| {
            (0..pages).for_each(|_| appetite.fetched());
            (0..1_000_000)
                .take_while(|_| appetite.take_link(KIB))
                .count()
        };
        assert_eq!(
            [take(0), take(0), take(1), take(10)],
            [64 * KIB, 0, 32, 320]
        );
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
    fn sitemaps_may_list_what_may_be_fetched() {
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
