//! When to leave a host alone altogether: a circuit breaker. It drops nothing; it says from when on
//! the host may be asked again, or that the crawl has waited for it long enough.
//!
//! Many broken pages in a row are no outage. So before it opens, a page that was fine is asked
//! again, if there is one (the *control*): if that is fine, the host is up and the crawl goes on.
//!
//! Closed, then in doubt (one probe at a time), then open (nothing), then one probe at a time
//! again, until three in a row are fine or one is not.

mod tally;

use std::time::Duration;

use crate::model::Moment;

use self::tally::Tally;

/// Failures in a row that speak of the host, such as refused connections, before it is doubted:
/// Envoy's outlier detection ejects after five.
const HOST_FAILURES: u32 = 5;

/// Failures in a row of any kind. The share below needs twenty requests a minute, and a host that
/// fails is not asked that often.
const FAILURES: u32 = 10;

/// Probes in a row that must be fine.
const PROBES: u32 = 3;

/// The first time a host is left alone; it doubles each time the probe fails.
const FIRST_OPEN: Duration = Duration::from_mins(1);

/// Longest time between two probes.
const LONGEST_OPEN: Duration = Duration::from_mins(15);

/// Most that a host may hold up one run, whatever the patience.
const MOST_PATIENCE: Duration = Duration::from_hours(2);

/// Most times as many failures that are needed when doubts have proved unfounded.
const MOST_LENIENT: u32 = 16;

/// One attempt, as far as the breaker of its host depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSignal {
    /// Whether it failed as search engines see it.
    pub failed: bool,
    /// Whether such a failure speaks of the whole host.
    pub host_level: bool,
    /// When it began.
    pub started: Moment,
    /// How a page that was fine before was now, if it was asked along: true for fine.
    pub control: Option<bool>,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerChange {
    /// The host fails so often that it is asked one thing at a time, with a control.
    Doubted,
    /// The host is left alone until this moment.
    Opened(Moment),
    /// The host is up.
    Closed,
    /// The host was waited for long enough in this run.
    GaveUp,
}

/// The breaker of one host. Takes some 200 bytes, and up to 1.5 kB while the host is being asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaker {
    state: State,
    tally: Tally,
    /// The most that this host may hold up the run.
    patience: Duration,
    /// How much of it is used up.
    held: Duration,
    /// Until when that counts.
    held_until: Option<Moment>,
    /// Times as many failures as usual that are needed for a doubt.
    lenient: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    /// One probe at a time, of those begun since then.
    Probing {
        since: Moment,
        fine: u32,
        openings: u32,
    },
    Open {
        until: Moment,
        openings: u32,
    },
    Down,
}

impl Breaker {
    /// A host that was not asked yet, and for which the run may wait so long in all; at most two
    /// hours.
    pub fn new(patience: Duration) -> Breaker {
        Breaker {
            state: State::Closed,
            tally: Tally::default(),
            patience: patience.min(MOST_PATIENCE),
            held: Duration::ZERO,
            held_until: None,
            lenient: 1,
        }
    }

    /// Whether the host may be asked as its pace allows.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether the host is not waited for any more. It stays so for the run.
    pub fn is_down(&self) -> bool {
        self.state == State::Down
    }

    /// How long the host has held up the run so far, or will have when it may be asked next.
    pub fn held(&self) -> Duration {
        self.held
    }

    /// Takes in an attempt that is over. `has_control` tells whether a page is known that was fine.
    /// `roll` is the dice: at least 0, below 1.
    pub fn on_attempt(
        &mut self,
        seen: BreakerSignal,
        has_control: bool,
        now: Moment,
        roll: f64,
    ) -> Option<BreakerChange> {
        if let State::Open { until, openings } = self.state {
            self.state = State::Probing {
                since: until,
                fine: 0,
                openings,
            };
        }
        match self.state {
            State::Closed => {
                self.tally.note(seen, now);
                if !self.tally.is_doubtful(self.lenient) {
                    return None;
                }
                self.tally = Tally::default();
                if !has_control {
                    return Some(self.open(0, now, roll));
                }
                self.state = State::Probing {
                    // What began within this very millisecond began without a control.
                    since: now + Duration::from_millis(1),
                    fine: 0,
                    openings: 0,
                };
                Some(BreakerChange::Doubted)
            }
            State::Probing {
                since,
                fine,
                openings,
            } if seen.started >= since => {
                if !seen.control.unwrap_or(!seen.failed) {
                    return Some(self.open(openings, now, roll));
                }
                if fine + 1 < PROBES {
                    self.state = State::Probing {
                        since,
                        fine: fine + 1,
                        openings,
                    };
                    return None;
                }
                if openings == 0 {
                    self.lenient = (self.lenient * 2).min(MOST_LENIENT);
                }
                self.state = State::Closed;
                Some(BreakerChange::Closed)
            }
            State::Probing { .. } | State::Open { .. } | State::Down => None,
        }
    }

    /// Takes in that the host itself asked to be left alone until then. Gives up if that is longer
    /// than patience lasts.
    pub fn hold(&mut self, until: Moment, now: Moment) -> Option<BreakerChange> {
        if self.is_down() {
            return None;
        }
        let from = self.held_until.map_or(now, |held| held.max(now));
        let more = until.since(from);
        if self.held + more > self.patience {
            self.state = State::Down;
            return Some(BreakerChange::GaveUp);
        }
        self.held += more;
        self.held_until = Some(until.max(from));
        None
    }

    fn open(&mut self, openings: u32, now: Moment, roll: f64) -> BreakerChange {
        let left = self.patience.saturating_sub(self.held);
        if left.is_zero() {
            self.state = State::Down;
            return BreakerChange::GaveUp;
        }
        let usual = (FIRST_OPEN * 2_u32.pow(openings.min(8))).min(LONGEST_OPEN);
        // +-20 %, so that several crawls do not come back at one moment.
        let length = usual.mul_f64(0.8 + 0.4 * roll.clamp(0.0, 1.0)).min(left);
        let until = now + length;
        self.held += length;
        self.held_until = Some(until);
        self.state = State::Open {
            until,
            openings: openings + 1,
        };
        BreakerChange::Opened(until)
    }
}

#[cfg(test)]
mod tests;
