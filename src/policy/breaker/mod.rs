//! When to stop requesting a host for a time: a circuit breaker. It drops nothing. It returns when
//! the host may be requested again, or that the crawl has waited for it long enough.
//!
//! Many broken pages in a row are not an outage. So before the breaker opens, the crawl requests a *control*, a page
//! that was fine. If the control is fine now, the host is up and the crawl continues. The run gives up a host that
//! ever served a page only after controls fail.
//!
//! Closed; suspected (one request at a time, with a control); open (none); half-open (one at a
//! time, with a control) until three in a row are fine or one fails.

mod streak;

use std::time::Duration;

use crate::model::Moment;
use crate::policy::retry::LONGEST_ANNOUNCED;

use self::streak::Streak;

/// Requests in a row that must be fine for an open breaker to close.
const PROBES: u32 = 3;

/// Length of the first pause; each failed check doubles it. Ours: a deploy or a restart is over
/// after the first pauses, and a host that stays down is checked seven times in ten minutes.
const FIRST_OPEN: Duration = Duration::from_secs(15);

/// Maximum time between two checks.
const LONGEST_OPEN: Duration = Duration::from_mins(15);

/// Maximum time that a host may hold up one run, whatever the patience.
const MOST_PATIENCE: Duration = Duration::from_hours(2);

/// Divisor of the time in which a host served; the result is subtracted from the earlier waiting
/// time. A host that restarts now and then in a crawl of many hours is not given up because of the
/// sum. Ours.
const FORGETS: u32 = 10;

/// The part of an attempt that its host's breaker depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSignal {
    /// Whether the attempt failed for search engines.
    pub failed: bool,
    /// Whether such a failure is evidence about the whole host.
    pub host_level: bool,
    /// Whether it is evidence about pages: a served robots.txt or sitemap shows little about them.
    pub is_page: bool,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// When the attempt began.
    pub started: Moment,
    /// The result of the control that was requested with it: true for fine.
    pub control: Option<bool>,
    /// The pause that the control announced, or the failure if there was no control.
    pub announced: Option<Duration>,
}

/// A change of the breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerChange {
    /// Enough requests failed in a row to request a control.
    Suspected,
    /// The control is fine: pages fail, the host does not.
    Cleared,
    /// The host is not requested until this moment.
    Opened(Moment),
    /// The host is up again.
    Closed,
    /// The run does not wait for the host any more.
    GaveUp,
}

/// The time for which the run waited for a host, for the run's texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waited {
    /// When the host stopped answering well.
    pub since: Option<Moment>,
    /// How long the run waited for it.
    pub held: Duration,
    /// Requests that found it still failing, one at a time and with a control.
    pub checks: u32,
    /// The end that the host itself announced, if that is later than the next check.
    pub announced: Option<Moment>,
}

/// The breaker of one host. Takes some 150 bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Breaker {
    state: State,
    streak: Streak,
    /// Maximum time that this host may hold up the run.
    patience: Duration,
    /// When the current outage was found, checks included.
    down: Option<Moment>,
    /// How long it held up the run before that, minus the forgotten part.
    earlier: Duration,
    /// When it was found up again.
    recovered: Option<Moment>,
    waited: Waited,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Closed,
    /// A control decides, for requests that began after this moment.
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
    /// Returns whether the host answers: the URL itself, or else a page that was fine before.
    fn shows_host_up(&self) -> bool {
        !self.failed || self.control == Some(true)
    }
}

impl Breaker {
    /// Returns the breaker of a host that was not requested yet. The run waits for it for at most
    /// `patience` in total, and never longer than two hours.
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

    /// Returns since when the host has been up again, if it was found down before.
    pub fn up_since(&self) -> Option<Moment> {
        self.recovered.filter(|_| self.is_closed())
    }

    /// Returns whether the host may be requested as its pace allows.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed
    }

    /// Returns whether the host was found down and not yet up again.
    pub fn is_open(&self) -> bool {
        matches!(
            self.state,
            State::Open { .. } | State::HalfOpen { .. } | State::Down
        )
    }

    /// Returns whether the run gave up the host. This does not change during the run.
    pub fn is_down(&self) -> bool {
        self.state == State::Down
    }

    /// Returns how long the host has held up the run so far, up to the next allowed request.
    pub fn waited(&self) -> Waited {
        self.waited
    }

    /// Records a finished attempt. `roll` is a random number: at least 0, below 1.
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
                    // Requests that began within this same millisecond began without a control.
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
                // The text about a host that is given up describes one outage.
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

    /// Adds time in which this machine had no network: it does not count as the host's time.
    pub fn extend(&mut self, by: Duration) {
        self.down = self.down.map(|down| down + by);
    }

    fn note(&mut self, seen: BreakerSignal) {
        self.streak.note(seen.failed, seen.host_level);
        self.streak.note_answer(seen.status.is_some());
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
        // A check of a host that hangs takes time, too.
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
