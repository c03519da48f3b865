//! Sentinels: one page of each part of a site that went down as a whole, requested every few seconds as
//! long as passes last, and between them. A pass asks everything at once and then nothing for a while;
//! without sentinels nobody sees when the part goes down and comes back, and whether in a rhythm.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::{CrawlUrl, Fingerprint, HostKey, Moment};
use crate::store::FailedUrl;

/// Time between two looks (ours): the edges of an outage of half a minute are seen well enough.
const EVERY: Duration = Duration::from_secs(2);

/// The same for a page that was never fine (ours): it may be dead throughout.
const EVERY_UNPROVEN: Duration = Duration::from_secs(5);

/// How long the last pass has sentinels (ours): a minute is the commonest period of what is restarted
/// or checked by turns.
const LAST: Duration = Duration::from_mins(1);

/// Most sentinels of one host (ours): their requests take less than half of ten a second.
const MOST: usize = 8;

/// The same of pages that were never fine (ours).
const MOST_UNPROVEN: usize = 2;

/// The sentinels of one pass.
#[derive(Debug, Default)]
pub(super) struct Sentinels {
    /// With the time between two looks.
    pages: HashMap<Fingerprint, Duration>,
    until: Moment,
}

impl Sentinels {
    /// One page of each part that seems to go down as a whole, of those that a pass requests, if possible one
    /// that was fine at times; until the next pass begins. The last pass has only such ones.
    pub(super) fn among(asked: &[&FailedUrl], starts: Moment, next: Option<Moment>) -> Sentinels {
        let mut parts: HashSet<(HostKey, &str)> = HashSet::new();
        let mut of_host: HashMap<(HostKey, bool), usize> = HashMap::new();
        let mut pages = HashMap::new();
        for (was_fine, most, every) in [(true, MOST, EVERY), (false, MOST_UNPROVEN, EVERY_UNPROVEN)]
        {
            if !was_fine && next.is_none() {
                break;
            }
            for failed in asked
                .iter()
                .filter(|failed| failed.seen.ever_ok == was_fine)
            {
                let Some(part) = &failed.down_with else {
                    continue;
                };
                let host = failed.url.host_key();
                let count = of_host.entry((host.clone(), was_fine)).or_default();
                if *count < most && parts.insert((host, part)) {
                    *count += 1;
                    pages.insert(failed.url.fingerprint(), every);
                }
            }
        }
        Sentinels {
            pages,
            until: next.unwrap_or(starts + LAST).max(starts),
        }
    }

    /// When a page is looked at again, if it is a sentinel and its time is not over.
    pub(super) fn again(&self, url: &CrawlUrl, now: Moment) -> Option<Moment> {
        let at = now + *self.pages.get(&url.fingerprint())?;
        (at < self.until).then_some(at)
    }

    /// Moves their end by the time that the pass could not go on.
    pub(super) fn extend(&mut self, by: Duration) {
        self.until = self.until + by;
    }
}
