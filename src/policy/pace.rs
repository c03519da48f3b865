//! How fast one host is asked: as fast as the plan allows, until it is seen to suffer. Additive
//! increase and multiplicative decrease of open requests and of the rate, as TCP does it:
//!
//! - *ramp*: from two open requests, one more for every two that went well while the limit was in
//!   use, so half as many again each round trip. A healthy site is asked at full speed after some
//!   thirty answers, whatever its latency; the first trouble finds few requests open.
//! - *wary*: after a failure that may come of the load, one request at a time and at most one a
//!   second. What failed is asked again then, alone. If it fails again the URL is broken, not the
//!   host: the pace comes back. If it is fine, the load was too much, and half of it is the limit.
//! - *steady*: one open request more, and a bit more a second, for each clean window of ten
//!   seconds. What failed before is not tried again for a minute, then two, then four.
//!
//! Failures never make it faster: errors come back sooner than pages (Scrapy's AutoThrottle).

mod baseline;
mod limit;
mod load;
mod signal;
#[cfg(test)]
mod simulation;
mod wary;
mod window;

use std::time::Duration;

use crate::model::{Headroom, Load, Moment, Pace, PacePlan};

use self::baseline::Baseline;
use self::limit::{Avoid, Limit};
use self::load::{Recent, Starts};
use self::signal::Tells;
use self::wary::{Wary, Way};
use self::window::Window;

pub use signal::PaceSignal;

/// Successes for each further open request while ramping up.
const PER_STEP: u32 = 2;

/// Highest share of failures that is put down to broken pages. Beyond it, trouble is trouble.
const MAX_BACKGROUND: f64 = 0.3;

/// The pace of one host. Takes some 500 bytes once the host was asked a few times.
#[derive(Clone, Debug, PartialEq)]
pub struct HostPace {
    ceiling: Pace,
    limit: Limit,
    mode: Mode,
    /// What began up to this moment began at another pace and says nothing of this one.
    changed: Option<Moment>,
    avoid: Option<Avoid>,
    /// Share of first attempts that fail at any pace, because their pages are broken.
    background: f64,
    baseline: Baseline,
    starts: Starts,
    recent: Recent,
    window: Window,
    headroom: Headroom,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    /// With the successes since the last step.
    Ramp(u32),
    Wary(Wary),
    Steady,
}

impl HostPace {
    /// A host that was not asked yet.
    pub fn new(plan: &PacePlan) -> HostPace {
        let ceiling = plan.ceiling();
        HostPace {
            ceiling,
            limit: Limit::start(ceiling),
            mode: Mode::Ramp(0),
            changed: None,
            avoid: None,
            background: 0.0,
            baseline: Baseline::default(),
            starts: Starts::default(),
            recent: Recent::default(),
            window: Window::default(),
            headroom: Headroom::default(),
        }
    }

    /// The pace in force: at least one open request, never more or sooner than the ceiling.
    pub fn pace(&self) -> Pace {
        let (open, own) = match &self.mode {
            Mode::Wary(wary) => (1, wary.interval()),
            _ => (self.limit.open, self.limit.interval()),
        };
        Pace {
            interval: self.ceiling.interval.max(own),
            open: open.clamp(1, self.ceiling.open),
        }
    }

    /// The fastest that this host may be asked.
    pub fn ceiling(&self) -> Pace {
        self.ceiling
    }

    /// What the host was seen to bear so far.
    pub fn headroom(&self) -> Headroom {
        self.headroom
    }

    /// Takes in an attempt that is over; returns the pace from now on if it is another one.
    pub fn on_attempt(&mut self, seen: PaceSignal, now: Moment) -> Option<Pace> {
        let before = self.pace();
        self.starts.note(seen.started);
        if self.changed.is_none_or(|changed| seen.started > changed) {
            match seen.tells() {
                Tells::Well => self.went_well(seen, now),
                Tells::Trouble => self.went_wrong(seen, seen.retry, now),
                Tells::TooHard => self.went_wrong(seen, false, now),
                Tells::Nothing => {}
            }
        }
        let after = self.pace();
        (after != before).then_some(after)
    }

    /// Never asks sooner than this, as robots.txt's `Crawl-delay` demands.
    pub fn at_least(&mut self, interval: Duration) {
        self.ceiling.interval = self.ceiling.interval.max(interval);
    }

    /// Starts again as with a host that was not asked yet: it was down, whatever the pace.
    pub fn restart(&mut self, now: Moment) {
        self.limit = Limit::start(self.ceiling);
        self.mode = Mode::Ramp(0);
        self.changed = Some(now);
        self.avoid = None;
        self.recent = Recent::default();
        self.window.restart(now);
    }

    fn went_well(&mut self, seen: PaceSignal, now: Moment) {
        if !seen.retry {
            self.recent.note(false);
        }
        let mut calm = true;
        if let Some(latency) = seen.latency() {
            calm = self.baseline.is_calm(latency);
            self.baseline.learn(latency);
            self.window.first_bytes.push(latency);
        }
        // Netflix lets the limit grow when half of it is in use; here it is more than half, so that
        // a host that is only ever asked one thing at a time keeps the pace it began with.
        let busy = seen.in_flight * 2 > self.limit.open;
        self.window.busy |= busy;
        self.window.in_flight = self.window.in_flight.max(seen.in_flight);
        match &mut self.mode {
            Mode::Wary(wary) => {
                self.headroom.healed += u32::from(seen.retry);
                match wary.went_well(seen.retry) {
                    None => {}
                    Some(Way::Halved) => self.mode = Mode::Steady,
                    Some(Way::Back) => self.take_back(),
                }
                self.window.restart(now);
                return;
            }
            Mode::Ramp(well) if busy && calm => {
                *well += 1;
                if *well >= PER_STEP {
                    *well = 0;
                    self.limit.open = (self.limit.open + 1).min(self.ceiling.open);
                    self.headroom.clean_at(Load {
                        open: seen.in_flight,
                        rate: self.starts.rate(),
                    });
                }
            }
            Mode::Ramp(_) | Mode::Steady => {}
        }
        self.look_back(now);
    }

    fn went_wrong(&mut self, seen: PaceSignal, again: bool, now: Moment) {
        if let Mode::Wary(wary) = &mut self.mode {
            if wary.went_wrong(again) {
                self.changed = Some(now);
            }
            return;
        }
        if again {
            return;
        }
        self.recent.note(true);
        self.window.failures += 1;
        if seen.tells() == Tells::TooHard || self.recent.failed() > self.expected() {
            self.back_off(seen, now);
        }
    }

    /// Failures among the recent attempts that broken pages alone may well bring about: their mean
    /// and two standard deviations (Poisson), and one, because few of them are known.
    fn expected(&self) -> usize {
        let mean = self.background * self.recent.len() as f64;
        if mean > 0.0 {
            (mean + 2.0 * mean.sqrt() + 1.0) as usize
        } else {
            0
        }
    }

    fn back_off(&mut self, seen: PaceSignal, now: Moment) {
        let load = Load {
            open: seen.in_flight.max(1),
            rate: self.starts.rate(),
        };
        if self.limit.is_least() {
            // There is no load left to blame.
            self.expect_share();
        }
        let wary = Wary::new(self);
        self.headroom.failed_at(load);
        self.avoid = Some(Avoid::after(self.avoid, load, now));
        self.limit.halve(load);
        self.mode = Mode::Wary(wary);
        self.changed = Some(now);
    }

    /// The failure was the URL's own: everything as before it, and more like it expected.
    fn take_back(&mut self) {
        if let Mode::Wary(wary) = self.mode {
            let before = wary.before();
            self.limit = before.limit;
            self.avoid = before.avoid;
            self.headroom.failed = before.failed;
            self.mode = if before.ramping {
                Mode::Ramp(0)
            } else {
                Mode::Steady
            };
            self.expect_share();
        }
    }

    fn expect_share(&mut self) {
        let share = self.recent.share().min(MAX_BACKGROUND);
        self.background = self.background.max(share);
    }

    /// At the end of a window: less if the host became slow, more if all is well.
    fn look_back(&mut self, now: Moment) {
        let since = *self.window.since.get_or_insert(now);
        if now.since(since) < window::LENGTH {
            return;
        }
        let latency = self.window.first_bytes.median();
        let clean = self.window.failures <= self.expected();
        if clean {
            self.headroom.clean_at(Load {
                open: self.window.in_flight,
                rate: self.starts.rate(),
            });
        }
        if latency.is_some_and(|latency| self.baseline.is_slow(latency)) {
            self.limit.open = (self.limit.open * 9 / 10).max(1);
            self.mode = Mode::Steady;
        } else if clean
            && self.window.busy
            && self.mode == Mode::Steady
            && latency.is_none_or(|latency| self.baseline.is_calm(latency))
        {
            self.limit.grow(self.avoid, now, self.ceiling);
        }
        self.window.restart(now);
    }
}
