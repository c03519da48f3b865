//! Pages that were mistaken for sitemaps. They are requested once more, as pages, after all other
//! URLs that the run found: only then is it known that a page links to them.

use crate::frontier::Discovery;
use crate::model::{Admission, LinkKind, Role};
use crate::policy::Via;
use crate::store::{Change, LinkedSitemap, StoreError};

use crate::crawl::state::State;
use crate::crawl::state::effect::{Effect, Effects};

impl State {
    /// Offers the sitemaps that are pages; `None` if there are none, or no page was requested since
    /// the last search.
    pub(in crate::crawl::state) fn offer_linked_sitemaps(
        &mut self,
    ) -> Result<Option<Effects>, StoreError> {
        if self.sitemaps.files == 0 || self.sitemaps_matched == Some(self.pages) {
            return Ok(None);
        }
        self.sitemaps_matched = Some(self.pages);
        let mut linked = self.store.linked_sitemaps(self.run)?;
        linked.retain(|LinkedSitemap { url, depth }| {
            let via = Via::Link(LinkKind::Anchor);
            let admission = self.site.scope.admit(url, via, Some(*depth));
            admission == Admission::Fetch(Role::Page)
        });
        if linked.is_empty() {
            return Ok(None);
        }
        let pages = linked.iter().map(|LinkedSitemap { url, depth }| Discovery {
            depth: *depth,
            ..Discovery::new(url.clone(), Role::Page)
        });
        let pages: Vec<Discovery> = pages.collect();
        for page in &pages {
            self.admissions.restore(&page.url, page.role);
        }
        let store = Effect::Store(Change::Pages(linked));
        Ok(Some(vec![store, self.offer(pages)]))
    }
}
