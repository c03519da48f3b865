//! How fast the queue empties, and whether it grows.

use std::collections::VecDeque;
use std::time::Duration;

use crate::crawl::event::Gauge;
use crate::model::Moment;

/// Number of gauges, one each second, over which the speed is measured (ours).
const WINDOW: usize = 15;

/// How fast the crawl settled URLs in the last seconds.
#[derive(Debug, Default)]
pub(super) struct Speed {
    /// URLs done so far.
    pub(super) done: u64,
    last: Option<Moment>,
    /// Time in which requests were open, so far: pauses do not count.
    worked: Duration,
    marks: VecDeque<Mark>,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    done: u64,
    known: u64,
    worked: Duration,
}

impl Speed {
    pub(super) fn see(&mut self, gauge: &Gauge) {
        let before = self.marks.back().map_or(0, |mark| mark.done);
        if let Some(last) = self.last
            && (gauge.open > 0 || self.done > before)
        {
            self.worked += gauge.now.since(last);
        }
        self.last = Some(gauge.now);
        self.marks.push_back(Mark {
            done: self.done,
            known: self.done + gauge.pending,
            worked: self.worked,
        });
        if self.marks.len() > WINDOW {
            self.marks.pop_front();
        }
    }

    /// Begins to measure again: other work has another speed.
    pub(super) fn restart(&mut self) {
        self.marks.clear();
    }

    /// Returns the time for this many URLs; `None` if nothing is measured.
    pub(super) fn time_for(&self, pending: u64) -> Option<Duration> {
        let (from, to) = (self.marks.front()?, self.marks.back()?);
        let done = to.done - from.done;
        let worked = to.worked.saturating_sub(from.worked);
        (done > 0).then(|| worked.mul_f64(pending as f64 / done as f64))
    }

    /// Returns the URLs done in the last seconds.
    pub(super) fn made(&self) -> u64 {
        self.over(|mark| mark.done)
    }

    /// Returns the URLs found in the last seconds.
    pub(super) fn found(&self) -> u64 {
        self.over(|mark| mark.known)
    }

    fn over(&self, count: impl Fn(&Mark) -> u64) -> u64 {
        let (Some(from), Some(to)) = (self.marks.front(), self.marks.back()) else {
            return 0;
        };
        count(to).saturating_sub(count(from))
    }
}
