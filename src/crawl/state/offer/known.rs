//! Pages that an earlier run knew. They are requested after everything that this run finds by
//! itself, so that the source of a page comes from this run where possible. They are requested
//! before the confirmation passes, so that failures among them are confirmed like the rest. Their
//! links are followed: the parts of a site behind a broken page stay visible.

use std::collections::HashSet;

use super::earlier::{KnownBefore, WasAt};
use crate::frontier::Discovery;
use crate::model::{Admission, HostKey, Skip, SkipReason};
use crate::policy::Via;
use crate::store::{Change, EarlierPages, KnownPage, StoreError};

use crate::crawl::state::State;
use crate::crawl::state::admit::admissions::By;
use crate::crawl::state::effect::{Effect, Effects};

/// Pages read, stored and offered at a time: limits memory.
const BATCH: u32 = 1_000;

/// The reason shown for a page that is not requested because its host is on another network than in the earlier run.
const MOVED: &str = "known from the previous run only, and its host is on another network now (a private \
                     address then or now)";

impl State {
    /// Offers the next pages that an earlier run knew and this one did not find; `None` if there
    /// are no more.
    pub(in crate::crawl::state) fn offer_known(
        &mut self,
        was_at: WasAt<'_>,
    ) -> Result<Option<Effects>, StoreError> {
        if matches!(self.known, KnownBefore::NotBegun) {
            // A run that has begun to confirm had offered them before it was interrupted.
            let earlier = match self.passes.last() {
                1 => self.store.earlier_pages(self.run)?,
                _ => None,
            };
            self.known = match earlier {
                Some(earlier) => {
                    let moved = self.moved_since(&earlier, was_at)?;
                    KnownBefore::Reading(earlier, moved)
                }
                None => KnownBefore::Done,
            };
        }
        let KnownBefore::Reading(earlier, moved) = &mut self.known else {
            return Ok(None);
        };
        let pages = self.store.next_earlier_pages(earlier, BATCH)?;
        if pages.is_empty() {
            self.known = KnownBefore::Done;
            return Ok(None);
        }
        let (mut unknown, mut new) = (Vec::new(), Vec::new());
        for page in pages {
            let url = self.site.scope.normal(page.url);
            // This run's own finding stands: skipped for its own reason, or fetched.
            if self.stored.look().has(url.fingerprint()) {
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
        let mut effects = Vec::new();
        if !unknown.is_empty() {
            effects.push(Effect::Store(Change::Known(unknown)));
            effects.push(self.offer(new));
        }
        Ok(Some(effects))
    }

    /// Returns the hosts of an earlier run that are on another network now: their paths were found
    /// elsewhere.
    fn moved_since(
        &self,
        earlier: &EarlierPages,
        was_at: WasAt<'_>,
    ) -> Result<HashSet<HostKey>, StoreError> {
        let reached = self.store.reached(earlier.run())?;
        let moved =
            (reached.into_iter()).filter(|(host, addresses)| !was_at(&host.home_page(), addresses));
        Ok(moved.map(|(host, _)| host).collect())
    }
}
