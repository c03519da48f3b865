//! Slow lanes: queued entries of the families of one host that are in trouble. They are never first
//! and never starve. While the host has other entries they have every fourth turn, and they take turns
//! among themselves.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::entry::Entry;
use super::lane::Lane;
use crate::model::Moment;
use crate::policy::Family;

/// Number of other entries before one of a slow lane: a broken directory that is as large as the rest
/// of the site delays that by a third. Ours.
const OTHERS_FIRST: u32 = 3;

/// The slow lanes of one host. A family without an entry has none.
#[derive(Debug, Default)]
pub(super) struct SlowLanes {
    lanes: BTreeMap<Family, Lane<1>>,
    /// Number of leased entries of all slow lanes.
    open: u32,
    /// Number of other entries leased since the last entry of a slow lane.
    waited: u32,
    /// The family whose turn was last.
    last: Option<Family>,
}

impl SlowLanes {
    /// Returns the lane of a family, creating it if needed.
    pub(super) fn lane(&mut self, family: Family) -> &mut Lane<1> {
        self.lanes.entry(family).or_insert_with(Lane::new)
    }

    /// Adds an entry that was leased from elsewhere and not requested.
    pub(super) fn set_aside(&mut self, entry: Entry, family: Family, until: Option<Moment>) {
        self.waited = self.waited.saturating_sub(1);
        match until {
            None => self.lane(family).push(0, &entry),
            Some(until) => self.lane(family).wait(entry, until),
        }
    }

    /// Counts an entry that was leased from elsewhere as leased from here.
    pub(super) fn take_up_place(&mut self) {
        self.open += 1;
    }

    /// Removes the lane of a family, if it has one.
    pub(super) fn end(&mut self, family: Family) -> Option<Lane<1>> {
        self.lanes.remove(&family)
    }

    pub(super) fn open(&self) -> u32 {
        self.open
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// Returns when one of them has an entry to take.
    pub(super) fn next_at(&self) -> Option<Moment> {
        self.lanes.values().filter_map(Lane::next_at).min()
    }

    /// Returns the latest moment that one of their entries waits for.
    pub(super) fn latest(&self) -> Option<Moment> {
        self.lanes.values().filter_map(Lane::latest).max()
    }

    /// Returns whether it is their turn. `others_are_due` says whether the host has other entries to
    /// take.
    pub(super) fn may_go(&self, others_are_due: bool) -> bool {
        !self.lanes.is_empty() && (!others_are_due || self.waited >= OTHERS_FIRST)
    }

    /// Records that another entry went before them.
    pub(super) fn wait_for_turn(&mut self) {
        self.waited = self.waited.saturating_add(1);
    }

    /// Takes the first due entry of the lane whose turn it is.
    pub(super) fn take(&mut self, now: Moment) -> Option<(Entry, Family)> {
        let is_due = |lane: &Lane<1>| lane.next_at().is_some_and(|at| at <= now);
        let after = self.last.map_or(Bound::Unbounded, Bound::Excluded);
        let following = self.lanes.range((after, Bound::Unbounded));
        let from_start = self.lanes.iter();
        let family = following
            .chain(from_start)
            .find(|(_, lane)| is_due(lane))
            .map(|(family, _)| *family)?;
        let lane = self.lanes.get_mut(&family)?;
        let entry = lane.take(now)?;
        if lane.is_empty() {
            self.lanes.remove(&family);
        }
        self.last = Some(family);
        self.waited = 0;
        self.open += 1;
        Some((entry, family))
    }

    /// Records that the lease of one of their entries ended.
    pub(super) fn release(&mut self) {
        self.open -= 1;
    }
}
