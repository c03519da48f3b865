//! What a crawl knows. Its parts are apart; what follows from them is decided in the files beside this one.

use std::collections::HashMap;
use std::sync::Arc;

use crate::crawl::confirm::{PassPace, Passes};
use crate::crawl::site::Site;
use crate::model::{CrawlUrl, Fingerprint, Moment};
use crate::policy::{Copies, SitemapCount};
use crate::store::{RunId, Store, StoreError, StoredUrls};

use super::disk::Disk;
use super::effect::Effects;
use super::experiments::Experiments;
use super::hosts::Hosts;
use super::intake::admit::Admissions;
use super::intake::earlier::{KnownBefore, WasAt};
use super::intake::levels::{HeldBack, Levels};
use super::intake::rules;
use super::network::own_network::OwnNetwork;

/// What a crawl knows.
pub(in crate::crawl) struct State {
    pub(super) site: Arc<Site>,
    pub(super) store: Store,
    pub(super) run: RunId,
    /// What the store has, what is on its way there included.
    pub(super) stored: StoredUrls,
    pub(super) dice: fastrand::Rng,
    pub(super) admissions: Admissions,
    pub(super) hosts: Hosts,
    pub(super) known: KnownBefore,
    pub(super) copies: Copies,
    pub(super) disk: Disk,
    pub(super) levels: Levels,
    pub(super) passes: Passes,
    pub(super) experiments: Experiments,
    pub(super) network: OwnNetwork,
    /// When the last attempt at a URL ended that waits for a retry.
    pub(super) last_attempt: HashMap<Fingerprint, Moment>,
    /// Pages requested, to keep `max_pages`.
    pub(super) pages: u64,
    /// Sitemaps requested.
    pub(super) sitemaps: SitemapCount,
    /// How many pages were requested when it was last looked which sitemaps are pages.
    pub(super) sitemaps_matched: Option<u64>,
    /// When `max_time` is over.
    pub(super) until: Option<Moment>,
}

impl State {
    /// Of a run that begins or goes on now.
    pub(in crate::crawl) fn new(
        (site, store, run): (Arc<Site>, Store, RunId),
        stored: StoredUrls,
        disk: Disk,
        dice: fastrand::Rng,
        now: Moment,
    ) -> State {
        let plan = &site.plan;
        let scope = &plan.scope;
        let pace = PassPace::new(plan.pace);
        State {
            admissions: Admissions::new(scope, rules::of_run(run, &store, &site)),
            hosts: Hosts::new(Arc::clone(&site)),
            known: KnownBefore::of(scope),
            copies: Copies::new(scope.max_queries_per_path),
            disk,
            levels: Levels::new(scope.max_depth),
            passes: Passes::new(plan.confirm.clone(), plan.sample, pace),
            experiments: Experiments::new(plan.probe),
            network: OwnNetwork::new(plan.requests.reach.proxy.is_some(), now),
            last_attempt: HashMap::new(),
            pages: 0,
            sitemaps: SitemapCount::default(),
            sitemaps_matched: None,
            until: scope.max_time.map(|time| now + time),
            site,
            store,
            run,
            stored,
            dice,
        }
    }

    /// What is to be done when nothing is queued any more; none if the crawl is over. `was_at` tells whether a host is
    /// still where an earlier run met it.
    pub(in crate::crawl) fn next_work(
        &mut self,
        was_at: WasAt<'_>,
        now: Moment,
    ) -> Result<Option<Effects>, StoreError> {
        if let Some(effects) = self.offer_known(was_at)? {
            return Ok(Some(effects));
        }
        if let Some(effects) = self.offer_linked_sitemaps()? {
            return Ok(Some(effects));
        }
        if let Some(effects) = self.sample(now)? {
            return Ok(Some(effects));
        }
        if let Some(effects) = self.confirm(now)? {
            return Ok(Some(effects));
        }
        self.experiment(now)
    }

    /// The pages that are one click further away; none if there are no more.
    pub(in crate::crawl) fn next_level(&mut self) -> Vec<HeldBack> {
        self.levels.next()
    }

    /// Looks at what changes without the crawl's doing.
    pub(in crate::crawl) fn look_around(&mut self) {
        self.disk.look(&self.store);
    }

    /// When the last attempt at a URL ended, if it waited for a retry since.
    pub(in crate::crawl) fn forget_last_attempt(&mut self, url: &CrawlUrl) -> Option<Moment> {
        self.last_attempt.remove(&url.fingerprint())
    }
}
