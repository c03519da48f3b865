//! When to stop requesting a host for a time: a circuit breaker. It drops nothing; it says from when on
//! the host may be requested again, or that the crawl has waited for it long enough.
//!
//! Many broken pages in a row are no outage. So before it opens, a *control* is requested, a page that
//! was fine: if that is fine now, the host is up and the crawl goes on. A host is never given up
//! without controls that fail, as long as it ever served a page.
//!
//! Closed; suspected (one request at a time, with a control); open (none); half-open (one at a time,
//! with a control) until three in a row are fine or one is not.

mod streak;

use std::time::Duration;

use crate::model::Moment;
use crate::policy::retry::LONGEST_ANNOUNCED;

use self::streak::Streak;

/// Requests in a row that must be fine for an open breaker to close.
const PROBES: u32 = 3;

/// How long the host is left alone first; it doubles each time a control fails. Ours: a deploy or a
/// restart is over by then, and a host that is down sees eight checks in ten minutes.
const FIRST_OPEN: Duration = Duration::from_secs(15);

/// Longest time between two controls.
const LONGEST_OPEN: Duration = Duration::from_mins(15);

/// Most that a host may hold up one run, whatever the patience.
const MOST_PATIENCE: Duration = Duration::from_hours(2);

/// The part of the time for which a host served that is taken off the time for which it was waited
/// before: a host that restarts now and then in a crawl of many hours is not given up for the sum. Ours.
const FORGETS: u32 = 10;

/// One attempt, as far as the breaker of its host depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSignal {
    /// Whether it failed as search engines see it.
    pub failed: bool,
    /// Whether such a failure speaks of the whole host.
    pub host_level: bool,
    /// Whether it speaks of pages: that robots.txt or a sitemap is served says little of them.
    pub is_page: bool,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// When it began.
    pub started: Moment,
    /// How the control was, if one was requested along with it: true for fine.
    pub control: Option<bool>,
    /// For how long the control, or the failure if there was no control, wants the host not to be
    /// asked.
    pub announced: Option<Duration>,
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerChange {
    /// So much fails in a row that a control is requested.
    Suspected,
    /// The control is fine: pages fail, the host does not.
    Cleared,
    /// The host is left alone until this moment.
    Opened(Moment),
    /// The host is up again.
    Closed,
    /// The run does not wait for the host any more.
    GaveUp,
}

/// How long a host was waited for, in words of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// Since when nothing was fine.
    pub since: Option<Moment>,
    /// How long the run waited for it.
    pub held: Duration,
    /// Requests that found it still failing, one at a time and with a control.
    pub checks: u32,
    /// Until when the host announced to fail (`Retry-After`), if that is longer than is waited for at once.
    pub announced: Option<Moment>,
}

/// The breaker of one host. Takes some 150 bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaker {
    state: State,
    streak: Streak,
    /// The most that this host may hold up the run.
    patience: Duration,
    /// Since when it has been found down, checks included.
    down: Option<Moment>,
    /// How long it held up the run before that, as far as that is not forgotten.
    earlier: Duration,
    /// When it was found up again.
    recovered: Option<Moment>,
    waited: Waited,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    /// A control decides, of the requests begun since then.
    Suspected {
        since: Moment,
    },
    Open {
        until: Moment,
        openings: u32,
    },
    HalfOpen {
        since: Moment,
        fine: u32,
        openings: u32,
    },
    Down,
}

impl BreakerSignal {
    /// Whether the host answers: the URL itself, or else a page that was fine before.
    fn shows_host_up(&self) -> bool {
        !self.failed || self.control == Some(true)
    }
}

impl Breaker {
    /// A host that was not requested yet, and for which the run may wait so long in all; at most two
    /// hours.
    pub fn new(patience: Duration) -> Breaker {
        Breaker {
            state: State::Closed,
            streak: Streak::default(),
            patience: patience.min(MOST_PATIENCE),
            down: None,
            earlier: Duration::ZERO,
            recovered: None,
            waited: Waited::default(),
        }
    }

    /// Whether the host may be requested as its pace allows.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Whether the host is not waited for any more. It stays so for the run.
    pub fn is_down(&self) -> bool {
        self.state == State::Down
    }

    /// How long the host has held up the run so far, or will have when it may be requested next.
    pub fn waited(&self) -> Waited {
        self.waited
    }

    /// Takes in an attempt that is over. `roll` is the dice: at least 0, below 1.
    pub fn on_attempt(
        &mut self,
        seen: BreakerSignal,
        now: Moment,
        roll: f64,
    ) -> Option<BreakerChange> {
        if let State::Open { until, openings } = self.state {
            self.state = State::HalfOpen {
                since: until,
                fine: 0,
                openings,
            };
        }
        match self.state {
            State::Closed => {
                self.note(seen);
                if !self.streak.is_suspicious() {
                    return None;
                }
                self.state = State::Suspected {
                    // What began within this very millisecond began without a control.
                    since: now + Duration::from_millis(1),
                };
                Some(BreakerChange::Suspected)
            }
            State::Suspected { since } if seen.started >= since => {
                if !seen.shows_host_up() {
                    return Some(self.open(0, seen, now, roll));
                }
                self.state = State::Closed;
                self.streak.was_unfounded();
                self.waited = Waited::default();
                Some(BreakerChange::Cleared)
            }
            State::HalfOpen {
                since,
                fine,
                openings,
            } if seen.started >= since => {
                if !seen.shows_host_up() {
                    return Some(self.open(openings, seen, now, roll));
                }
                if fine + 1 < PROBES {
                    self.state = State::HalfOpen {
                        since,
                        fine: fine + 1,
                        openings,
                    };
                    return None;
                }
                self.state = State::Closed;
                self.streak.recovered();
                let down = self.down.take().map(|down| now.since(down));
                self.earlier += down.unwrap_or_default();
                self.recovered = Some(now);
                // What is said when it is given up is said of one outage.
                self.waited = Waited {
                    held: self.waited.held,
                    ..Waited::default()
                };
                Some(BreakerChange::Closed)
            }
            State::Suspected { .. } | State::HalfOpen { .. } | State::Open { .. } | State::Down => {
                None
            }
        }
    }

    /// Takes in that this machine had no network for so long: that is none of the host's time.
    pub fn extend(&mut self, by: Duration) {
        self.down = self.down.map(|down| down + by);
    }

    fn note(&mut self, seen: BreakerSignal) {
        self.streak.note(seen.failed, seen.host_level);
        self.streak.heard(seen.status.is_some());
        if let Some(fine) = seen.control {
            self.streak.note(!fine, seen.host_level && !fine);
        }
        if seen.is_page && seen.shows_host_up() {
            self.streak.served();
        }
        if !seen.failed {
            self.waited.since = None;
        } else if self.waited.since.is_none() {
            self.waited.since = Some(seen.started);
        }
    }

    fn open(
        &mut self,
        openings: u32,
        seen: BreakerSignal,
        now: Moment,
        roll: f64,
    ) -> BreakerChange {
        self.waited.checks += 1;
        if let Some(recovered) = self.recovered.take() {
            let forgotten = now.since(recovered) / FORGETS;
            self.earlier = self.earlier.saturating_sub(forgotten);
        }
        let down = *self.down.get_or_insert(now);
        // A check of a host that hangs takes its time, too.
        self.waited.held = (self.earlier + now.since(down)).min(self.patience);
        let left = self.patience.saturating_sub(self.waited.held);
        let announced = seen.announced.unwrap_or_default();
        self.waited.announced = (announced > LONGEST_ANNOUNCED).then(|| now + announced);
        // A host that was up a moment ago, such as during a deploy, is back before the end that it announces. One that
        // never served a page is in maintenance for as long as it says.
        let never_served = seen.control.is_none();
        if left.is_zero() || (never_served && announced > left) {
            self.state = State::Down;
            return BreakerChange::GaveUp;
        }
        let usual = (FIRST_OPEN * 2_u32.pow(openings.min(8))).min(LONGEST_OPEN);
        // +-20 %, so that several crawls do not come back at one moment.
        let usual = usual.mul_f64(0.8 + 0.4 * roll.clamp(0.0, 1.0));
        let length = usual.max(announced.min(LONGEST_ANNOUNCED)).min(left);
        let until = now + length;
        self.waited.held += length;
        self.state = State::Open {
            until,
            openings: openings + 1,
        };
        BreakerChange::Opened(until)
    }
}

#[cfg(test)]
mod tests;
