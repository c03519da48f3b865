//! How far the pages of an earlier run were offered.

use std::collections::HashSet;

use crate::model::{Coverage, HostKey, ScopePlan};
use crate::store::EarlierPages;

/// How far the pages of the earlier run were offered.
#[derive(Debug)]
pub(in crate::crawl) enum KnownBefore {
    /// Not at all.
    NotBegun,
    /// Up to where this reads on, without the pages of hosts that are on another network now.
    Reading(EarlierPages, HashSet<HostKey>),
    /// To the end, or there are none.
    Done,
}

impl KnownBefore {
    /// A list of URLs is audited as it is.
    pub(in crate::crawl) fn of(scope: &ScopePlan) -> KnownBefore {
        if scope.known && scope.coverage == Coverage::Site {
            KnownBefore::NotBegun
        } else {
            KnownBefore::Done
        }
    }
}
