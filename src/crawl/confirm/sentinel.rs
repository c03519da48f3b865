//! Sentinels: one page of each part of a site that went down as a whole, requested every two seconds as
//! long as passes last, and between them. A pass asks everything at once and then nothing for a while;
//! without sentinels nobody sees when the part goes down and comes back, and whether in a rhythm.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::{CrawlUrl, Fingerprint, HostKey, Moment};
use crate::store::FailedUrl;

/// Time between two looks (ours): the edges of an outage of half a minute are seen well enough.
const EVERY: Duration = Duration::from_secs(2);

/// How long the last pass has sentinels (ours): a minute is the commonest period of what is restarted
/// or checked by turns.
const LAST: Duration = Duration::from_mins(1);

/// Most sentinels of one host (ours): their requests take at most half of ten a second.
const MOST: usize = 8;

/// The sentinels of one pass.
#[derive(Debug, Default)]
pub(super) struct Sentinels {
    pages: HashSet<Fingerprint>,
    until: Moment,
}

impl Sentinels {
    /// One page of each part that went down as a whole, of those that a pass requests; until the next
    /// pass begins, if there is one.
    pub(super) fn among(asked: &[&FailedUrl], starts: Moment, next: Option<Moment>) -> Sentinels {
        let mut parts: HashSet<(HostKey, &str)> = HashSet::new();
        let mut of_host: HashMap<HostKey, usize> = HashMap::new();
        let mut pages = HashSet::new();
        for failed in asked {
            let Some(part) = &failed.down_with else {
                continue;
            };
            let host = failed.url.host_key();
            let count = of_host.entry(host.clone()).or_default();
            if *count < MOST && parts.insert((host, part)) {
                *count += 1;
                pages.insert(failed.url.fingerprint());
            }
        }
        Sentinels {
            pages,
            until: next.unwrap_or(starts + LAST).max(starts),
        }
    }

    /// When a page is looked at again, if it is a sentinel and its time is not over.
    pub(super) fn again(&self, url: &CrawlUrl, now: Moment) -> Option<Moment> {
        let at = now + EVERY;
        (at < self.until && self.pages.contains(&url.fingerprint())).then_some(at)
    }

    /// Moves their end by the time that the pass could not go on.
    pub(super) fn extend(&mut self, by: Duration) {
        self.until = self.until + by;
    }
}
