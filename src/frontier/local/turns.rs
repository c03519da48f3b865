//! The turns of hosts: ordered by the moment at which they are due, and first come, first served
//! among equals. It is a tree rather than a heap. A host's turn is removed whenever its pace, its
//! parking or its queue changes, so no stale entries accumulate.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{HostKey, Moment};

/// The position of a host in the order in which hosts get a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Turn {
    due: Moment,
    /// No two positions are equal, so hosts due at one moment keep the order in which they came.
    order: u64,
}

/// The hosts in the order of their positions.
#[derive(Debug, Default)]
pub(super) struct Turns {
    hosts: BTreeMap<Turn, Arc<HostKey>>,
    issued: u64,
}

impl Turns {
    /// Moves a host to its position, or removes it. A host that is due already keeps its position,
    /// because otherwise hosts that receive most offers would always be last.
    pub(super) fn set(
        &mut self,
        turn: &mut Option<Turn>,
        host: &Arc<HostKey>,
        due: Option<Moment>,
        now: Moment,
    ) {
        // An overdue host queues behind hosts that already wait.
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

    /// Returns the first host, if it is due. It keeps its position until `set` changes it.
    pub(super) fn first_due(&self, now: Moment) -> Option<&Arc<HostKey>> {
        let (turn, host) = self.hosts.first_key_value()?;
        (turn.due <= now).then_some(host)
    }

    /// Removes a host.
    pub(super) fn clear(&mut self, turn: &mut Option<Turn>) {
        if let Some(old) = turn.take() {
            self.hosts.remove(&old);
        }
    }

    /// Returns when the first host is due.
    pub(super) fn next_at(&self) -> Option<Moment> {
        self.hosts.first_key_value().map(|(turn, _)| turn.due)
    }
}
