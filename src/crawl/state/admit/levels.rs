//! Breadth-first order where the number of clicks decides which pages are fetched. A page is
//! requested when all pages that are fewer clicks away have been. Otherwise, after a slow answer,
//! the crawl might reach a page by a longer way first. The page's own links would then be too deep.
//! Without `--max-depth` nothing is held back.

use crate::frontier::Discovery;
use crate::model::{CrawlUrl, Fingerprint, Role};

/// Pages that wait until those of fewer clicks have been fetched.
#[derive(Debug)]
pub(in crate::crawl::state) struct Levels {
    is_limited: bool,
    /// Clicks of the pages that are fetched now.
    now: u32,
    held: Vec<HeldBack>,
}

/// The minimum data of a page: there may be as many as the site has, and the store has their
/// URLs.
#[derive(Debug)]
pub(in crate::crawl) struct HeldBack {
    pub(in crate::crawl) url: Fingerprint,
    depth: u32,
    hops: u8,
}

impl HeldBack {
    /// Returns the page, with its URL.
    pub(in crate::crawl) fn found(&self, address: &str) -> Option<Discovery> {
        Some(Discovery {
            depth: self.depth,
            hops: self.hops,
            ..Discovery::new(CrawlUrl::parse(address).ok()?, Role::Page)
        })
    }
}

impl Levels {
    /// Returns the levels of a crawl. `max_depth` is its limit of clicks, if it has one.
    pub(in crate::crawl::state) fn new(max_depth: Option<u32>) -> Levels {
        Levels {
            is_limited: max_depth.is_some(),
            now: 0,
            held: Vec::new(),
        }
    }

    /// Removes and keeps the pages that must wait.
    pub(in crate::crawl::state) fn hold_back(&mut self, new: &mut Vec<Discovery>) {
        if !self.is_limited {
            return;
        }
        let (now, held) = (self.now, &mut self.held);
        new.retain(|found| {
            let is_first = found.pass == 1 && found.tries == 0 && found.not_before.is_none();
            let is_later = found.role == Role::Page && is_first && found.depth > now;
            if is_later {
                held.push(HeldBack {
                    url: found.url.fingerprint(),
                    depth: found.depth,
                    hops: found.hops,
                });
            }
            !is_later
        });
    }

    /// Returns the pages of the next level, once those before are fetched; empty if there are no
    /// more.
    pub(in crate::crawl::state) fn next(&mut self) -> Vec<HeldBack> {
        let Some(next) = self.held.iter().map(|held| held.depth).min() else {
            return Vec::new();
        };
        self.now = next;
        let due = self.held.extract_if(.., |held| held.depth == next);
        due.collect()
    }
}
