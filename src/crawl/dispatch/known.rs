//! Pages that an earlier run knew. They are requested after everything that this run finds by
//! itself, so that what is said of where a page was found comes from this run where it can; before
//! the confirmation passes, so that what fails among them is confirmed like the rest. What they
//! link to is followed: a site is seen behind a page that broke.

use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier};
use crate::model::{Admission, Skip, SkipReason};
use crate::policy::Via;
use crate::store::{Change, KnownPage};

use super::dispatcher::Dispatcher;
use super::earlier::KnownBefore;
use super::returned::NO_LEASE;
use crate::crawl::admit::admissions::By;
use crate::crawl::run::event::Observer;
use crate::crawl::run::parts::CrawlError;

/// Pages read, stored and offered at a time: bounds memory.
const BATCH: u32 = 1_000;

/// Why a page of such a host is not requested.
const MOVED: &str = "known from the previous run only, and its host is on another network now (a private \
                     address then or now)";

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Offers the next pages that an earlier run knew and this one did not find. Returns false if
    /// there are no more.
    pub(super) async fn offer_known(&mut self) -> Result<bool, CrawlError> {
        if matches!(self.known, KnownBefore::NotBegun) {
            // A run that has begun to confirm had offered them before it was interrupted.
            let earlier = match self.passes.last() {
                1 => self.store.earlier_pages(self.run)?,
                _ => None,
            };
            self.known = match earlier {
                Some(earlier) => {
                    let moved = self.moved_since(&earlier)?;
                    KnownBefore::Reading(earlier, moved)
                }
                None => KnownBefore::Done,
            };
        }
        let KnownBefore::Reading(earlier, moved) = &mut self.known else {
            return Ok(false);
        };
        let pages = self.store.next_earlier_pages(earlier, BATCH)?;
        if pages.is_empty() {
            self.known = KnownBefore::Done;
            return Ok(false);
        }
        let urls = self.writer.urls();
        let (mut unknown, mut new) = (Vec::new(), Vec::new());
        for page in pages {
            let url = self.site.scope.normal(page.url);
            // What this run found is as it says: skipped for its own reason, or fetched.
            if urls.look().has(url.fingerprint()) {
                continue;
            }
            let mut admission = self.site.scope.admit(&url, Via::Known, page.depth);
            if let Admission::Fetch(role) = admission
                && moved.contains(&url.host_key())
            {
                admission = Admission::Skip(role, Skip::new(SkipReason::Scope, MOVED));
            }
            if let Admission::Fetch(role) = admission {
                let found = Discovery {
                    depth: page.depth.unwrap_or(0),
                    ..Discovery::new(url.clone(), role)
                };
                self.admissions
                    .admit(found, By::List, &mut admission, &mut new);
            }
            unknown.push(KnownPage {
                url,
                admission,
                depth: page.depth,
            });
        }
        if !unknown.is_empty() {
            self.writer.send(Change::Known(unknown), NO_LEASE).await;
            self.offer(new).await?;
        }
        Ok(true)
    }
}
