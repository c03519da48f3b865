//! The sample: pages that never failed, requested once more after the crawl and before the passes.

use std::time::Duration;

use crate::frontier::Discovery;
use crate::model::{CrawlUrl, Moment, Role, SamplePlan};
use crate::policy::stratified;
use crate::store::{RunId, Store, StoreError};

/// The number of the sample in the order of passes. It is not one of them: it comes after the
/// crawl, which is number 1, and before number 2.
pub(in crate::crawl) const SAMPLE: u8 = 0;

/// Maximum time for the sample: as long as the passes may take by default.
const LONGEST: Duration = Duration::from_mins(10);

/// Random pages read per page of the sample: enough to find the site's families.
const CHOSEN_OF: u64 = 10;

/// The sample of one crawl.
#[derive(Debug)]
pub(super) struct Sample {
    plan: SamplePlan,
    /// Whether it was made, or is not wanted.
    made: bool,
    /// When it must end.
    ends: Option<Moment>,
}

impl Sample {
    pub(super) fn new(plan: SamplePlan) -> Sample {
        Sample {
            plan,
            made: plan == SamplePlan::Off,
            ends: None,
        }
    }

    /// Records that pages are requested in its place in the order of passes, before its own.
    pub(super) fn is_preceded(&mut self, now: Moment) {
        self.ends = Some(now + LONGEST);
    }

    /// Records that an interrupted crawl had begun the sample: its remaining pages are requested now.
    pub(super) fn resume(&mut self, now: Moment) {
        self.made = true;
        self.ends = Some(now + LONGEST);
    }

    /// Returns its pages, once.
    pub(super) fn pages(
        &mut self,
        store: &Store,
        run: RunId,
        now: Moment,
        dice: &mut fastrand::Rng,
    ) -> Result<Vec<Discovery>, StoreError> {
        if std::mem::replace(&mut self.made, true) {
            return Ok(Vec::new());
        }
        self.ends = Some(now + LONGEST);
        let size = self.plan.size(store.requested_pages(run)?);
        let most = size.saturating_mul(CHOSEN_OF);
        let fine = store.never_failed(run, most as usize, &mut |below| dice.usize(..below))?;
        let urls: Vec<&CrawlUrl> = fine.iter().map(|page| &page.url).collect();
        let chosen = stratified(&urls, size as usize, &mut |below| dice.usize(..below));
        let pages = chosen.into_iter().map(|at| Discovery {
            depth: fine[at].depth.unwrap_or(0),
            hops: fine[at].hops,
            pass: SAMPLE,
            ..Discovery::new(fine[at].url.clone(), Role::Page)
        });
        Ok(pages.collect())
    }

    /// Extends it by time in which it could not continue.
    pub(super) fn extend(&mut self, by: Duration) {
        self.ends = self.ends.map(|ends| ends + by);
    }

    /// Returns whether its time is over.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.ends.is_some_and(|ends| now > ends)
    }
}
