//! The load on a host, as seen from the attempts themselves: when they began, and how the last ones
//! ended.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::Moment;

/// The load on a host at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Load {
    /// Requests open at a time.
    pub(super) open: u32,
    /// Requests begun per second.
    pub(super) rate: f64,
}

/// The start times of the last requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Starts(VecDeque<Moment>);

impl Starts {
    /// Maximum starts that are kept, the newest.
    const KEPT: usize = 64;

    /// Starts older than this do not describe the present.
    const HORIZON: Duration = Duration::from_secs(2);

    /// Minimum starts to measure a rate that is then avoided for minutes. Ours.
    const FEW: usize = 8;

    /// Minimum time to measure a rate, in seconds: two requests begun at once are not thousands per second.
    const LEAST_SPAN: f64 = 0.1;

    pub(super) fn note(&mut self, started: Moment) {
        if self.0.len() == Starts::KEPT {
            self.0.pop_front();
        }
        self.0.push_back(started);
    }

    /// Returns whether too few began lately for a rate: at the start of a crawl, or where pages
    /// take long.
    pub(super) fn are_few(&self) -> bool {
        let last = self.0.iter().max();
        let lately = |last: &Moment| {
            let recent = self.0.iter().filter(|at| **at + Starts::HORIZON >= *last);
            recent.count() < Starts::FEW
        };
        last.is_none_or(lately)
    }

    /// Returns the requests begun per second lately; 1 if there was only one.
    pub(super) fn rate(&self) -> f64 {
        let Some(last) = self.0.iter().max() else {
            return 1.0;
        };
        let recent = || self.0.iter().filter(|at| **at + Starts::HORIZON >= *last);
        let count = recent().count();
        let first = recent().min().unwrap_or(last);
        if count < 2 {
            return 1.0;
        }
        (count - 1) as f64 / last.since(*first).as_secs_f64().max(Starts::LEAST_SPAN)
    }
}

/// The results of the last first attempts at URLs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Recent(VecDeque<bool>);

impl Recent {
    /// Maximum attempts that are considered, the newest.
    pub(super) const KEPT: usize = 20;

    /// Fewer attempts are too few for a share. Ours.
    const FEW: usize = 10;

    pub(super) fn note(&mut self, failed: bool) {
        if self.0.len() == Recent::KEPT {
            self.0.pop_front();
        }
        self.0.push_back(failed);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn failed(&self) -> usize {
        self.0.iter().filter(|failed| **failed).count()
    }

    /// Returns the share of failures. If there are too few attempts, the missing ones count as
    /// fine.
    pub(super) fn share(&self) -> f64 {
        self.failed() as f64 / self.len().max(Recent::FEW) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_two_seconds() {
        let mut starts = Starts::default();
        assert!((starts.rate() - 1.0).abs() < 1e-9);
        for n in 0..10 {
            starts.note(Moment::from_millis(n * 10_000));
        }
        assert!((starts.rate() - 1.0).abs() < 1e-9, "long ago");
        for n in 0..=20 {
            starts.note(Moment::from_millis(200_000 + n * 50));
        }
        assert!((starts.rate() - 20.0).abs() < 1e-9, "{}", starts.rate());
    }
}
