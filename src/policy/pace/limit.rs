//! The estimate of the load that a host can take: halved when it fails, raised step by step.

use std::time::Duration;

use super::load::Load;
use crate::model::{Moment, Pace};

/// Requests open at the start: two cannot hurt a site that serves people, and show whether it
/// answers in parallel.
const START: u32 = 2;

/// Failures divide the pace by this.
const BACKOFF: u32 = 2;

/// The part of the pace that remains after late answers. Three times that is less than half, and
/// then it is known whether the load is the reason. Ours.
const EASE: f64 = 0.75;

/// Lowest rate that halving leads to, in requests per second: a polite one-at-a-time crawl. Longer
/// silence is the breaker's task.
const MIN_RATE: f64 = 1.0;

/// A step of recovery, as a factor of the rate. Ours: three steps make up for half the rate.
const RECOVERY: f64 = 1.25;

/// A step of recovery as a share of the rate that failed. The larger of the two steps is taken:
/// after several halvings a factor alone takes long. Ours.
const STEP: f64 = 0.125;

/// A step of the ramp, as a factor of the rate. A rate that failed before is approached slowly, so
/// that few requests are under way when it fails again. Ours.
const RAMP: f64 = 1.0625;

/// The rate that is tried again at once, as a part of the rate that failed. Ours.
const BELOW: f64 = 0.875;

/// Answers after which a load that failed once is tried again. Ours: a site that bears four open
/// requests sees one failure in the first seventy.
const TRIAL: u32 = 64;

/// How long a load that failed twice is not tried again. The time doubles with each further failure.
const AVOID: Duration = Duration::from_mins(1);

/// The estimated capacity of the host, within the ceiling.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Limit {
    pub(super) open: u32,
    /// Requests per second; `None` if only the ceiling applies.
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

    /// Halves the rate (of the limit, or of the failure if lower) and the open requests, which never exceed those at
    /// the failure.
    pub(super) fn halve(&mut self, failed: Load) {
        let rate = self.rate.map_or(failed.rate, |rate| rate.min(failed.rate));
        self.open = (self.open / BACKOFF).clamp(1, failed.open);
        self.rate = Some((rate / f64::from(BACKOFF)).max(MIN_RATE));
    }

    /// Lowers the limit by a quarter, because answers came late.
    pub(super) fn ease(&mut self, late: Load) {
        let rate = self.rate.map_or(late.rate, |rate| rate.min(late.rate));
        self.open = ((f64::from(self.open.min(late.open)) * EASE) as u32).max(1);
        self.rate = Some((rate * EASE).max(MIN_RATE));
    }

    /// Goes a step back towards the load that failed, and not up to it. More may be open only if
    /// `busy`.
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

    /// Goes a step up, as far as the ceiling. More may be open only if `busy`.
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
    /// Returns the load to avoid after another failure at this load.
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

    /// Returns the same, lowered if less load fails too.
    pub(super) fn lowered(self, load: Load) -> Avoid {
        Avoid {
            load: Load {
                open: self.load.open.min(load.open.max(2)),
                rate: self.load.rate.min(load.rate),
            },
            ..self
        }
    }

    /// Returns whether it may be tried again, after `fine` answers without a failure.
    pub(super) fn is_over(&self, fine: u32, now: Moment) -> bool {
        fine >= TRIAL && now >= self.until
    }
}
