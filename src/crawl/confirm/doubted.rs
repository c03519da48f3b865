//! Pages that were fine in the run before and look lost in this one, requested again after the crawl: an accident is no
//! loss. They go with the sample, since the passes are for failures.

use std::collections::HashMap;
use std::time::Duration;

use crate::frontier::Discovery;
use crate::model::{CrawlUrl, Fingerprint, Moment};
use crate::policy::{FURTHER_TRIES, TRY_SPACING};
use crate::store::{RunId, Store, StoreError};

use super::sample::SAMPLE;

/// The pages that are doubted in one crawl.
#[derive(Debug)]
pub(super) struct Doubts {
    /// Time between two tries; `None` if none is wanted, or they were begun.
    spacing: Option<Duration>,
    /// Tries left, by page.
    left: HashMap<Fingerprint, u8>,
}

impl Doubts {
    /// Returns the doubts of a plan whose passes follow after these delays. Without passes nothing is confirmed.
    pub(super) fn new(delays: &[Duration]) -> Doubts {
        Doubts {
            spacing: delays.first().map(|delay| TRY_SPACING.min(*delay)),
            left: HashMap::new(),
        }
    }

    /// Returns the pages to request, once.
    pub(super) fn pages(
        &mut self,
        store: &Store,
        run: RunId,
    ) -> Result<Vec<Discovery>, StoreError> {
        if !self.left.is_empty() || self.spacing.is_none() {
            return Ok(Vec::new());
        }
        let doubted = store.doubted(run)?;
        if doubted.is_empty() {
            self.spacing = None;
        }
        let pages = doubted.into_iter().map(|page| {
            self.left.insert(page.url.fingerprint(), FURTHER_TRIES);
            Discovery {
                depth: page.depth.unwrap_or(0),
                hops: page.hops,
                pass: SAMPLE,
                ..Discovery::new(page.url, page.role)
            }
        });
        Ok(pages.collect())
    }

    /// Records an answer, and returns when its page is requested again, if it still looks lost and has a try left.
    pub(super) fn answered(
        &mut self,
        url: &CrawlUrl,
        is_lost: bool,
        now: Moment,
    ) -> Option<Moment> {
        let left = self.left.get_mut(&url.fingerprint())?;
        *left = left.saturating_sub(1);
        (is_lost && *left > 0).then(|| now + self.spacing.unwrap_or_default())
    }
}
