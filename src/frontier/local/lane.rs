//! Entries of one host in the order in which they are due: entries that wait for their moment, and
//! bands of entries that may go at any time.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::entry::Entry;
use super::fifo::Fifo;
use crate::model::Moment;

/// Before any moment that occurs.
pub(super) const EVER: Moment = Moment::from_millis(i64::MIN);

/// Entries that wait for their moment come first once that has come; then the bands, first in first
/// out.
#[derive(Debug)]
pub(super) struct Lane<const BANDS: usize> {
    waiting: BinaryHeap<Waiting>,
    bands: [Fifo; BANDS],
    /// Numbers waiting entries, so that equal moments keep their order.
    arrivals: u64,
}

impl<const BANDS: usize> Lane<BANDS> {
    pub(super) fn new() -> Lane<BANDS> {
        Lane {
            waiting: BinaryHeap::new(),
            bands: std::array::from_fn(|_| Fifo::default()),
            arrivals: 0,
        }
    }

    /// Adds an entry that may go at any time.
    pub(super) fn push(&mut self, band: usize, entry: &Entry) {
        self.bands[band].push(entry);
    }

    /// Puts entries before all others of a band.
    pub(super) fn put_before(&mut self, band: usize, entries: Fifo) {
        self.bands[band].put_before(entries);
    }

    /// Adds an entry that waits for its moment.
    pub(super) fn wait(&mut self, entry: Entry, at: Moment) {
        let order = self.arrivals;
        self.arrivals += 1;
        self.waiting.push(Waiting { at, order, entry });
    }

    /// Returns when an entry can be taken: [`EVER`] for at once, `None` if the lane is empty.
    pub(super) fn next_at(&self) -> Option<Moment> {
        if self.bands.iter().any(|band| !band.is_empty()) {
            return Some(EVER);
        }
        self.waiting.peek().map(|first| first.at)
    }

    /// Returns the latest moment that an entry waits for.
    pub(super) fn latest(&self) -> Option<Moment> {
        self.waiting.iter().map(|waiting| waiting.at).max()
    }

    /// Removes and returns the first waiting entry that is due at `now`, or else the first entry of the lane.
    pub(super) fn take(&mut self, now: Moment) -> Option<Entry> {
        if self.waiting.peek().is_some_and(|first| first.at <= now) {
            return self.waiting.pop().map(|first| first.entry);
        }
        let band = self.bands.iter_mut().find(|band| !band.is_empty())?;
        band.pop()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.next_at().is_none()
    }

    /// Returns all entries in the order in which they would be taken, with the moments that they wait
    /// for.
    pub(super) fn into_entries(self) -> impl Iterator<Item = (Entry, Option<Moment>)> {
        let waiting = self.waiting.into_sorted_vec().into_iter().rev();
        let waiting = waiting.map(|it| (it.entry, Some(it.at)));
        let bands = self.bands.into_iter();
        let rest = bands.flat_map(|mut band| std::iter::from_fn(move || band.pop()));
        waiting.chain(rest.map(|entry| (entry, None)))
    }
}

#[derive(Debug)]
struct Waiting {
    at: Moment,
    order: u64,
    entry: Entry,
}

impl Ord for Waiting {
    /// Reversed: `BinaryHeap` returns its greatest element, and the earliest is needed.
    fn cmp(&self, other: &Waiting) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Waiting) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Waiting) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Waiting {}
