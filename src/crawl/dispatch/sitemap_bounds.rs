//! Bounds on the sitemaps of a run, held where they are requested and where their entries are taken in.

use crate::fetch::Fetcher;
use crate::frontier::{Frontier, Lease};
use crate::model::{Admission, CrawlUrl, Role, Sitemaps, Skip, SkipReason};
use crate::policy::MOST_SITEMAP_ENTRIES;
use crate::store::{SitemapEntry, SitemapRecord};

use super::dispatcher::Dispatcher;
use crate::crawl::run::event::Observer;
use crate::crawl::run::parts::CrawlError;

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Counts the sitemaps that an interrupted run had requested.
    pub(super) fn recall_sitemaps(&mut self) -> Result<(), CrawlError> {
        let (read, entries) = self.store.sitemaps_read(self.run)?;
        for url in &read {
            self.sitemaps.add(self.is_foreign_sitemap(url));
        }
        self.sitemaps.entries = entries;
        Ok(())
    }

    /// Counts a lease that is the first request for a sitemap.
    pub(super) fn count_sitemap(&mut self, lease: &Lease) {
        if is_new_sitemap(lease) {
            let foreign = self.is_foreign_sitemap(&lease.found.url);
            self.sitemaps.add(foreign);
        }
    }

    /// Why a sitemap is not requested, if it is not. With `--max-pages` there are no more sitemaps than pages.
    pub(super) fn refuse_sitemap(&self, lease: &Lease) -> Option<Skip> {
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

    /// Leaves out what is beyond the bound on entries, among which alternates do not count, as they do not where
    /// entries are stored: a resumed run goes on with the same number. The first of what is left out tells how much that is.
    pub(super) fn bound_entries(&mut self, record: &mut SitemapRecord) {
        let listed = record.entries.iter().filter(|it| !it.alternate).count();
        let taken = self.sitemaps.take(listed);
        let Some(first) = first_beyond(&record.entries, taken) else {
            return;
        };
        let left_out = record.entries.len() - first;
        record.entries.truncate(first + 1);
        let detail = format!(
            "with {} more of this sitemap: more than {MOST_SITEMAP_ENTRIES} entries in one run",
            left_out - 1
        );
        record.problems.push(format!("{left_out} entries left out"));
        if let Some(first) = record.entries.last_mut() {
            first.admission = Admission::Skip(first.role, Skip::new(SkipReason::Trap, detail));
        }
    }

    /// Whether a sitemap is of another site, and the user did not name it.
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

/// Where the first entry is beyond so many, alternates not counted.
fn first_beyond(entries: &[SitemapEntry], taken: usize) -> Option<usize> {
    let listed = entries.iter().enumerate().filter(|(_, it)| !it.alternate);
    listed.map(|(at, _)| at).nth(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternates_do_not_count_as_entries() {
        let entry = |alternate| SitemapEntry {
            url: CrawlUrl::parse("http://site.test/").expect("a URL"),
            role: Role::Page,
            admission: Admission::Fetch(Role::Page),
            alternate,
        };
        let entries = [true, false, true, true, false, true].map(entry);
        let beyond = [0, 1, 2].map(|taken| first_beyond(&entries, taken));
        assert_eq!(beyond, [Some(1), Some(4), None]);
    }
}
