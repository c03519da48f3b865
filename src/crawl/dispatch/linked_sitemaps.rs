//! Pages that were taken for sitemaps. They are requested once more, as pages, when all else that the
//! run found has been: only then is it known that a page links to them.

use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier};
use crate::model::{Admission, LinkKind, Role};
use crate::policy::Via;
use crate::store::{Change, LinkedSitemap};

use super::dispatcher::Dispatcher;
use super::returned::NO_LEASE;
use crate::crawl::run::event::Observer;
use crate::crawl::run::parts::CrawlError;

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Offers the sitemaps that are pages. Returns false if there are none, or no page was requested
    /// since they were looked for.
    pub(super) async fn offer_linked_sitemaps(&mut self) -> Result<bool, CrawlError> {
        if self.sitemaps.files == 0 || self.sitemaps_matched == Some(self.pages) {
            return Ok(false);
        }
        self.sitemaps_matched = Some(self.pages);
        let mut linked = self.store.linked_sitemaps(self.run)?;
        linked.retain(|LinkedSitemap { url, depth }| {
            let via = Via::Link(LinkKind::Anchor);
            let admission = self.site.scope.admit(url, via, Some(*depth));
            admission == Admission::Fetch(Role::Page)
        });
        if linked.is_empty() {
            return Ok(false);
        }
        let pages = linked.iter().map(|LinkedSitemap { url, depth }| Discovery {
            depth: *depth,
            ..Discovery::new(url.clone(), Role::Page)
        });
        let pages: Vec<Discovery> = pages.collect();
        for page in &pages {
            self.admissions.restore(&page.url, page.role);
        }
        self.writer.send(Change::Pages(linked), NO_LEASE).await;
        self.offer(pages).await?;
        Ok(true)
    }
}
