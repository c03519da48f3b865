//! A forecast of the rest of a running crawl: the queue, the sample, the passes with the waits before them, and the
//! experiments. It reads the plan, the events and the gauges. It has no clock, and nothing is decided by it.

mod failing;
mod speed;

use std::time::Duration;

use super::{Event, Gauge};
use crate::crawl::confirm::{PASSES, PassPace};
use crate::model::{CrawlPlan, ExperimentPlan, Moment, Pace, Role, SamplePlan};
use crate::policy::{BreakerChange, CAREFUL};

use failing::{Done, Experiments, FailingPages, NextPass, Waits};
use speed::Speed;

/// Share of the pages done that may be new ones before the site counts as growing (ours): with less, the queue empties
/// soon enough.
const GROWING: u64 = 4;

/// How long a request must be open for its end to be that of its time limit (ours).
const HANGS: Duration = Duration::from_secs(5);

/// How long a careful pace goes on at least (ours). If it has lasted longer, it goes on for as long again: nothing
/// more is known of its end.
const CAREFUL_FOR: Duration = Duration::from_secs(5);

/// The forecast of one crawl.
#[derive(Debug)]
pub struct Forecast {
    sample: SamplePlan,
    delays: Vec<Duration>,
    /// Maximum time for all passes, and what those that are over took of it.
    budget: Duration,
    spent: Duration,
    /// How long a URL must have failed before further passes add nothing.
    proof: Duration,
    experiments: ExperimentPlan,
    pace: PassPace,
    waits: Waits,
    /// The pace that the crawl keeps while it looks for the reason of failures, and since when.
    careful: Option<(Pace, Moment)>,
    /// Since when the longest open request has been open, at the last gauge and before the next.
    open_since: Option<Moment>,
    next_open_since: Option<Moment>,
    /// Whether a page was requested: until then nothing is known of the site's size.
    knows_pages: bool,
    stage: Stage,
    crawl_ended: Option<Moment>,
    /// Hosts whose robots.txt is known.
    hosts: u64,
    gauge: Gauge,
    speed: Speed,
    failing: FailingPages,
}

/// The time that a crawl still needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The estimated time until the end.
    pub time: Duration,
    /// Whether so many new pages are being found that the estimate holds only for the pages known by now.
    pub is_growing: bool,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Crawl,
    Sample,
    Pass {
        /// Passes of the plan begun so far.
        begun: usize,
        starts: Moment,
        /// When it probably ends.
        ends: Moment,
    },
    Experiments {
        began: Moment,
        ends_by: Moment,
        expected: Experiments,
        /// Maximum series that were left.
        series: u64,
        done: Done,
    },
}

impl Forecast {
    /// Returns the forecast of a crawl that is about to begin.
    pub fn new(plan: &CrawlPlan) -> Forecast {
        Forecast {
            sample: plan.sample,
            delays: plan.confirm.delays.clone(),
            budget: plan.confirm.budget,
            spent: Duration::ZERO,
            proof: plan.confirm.proof,
            experiments: plan.experiments,
            pace: PassPace::new(plan.pace),
            waits: Waits {
                crawl: plan.requests.first_byte,
                patient: plan.requests.patient_first_byte(),
            },
            careful: None,
            open_since: None,
            next_open_since: None,
            knows_pages: false,
            stage: Stage::Crawl,
            crawl_ended: None,
            hosts: 0,
            gauge: Gauge::default(),
            speed: Speed::default(),
            failing: FailingPages::default(),
        }
    }

    /// Reads an event.
    pub fn see(&mut self, event: &Event<'_>) {
        match event {
            Event::Robots { .. } => self.hosts += 1,
            Event::Attempted {
                url,
                role,
                attempt,
                again,
            } => {
                if again.is_none() {
                    self.speed.done += 1;
                }
                self.knows_pages |= *role == Role::Page;
                let was_fine = !matches!(self.stage, Stage::Crawl);
                if *role == Role::Page && attempt.purpose.is_evidence() {
                    self.failing.add(url, attempt, was_fine);
                }
                if let Stage::Experiments { done, .. } = &mut self.stage {
                    done.of_ended += 1;
                }
            }
            Event::Paced { pace, .. } => self.see_pace(*pace),
            Event::Breaker {
                host,
                change: BreakerChange::Closed,
            } => self.failing.host_is_up(host),
            Event::Awaited { since, .. } => self.next_open_since = Some(*since),
            Event::Doubting { .. } | Event::Sampling { .. } => self.begin(Stage::Sample),
            Event::Confirming {
                pass,
                starts,
                ends_by,
                is_late,
                ..
            } => {
                // A late pass comes after those of the plan.
                let of_plan = usize::from(*pass).saturating_sub(1);
                let begun = if *is_late { self.delays.len() } else { of_plan };
                let time = self.pass_time(begun, 0);
                let ends = (self.failing.held_until().max(*starts) + time).min(*ends_by);
                self.begin(Stage::Pass {
                    begun,
                    starts: *starts,
                    ends,
                });
            }
            Event::Watching { until, .. } => {
                if let Stage::Pass { ends, .. } = &mut self.stage {
                    *ends = *until;
                }
            }
            Event::Experimenting { ends_by, .. } => self.begin(Stage::Experiments {
                began: self.gauge.now,
                ends_by: *ends_by,
                expected: self.failing.experiments(self.experiments, self.waits),
                series: 0,
                done: Done::default(),
            }),
            Event::ExperimentRequest { at, .. } => {
                if let Stage::Experiments { done, .. } = &mut self.stage {
                    done.begun += 1;
                    done.last = *at;
                }
            }
            Event::Gauge(gauge) => {
                self.gauge = *gauge;
                self.open_since = self.next_open_since.take();
                self.speed.see(gauge);
                if let Stage::Experiments { series, .. } = &mut self.stage {
                    *series = gauge.pending.max(*series);
                }
            }
            _ => {}
        }
    }

    /// Reads the pace of a host. A careful one is kept only until the reason of failures is known.
    fn see_pace(&mut self, pace: Pace) {
        let since = self.careful.map_or(self.gauge.now, |(_, since)| since);
        let is_careful = pace.interval >= CAREFUL.interval;
        let careful = is_careful.then_some((pace, since));
        if careful.is_none() && self.careful.is_some() {
            // What was measured is the careful pace.
            self.speed.restart();
        }
        self.careful = careful;
    }

    fn begin(&mut self, stage: Stage) {
        self.crawl_ended.get_or_insert(self.gauge.now);
        if let Stage::Pass { starts, .. } = self.stage {
            self.spent += self.gauge.now.since(starts);
        }
        self.stage = stage;
        self.speed.restart();
    }

    /// Returns the rest of the crawl as of the last gauge; `None` if nothing is known yet.
    pub fn rest(&self) -> Option<Rest> {
        let now = self.gauge.now;
        let crawl_ended = self.crawl_ended.unwrap_or(now);
        let unspent = self.budget.saturating_sub(self.spent);
        let ends = match self.stage {
            Stage::Crawl => {
                let ended = self.queue_ends()?;
                self.after(ended, ended + self.sample_time(), (0, unspent))
            }
            Stage::Sample => self.after(crawl_ended, self.queue_ends()?, (0, unspent)),
            Stage::Pass {
                begun,
                starts,
                ends,
            } => {
                // A pass that exceeds its expected end continues until its queue is empty or the time of the passes
                // is used up.
                let longest = (starts + unspent).max(now);
                let ends = if now < ends {
                    ends
                } else {
                    self.queue_ends().unwrap_or(now).min(longest)
                };
                let unspent = unspent.saturating_sub(ends.since(starts));
                self.after(crawl_ended, ends, (begun, unspent))
            }
            Stage::Experiments {
                began,
                ends_by,
                expected,
                series,
                done,
            } => {
                let series = (self.gauge.pending, series);
                (now + expected.left((now.since(began), now), series, done)?).min(ends_by)
            }
        };
        let in_crawl = matches!(self.stage, Stage::Crawl);
        let is_growing = self.speed.found() * GROWING > self.speed.made() || !self.knows_pages;
        if in_crawl && is_growing {
            return Some(Rest {
                time: self.least(),
                is_growing,
            });
        }
        Some(Rest {
            time: ends.since(now),
            is_growing: false,
        })
    }

    /// Returns the time that the known URLs take at the pace of the plan: there may be more of them, and failures.
    fn least(&self) -> Duration {
        let pending = u32::try_from(self.gauge.pending).unwrap_or(u32::MAX);
        let of_a_host = pending.div_ceil(self.hosts.clamp(1, u64::from(u32::MAX)) as u32);
        (self.pace.ceiling().interval.saturating_mul(of_a_host)).max(self.sample_time())
    }

    /// Returns when the queue is empty: at the hosts' paces, or later if they have been slower than that, or if a request
    /// hangs.
    fn queue_ends(&self) -> Option<Moment> {
        let now = self.gauge.now;
        let by_pace = self.gauge.clear_by.unwrap_or(now);
        let limit = match self.stage {
            Stage::Crawl | Stage::Sample => self.waits.crawl,
            Stage::Pass { .. } | Stage::Experiments { .. } => self.waits.patient,
        };
        let hangs = self.open_since.filter(|since| now.since(*since) >= HANGS);
        let hangs = hangs.map_or(now, |since| since + limit);
        let careful = self.careful.filter(|_| matches!(self.stage, Stage::Crawl));
        if let Some((pace, since)) = careful {
            let lasts = now.since(since).max(CAREFUL_FOR);
            return Some(self.after_careful(by_pace, pace, lasts).max(hangs));
        }
        let by_speed = self.speed.time_for(self.gauge.pending);
        let is_unknown = by_speed.is_none() && self.speed.made() == 0 && by_pace.max(hangs) <= now;
        (!is_unknown).then(|| by_pace.max(now + by_speed.unwrap_or_default()).max(hangs))
    }

    /// Returns when the queue is empty if a careful pace lasts for this time. At that pace it would be by a moment.
    fn after_careful(&self, by_pace: Moment, pace: Pace, lasts: Duration) -> Moment {
        let now = self.gauge.now;
        let pending = self.gauge.pending as f64;
        let all = pace.interval.mul_f64(pending);
        let paused = by_pace.since(now).saturating_sub(all);
        let careful = all.min(lasts);
        let made = careful.as_secs_f64() / pace.interval.as_secs_f64().max(0.001);
        let fast = self
            .pace
            .ceiling()
            .interval
            .mul_f64((pending - made).max(0.0));
        now + paused + careful + fast
    }

    fn sample_time(&self) -> Duration {
        let pages = self.sample.size(self.speed.done + self.gauge.pending);
        let of_a_host = pages.div_ceil(self.hosts.max(1)) as u32;
        self.pace.of_sample().interval * of_a_host
    }

    /// Returns when the run ends. The crawl ends at `crawl_ended`, and no request is open from `idle` on. `begun`
    /// passes have begun by then, and `unspent` is the time left for the others.
    fn after(
        &self,
        crawl_ended: Moment,
        mut idle: Moment,
        (begun, mut unspent): (usize, Duration),
    ) -> Moment {
        if self.failing.is_empty() {
            return idle;
        }
        let mut held = self.failing.held_until();
        for (at, delay) in self.delays.iter().enumerate().skip(begun) {
            let is_settled = at as u32 + 1 >= PASSES
                && idle.since(self.failing.first_failed()) >= self.proof
                && !self.failing.any_was_fine();
            let is_enough = at > begun && self.failing.are_excused();
            if is_settled || is_enough || unspent.is_zero() {
                break;
            }
            let starts = idle.max(crawl_ended + *delay);
            let time = (self.pass_time(at + 1, (at - begun) as u32)).min(unspent);
            unspent = unspent.saturating_sub(time);
            idle = starts.max(held) + time;
            held = idle + self.failing.longest_announced();
        }
        let experiments = self.failing.experiments(self.experiments, self.waits);
        idle + experiments.time()
    }

    /// Returns the time of the pass with this number, 1 for the first, without the wait before it. `before` is the
    /// number of passes that run before it from now on.
    fn pass_time(&self, number: usize, before: u32) -> Duration {
        let pass = NextPass {
            is_first: number <= 1,
            is_last: number >= self.delays.len(),
            before,
        };
        self.failing.pass_time(self.pace.fast(), self.waits, pass)
    }
}
