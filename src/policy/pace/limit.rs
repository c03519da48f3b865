//! What a host is thought to bear: halved when it fails, raised step by step.

use std::time::Duration;

use crate::model::{Load, Moment, Pace};

/// Requests open at the start: two cannot hurt a site that serves people, and show whether it
/// answers side by side.
const START: u32 = 2;

/// Failures halve the pace, latency takes a tenth of it (Netflix's `AIMDLimit`).
const BACKOFF: u32 = 2;

/// Lowest rate that halving leads to, in requests per second: a polite one-at-a-time crawl.
/// Longer silence is the breaker's to impose.
const MIN_RATE: f64 = 1.0;

/// Part of the rate that failed by which a clean window raises it again.
const RATE_STEP: f64 = 1.0 / 8.0;

/// First time for which a load that failed is not tried again; it doubles each time it fails.
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

    pub(super) fn is_least(&self) -> bool {
        self.open <= 1 && self.rate.is_some_and(|rate| rate <= MIN_RATE)
    }

    /// Half as much, of what was asked when it failed if that was less.
    pub(super) fn halve(&mut self, failed: Load) {
        let rate = self.rate.map_or(failed.rate, |rate| rate.min(failed.rate));
        self.open = (self.open / BACKOFF).clamp(1, failed.open);
        self.rate = Some((rate / f64::from(BACKOFF)).max(MIN_RATE));
    }

    /// A step more, but not up to what failed lately.
    pub(super) fn grow(&mut self, avoid: Option<Avoid>, now: Moment, ceiling: Pace) {
        let failed = avoid.map_or(0.0, |avoid| avoid.load.rate);
        let avoid = avoid.filter(|avoid| now < avoid.until);
        let open = (self.open + 1).min(ceiling.open);
        if avoid.is_none_or(|avoid| open < avoid.load.open) {
            self.open = open;
        }
        if let Some(rate) = self.rate {
            let rate = rate + (failed * RATE_STEP).max(MIN_RATE);
            if avoid.is_none_or(|avoid| rate < avoid.load.rate) {
                self.rate = Some(rate);
            }
        }
    }
}

impl Avoid {
    /// Another failure at this load, after the one that was avoided so far.
    pub(super) fn after(known: Option<Avoid>, load: Load, now: Moment) -> Avoid {
        let times = known.map_or(0, |avoid| avoid.times + 1);
        Avoid {
            load,
            until: now + AVOID * 2_u32.pow(times.min(4)),
            times,
        }
    }
}
