//! The limits on the sitemaps of a run, applied at their requests and at the admission of their
//! entries.

use crate::frontier::Lease;
use crate::model::{Admission, CrawlUrl, Role, Sitemaps, Skip, SkipReason};
use crate::policy::MOST_SITEMAP_ENTRIES;
use crate::store::{SitemapEntry, SitemapRecord, StoreError};

use crate::crawl::state::State;

impl State {
    /// Counts the sitemaps that an interrupted run had requested.
    pub(in crate::crawl::state) fn recall_sitemaps(&mut self) -> Result<(), StoreError> {
        let (read, entries) = self.store.sitemaps_read(self.run)?;
        for url in &read {
            self.sitemaps.add(self.is_foreign_sitemap(url));
        }
        self.sitemaps.entries = entries;
        Ok(())
    }

    /// Counts a lease that is the first request for a sitemap.
    pub(in crate::crawl::state) fn count_sitemap(&mut self, lease: &Lease) {
        if is_new_sitemap(lease) {
            let foreign = self.is_foreign_sitemap(&lease.found.url);
            self.sitemaps.add(foreign);
        }
    }

    /// Returns why a sitemap is not requested, if it is not. With `--max-pages` there are no more
    /// sitemaps than pages.
    pub(in crate::crawl::state) fn refuse_sitemap(&self, lease: &Lease) -> Option<Skip> {
        if !is_new_sitemap(lease) {
            return None;
        }
        if let Some(most) = self.site.plan.scope.max_pages
            && (self.sitemaps.files >= most || self.pages >= most)
        {
            let detail = format!("no more sitemaps than the {most} pages of --max-pages");
            return Some(Skip::new(SkipReason::MaxPages, detail));
        }
        let foreign = self.is_foreign_sitemap(&lease.found.url);
        let detail = self.sitemaps.refuse(foreign)?;
        Some(Skip::new(SkipReason::Trap, detail))
    }

    /// Leaves out the entries beyond the limit. Alternates do not count, as in the store, so a
    /// resumed run continues with the same number. The first left-out entry reports how many there
    /// are.
    pub(in crate::crawl::state) fn bound_entries(&mut self, record: &mut SitemapRecord) {
        let listed = record.entries.iter().filter(|it| !it.alternate).count();
        let taken = self.sitemaps.take(listed);
        let look = self.stored.look();
        let is_known = |url: &CrawlUrl| {
            let fingerprint = url.fingerprint();
            self.admissions.is_settled(fingerprint) || look.has(fingerprint)
        };
        leave_out_beyond(record, taken, is_known);
    }

    /// Returns whether a sitemap belongs to another site and the user did not name it.
    fn is_foreign_sitemap(&self, url: &CrawlUrl) -> bool {
        let scope = &self.site.scope;
        let named = match &scope.plan().sitemaps {
            Sitemaps::Off => false,
            Sitemaps::Discovered(named) => named.contains(url),
        };
        !named && !scope.is_site(url)
    }
}

fn is_new_sitemap(lease: &Lease) -> bool {
    let found = &lease.found;
    found.role == Role::Sitemap && found.pass == 1 && found.tries == 0
}

/// Keeps this many entries, alternates not counted, and the first one beyond as a skipped URL that
/// represents the rest.
fn leave_out_beyond(
    record: &mut SitemapRecord,
    taken: usize,
    is_known: impl Fn(&CrawlUrl) -> bool,
) {
    let Some(first) = first_beyond(&record.entries, taken) else {
        return;
    };
    let left_out = record.entries.len() - first;
    let rest = record.entries.drain(first + 1..);
    let unseen =
        rest.filter(|it| matches!(it.admission, Admission::Fetch(_)) && !is_known(&it.url));
    record.unseen += unseen.count() as u64;
    let detail = format!(
        "with {} more of this sitemap: more than {MOST_SITEMAP_ENTRIES} entries in one run",
        left_out - 1
    );
    record.problems.push(format!("{left_out} entries left out"));
    if let Some(first) = record.entries.last_mut() {
        first.admission = Admission::Skip(first.role, Skip::new(SkipReason::Trap, detail));
    }
}

/// Returns the index of the first entry beyond this many, alternates not counted.
fn first_beyond(entries: &[SitemapEntry], taken: usize) -> Option<usize> {
    let listed = entries.iter().enumerate().filter(|(_, it)| !it.alternate);
    listed.map(|(at, _)| at).nth(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, alternate: bool) -> SitemapEntry {
        SitemapEntry {
            url: url(path),
            role: Role::Page,
            admission: Admission::Fetch(Role::Page),
            alternate,
        }
    }

    fn url(path: &str) -> CrawlUrl {
        CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL")
    }

    #[test]
    fn entries_beyond_the_limit_are_unseen_unless_they_are_known_or_not_to_be_fetched() {
        let mut entries = ["/a", "/first", "/known", "/new", "/foreign", "/newer"]
            .map(|path| entry(path, false))
            .to_vec();
        entries[4].admission = Admission::Skip(Role::Page, Skip::new(SkipReason::Scope, ""));
        let mut record = SitemapRecord {
            format: Some("urlset"),
            entries,
            foreign: 0,
            problems: Vec::new(),
            unseen: 3,
            is_unread: false,
        };
        leave_out_beyond(&mut record, 1, |it| *it == url("/known"));
        assert_eq!(record.unseen, 3 + 2);
        assert_eq!(record.problems, ["5 entries left out"]);
        let kept: Vec<_> = record.entries.iter().map(|it| it.url.clone()).collect();
        assert_eq!(kept, [url("/a"), url("/first")]);
        let first = &record.entries[1].admission;
        assert!(matches!(first, Admission::Skip(_, skip) if skip.reason == SkipReason::Trap));
    }

    #[test]
    fn alternates_do_not_count_as_entries() {
        let entries = [true, false, true, true, false, true].map(|alternate| entry("/", alternate));
        let beyond = [0, 1, 2].map(|taken| first_beyond(&entries, taken));
        assert_eq!(beyond, [Some(1), Some(4), None]);
    }
}
