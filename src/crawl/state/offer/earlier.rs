//! How far the pages of an earlier run were offered.

use std::collections::HashSet;
use std::net::IpAddr;

use crate::model::{Coverage, CrawlUrl, HostKey, ScopePlan};
use crate::store::EarlierPages;

/// A test whether a host, given by a URL of it, is still at one of these IP addresses.
pub(in crate::crawl) type WasAt<'a> = &'a dyn Fn(&CrawlUrl, &[IpAddr]) -> bool;

/// How far the pages of the earlier run were offered.
#[derive(Debug)]
pub(in crate::crawl::state) enum KnownBefore {
    /// Not at all.
    NotBegun,
    /// Up to the position of this reader, without the pages of hosts that are on another network
    /// now.
    Reading(EarlierPages, HashSet<HostKey>),
    /// To the end, or there are none.
    Done,
}

impl KnownBefore {
    /// Returns the start, or `Done` for a list of URLs, which is audited as it is.
    pub(in crate::crawl::state) fn of(scope: &ScopePlan) -> KnownBefore {
        if scope.known && scope.coverage == Coverage::Site {
            KnownBefore::NotBegun
        } else {
            KnownBefore::Done
        }
    }
}
