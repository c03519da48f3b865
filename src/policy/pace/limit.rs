//! What a host is thought to bear: halved when it fails, raised step by step.

use std::time::Duration;

use super::load::Load;
use crate::model::{Moment, Pace};

/// Requests open at the start: two cannot hurt a site that serves people, and show whether it
/// answers side by side.
const START: u32 = 2;

/// Failures halve the pace.
const BACKOFF: u32 = 2;

/// What late answers leave of the pace: thrice that is less than half, and then it is known whether the
/// load is the reason. Ours.
const EASE: f64 = 0.75;

/// Lowest rate that halving leads to, in requests per second: a polite one-at-a-time crawl.
/// Longer silence is the breaker's to impose.
const MIN_RATE: f64 = 1.0;

/// A step of recovery, as a factor of the rate. Ours: half the rate is made up for in three steps.
const RECOVERY: f64 = 1.25;

/// The same as a part of the rate that failed, where that is more: after several halvings a factor alone
/// takes long. Ours.
const STEP: f64 = 0.125;

/// A step of the ramp, as a factor of the rate: what failed before is approached slowly, so that few
/// requests are under way when it fails again. Ours.
const RAMP: f64 = 1.0625;

/// What is tried again at once, as a part of the rate that failed. Ours.
const BELOW: f64 = 0.875;

/// Answers after which a load that failed once is tried again. Ours: a site that bears four open
/// requests sees one failure in the first seventy.
const TRIAL: u32 = 64;

/// First time for which a load that failed twice is not tried again; it doubles each time it fails.
const AVOID: Duration = Duration::from_mins(1);

/// What the host is thought to bear, within the ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) open: u32,
    /// Requests per second; absent for none but the ceiling.
    pub(super) rate: Option<f64>,
}

/// A load that failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Avoid {
    pub(super) load: Load,
    pub(super) until: Moment,
    pub(super) times: u32,
}

impl Limit {
    pub(super) fn start(ceiling: Pace) -> Limit {
        Limit {
            open: START.min(ceiling.open),
            rate: None,
        }
    }

    pub(super) fn interval(&self) -> Duration {
        self.rate.map_or(Duration::ZERO, |rate| {
            Duration::from_secs_f64(1.0 / rate.max(MIN_RATE))
        })
    }

    /// Half as much, of what was requested when it failed if that was less.
    pub(super) fn halve(&mut self, failed: Load) {
        let rate = self.rate.map_or(failed.rate, |rate| rate.min(failed.rate));
        self.open = (self.open / BACKOFF).clamp(1, failed.open);
        self.rate = Some((rate / f64::from(BACKOFF)).max(MIN_RATE));
    }

    /// A quarter less, because answers came late.
    pub(super) fn ease(&mut self, late: Load) {
        let rate = self.rate.map_or(late.rate, |rate| rate.min(late.rate));
        self.open = ((f64::from(self.open.min(late.open)) * EASE) as u32).max(1);
        self.rate = Some((rate * EASE).max(MIN_RATE));
    }

    /// A step back towards the load that failed, and not up to it. More may be open only if `busy`.
    pub(super) fn recover(&mut self, avoid: Option<Avoid>, ceiling: Pace, busy: bool) {
        let Some(avoid) = avoid else {
            self.ramp(ceiling, busy);
            return;
        };
        let most = avoid.load.open.saturating_sub(1).clamp(1, ceiling.open);
        if busy && self.open < most {
            self.open += 1;
        }
        if let Some(rate) = &mut self.rate {
            let most = (avoid.load.rate * BELOW).max(MIN_RATE);
            let step = (*rate * RECOVERY).max(*rate + avoid.load.rate * STEP);
            *rate = step.min(most).max(*rate);
        }
    }

    /// A step up, as far as the ceiling. More may be open only if `busy`.
    pub(super) fn ramp(&mut self, ceiling: Pace, busy: bool) {
        if busy {
            self.open = (self.open + 1).min(ceiling.open);
        }
        if let Some(rate) = &mut self.rate {
            *rate *= RAMP;
            let highest = ceiling.interval.max(Duration::from_millis(1)).as_secs_f64();
            if *rate * highest >= 1.0 {
                self.rate = None;
            }
        }
    }
}

impl Avoid {
    /// Another failure at this load, after the one that was avoided so far.
    pub(super) fn after(known: Option<Avoid>, load: Load, now: Moment) -> Avoid {
        let times = known.map_or(0, |avoid| avoid.times + 1);
        let wait = match times {
            0 => Duration::ZERO,
            _ => AVOID * 2_u32.pow((times - 1).min(4)),
        };
        Avoid {
            load,
            until: now + wait,
            times,
        }
    }

    /// The same, if less load fails too.
    pub(super) fn lowered(self, load: Load) -> Avoid {
        Avoid {
            load: Load {
                open: self.load.open.min(load.open.max(2)),
                rate: self.load.rate.min(load.rate),
            },
            ..self
        }
    }

    /// Whether it may be tried again, after so many answers without a failure.
    pub(super) fn is_over(&self, fine: u32, now: Moment) -> bool {
        fine >= TRIAL && now >= self.until
    }
}
