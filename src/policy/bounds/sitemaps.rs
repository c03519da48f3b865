//! How many sitemaps a run reads, and from which sites. Anybody may write an index, and it may list
//! sitemaps of strangers or indexes without end.

/// Maximum sitemaps of one run (ours): fifty million URLs by the limits of sitemaps.org.
pub const MOST_SITEMAPS: u64 = 1_000;

/// Maximum sitemap indexes one below the other; deeper sitemaps are skipped as a trap. The protocol knows one level;
/// some sites have two.
pub const MOST_NESTED_SITEMAPS: u32 = 3;

/// Maximum sitemaps of other sites in one run (ours), such as those that a robots.txt keeps at a
/// storage service.
pub const MOST_FOREIGN_SITEMAPS: u64 = 100;

/// Maximum entries of all sitemaps of one run (ours).
pub const MOST_SITEMAP_ENTRIES: u64 = 10_000_000;

/// The count of a run's sitemaps and of their entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SitemapCount {
    /// Requested sitemaps.
    pub files: u64,
    /// Requested sitemaps of other sites that the user did not name.
    pub foreign: u64,
    /// Entries that the sitemaps listed.
    pub entries: u64,
}

impl SitemapCount {
    /// Counts a requested sitemap.
    pub fn add(&mut self, foreign: bool) {
        self.files += 1;
        self.foreign += u64::from(foreign);
    }

    /// Returns why no more sitemaps are requested, if a limit is reached.
    pub fn refuse(&self, foreign: bool) -> Option<String> {
        if self.files >= MOST_SITEMAPS {
            return Some(format!("more than {MOST_SITEMAPS} sitemaps in one run"));
        }
        (foreign && self.foreign >= MOST_FOREIGN_SITEMAPS)
            .then(|| format!("more than {MOST_FOREIGN_SITEMAPS} sitemaps of other sites"))
    }

    /// Counts the entries that a sitemap lists, and returns how many of them are accepted.
    pub fn take(&mut self, listed: usize) -> usize {
        let room = MOST_SITEMAP_ENTRIES.saturating_sub(self.entries);
        let taken = listed.min(usize::try_from(room).unwrap_or(usize::MAX));
        self.entries += taken as u64;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_foreign_files_and_entries_have_bounds() {
        let mut count = SitemapCount::default();
        for _ in 0..MOST_FOREIGN_SITEMAPS {
            assert_eq!(count.refuse(true), None);
            count.add(true);
        }
        assert!(count.refuse(true).is_some() && count.refuse(false).is_none());
        for _ in MOST_FOREIGN_SITEMAPS..MOST_SITEMAPS {
            count.add(false);
        }
        assert!(count.refuse(false).is_some());

        count.entries = MOST_SITEMAP_ENTRIES - 3;
        assert_eq!(count.take(2), 2);
        assert_eq!(count.take(2), 1);
        assert_eq!(count.take(2), 0);
    }
}
