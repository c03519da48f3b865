//! Sentinels: one page of each part of a site that went down as a whole. They are requested every
//! few seconds during and between passes. A pass requests everything at once and then nothing for a
//! while. Without sentinels, the run would miss when the part goes down and comes back, and whether
//! it does so regularly.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::model::{CrawlUrl, Fingerprint, HostKey, Moment};
use crate::store::FailedUrl;

/// The sentinels use one request out of this many that their hosts' pace allows (ours).
const SHARE: u32 = 2;

/// Time between two looks (ours): short enough to see the start and end of an outage of half a
/// minute.
const EVERY: Duration = Duration::from_secs(2);

/// Time between two looks at a sentinel that was never fine (ours): it may be dead throughout.
const EVERY_UNPROVEN: Duration = Duration::from_secs(5);

/// Time in which the last pass has sentinels (ours): a minute is the most common period of regular restarts and
/// health checks.
const LAST: Duration = Duration::from_mins(1);

/// Maximum sentinels of one host (ours).
const MOST: usize = 8;

/// Maximum sentinels of one host that were never fine (ours).
const MOST_UNPROVEN: usize = 2;

/// The sentinels of one pass.
#[derive(Debug, Default)]
pub(super) struct Sentinels {
    /// The sentinels, each with its time between two looks.
    pages: HashMap<Fingerprint, Duration>,
    until: Moment,
}

impl Sentinels {
    /// Chooses from a pass's URLs one page of each part that seems to go down as a whole. Pages
    /// that were fine at times are preferred. They last until the next pass begins. The last pass
    /// has only pages that were fine at times.
    pub(super) fn among(
        requested: &[&FailedUrl],
        starts: Moment,
        next: Option<Moment>,
    ) -> Sentinels {
        let mut parts: HashSet<(HostKey, &str)> = HashSet::new();
        let mut of_host: HashMap<(HostKey, bool), usize> = HashMap::new();
        let mut pages = HashMap::new();
        for (was_fine, most, every) in [(true, MOST, EVERY), (false, MOST_UNPROVEN, EVERY_UNPROVEN)]
        {
            if !was_fine && next.is_none() {
                break;
            }
            for failed in requested
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

    /// Returns when a page gets another look, if it is a sentinel and its time is not over. Its
    /// host is requested at this interval, and an announced pause is kept.
    pub(super) fn again(
        &self,
        url: &CrawlUrl,
        now: Moment,
        interval: Duration,
        announced: Option<Duration>,
    ) -> Option<Moment> {
        let every = *self.pages.get(&url.fingerprint())?;
        let all = interval * SHARE * self.pages.len() as u32;
        let wait = every.max(all);
        let at = now + wait.max(announced.unwrap_or_default());
        (at < self.until).then_some(at)
    }

    /// Returns how many there are, and until when.
    pub(super) fn count_until(&self) -> (usize, Moment) {
        (self.pages.len(), self.until)
    }

    /// Moves their end by the time in which the pass could not continue.
    pub(super) fn extend(&mut self, by: Duration) {
        self.until = self.until + by;
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{Looks, Outcome, Role};
    use crate::policy::Candidate;

    use super::*;

    fn failed(path: &str, part: Option<&str>, ever_ok: bool) -> FailedUrl {
        let seen = Candidate {
            host: 1,
            section: 1,
            failure: Outcome::Server502,
            attempts: 1,
            passes: 1,
            looks: Looks::default(),
            needed: 0,
            role: Role::Page,
            ever_ok,
            last_failed: true,
            is_explained: false,
            ok_in_a_row: 0,
            span: Duration::ZERO,
            announced: None,
        };
        let url = CrawlUrl::parse(&format!("https://a.test{path}")).expect("a URL");
        let mut failed = FailedUrl::new(url, Role::Page, seen);
        failed.down_with = part.map(str::to_owned);
        failed
    }

    fn at(second: u64) -> Moment {
        Moment::default() + Duration::from_secs(second)
    }

    fn chosen(failed_urls: &[FailedUrl], next: Option<Moment>) -> Vec<(String, Option<Moment>)> {
        let all: Vec<&FailedUrl> = failed_urls.iter().collect();
        let sentinels = Sentinels::among(&all, at(100), next);
        let interval = Duration::from_millis(100);
        let looks = failed_urls.iter().map(|failed| {
            let again = sentinels.again(&failed.url, at(100), interval, None);
            (failed.url.path_and_query().to_owned(), again)
        });
        looks.filter(|(_, again)| again.is_some()).collect()
    }

    #[test]
    fn one_page_of_each_part_is_chosen_and_one_that_was_fine_is_preferred() {
        let failed_urls = [
            failed("/x", None, true),
            failed("/a/1", Some("/a/"), false),
            failed("/a/2", Some("/a/"), true),
            failed("/a/3", Some("/a/"), true),
            failed("/b/1", Some("/b/"), false),
        ];
        let page = |path: &str, second| (path.to_owned(), Some(at(second)));
        let found = chosen(&failed_urls, Some(at(200)));
        assert_eq!(found, [page("/a/2", 102), page("/b/1", 105)]);
        let found = chosen(&failed_urls, None);
        assert_eq!(found, [page("/a/2", 102)], "the last pass");
    }

    #[test]
    fn the_sentinels_of_a_host_are_limited() {
        let pages = |ever_ok| -> Vec<FailedUrl> {
            let parts = (0..20).map(|n| format!("/{n}/"));
            parts
                .map(|part| failed(&part, Some(&part), ever_ok))
                .collect()
        };
        assert_eq!(chosen(&pages(true), Some(at(200))).len(), MOST);
        assert_eq!(chosen(&pages(false), Some(at(200))).len(), MOST_UNPROVEN);
    }

    #[test]
    fn a_sentinel_keeps_its_time_the_pace_and_an_announced_pause() {
        let one = failed("/a/1", Some("/a/"), true);
        let mut sentinels = Sentinels::among(&[&one], at(100), None);
        let again = |now, interval, announced: Option<u64>| {
            let interval = Duration::from_secs(interval);
            sentinels.again(
                &one.url,
                at(now),
                interval,
                announced.map(Duration::from_secs),
            )
        };
        assert_eq!(again(100, 0, None), Some(at(102)));
        assert_eq!(again(100, 3, None), Some(at(106)), "half of the pace");
        assert_eq!(again(100, 0, Some(30)), Some(at(130)));
        assert_eq!(again(100, 0, Some(90)), None, "beyond its time");
        assert_eq!(again(159, 0, None), None);
        sentinels.extend(Duration::from_secs(10));
        let interval = Duration::ZERO;
        assert!(sentinels.again(&one.url, at(159), interval, None).is_some());
    }
}
