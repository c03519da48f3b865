//! How many bytes of URLs a run takes in. A site of any size names few new URLs for each page that is fetched,
//! once its first sitemaps and lists are read; one that goes on naming them faster than they can be fetched is
//! endless, and would fill the disk.

/// Bytes of URLs that a run may take in before any page is fetched: some 700,000 of usual length. Ours.
pub(super) const ADDRESSES_AT_FIRST: u64 = 64 << 20;

/// Bytes that each fetched page adds: some three hundred URLs of usual length, many times what sites have
/// on average. Ours.
pub(super) const ADDRESSES_PER_PAGE: u64 = 32 << 10;

/// What is said of URLs that were not taken in.
pub(super) const ENDLESS: &str = "the site seems endless here: it names new URLs much faster than \
                                  pages can be fetched";

/// What a run has taken in so far.
#[derive(Debug, Default)]
pub(super) struct Appetite {
    taken: u64,
    pages: u64,
}

impl Appetite {
    /// A page was fetched.
    pub(super) fn fetched(&mut self, pages: u64) {
        self.pages += pages;
    }

    /// Counts a URL that the run has already.
    pub(super) fn restore(&mut self, bytes: usize) {
        self.taken += bytes as u64;
    }

    /// Takes in a new URL of so many bytes, if there is room for it.
    pub(super) fn take(&mut self, bytes: usize) -> bool {
        let most = ADDRESSES_AT_FIRST.saturating_add(self.pages.saturating_mul(ADDRESSES_PER_PAGE));
        let taken = self.taken + bytes as u64;
        if taken > most {
            return false;
        }
        self.taken = taken;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_takes_in_a_lot_at_first_and_then_as_its_pages_allow() {
        let mut appetite = Appetite::default();
        let mut take = |pages| {
            appetite.fetched(pages);
            (0..1_000_000)
                .take_while(|_| appetite.take(1 << 10))
                .count()
        };
        assert_eq!(take(0), 64 << 10);
        assert_eq!(take(0), 0);
        assert_eq!(take(1), 32);
        assert_eq!(take(10), 320);
    }

    #[test]
    fn what_a_run_had_taken_in_counts_when_it_is_resumed() {
        let mut appetite = Appetite::default();
        appetite.restore(ADDRESSES_AT_FIRST as usize);
        assert!(!appetite.take(1));
        appetite.fetched(1);
        assert!(appetite.take(1));
    }
}
