//! The state behind the lock: hosts and their turns, leases and known URLs.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::entry::{Entry, Place};
use super::host::Host;
use super::lane::EVER;
use super::leases::Leases;
use super::path_memory::PathMemory;
use super::turns::Turns;
use crate::frontier::{Discovery, FrontierError, Lease, Next, Pace, Settlement, Shelf, Ticket};
use crate::model::{FingerprintTable, HostKey, Moment, Role};
use crate::policy::Family;

/// Time between removals of idle hosts.
const TIDY_EVERY: Duration = Duration::from_mins(1);

#[derive(Debug)]
pub(super) struct State {
    default_pace: Pace,
    /// The latest moment given.
    now: Moment,
    /// When idle hosts were last removed.
    tidied: Moment,
    hosts: HashMap<Arc<HostKey>, Box<Host>>,
    turns: Turns,
    leases: Leases,
    paths: PathMemory,
    /// Every URL ever offered, together with its pass.
    known: FingerprintTable<()>,
    /// Number of URLs queued, waiting or leased.
    pending: u64,
}

impl State {
    pub(super) fn new(default_pace: Pace, lease_ttl: Duration, room: usize) -> State {
        State {
            default_pace,
            now: EVER,
            tidied: EVER,
            hosts: HashMap::new(),
            turns: Turns::default(),
            leases: Leases::new(lease_ttl),
            paths: PathMemory::new(room),
            known: FingerprintTable::default(),
            pending: 0,
        }
    }

    pub(super) fn use_shelf(&mut self, addresses: Arc<dyn Shelf>) {
        self.paths.use_shelf(addresses);
    }

    pub(super) fn offer(&mut self, found: &[Discovery]) -> usize {
        let mut new = 0;
        for discovery in found {
            let known = discovery.url.fingerprint().in_pass(discovery.pass);
            let known = match discovery.role {
                Role::Sitemap => known.as_sitemap(),
                _ => known,
            };
            if self.known.insert(known, ()).is_some() {
                continue;
            }
            new += 1;
            self.pending += 1;
            let mut entry = Entry {
                place: Place::Path(discovery.url.path_and_query().into()),
                depth: discovery.depth,
                tries: discovery.tries,
                hops: discovery.hops,
                role: discovery.role,
                pass: discovery.pass,
            };
            let host = discovery.url.host_key();
            self.paths.admit(&mut entry, &host);
            self.with_host(&host, |host| {
                host.pending += 1;
                match discovery.not_before {
                    None => host.queue.push(&entry),
                    Some(at) => host.queue.wait(entry, at, None),
                }
            });
        }
        new
    }

    pub(super) fn lease(&mut self, now: Moment) -> Result<Next, FrontierError> {
        self.now = self.now.max(now);
        if self.now.since(self.tidied) >= TIDY_EVERY {
            self.tidy();
        }
        while let Some(mut held) = self.leases.expire(self.now) {
            let host = Arc::clone(&held.host);
            self.paths.admit(&mut held.entry, &host);
            self.with_host(&host, |host| {
                host.release(&held);
                host.queue.put_first(held.entry, held.lane);
            });
        }
        while let Some(host) = self.turns.first_due(self.now) {
            let host = Arc::clone(host);
            if let Some(lease) = self.visit(&host)? {
                return Ok(Next::Visit(Box::new(lease)));
            }
        }
        // If only the end of a lease can make a host due, the host has no turn; the lease then
        // expires in time.
        Ok([self.turns.next_at(), self.leases.next_at()]
            .into_iter()
            .flatten()
            .min()
            .map_or(Next::Drained, Next::NotBefore))
    }

    pub(super) fn answered(&mut self, ticket: Ticket) {
        if let Some(host) = self.leases.answer(ticket) {
            self.with_host(&host, |host| host.open -= 1);
        }
    }

    pub(super) fn settle(&mut self, ticket: Ticket, how: Settlement) {
        let Some(mut held) = self.leases.end(ticket) else {
            return;
        };
        if matches!(how, Settlement::Done | Settlement::Unused) {
            self.pending -= 1;
        } else {
            self.paths.admit(&mut held.entry, &held.host);
        }
        let host = Arc::clone(&held.host);
        self.with_host(&host, |host| {
            host.release(&held);
            match how {
                Settlement::Done => host.pending -= 1,
                Settlement::Again(at) => {
                    held.entry.tries = held.entry.tries.saturating_add(1);
                    host.queue.wait(held.entry, at, held.lane);
                }
                Settlement::Discarded(at) => host.queue.wait(held.entry, at, held.lane),
                Settlement::Unused => {
                    host.pending -= 1;
                    host.uncharge(ticket, held.before);
                }
                Settlement::Aside(family, until) => {
                    host.uncharge(ticket, held.before);
                    host.queue.set_aside(held.entry, family, until);
                }
            }
        });
    }

    pub(super) fn slow(&mut self, host: &HostKey, pace: Pace) {
        self.with_host(host, |host| host.pace = pace);
    }

    pub(super) fn rejoin(&mut self, host: &HostKey, family: Family) {
        self.with_host(host, |host| host.queue.rejoin(family));
    }

    pub(super) fn move_aside(&mut self, ticket: Ticket, family: Family) {
        if let Some(host) = self.leases.move_aside(ticket, family) {
            self.with_host(&host, |host| host.queue.take_up_place());
        }
    }

    pub(super) fn charge(&mut self, host: &HostKey, now: Moment) -> Moment {
        let ticket = self.leases.ticket();
        let mut at = now;
        self.with_host(host, |host| at = host.charge(ticket, now));
        at
    }

    pub(super) fn park(&mut self, host: &HostKey, until: Moment) {
        // The latest of several moments wins, because its caller relies on it.
        self.with_host(host, |host| host.parked = host.parked.max(until));
    }

    pub(super) fn clear_by(&self, now: Moment) -> Option<Moment> {
        let hosts = self.hosts.values();
        hosts.filter_map(|host| host.clear_by(now)).max()
    }

    pub(super) fn pending(&self) -> u64 {
        self.pending
    }

    /// Changes a host, creating it if needed, and updates its turn.
    fn with_host(&mut self, key: &HostKey, change: impl FnOnce(&mut Host)) {
        let host = match self.hosts.get_mut(key) {
            Some(host) => host,
            None => {
                let key = Arc::new(key.clone());
                let host = Host::new(Arc::clone(&key), self.default_pace);
                self.hosts.entry(key).or_insert(Box::new(host))
            }
        };
        change(host);
        let due = host.due();
        self.turns.set(&mut host.turn, &host.key, due, self.now);
    }

    /// Leases the first entry of the host whose turn it is.
    fn visit(&mut self, key: &HostKey) -> Result<Option<Lease>, FrontierError> {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(key) else {
            return Ok(None);
        };
        self.turns.clear(&mut host.turn);
        let lease = host.give(now, &mut self.leases, &mut self.paths)?;
        let due = host.due();
        self.turns.set(&mut host.turn, &host.key, due, now);
        Ok(lease)
    }

    fn tidy(&mut self) {
        let (now, default_pace) = (self.now, self.default_pace);
        self.hosts
            .retain(|_, host| !host.is_idle(default_pace, now));
        self.hosts.shrink_to_fit();
        self.tidied = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CrawlUrl, Role};

    #[test]
    fn hosts_done_long_ago_are_forgotten() {
        let pace = Pace {
            interval: Duration::from_secs(1),
            open: 1,
        };
        let mut state = State::new(pace, Duration::from_mins(1), usize::MAX);
        let found: Vec<Discovery> = (0..100)
            .map(|n| {
                let url = CrawlUrl::parse(&format!("http://h{n}/")).expect("valid");
                Discovery::new(url, Role::Page)
            })
            .collect();
        assert_eq!(state.offer(&found), 100);
        while let Next::Visit(lease) = state.lease(Moment::from_millis(0)).expect("memory") {
            state.settle(lease.ticket, Settlement::Done);
        }
        let slow = Pace { open: 2, ..pace };
        state.slow(&found[0].url.host_key(), slow);
        state.lease(Moment::from_millis(60_000)).expect("memory");
        assert_eq!(state.hosts.len(), 100, "remembered for a while");
        state.lease(Moment::from_millis(700_000)).expect("memory");
        assert_eq!(state.hosts.len(), 1, "a pace that was set is kept");
        assert_eq!(state.known.len(), 100);
        assert_eq!(state.turns.next_at(), None);
    }
}
