//! How fast one host is requested: as fast as the plan allows, until the crawl's own load visibly
//! hurts. Open requests and the rate follow additive increase and multiplicative decrease, as in
//! TCP, with the quick way back of TCP CUBIC:
//!
//! - *ramp*: from two open requests, one more for every two successes while the limit was in use,
//!   so half as many again each round trip. A healthy site is requested at full speed after some
//!   thirty answers, whatever its latency. The first trouble finds few requests open.
//! - *trial*: after a failure that the load may have caused, half of it. The failed URL is retried
//!   at that load. If it fails again, the URL is broken and not the host, and the pace is as
//!   before. The same holds if as much fails at less load. If it is fine, the load grows again
//!   within a dozen answers to just below the one that failed. After sixty-four answers it reaches
//!   that load once more: one failure may be an accident.
//! - *steady*: a load that failed twice is not tried again for a minute, then two, then four.
//! - *wary*: if one URL after the other fails at less load too, one request at a time and at most
//!   one per second, then fewer.
//!
//! Failures of families that are in trouble are not evidence about the load. Failures never make the pace faster:
//! errors come back sooner than pages (Scrapy's AutoThrottle).

mod baseline;
mod late;
mod limit;
mod load;
mod signal;
#[cfg(test)]
mod simulation;
mod trial;
mod wary;
mod window;

use std::time::Duration;

pub use self::wary::CAREFUL;
use crate::model::{Moment, Pace, PacePlan};

use self::baseline::Baseline;
use self::late::Late;
use self::limit::{Avoid, Limit};
use self::load::{Load, Recent, Starts};
use self::signal::LoadSign;
use self::trial::{Before, Finding, Trial};
use self::wary::{Wary, Way};
use self::window::Window;

pub use signal::PaceSignal;

/// Successes for each further open request while ramping up.
const PER_STEP: u32 = 2;

/// Highest share of failures that is attributed to broken pages. Beyond it, failures count as
/// trouble.
const MAX_BACKGROUND: f64 = 0.3;

/// Fine controls beside failing URLs that show that the load is not the reason. Ours: one may be luck.
const CONTROLS: u32 = 2;

/// Share of recent first attempts that fails if nearly all of a site fails. Ours.
const NEARLY_ALL: f64 = 0.75;

/// Maximum failures among the recent attempts that may be accidents, if their URLs are not retried
/// soon. Ours.
const MOST_ACCIDENTS: usize = 2;

/// Factor of the expected share of broken pages after each first attempt, while fewer fail: half of
/// it is left after 350. Ours.
const FADING: f64 = 0.998;

/// The pace of one host. Takes some 500 bytes once the host was requested a few times.
#[derive(Clone, Debug, PartialEq)]
pub struct HostPace {
    ceiling: Pace,
    limit: Limit,
    mode: Mode,
    /// Requests that began up to this moment had another pace and are not evidence about this one.
    changed: Option<Moment>,
    avoid: Option<Avoid>,
    /// Share of first attempts that fail at any pace, because their pages are broken.
    background: f64,
    /// The pages that raised this share, until they are fine.
    broken: Option<Broken>,
    baseline: Baseline,
    late: Option<Late>,
    /// Controls that were fine beside failing URLs since a page was fine.
    controls: u32,
    starts: Starts,
    recent: Recent,
    window: Window,
}

/// Pages that failed one after the other and again when they were retried, so that more of them are expected.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Broken {
    /// Their failed retries that no fine one refuted.
    retries: u32,
    /// The expected share of broken pages before.
    background: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    /// The pace grows in steps. Holds the successes since the last step.
    Ramp(u32),
    /// Below a load that failed.
    Trial(Trial),
    Wary(Wary),
}

impl HostPace {
    /// Returns the pace of a host that was not requested yet.
    pub fn new(plan: &PacePlan) -> HostPace {
        let ceiling = plan.ceiling();
        HostPace {
            ceiling,
            limit: Limit::start(ceiling),
            mode: Mode::Ramp(0),
            changed: None,
            avoid: None,
            background: 0.0,
            broken: None,
            baseline: Baseline::default(),
            late: None,
            controls: 0,
            starts: Starts::default(),
            recent: Recent::default(),
            window: Window::default(),
        }
    }

    /// Returns the pace in force: at least one open request, never more or sooner than the ceiling.
    pub fn pace(&self) -> Pace {
        let (open, own) = match &self.mode {
            Mode::Wary(wary) => (1, wary.interval()),
            Mode::Trial(trial) if trial.is_pausing() => {
                (CAREFUL.open, CAREFUL.interval.max(self.limit.interval()))
            }
            _ => (self.limit.open, self.limit.interval()),
        };
        Pace {
            interval: self.ceiling.interval.max(own),
            open: open.clamp(1, self.ceiling.open),
        }
    }

    /// Returns the maximum pace of this host.
    pub fn ceiling(&self) -> Pace {
        self.ceiling
    }

    /// Returns the usual time to the first byte of pages that are served, if some are known.
    pub fn usual(&self) -> Option<Duration> {
        self.baseline.usual()
    }

    /// Returns the pace below a load that failed, if one is avoided now.
    pub fn learned(&self) -> Option<Pace> {
        self.avoid.map(|_| Pace {
            interval: self.ceiling.interval.max(self.limit.interval()),
            open: self.limit.open.clamp(1, self.ceiling.open),
        })
    }

    /// Records a finished attempt.
    pub fn on_attempt(&mut self, seen: PaceSignal, now: Moment) {
        self.starts.note(seen.started);
        if self.changed.is_none_or(|changed| seen.started > changed) {
            match seen.load_sign() {
                LoadSign::Well => self.went_well(seen, now),
                LoadSign::Trouble => self.went_wrong(seen, now),
                LoadSign::Overload => self.went_wrong(
                    PaceSignal {
                        retry: false,
                        ..seen
                    },
                    now,
                ),
                LoadSign::Nothing => {}
            }
        }
    }

    /// Sets the minimum interval of requests, as robots.txt's `Crawl-delay` demands.
    pub fn at_least(&mut self, interval: Duration) {
        self.ceiling.interval = self.ceiling.interval.max(interval);
    }

    /// Starts again as with a host that was not requested yet: it was down, whatever the pace.
    pub fn restart(&mut self, now: Moment) {
        self.limit = Limit::start(self.ceiling);
        self.mode = Mode::Ramp(0);
        self.changed = Some(now);
        self.avoid = None;
        self.late = None;
        self.recent = Recent::default();
        self.window.restart(now);
    }

    /// Restores the pace after a control was fine although much failed: the pages are broken.
    pub fn clear(&mut self, now: Moment) {
        match self.mode {
            Mode::Trial(trial) => self.take_back(trial.before()),
            Mode::Wary(wary) => self.take_back(wary.before()),
            Mode::Ramp(_) => {}
        }
        self.changed = Some(now);
    }

    /// Records that a control was fine right after a URL failed. After two of them without a good page
    /// between, where nearly all fails, the pages are broken, however many: as much may fail from then
    /// on. Where most pages were fine lately, a control is only the first page after an outage.
    pub fn control_was_fine(&mut self, now: Moment) {
        self.controls += 1;
        if self.controls < CONTROLS || self.recent.share() < NEARLY_ALL {
            return;
        }
        let before = match self.mode {
            Mode::Trial(trial) => trial.before(),
            Mode::Wary(wary) => wary.before(),
            Mode::Ramp(_) => return,
        };
        self.take_back(before);
        self.background = self.background.max(self.recent.share());
        self.changed = Some(now);
    }

    /// Stops avoiding a load: confirmation passes found that load is not why the host fails.
    pub fn exonerate(&mut self, now: Moment) {
        self.clear(now);
        self.avoid = None;
    }

    fn went_well(&mut self, seen: PaceSignal, now: Moment) {
        if seen.retry {
            self.note_healed();
        } else {
            self.note_first(false);
            self.controls = 0;
        }
        let mut calm = true;
        if let Some(latency) = seen.latency() {
            calm = self.baseline.is_calm(latency);
            self.baseline.learn(latency);
            self.window.first_bytes.push(latency);
        }
        // Netflix lets the limit grow when half of it is in use. Here it is more than half, so that
        // a host with only one request at a time keeps the pace it began with.
        let busy = seen.in_flight * 2 > self.limit.open;
        // If a rate spaces requests, more are open only if answers take longer. Pages that hang must then leave room
        // for the others.
        let is_spaced = !self.ceiling.interval.is_zero();
        self.window.in_flight = self.window.in_flight.max(seen.in_flight);
        match &mut self.mode {
            Mode::Wary(wary) => {
                match wary.went_well(seen.retry) {
                    None => {}
                    Some(Way::Up(trial)) => self.mode = Mode::Trial(trial),
                    Some(Way::Back(before)) => self.take_back(before),
                }
                self.window.restart(now);
                return;
            }
            Mode::Trial(trial) => {
                let grows = trial.went_well(seen.retry) && calm && self.late.is_none();
                if trial.is_cleared() {
                    let (before, retries) = (trial.before(), trial.broken_together());
                    let background = self.background;
                    self.take_back(before);
                    self.broken = retries.map(|retries| Broken {
                        retries,
                        background,
                    });
                } else if trial.is_over(self.avoid, now) && self.late.is_none() {
                    self.mode = Mode::Ramp(0);
                } else if grows {
                    self.limit.recover(self.avoid, self.ceiling, busy);
                }
            }
            Mode::Ramp(well) if calm && (busy || is_spaced || self.limit.rate.is_some()) => {
                *well += 1;
                if *well >= PER_STEP {
                    *well = 0;
                    self.limit.ramp(self.ceiling, busy || is_spaced);
                }
            }
            Mode::Ramp(_) => {}
        }
        self.look_back(now);
    }

    fn went_wrong(&mut self, seen: PaceSignal, now: Moment) {
        if !seen.retry {
            self.note_first(true);
            // Something fails as well: late answers alone do not end a trial of the load.
            if let Some(late) = &mut self.late {
                late.before = None;
            }
        }
        let is_expected =
            seen.load_sign() != LoadSign::Overload && self.recent.failed() <= self.expected();
        let may_be_accident = self.may_be_accident(seen);
        match &mut self.mode {
            Mode::Wary(wary) => {
                if wary.went_wrong(seen.retry) {
                    self.changed = Some(now);
                }
            }
            Mode::Trial(trial) => match trial.went_wrong(seen, self.recent.share()) {
                Finding::None => {}
                Finding::Less if is_expected => {}
                Finding::Less => {
                    let load = self.load(seen);
                    self.avoid = self.avoid.map(|avoid| avoid.lowered(load));
                    self.limit.halve(load);
                    self.changed = Some(now);
                }
                Finding::ManyFail => {
                    let mostly_failed = self.recent.failed() * 2 >= self.recent.len();
                    let wary = Wary::new(*trial, self.limit.interval(), mostly_failed);
                    self.mode = Mode::Wary(wary);
                    self.changed = Some(now);
                }
            },
            Mode::Ramp(_) if seen.retry || is_expected || may_be_accident => {}
            Mode::Ramp(_) => self.back_off(seen, now),
        }
    }

    /// Records the result of a first attempt at a URL.
    fn note_first(&mut self, failed: bool) {
        self.recent.note(failed);
        // If fewer requests fail than expected, the expectation falls: slowly, as few attempts are weak evidence.
        if self.recent.len() == Recent::KEPT && self.recent.share() < self.background {
            self.background = self.recent.share().max(self.background * FADING);
        }
    }

    /// Records a retry that was fine. If all pages are fine that seemed broken, there was an outage that is over, and no
    /// more failures are expected than before it.
    fn note_healed(&mut self) {
        if let Some(broken) = &mut self.broken {
            broken.retries -= 1;
            if broken.retries == 0 {
                self.background = self.background.min(broken.background);
                self.broken = None;
            }
        }
    }

    /// Returns the failures among the recent attempts that broken pages alone may well cause: their
    /// mean and two standard deviations (Poisson), and one, because few of them are known.
    fn expected(&self) -> usize {
        let mean = self.background * self.recent.len() as f64;
        if mean > 0.0 {
            (mean + 2.0 * mean.sqrt() + 1.0) as usize
        } else {
            0
        }
    }

    /// Returns whether a failure may be the URL's own when no retry will show it soon. The first
    /// two count as such.
    fn may_be_accident(&self, seen: PaceSignal) -> bool {
        !seen.is_clear_soon() && self.recent.failed() <= MOST_ACCIDENTS
    }

    fn load(&self, seen: PaceSignal) -> Load {
        Load {
            open: seen.in_flight.max(1),
            rate: self.rate(),
        }
    }

    /// Returns the requests per second lately, or the possible rate if too few were made to measure
    /// it.
    fn rate(&self) -> f64 {
        let (made, interval) = (self.starts.rate(), self.pace().interval);
        if interval.is_zero() || !self.starts.are_few() {
            made
        } else {
            made.max(1.0 / interval.as_secs_f64())
        }
    }

    fn back_off(&mut self, seen: PaceSignal, now: Moment) {
        let load = self.load(seen);
        let trial = Trial::new(self.before(), seen.is_clear_soon());
        self.avoid = Some(Avoid::after(self.avoid, load, now));
        self.limit.halve(load);
        self.mode = Mode::Trial(trial);
        self.changed = Some(now);
    }

    /// Restores the state before the failures: they were the URLs' own, and more like them are
    /// expected.
    fn take_back(&mut self, before: Before) {
        self.limit = before.limit;
        self.avoid = before.avoid;
        self.mode = Mode::Ramp(0);
        self.late = None;
        let share = self.recent.share().min(MAX_BACKGROUND);
        self.background = self.background.max(share);
    }

    /// Lowers the pace at the end of a window if the host became slow.
    fn look_back(&mut self, now: Moment) {
        if !self.window.is_over(now) {
            return;
        }
        match self.window.first_bytes.median() {
            Some(latency) if self.baseline.is_slow(latency) => self.became_late(latency, now),
            Some(_) | None => self.late = None,
        }
        self.window.restart(now);
    }

    /// Lowers the pace of a host whose answers come late, unless that did not help before.
    fn became_late(&mut self, latency: Duration, now: Moment) {
        let before = self.before();
        let is_ramp = matches!(self.mode, Mode::Ramp(_));
        let late = self
            .late
            .get_or_insert(Late::new(latency, is_ramp.then_some(before)));
        if late.did_not_help(latency) {
            let before = late.before;
            self.late = None;
            self.baseline.accept(latency);
            if let Some(before) = before {
                self.take_back(before);
            }
            return;
        }
        let load = Load {
            open: self.window.in_flight.max(1),
            rate: self.rate(),
        };
        self.avoid = Some(Avoid::after(self.avoid, load, now));
        self.limit.ease(load);
        if let Mode::Ramp(_) = self.mode {
            self.mode = Mode::Trial(Trial::new(before, true));
        }
    }

    fn before(&self) -> Before {
        Before {
            limit: self.limit,
            avoid: self.avoid,
            share: self.recent.share(),
        }
    }
}
