//! Which families of a host are in trouble: most of their URLs failed lately when they were requested
//! for the first time. Their failures say nothing of the host or of the load, and what waits of them
//! goes through a slow lane. A family of which nothing failed is not kept.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::Moment;

use super::family::Family;
use super::retry::LONGEST_ANNOUNCED;

/// First attempts that are looked back on. Ours, as are the next three.
const RECENT: usize = 8;

/// Weight of failures from which on a family may be in trouble: three URLs, or two that made us wait.
const ENOUGH: u32 = 3;

/// A failure that took this long weighs twice: it holds a request that others could have had.
const SLOW: Duration = Duration::from_secs(5);

/// Failures of two families that are no further apart may have one reason.
const LATELY: Duration = Duration::from_secs(30);

/// Most families that are kept of a host, some fifty bytes each.
const MOST_FAMILIES: usize = 256;

/// The first attempt at a URL, as its family sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstAttempt {
    /// Whether it failed as search engines see it.
    pub failed: bool,
    /// How long it took.
    pub took: Duration,
    /// How long its answer wants not to be asked.
    pub announced: Option<Duration>,
}

/// The families of one host of which something failed.
#[derive(Debug, Default)]
pub struct Suspects {
    families: BTreeMap<Family, Record>,
}

#[derive(Debug, Default)]
struct Record {
    /// Weights of the last first attempts, zero for one that went well; the newest last.
    recent: Vec<u8>,
    /// Failures in a row that announced their end.
    announced: u32,
    last_failed: Moment,
    /// Until when all of it waits, once it said so.
    held: Option<Moment>,
}

impl Suspects {
    /// Whether nothing failed so far.
    pub fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// Takes in a first attempt at a URL of this family. Returns whether it shows that the family
    /// alone is in trouble, when it was not known to be: no other one failed lately.
    pub fn note(&mut self, family: Family, seen: FirstAttempt, now: Moment) -> bool {
        let is_known = self.families.contains_key(&family);
        if !is_known && (!seen.failed || self.families.len() >= MOST_FAMILIES) {
            return false;
        }
        let record = self.families.entry(family).or_default();
        let was_in_trouble = record.is_in_trouble();
        if record.recent.len() == RECENT {
            record.recent.remove(0);
        }
        let weight = 1 + u8::from(seen.took >= SLOW);
        record.recent.push(if seen.failed { weight } else { 0 });
        record.announced = match (seen.failed, seen.announced) {
            (true, Some(_)) => record.announced + 1,
            (true, None) | (false, _) => 0,
        };
        // Its URLs keep saying it: all of it waits, once. A longer wait is for later passes.
        let wait = seen.announced.filter(|wait| *wait <= LONGEST_ANNOUNCED);
        if let Some(wait) = wait.filter(|_| seen.failed)
            && record.held.is_none()
            && record.announced >= ENOUGH
        {
            record.held = Some(now + wait);
        }
        if !seen.failed {
            return false;
        }
        record.last_failed = now;
        let is_new = record.is_in_trouble() && !was_in_trouble;
        let lately = |record: &Record| now.since(record.last_failed) < LATELY;
        let mut others = self.families.iter().filter(|(other, _)| **other != family);
        is_new && !others.any(|(_, other)| !other.is_in_trouble() && lately(other))
    }

    /// Whether anything of a family failed.
    pub fn knows(&self, family: Family) -> bool {
        self.families.contains_key(&family)
    }

    /// Whether a family is in trouble.
    pub fn is_in_trouble(&self, family: Family) -> bool {
        let record = self.families.get(&family);
        record.is_some_and(Record::is_in_trouble)
    }

    /// Until when a family wants not to be asked, if that is not over.
    pub fn held(&self, family: Family, now: Moment) -> Option<Moment> {
        let record = self.families.get(&family)?;
        record.held.filter(|until| *until > now)
    }
}

impl Record {
    fn is_in_trouble(&self) -> bool {
        let weight: u32 = self.recent.iter().map(|weight| u32::from(*weight)).sum();
        let failed = self.recent.iter().filter(|weight| **weight > 0).count();
        weight >= ENOUGH && failed * 2 > self.recent.len()
    }
}

#[cfg(test)]
mod tests {
    use super::super::family::Families;
    use super::*;
    use crate::model::CrawlUrl;

    fn family(path: &str) -> Family {
        let url = CrawlUrl::parse(&format!("http://site.test{path}")).expect("a URL");
        Families::default().of(&url)
    }

    /// `F` fails at once, `S` after a long time, `.` goes well.
    fn noted(attempts: &str) -> bool {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        for mark in attempts.chars() {
            let seen = FirstAttempt {
                failed: mark != '.',
                took: Duration::from_secs(if mark == 'S' { 30 } else { 0 }),
                announced: None,
            };
            suspects.note(shop, seen, Moment::default());
        }
        assert!(!suspects.is_in_trouble(family("/other?page=1")));
        suspects.is_in_trouble(shop)
    }

    #[test]
    fn a_family_is_in_trouble_while_most_of_its_urls_fail() {
        let cases = [
            ("FF", false),
            ("FFF", true),
            ("SS", true),
            ("F..F..F", false),
            // What went well before the first failure is not kept.
            ("....FFF", true),
            ("FFFF...", true),
            ("FFFF....", false),
            ("FFFFFFFFFFFFFFFF....", false),
            ("FFFFFFFFFFFFFFFF...", true),
        ];
        for (attempts, expected) in cases {
            assert_eq!(noted(attempts), expected, "{attempts}");
        }
    }

    #[test]
    fn a_family_is_alone_in_trouble_if_no_other_failed_lately() {
        let failed = FirstAttempt {
            failed: true,
            took: Duration::ZERO,
            announced: None,
        };
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        let (shop, blog) = (family("/shop/1"), family("/blog/x?page=1"));
        let mut suspects = Suspects::default();
        let alone = [0, 1, 2, 3].map(|second| suspects.note(shop, failed, at(second)));
        assert_eq!(alone, [false, false, true, false]);
        let mut suspects = Suspects::default();
        suspects.note(blog, failed, at(0));
        let alone = [0, 1, 2].map(|second| suspects.note(shop, failed, at(second)));
        assert_eq!(alone, [false; 3]);
    }

    #[test]
    fn a_family_whose_urls_keep_saying_so_waits_once() {
        let (mut suspects, shop) = (Suspects::default(), family("/shop/1"));
        let closed = |seconds| FirstAttempt {
            failed: true,
            took: Duration::ZERO,
            announced: Some(Duration::from_secs(seconds)),
        };
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        for second in 0..3 {
            assert_eq!(suspects.held(shop, at(second)), None);
            suspects.note(shop, closed(30), at(second));
        }
        assert_eq!(suspects.held(shop, at(3)), Some(at(32)));
        suspects.note(shop, closed(30), at(33));
        assert_eq!(suspects.held(shop, at(33)), None);
        let blog = family("/blog/x?page=1");
        for second in 0..5 {
            suspects.note(blog, closed(3_600), at(second));
        }
        assert_eq!(suspects.held(blog, at(5)), None);
    }
}
