//! The progress of a crawl: a live line on a terminal, a line every ten seconds elsewhere.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::crawl::{Event, Forecast, Gauge, Rest};
use crate::model::{Attempt, CrawlPlan, Experiment, Moment, Purpose, Role};

use super::stall::Stall;
use super::streams::People;
use super::text::{count, duration, number};

/// Pause between two lines where stderr is not a terminal.
const PLAIN_PAUSE: Duration = Duration::from_secs(10);
/// Pause between two such lines during a stall, so that the stall reason is printed soon.
const STALLED_PAUSE: Duration = Duration::from_secs(5);

/// The usual pause between two requests of an experiment, which is not shown.
const PAUSE: Duration = Duration::from_secs(2);

/// Number of gauges, one each second, over which the rate is measured.
const WINDOW: usize = 15;

/// The progress line and the counts that it shows.
pub(crate) struct Progress {
    phases: Phases,
    forecast: Option<Forecast>,
    tally: Tally,
    gauge: Gauge,
    after: Option<After>,
    /// The last request of an experiment.
    experiment: Option<ExperimentRequest>,
    stall: Stall,
    /// Since when this machine has no network.
    offline: Option<Moment>,
    /// Moments, each with the number of pages done by then.
    marks: VecDeque<(Instant, u64)>,
    display: Display,
    people: People,
}

enum Display {
    Bar(ProgressBar),
    Lines { last: Instant },
    Nothing,
}

/// The parts of a plan, as phases.
#[derive(Clone, Copy, Debug, Default)]
struct Phases {
    sample: bool,
    passes: usize,
    experiments: bool,
}

impl Phases {
    fn of(plan: &CrawlPlan) -> Phases {
        Phases {
            sample: plan.sample.size(u64::MAX) > 0,
            passes: plan.confirm.delays.len(),
            experiments: plan.experiments.enabled,
        }
    }

    /// Returns their number: the crawl, the sample, the passes, the experiments. Those after the crawl are left out if
    /// there is nothing for them to do.
    fn all(self) -> usize {
        1 + usize::from(self.sample) + self.passes + usize::from(self.experiments)
    }

    /// Counts a pass beyond those of the plan: pages that began to fail during the passes have passes of their own.
    fn reached_pass(&mut self, pass: u8) {
        self.passes = self.passes.max(usize::from(pass).saturating_sub(1));
    }

    /// Returns the number of the phase.
    fn number(self, after: Option<After>) -> usize {
        let before_passes = 1 + usize::from(self.sample);
        match after {
            None => 1,
            Some(After::Sampling { .. }) => before_passes,
            Some(After::Confirming { pass, .. } | After::Watching { pass, .. }) => {
                before_passes + usize::from(pass).saturating_sub(1)
            }
            Some(After::Experimenting { .. }) => self.all(),
        }
    }
}

/// The work after the crawl itself.
#[derive(Clone, Copy, Debug)]
enum After {
    /// A confirmation pass.
    Confirming {
        pass: u8,
        starts: Moment,
        ends_by: Moment,
        failing: u64,
        left_out: u64,
        is_late: bool,
    },
    /// Only sentinels are requested.
    Watching { pass: u8, pages: u64, until: Moment },
    /// A sample of pages that never failed.
    Sampling { pages: u64 },
    /// Experiments on URLs that still fail.
    Experimenting { urls: u64, ends_by: Moment },
}

/// A request of an experiment.
#[derive(Debug)]
struct ExperimentRequest {
    url: String,
    experiment: Experiment,
    at: Moment,
}

impl ExperimentRequest {
    fn said(&self, now: Moment) -> String {
        let when = match self.at.since(now) {
            wait if wait > PAUSE => format!("in {}", duration(wait)),
            _ => "now".to_owned(),
        };
        format!(" | {when} {}: {}", self.experiment.way(), self.url)
    }
}

/// Counts of pages by the outcome of their last attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    done: u64,
    classes: [u64; 4],
    other: u64,
    unanswered: u64,
    /// Pages that failed and were fine when they were requested again at once.
    healed: u64,
}

impl Progress {
    /// Returns the progress of a crawl with this plan; without a plan there is none to show.
    pub(crate) fn new(people: People, plan: Option<&CrawlPlan>) -> Progress {
        let now = Instant::now();
        let display = if people.quiet {
            Display::Nothing
        } else if people.terminal {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            people.show(Some(bar.clone()));
            Display::Bar(bar)
        } else {
            Display::Lines { last: now }
        };
        Progress {
            phases: plan.map(Phases::of).unwrap_or_default(),
            forecast: plan.map(Forecast::new),
            tally: Tally::default(),
            gauge: Gauge::default(),
            after: None,
            experiment: None,
            stall: Stall::default(),
            offline: None,
            marks: VecDeque::from([(now, 0)]),
            display,
            people,
        }
    }

    pub(super) fn see(&mut self, event: &Event<'_>) {
        self.stall.see(event);
        if let Some(forecast) = &mut self.forecast {
            forecast.see(event);
        }
        match event {
            Event::Attempted {
                role,
                attempt,
                again: None,
                ..
            } if self.after.is_none() && *role >= Role::Page && attempt.purpose.is_evidence() => {
                self.tally.add(attempt);
            }
            Event::Confirming {
                pass,
                starts,
                ends_by,
                failing,
                left_out,
                is_late,
            } => {
                self.experiment = None;
                self.phases.reached_pass(*pass);
                self.after = Some(After::Confirming {
                    pass: *pass,
                    starts: *starts,
                    ends_by: *ends_by,
                    failing: *failing as u64,
                    left_out: *left_out as u64,
                    is_late: *is_late,
                });
            }
            Event::Watching { pages, until } => {
                let pass = match self.after {
                    Some(After::Confirming { pass, .. } | After::Watching { pass, .. }) => pass,
                    _ => 2,
                };
                self.after = Some(After::Watching {
                    pass,
                    pages: *pages as u64,
                    until: *until,
                });
            }
            Event::Sampling { pages } => {
                let pages = *pages as u64;
                self.experiment = None;
                self.after = Some(After::Sampling { pages });
            }
            Event::Experimenting { urls, ends_by, .. } => {
                self.after = Some(After::Experimenting {
                    urls: *urls as u64,
                    ends_by: *ends_by,
                });
            }
            Event::ExperimentRequest {
                url,
                experiment,
                at,
            } => {
                self.experiment = Some(ExperimentRequest {
                    url: url.to_string(),
                    experiment: *experiment,
                    at: *at,
                });
            }
            Event::Outage { since, ended, .. } => {
                self.offline = ended.is_none().then_some(*since);
            }
            Event::Gauge(gauge) => {
                self.gauge = *gauge;
                self.draw(Instant::now());
            }
            _ => {}
        }
    }

    fn draw(&mut self, now: Instant) {
        self.marks.push_back((now, self.tally.done));
        if self.marks.len() > WINDOW {
            self.marks.pop_front();
        }
        let stall = self.stall.reason(&self.gauge);
        let rest = self.forecast.as_ref().and_then(Forecast::rest);
        let after = || {
            let (phase, phases) = (self.phases.number(self.after), self.phases.all());
            let text = [
                format!("phase {phase} of {phases}"),
                format!("{} 5xx", number(self.tally.server_errors())),
            ];
            let left = rest.map(left);
            let said = said(self.after?, &self.gauge);
            let text = text.into_iter().chain(left).chain([said]);
            let text = text.collect::<Vec<_>>().join(" | ");
            let experiment = self.experiment.as_ref();
            let now =
                experiment.map_or(String::new(), |experiment| experiment.said(self.gauge.now));
            Some(text + &now)
        };
        let text = || match (self.offline, after(), &stall) {
            (Some(since), ..) => offline(since, &self.gauge),
            (None, Some(after), None) => after,
            (None, Some(after), Some(stall)) => format!("{after} | {stall}"),
            (None, None, stall) => {
                let ahead = Ahead {
                    phases: self.phases,
                    rest,
                    stall: stall.as_deref(),
                };
                line(&self.tally, &self.gauge, rate(&self.marks), ahead)
            }
        };
        match &mut self.display {
            Display::Bar(bar) => {
                bar.set_message(text());
                bar.tick();
            }
            Display::Lines { last }
                if now.duration_since(*last)
                    >= stall.as_ref().map_or(PLAIN_PAUSE, |_| STALLED_PAUSE) =>
            {
                *last = now;
                self.people.say(text());
            }
            Display::Lines { .. } | Display::Nothing => {}
        }
    }
}

/// Removes the live line.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Display::Bar(bar) = &self.display {
            self.people.show(None);
            bar.finish_and_clear();
        }
    }
}

/// Returns the time left, in words.
fn left(rest: Rest) -> String {
    let time = duration(rest.time);
    if rest.is_growing {
        format!("{time} or more left")
    } else {
        format!("{time} left")
    }
}

impl Tally {
    fn server_errors(self) -> u64 {
        self.classes[3]
    }

    fn add(&mut self, attempt: &Attempt) {
        self.done += 1;
        let is_fine = !attempt.outcome.is_failure();
        self.healed += u64::from(is_fine && attempt.purpose == Purpose::Retry);
        match attempt.status {
            Some(status @ 200..=599) => self.classes[usize::from(status / 100 - 2)] += 1,
            Some(_) => self.other += 1,
            None => self.unanswered += 1,
        }
    }
}

/// Returns the pages per second over the marks.
fn rate(marks: &VecDeque<(Instant, u64)>) -> f64 {
    let (Some((from, before)), Some((to, after))) = (marks.front(), marks.back()) else {
        return 0.0;
    };
    let seconds = to.duration_since(*from).as_secs_f64();
    if seconds > 0.0 {
        (after - before) as f64 / seconds
    } else {
        0.0
    }
}

fn offline(since: Moment, gauge: &Gauge) -> String {
    let waiting = number(gauge.pending);
    format!("this machine has no network since {since}; {waiting} waiting for it")
}

fn said(after: After, gauge: &Gauge) -> String {
    let left = number(gauge.pending);
    match after {
        After::Confirming {
            starts,
            ends_by,
            failing,
            left_out,
            is_late,
            ..
        } => {
            let mut urls = count(failing, "failing URL");
            if is_late {
                urls.push_str(", first seen failing during a pass,");
            }
            let wait = starts.since(gauge.now);
            let mut text = if wait > Duration::ZERO {
                format!("requesting {urls} again in {}", duration(wait))
            } else {
                format!(
                    "requesting {urls} again; {left} left, {}",
                    at_most(ends_by, gauge)
                )
            };
            if left_out > 0 {
                text.push_str(" (a sample, because --confirm-budget is too short for all)");
            }
            text
        }
        After::Watching { pages, until, .. } => {
            let pages = count(pages, "page");
            let left = duration(until.since(gauge.now));
            format!("watching {pages} in parts of the site that go down and come back, for {left}")
        }
        After::Sampling { pages } => {
            let pages = count(pages, "page");
            format!("requesting {pages} that never failed once more, as a sample; {left} left")
        }
        After::Experimenting { urls, ends_by } => {
            let urls = count(urls, "failing URL");
            let most = at_most(ends_by, gauge);
            format!("experiments with {urls}, to separate causes; {left} left, {most}")
        }
    }
}

fn at_most(ends_by: Moment, gauge: &Gauge) -> String {
    format!("{} at most", duration(ends_by.since(gauge.now)))
}

/// What lies ahead of the crawl.
#[derive(Clone, Copy, Default)]
struct Ahead<'a> {
    phases: Phases,
    /// The time left, if it is known.
    rest: Option<Rest>,
    /// What the crawl waits for, if it stalls.
    stall: Option<&'a str>,
}

/// Returns the line of the crawl, the most important part first: a narrow terminal shows only the beginning.
fn line(tally: &Tally, gauge: &Gauge, rate: f64, ahead: Ahead<'_>) -> String {
    let [success, redirects, client_errors, server_errors] = tally.classes;
    let mut parts = vec![
        format!("phase 1 of {}", ahead.phases.all()),
        format!("{} 5xx", number(server_errors)),
    ];
    if gauge.pending > 0 {
        parts.extend(ahead.rest.map(left));
    }
    parts.extend(ahead.stall.map(str::to_owned));
    parts.push(format!("{}, {rate:.1}/s", count(tally.done, "page")));
    parts.push(format!("{} waiting", number(gauge.pending)));
    let others = [
        (success, "2xx"),
        (redirects, "3xx"),
        (client_errors, "4xx"),
        (tally.other, "other"),
        (tally.unanswered, "without answer"),
        (tally.healed, "fine at a retry"),
    ];
    let others = others.iter().filter(|(pages, _)| *pages > 0);
    parts.extend(others.map(|(pages, what)| format!("{} {what}", number(*pages))));
    if let Some(ceiling) = gauge.rate {
        let digits = if ceiling < 1.0 { 2 } else { 1 };
        parts.push(format!("pace {ceiling:.digits$}/s"));
    }
    parts.join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_shows_the_progress_of_the_crawl() {
        let tally = Tally {
            done: 1_234,
            classes: [1_200, 20, 0, 10],
            other: 2,
            unanswered: 4,
            healed: 3,
        };
        let gauge = Gauge {
            now: Moment::default(),
            pending: 600,
            open: 8,
            rate: Some(10.0),
            ..Gauge::default()
        };
        let phases = Phases {
            sample: true,
            passes: 2,
            experiments: true,
        };
        let rest = Rest {
            time: Duration::from_secs(254),
            is_growing: false,
        };
        let ahead = Ahead {
            phases,
            rest: Some(rest),
            stall: None,
        };
        assert_eq!(
            line(&tally, &gauge, 10.0, ahead),
            "phase 1 of 5 | 10 5xx | 4 m 14 s left | 1,234 pages, 10.0/s | 600 waiting | 1,200 2xx | 20 3xx | 2 other \
             | 4 without answer | 3 fine at a retry | pace 10.0/s"
        );
        assert_eq!(
            line(&Tally::default(), &Gauge::default(), 0.0, Ahead::default()),
            "phase 1 of 1 | 0 5xx | 0 pages, 0.0/s | 0 waiting"
        );
    }

    #[test]
    fn phases_are_numbered_through_sample_passes_and_experiments() {
        let kinds = Phases {
            sample: true,
            passes: 2,
            experiments: true,
        };
        let pass = |pass| After::Watching {
            pass,
            pages: 1,
            until: Moment::default(),
        };
        let experiments = After::Experimenting {
            urls: 1,
            ends_by: Moment::default(),
        };
        let phases = [
            None,
            Some(After::Sampling { pages: 20 }),
            Some(pass(2)),
            Some(pass(3)),
            Some(experiments),
        ];
        assert_eq!(phases.map(|after| kinds.number(after)), [1, 2, 3, 4, 5]);
        assert_eq!(kinds.all(), 5);
        // Pages that began to fail during the passes have passes of their own.
        let mut kinds = kinds;
        kinds.reached_pass(5);
        let phases = [Some(pass(5)), Some(experiments)];
        assert_eq!(phases.map(|after| kinds.number(after)), [6, 7]);
        assert_eq!(kinds.all(), 7);
    }

    #[test]
    fn work_after_the_crawl_has_its_own_lines() {
        let gauge = Gauge {
            pending: 4,
            ..Gauge::default()
        };
        let pass = After::Confirming {
            pass: 2,
            starts: Moment::default() + Duration::from_secs(15),
            ends_by: Moment::default() + Duration::from_mins(10),
            failing: 1,
            left_out: 2,
            is_late: false,
        };
        assert_eq!(
            said(pass, &gauge),
            "requesting 1 failing URL again in 15 s (a sample, because --confirm-budget is too \
             short for all)"
        );
        let late = After::Confirming {
            pass: 3,
            starts: Moment::default() + Duration::from_secs(15),
            ends_by: Moment::default() + Duration::from_mins(10),
            failing: 25,
            left_out: 0,
            is_late: true,
        };
        assert_eq!(
            said(late, &gauge),
            "requesting 25 failing URLs, first seen failing during a pass, again in 15 s"
        );
        let until = Moment::default() + Duration::from_secs(40);
        assert_eq!(
            said(
                After::Watching {
                    pass: 2,
                    pages: 2,
                    until
                },
                &gauge
            ),
            "watching 2 pages in parts of the site that go down and come back, for 40 s"
        );
        assert_eq!(
            said(After::Sampling { pages: 20 }, &gauge),
            "requesting 20 pages that never failed once more, as a sample; 4 left"
        );
        assert_eq!(
            said(
                After::Experimenting {
                    urls: 6,
                    ends_by: Moment::default() + Duration::from_mins(5),
                },
                &gauge
            ),
            "experiments with 6 failing URLs, to separate causes; 4 left, 5 m 00 s at most"
        );
    }

    #[test]
    fn an_experiment_shows_what_it_requests() {
        let at = |seconds| Moment::default() + Duration::from_secs(seconds);
        let experiment = ExperimentRequest {
            url: "http://a.example/x".to_owned(),
            experiment: Experiment::Browser,
            at: at(40),
        };
        assert_eq!(
            experiment.said(at(10)),
            " | in 30 s as a browser: http://a.example/x"
        );
        assert_eq!(
            experiment.said(at(39)),
            " | now as a browser: http://a.example/x"
        );
    }

    #[test]
    fn a_site_that_grows_has_no_known_end() {
        let rest = |is_growing| Rest {
            time: Duration::from_secs(90),
            is_growing,
        };
        assert_eq!(left(rest(false)), "1 m 30 s left");
        assert_eq!(left(rest(true)), "1 m 30 s or more left");
    }

    #[test]
    fn the_rate_covers_the_last_seconds_only() {
        let start = Instant::now();
        let marks = [(start, 0), (start + Duration::from_secs(4), 20)];
        assert!((rate(&VecDeque::from(marks)) - 5.0).abs() < 1e-9);
        assert!(rate(&VecDeque::from([(start, 0)])).abs() < 1e-9);
    }
}
