//! Requests by the address of the client. They are counted only if the user asks for it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::urls::Hit;

/// Maximum clients that are counted separately: the first ones. Ours.
const MOST: usize = 10_000;

/// Stands for the others.
const OTHERS: &[u8] = b"(other)";

/// Requests of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::logs) struct ClientTally {
    pub(in crate::logs) requests: u64,
    pub(in crate::logs) failed: u64,
    /// Answers of 4xx.
    pub(in crate::logs) refused: u64,
    pub(in crate::logs) last: u32,
}

/// Clients with their requests; `None` if they are not counted.
#[derive(Clone, Debug, Default)]
pub(in crate::logs) struct Clients(Option<HashMap<Box<[u8]>, ClientTally>>);

impl Clients {
    /// Returns counts that continue earlier ones; `None` counts nothing.
    pub(in crate::logs) fn kept(kept: Option<Vec<(String, ClientTally)>>) -> Clients {
        let kept = kept.map(Vec::into_iter);
        Clients(kept.map(|kept| {
            kept.map(|(name, tally)| (name.into_bytes().into_boxed_slice(), tally))
                .collect()
        }))
    }

    /// Counts a request.
    pub(in crate::logs) fn count(&mut self, client: &[u8], hit: &Hit) {
        self.add(
            client,
            ClientTally {
                requests: 1,
                failed: u64::from(hit.is_failure),
                refused: u64::from((400..500).contains(&hit.status)),
                last: hit.second,
            },
        );
    }

    /// Adds the counts of another thread.
    pub(in crate::logs) fn merge(&mut self, other: Clients) {
        if self.0.is_none() {
            *self = other;
            return;
        }
        for (client, tally) in other.0.into_iter().flatten() {
            self.add(&client, tally);
        }
    }

    fn add(&mut self, client: &[u8], more: ClientTally) {
        let Some(clients) = &mut self.0 else {
            return;
        };
        let is_full = clients.len() >= MOST && !clients.contains_key(client);
        let client = if is_full { OTHERS } else { client };
        let tally = match clients.get_mut(client) {
            Some(tally) => tally,
            None => clients.entry(client.into()).or_default(),
        };
        tally.requests += more.requests;
        tally.failed += more.failed;
        tally.refused += more.refused;
        tally.last = tally.last.max(more.last);
    }

    /// Returns whether clients are counted.
    pub(in crate::logs) const fn are_counted(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the clients in the order of their addresses.
    pub(in crate::logs) fn all(&self) -> Vec<(String, ClientTally)> {
        let clients = self.0.iter().flatten();
        let mut all: Vec<(String, ClientTally)> = clients
            .map(|(client, tally)| (String::from_utf8_lossy(client).into_owned(), *tally))
            .collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }
}
