//! One host: its queue, and the conditions of its next request.

use std::sync::Arc;
use std::time::Duration;

use super::entry::{Entry, Place};
use super::lane::EVER;
use super::leases::Charge;
use super::leases::{Held, Leases};
use super::pacing::Instant;
use super::path_memory::PathMemory;
use super::queue::Queue;
use super::turns::Turn;
use crate::frontier::{Discovery, FrontierError, Lease, Pace, Ticket};
use crate::model::{CrawlUrl, HostKey, Moment};

/// How long a host without work is remembered, so that a slower pace set soon after its last request still
/// counts from that request.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Pause before another attempt to read a URL that is not on the shelf yet: the writer stores changes within
/// milliseconds. Ours.
const UNTIL_STORED: Duration = Duration::from_millis(10);

/// A host and its queue.
#[derive(Debug)]
pub(super) struct Host {
    pub(super) key: Arc<HostKey>,
    pub(super) queue: Queue,
    pub(super) pace: Pace,
    /// Number of leases with an open request.
    pub(super) open: u32,
    /// Number of leases that are neither settled nor expired.
    leased: u32,
    /// Number of URLs queued, waiting or leased.
    pub(super) pending: u64,
    /// Nothing is leased before this moment.
    pub(super) parked: Moment,
    /// The last request that counts.
    pub(super) last: Option<Charge>,
    /// Its position in the order of hosts, if it has something to lease.
    pub(super) turn: Option<Turn>,
}

impl Host {
    pub(super) fn new(key: Arc<HostKey>, pace: Pace) -> Host {
        Host {
            key,
            queue: Queue::new(),
            pace,
            open: 0,
            leased: 0,
            pending: 0,
            parked: EVER,
            last: None,
            turn: None,
        }
    }

    /// Returns when it may be requested next, or `None` if that depends on an offer or the end of a lease.
    pub(super) fn due(&self) -> Option<Moment> {
        // Requests that are not stored yet count too: a killed process then repeats no more requests than may
        // be open.
        if self.leased >= self.pace.open.max(1) {
            return None;
        }
        let ready = self.ready().map_or(EVER, Instant::moment);
        let queued = self.queue.next_at(self.has_room_for_slow())?;
        Some(queued.max(self.parked).max(ready))
    }

    /// Returns when the last of its queued URLs can be leased, if it keeps to its pace.
    pub(super) fn clear_by(&self, now: Moment) -> Option<Moment> {
        let queued = self.pending - u64::from(self.leased);
        let others = u32::try_from(queued.checked_sub(1)?).unwrap_or(u32::MAX);
        let ready = self.ready().map_or(EVER, Instant::moment);
        let first = now.max(self.parked).max(ready);
        let by_pace = first + self.pace.interval.saturating_mul(others);
        Some(by_pace.max(self.queue.latest().unwrap_or(EVER)))
    }

    /// Returns when its pace allows the next request.
    fn ready(&self) -> Option<Instant> {
        self.last.map(|last| last.at.after(self.pace.interval))
    }

    /// Returns whether one more request of a slow lane may be open. Slow lanes may use half of the open
    /// requests, or all if nothing else is queued.
    fn has_room_for_slow(&self) -> bool {
        self.queue.has_only_slow() || self.queue.slow_open() < (self.pace.open / 2).max(1)
    }

    /// Leases the first entry, if its URL can be read. The host must be due.
    pub(super) fn give(
        &mut self,
        now: Moment,
        leases: &mut Leases,
        paths: &mut PathMemory,
    ) -> Result<Option<Lease>, FrontierError> {
        let at = self.ready().map_or(Instant::of(now), |due| due.served(now));
        let Some((mut entry, lane)) = self.queue.take(now, self.has_room_for_slow()) else {
            return Ok(None);
        };
        if !paths.take_out(&mut entry, &self.key)? {
            self.queue.release(entry.role, lane);
            self.queue.put_first(entry, lane);
            self.parked = self.parked.max(now + UNTIL_STORED);
            return Ok(None);
        }
        let found = self.discovery(&entry);
        let ticket = leases.ticket();
        let before = self.last.replace(Charge { ticket, at });
        let held = Held {
            host: Arc::clone(&self.key),
            entry,
            lane,
            open: true,
            before,
        };
        leases.hold(ticket, held, now);
        self.open += 1;
        self.leased += 1;
        Ok(Some(Lease {
            ticket,
            found,
            slow: lane.is_some(),
            in_flight: self.open,
            unsettled: self.leased,
            pace: self.pace,
        }))
    }

    /// Charges the next request that the pace allows, and returns its moment.
    pub(super) fn charge(&mut self, ticket: Ticket, now: Moment) -> Moment {
        let at = self.ready().map_or(Instant::of(now), |due| {
            if due > Instant::of(now) {
                due
            } else {
                due.served(now)
            }
        });
        self.last = Some(Charge { ticket, at });
        at.moment()
    }

    /// Records that a lease ended.
    pub(super) fn release(&mut self, held: &Held) {
        self.open -= u32::from(held.open);
        self.leased -= 1;
        self.queue.release(held.entry.role, held.lane);
    }

    /// Takes back the charge for a request that was not made. If another request was charged since, the
    /// spacing counts from that one and there is nothing to take back.
    pub(super) fn uncharge(&mut self, ticket: Ticket, before: Option<Charge>) {
        if self.last.is_some_and(|last| last.ticket == ticket) {
            self.last = before;
        }
    }

    /// Returns the discovery of an entry, with the host's part of the URL.
    fn discovery(&self, entry: &Entry) -> Discovery {
        let Place::Path(path) = &entry.place else {
            unreachable!("what is given out was taken from the shelf");
        };
        let text = [self.key.as_str(), path].concat();
        Discovery {
            url: CrawlUrl::parse(&text).expect("a URL taken apart is a URL when put together"),
            role: entry.role,
            depth: entry.depth,
            hops: entry.hops,
            pass: entry.pass,
            tries: entry.tries,
            not_before: None,
        }
    }

    /// Returns whether the host can be forgotten without effect.
    pub(super) fn is_idle(&self, default_pace: Pace, now: Moment) -> bool {
        let forgotten = self.pace.interval.max(REMEMBERED);
        let long_ago = |last: Charge| last.at.after(forgotten) <= Instant::of(now);
        self.leased == 0
            && self.queue.is_empty()
            && self.pace == default_pace
            && self.parked <= now
            && self.last.is_none_or(long_ago)
    }
}
