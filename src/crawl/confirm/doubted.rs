//! Pages that were fine in the run before and look lost in this one, requested again after the crawl: an accident is no
//! loss. They go with the sample, since the passes are for failures.

use std::collections::HashMap;
use std::time::Duration;

use crate::frontier::Discovery;
use crate::model::{CrawlUrl, Fingerprint, Moment};
use crate::policy::{FURTHER_TRIES, MOST_DOUBTED, TRY_SPACING};
use crate::store::{RunId, Store, StoreError};

use super::sample::SAMPLE;

/// Whether an answer is that of a lost page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::crawl) enum LooksLost {
    /// It is not.
    No,
    /// It refuses the page, says that there is none, or has noindex.
    Refused,
    /// It redirects.
    Redirected,
}

/// The pages that are doubted in one crawl.
#[derive(Debug)]
pub(super) struct Doubts {
    /// Time between two tries; `None` if none is wanted.
    spacing: Option<Duration>,
    /// Whether the pages were read.
    began: bool,
    /// Tries left, by page.
    left: HashMap<Fingerprint, u8>,
}

impl Doubts {
    /// Returns the doubts of a plan whose passes follow after these delays. Without passes nothing is confirmed.
    pub(super) fn new(delays: &[Duration]) -> Doubts {
        Doubts {
            spacing: delays.first().map(|delay| TRY_SPACING.min(*delay)),
            began: false,
            left: HashMap::new(),
        }
    }

    /// Returns the pages to request, once.
    pub(super) fn pages(
        &mut self,
        store: &Store,
        run: RunId,
    ) -> Result<Vec<Discovery>, StoreError> {
        if self.spacing.is_none() || std::mem::replace(&mut self.began, true) {
            return Ok(Vec::new());
        }
        let doubted = store.doubted(run)?;
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

    /// Records an answer, and returns when its page is requested again, if it looks lost and has a try left. A page of
    /// the sample may look lost there for the first time; one that redirects most likely did so in the crawl.
    pub(super) fn answered(
        &mut self,
        url: &CrawlUrl,
        looks: LooksLost,
        now: Moment,
    ) -> Option<Moment> {
        let page = url.fingerprint();
        if looks == LooksLost::Refused && self.left.len() < 2 * MOST_DOUBTED {
            self.left.entry(page).or_insert(FURTHER_TRIES + 1);
        }
        let left = self.left.get_mut(&page)?;
        *left = left.saturating_sub(1);
        let spacing = self
            .spacing
            .filter(|_| looks != LooksLost::No && *left > 0)?;
        Some(now + spacing)
    }
}
