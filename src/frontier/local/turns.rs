//! Whose turn it is: hosts by the moment at which they are due, first come first served among
//! equals. A tree rather than a heap, because a host's place is taken back whenever its pace, its
//! parking or its queue changes, and nothing stale is left to grow.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{HostKey, Moment};

/// A place in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    due: Moment,
    /// No two places are equal, so hosts due at one moment keep the order in which they came.
    order: u64,
}

/// The hosts that have a place.
#[derive(Debug, Default)]
pub(super) struct Turns {
    hosts: BTreeMap<Turn, Arc<HostKey>>,
    issued: u64,
}

impl Turns {
    /// Moves a host to its place, or off the list. A host that is due already keeps the place it
    /// has, lest those that are offered to most often are always last.
    pub(super) fn set(
        &mut self,
        turn: &mut Option<Turn>,
        host: &Arc<HostKey>,
        due: Option<Moment>,
        now: Moment,
    ) {
        // Whoever is due since long ago comes after those who are waiting already.
        let due = due.map(|due| due.max(now));
        if let (Some(turn), Some(due)) = (&turn, due)
            && turn.due.max(now) == due
        {
            return;
        }
        if let Some(old) = turn.take() {
            self.hosts.remove(&old);
        }
        if let Some(due) = due {
            let order = self.issued;
            self.issued += 1;
            self.hosts.insert(Turn { due, order }, Arc::clone(host));
            *turn = Some(Turn { due, order });
        }
    }

    /// The host that is first, if it is due. It keeps its place until that is set anew.
    pub(super) fn first_due(&self, now: Moment) -> Option<&Arc<HostKey>> {
        let (turn, host) = self.hosts.first_key_value()?;
        (turn.due <= now).then_some(host)
    }

    /// Takes a host off the list.
    pub(super) fn clear(&mut self, turn: &mut Option<Turn>) {
        if let Some(old) = turn.take() {
            self.hosts.remove(&old);
        }
    }

    /// When the first host is due.
    pub(super) fn next_at(&self) -> Option<Moment> {
        self.hosts.first_key_value().map(|(turn, _)| turn.due)
    }
}
