//! The state of a crawl and the decisions from it: which URL is next, what an answer means for its
//! host, which URLs are confirmed. It reads the store, and requests, writes and waits for nothing.
//! A decision is a list of effects, which the dispatcher carries out.

mod admit;
mod disk;
mod effect;
mod experiment;
mod hosts;
mod intake;
mod lease;
mod network;
mod offer;
mod passes;
mod returned;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{CrawlUrl, Fingerprint, Moment};
use crate::policy::{Copies, SitemapCount};
use crate::store::{RunId, Store, StoreError, StoredUrls};

use super::confirm::{PassPace, Passes};
use super::site::Site;
use admit::admissions::Admissions;
use admit::levels::Levels;
use experiment::experiments::Experiments;
use hosts::Hosts;
use network::own_network::OwnNetwork;
use offer::earlier::KnownBefore;

pub(super) use admit::levels::HeldBack;
pub(super) use disk::Disk;
pub(super) use effect::Returned;
pub(super) use effect::{Effect, Effects};
pub(super) use experiment::conduct::BUDGET as EXPERIMENTS_BUDGET;
pub use hosts::first_pace;
pub(super) use lease::Due;
pub(super) use offer::earlier::WasAt;

/// The state of a crawl.
pub(super) struct State {
    site: Arc<Site>,
    store: Store,
    run: RunId,
    /// The URLs in the store, including those on their way there.
    stored: StoredUrls,
    dice: fastrand::Rng,
    admissions: Admissions,
    hosts: Hosts,
    known: KnownBefore,
    copies: Copies,
    disk: Disk,
    levels: Levels,
    passes: Passes,
    experiments: Experiments,
    network: OwnNetwork,
    /// When the last attempt ended, for URLs that wait for a retry.
    last_attempt: HashMap<Fingerprint, Moment>,
    /// Requested pages, for `max_pages`.
    pages: u64,
    /// Requested sitemaps.
    sitemaps: SitemapCount,
    /// The number of requested pages at the last search for sitemaps that are pages.
    sitemaps_matched: Option<u64>,
    /// When `max_time` is over.
    until: Option<Moment>,
}

impl State {
    /// Returns the state of a run that begins or resumes now.
    pub(super) fn new(
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
            admissions: Admissions::new(scope, admit::rules::of_run(run, &store, &site)),
            hosts: Hosts::new(Arc::clone(&site)),
            known: KnownBefore::of(scope),
            copies: Copies::new(scope.max_queries_per_path),
            disk,
            levels: Levels::new(scope.max_depth),
            passes: Passes::new(plan.confirm.clone(), plan.sample, pace),
            experiments: Experiments::new(plan.experiments),
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

    /// Returns the next work when the queue is empty, or `None` if the crawl is over. `was_at`
    /// returns whether a host is still where an earlier run found it.
    pub(super) fn next_work(
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
        if let Some(effects) = self.doubt(now)? {
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

    /// Returns the pages that are one click further away; empty if there are no more.
    pub(super) fn next_level(&mut self) -> Vec<HeldBack> {
        self.levels.next()
    }

    /// Reads values that change independently of the crawl.
    pub(super) fn look_around(&mut self) {
        self.disk.look(&self.store);
    }

    /// Removes and returns the end of the last attempt at a URL, if the URL waited for a retry
    /// since.
    pub(super) fn forget_last_attempt(&mut self, url: &CrawlUrl) -> Option<Moment> {
        self.last_attempt.remove(&url.fingerprint())
    }
}
