//! What one host has to give, and in which order: its robots.txt alone, then everything else.

use super::lane::{EVER, Entry, Lane};
use crate::model::{Moment, Role};

/// The entries of one host that are not leased.
#[derive(Debug)]
pub(super) struct Queue {
    gate: Lane<1>,
    /// A gate entry is leased. There is never a second: the gate is exclusive against itself too.
    gate_leased: bool,
    /// Sitemaps, pages, and what pages are made of or point out to.
    rest: Lane<3>,
}

impl Queue {
    pub(super) fn new() -> Queue {
        Queue {
            gate: Lane::new(),
            gate_leased: false,
            rest: Lane::new(),
        }
    }

    /// Adds an entry that was found.
    pub(super) fn push(&mut self, entry: &Entry) {
        match entry.role {
            Role::Robots => self.gate.push(0, entry),
            Role::Sitemap => self.rest.push(0, entry),
            Role::Page => self.rest.push(1, entry),
            Role::Resource | Role::External => self.rest.push(2, entry),
        }
    }

    /// Adds an entry that is not to be asked for before `at`.
    pub(super) fn wait(&mut self, entry: Entry, at: Moment) {
        match entry.role {
            Role::Robots => self.gate.wait(entry, at),
            _ => self.rest.wait(entry, at),
        }
    }

    /// Puts an entry before all others.
    pub(super) fn put_first(&mut self, entry: Entry) {
        self.wait(entry, EVER);
    }

    /// When there is something to give, as far as this host's entries decide it.
    pub(super) fn next_at(&self) -> Option<Moment> {
        if self.gate_leased {
            return None;
        }
        self.gate.next_at().or_else(|| self.rest.next_at())
    }

    /// Takes what is first at `now`.
    pub(super) fn take(&mut self, now: Moment) -> Option<Entry> {
        if self.gate_leased {
            return None;
        }
        if self.gate.is_empty() {
            return self.rest.take(now);
        }
        let entry = self.gate.take(now);
        self.gate_leased = entry.is_some();
        entry
    }

    /// Notes that the lease of an entry with this role ended.
    pub(super) fn release(&mut self, role: Role) {
        if role == Role::Robots {
            self.gate_leased = false;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.gate.is_empty() && self.rest.is_empty()
    }
}
