//! The queue of one host and its order: its robots.txt alone, then everything else, with the slow
//! lanes of families in trouble in between.

use super::entry::Entry;
use super::fifo::Fifo;
use super::lane::{EVER, Lane};
use super::slow::SlowLanes;
use crate::model::{Moment, Role};
use crate::policy::Family;

/// Returns the band of a role that does not have the gate.
const fn band(role: Role) -> usize {
    match role {
        Role::Robots | Role::Sitemap => 0,
        Role::Page => 1,
        Role::Resource | Role::External => 2,
    }
}

/// The entries of one host that are not leased.
#[derive(Debug)]
pub(super) struct Queue {
    gate: Lane<1>,
    /// Whether a gate entry is leased. There is never a second one: the gate is also exclusive
    /// against itself.
    gate_leased: bool,
    /// Sitemaps, pages, and then resources and external URLs.
    rest: Lane<3>,
    slow: SlowLanes,
}

impl Queue {
    pub(super) fn new() -> Queue {
        Queue {
            gate: Lane::new(),
            gate_leased: false,
            rest: Lane::new(),
            slow: SlowLanes::default(),
        }
    }

    /// Adds an entry that was found.
    pub(super) fn push(&mut self, entry: &Entry) {
        match entry.role {
            Role::Robots => self.gate.push(0, entry),
            role => self.rest.push(band(role), entry),
        }
    }

    /// Adds an entry to the slow lane of this family; a robots.txt is in no slow lane.
    pub(super) fn set_aside(&mut self, entry: Entry, family: Family, until: Option<Moment>) {
        match entry.role {
            Role::Robots => self.push(&entry),
            _ => self.slow.set_aside(entry, family, until),
        }
    }

    /// Adds an entry that must not be requested before `at`, in the slow lane that it came from.
    pub(super) fn wait(&mut self, entry: Entry, at: Moment, lane: Option<Family>) {
        match (entry.role, lane) {
            (Role::Robots, _) => self.gate.wait(entry, at),
            (_, Some(family)) => self.slow.lane(family).wait(entry, at),
            (_, None) => self.rest.wait(entry, at),
        }
    }

    /// Puts an entry before all others of its lane.
    pub(super) fn put_first(&mut self, entry: Entry, lane: Option<Family>) {
        self.wait(entry, EVER, lane);
    }

    /// Counts one more leased entry of slow lanes: one that was leased from elsewhere.
    pub(super) fn take_up_place(&mut self) {
        self.slow.take_up_place();
    }

    /// Returns the number of leased entries of slow lanes.
    pub(super) fn slow_open(&self) -> u32 {
        self.slow.open()
    }

    /// Returns whether only slow lanes have entries.
    pub(super) fn has_only_slow(&self) -> bool {
        self.gate.is_empty() && self.rest.is_empty()
    }

    /// Moves the entries of a family's slow lane before the other entries in the queue: they were found earlier.
    pub(super) fn rejoin(&mut self, family: Family) {
        let Some(lane) = self.slow.end(family) else {
            return;
        };
        let mut fifos = [Fifo::default(), Fifo::default(), Fifo::default()];
        for (entry, at) in lane.into_entries() {
            match (at, entry.role) {
                (Some(at), _) => self.rest.wait(entry, at),
                (None, Role::Robots) => self.gate.push(0, &entry),
                (None, role) => fifos[band(role)].push(&entry),
            }
        }
        for (band, entries) in fifos.into_iter().enumerate() {
            self.rest.put_before(band, entries);
        }
    }

    /// Returns when an entry can be taken according to this host's entries alone. `room` says
    /// whether one more entry of a slow lane may be leased.
    pub(super) fn next_at(&self, room: bool) -> Option<Moment> {
        if self.gate_leased {
            return None;
        }
        let slow = || self.slow.next_at().filter(|_| room);
        let rest = || [self.rest.next_at(), slow()].into_iter().flatten().min();
        self.gate.next_at().or_else(rest)
    }

    /// Returns the latest moment that an entry waits for.
    pub(super) fn latest(&self) -> Option<Moment> {
        let waits = [self.gate.latest(), self.rest.latest(), self.slow.latest()];
        waits.into_iter().flatten().max()
    }

    /// Takes the first entry at `now`, with the slow lane that it comes from.
    pub(super) fn take(&mut self, now: Moment, room: bool) -> Option<(Entry, Option<Family>)> {
        if self.gate_leased {
            return None;
        }
        if !self.gate.is_empty() {
            let entry = self.gate.take(now)?;
            self.gate_leased = true;
            return Some((entry, None));
        }
        let rest_is_due = self.rest.next_at().is_some_and(|at| at <= now);
        if room
            && self.slow.may_go(rest_is_due)
            && let Some((entry, family)) = self.slow.take(now)
        {
            return Some((entry, Some(family)));
        }
        let entry = self.rest.take(now)?;
        self.slow.wait_for_turn();
        Some((entry, None))
    }

    /// Records that the lease of an entry with this role ended, and the slow lane that it came from.
    pub(super) fn release(&mut self, role: Role, lane: Option<Family>) {
        if role == Role::Robots {
            self.gate_leased = false;
        }
        if lane.is_some() {
            self.slow.release();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gate.is_empty() && self.rest.is_empty() && self.slow.is_empty()
    }
}
