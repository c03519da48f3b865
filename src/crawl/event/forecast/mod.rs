//! A forecast of the rest of a running crawl: the queue, the sample, the passes with the waits before them, and the
//! experiments. It reads the plan, the events and the gauges. It has no clock, and nothing is decided by it.

mod failing;
mod speed;

use std::time::Duration;

use super::{Event, Gauge};
use crate::crawl::confirm::{PASSES, PassPace};
use crate::model::{CrawlPlan, ExperimentPlan, Moment, Role, SamplePlan};

use failing::{Done, Experiments, FailingPages, NextPass};
use speed::Speed;

/// Share of the pages done that may be new ones before the site counts as growing (ours): with less, the queue empties
/// soon enough.
const GROWING: u64 = 4;

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
                let was_fine = !matches!(self.stage, Stage::Crawl);
                if *role == Role::Page && attempt.purpose.is_evidence() {
                    self.failing.add(url, attempt, was_fine);
                }
                if let Stage::Experiments { done, .. } = &mut self.stage {
                    done.of_ended += 1;
                }
            }
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
                expected: self.failing.experiments(self.experiments),
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
                self.speed.see(gauge);
                if let Stage::Experiments { series, .. } = &mut self.stage {
                    *series = gauge.pending.max(*series);
                }
            }
            _ => {}
        }
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
        let is_growing =
            matches!(self.stage, Stage::Crawl) && self.speed.found() * GROWING > self.speed.made();
        Some(Rest {
            time: ends.since(now),
            is_growing,
        })
    }

    /// Returns when the queue is empty: at the hosts' paces, or later if they have been slower than that.
    fn queue_ends(&self) -> Option<Moment> {
        let now = self.gauge.now;
        let by_pace = self.gauge.clear_by.unwrap_or(now);
        let by_speed = self.speed.time_for(self.gauge.pending);
        let is_unknown = by_speed.is_none() && self.speed.made() == 0 && by_pace <= now;
        (!is_unknown).then(|| by_pace.max(now + by_speed.unwrap_or_default()))
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
            if is_settled || unspent.is_zero() {
                break;
            }
            let starts = idle.max(crawl_ended + *delay);
            let time = (self.pass_time(at + 1, (at - begun) as u32)).min(unspent);
            unspent = unspent.saturating_sub(time);
            idle = starts.max(held) + time;
            held = idle + self.failing.longest_announced();
        }
        let experiments = self.failing.experiments(self.experiments);
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
        self.failing.pass_time(self.pace.fast(), pass)
    }
}
