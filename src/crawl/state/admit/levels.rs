//! Breadth first where the number of clicks decides what is fetched: a page is requested when all pages that
//! are fewer clicks away have been. Otherwise a page that is first reached by a longer way, because a server was
//! slow to answer, would keep what it links to from being fetched. Without `--max-depth` nothing is held back.

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

/// As little of a page as it takes: there may be as many as the site has, and the store has their addresses.
#[derive(Debug)]
pub(in crate::crawl) struct HeldBack {
    pub(in crate::crawl) url: Fingerprint,
    depth: u32,
    hops: u8,
}

impl HeldBack {
    /// The page, with its address.
    pub(in crate::crawl) fn found(&self, address: &str) -> Option<Discovery> {
        Some(Discovery {
            depth: self.depth,
            hops: self.hops,
            ..Discovery::new(CrawlUrl::parse(address).ok()?, Role::Page)
        })
    }
}

impl Levels {
    /// For a crawl that goes no further than so many clicks, if there is such a limit.
    pub(in crate::crawl::state) fn new(max_depth: Option<u32>) -> Levels {
        Levels {
            is_limited: max_depth.is_some(),
            now: 0,
            held: Vec::new(),
        }
    }

    /// Keeps what is not to be fetched yet, and leaves the rest.
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

    /// The pages of the next level, once those before are fetched; none if there are no more.
    pub(in crate::crawl::state) fn next(&mut self) -> Vec<HeldBack> {
        let Some(next) = self.held.iter().map(|held| held.depth).min() else {
            return Vec::new();
        };
        self.now = next;
        let due = self.held.extract_if(.., |held| held.depth == next);
        due.collect()
    }
}
