//! The current pass: the state of its URLs, its deadlines and its pace.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::model::{CrawlUrl, Fingerprint, HostKey, LOOK_SPACING, Moment, Pace, PacePlan};
use crate::policy::{CAREFUL, Candidate, LONGEST_ANNOUNCED, LoadTrial, look_spacing};

use super::sentinel::Sentinels;
use crate::model::Outcome;

/// The result of one request of a pass.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct Answer {
    /// The pass.
    pub(in crate::crawl) pass: u8,
    /// When its request began.
    pub(in crate::crawl) started: Moment,
    /// How long it took.
    pub(in crate::crawl) took: Duration,
    /// The outcome.
    pub(in crate::crawl) outcome: Outcome,
    /// The announced pause (`Retry-After`).
    pub(in crate::crawl) announced: Option<Duration>,
}

/// The current pass.
#[derive(Debug)]
pub(super) struct CurrentPass {
    pub(super) starts: Moment,
    /// When its last answer came. A recovered page may link to new ones: the crawl then continues,
    /// and that time is not part of the pass.
    pub(super) last_answer: Moment,
    pub(super) deadline: Moment,
    /// When second and further looks end, so that later passes have time for their first ones.
    pub(super) looks_end: Moment,
    /// URLs that are not done, by host.
    pub(super) waiting: BTreeMap<HostKey, usize>,
    pub(super) watched: HashMap<Fingerprint, Watched>,
    /// Number of looks at each control that failed.
    pub(super) controls: HashMap<Fingerprint, u32>,
    /// How long each host was paused because it limits us.
    pub(super) parked: HashMap<HostKey, Duration>,
    /// Since when the only open request of a host is a careful one.
    pub(super) alone_since: HashMap<HostKey, Moment>,
    pub(super) sentinels: Sentinels,
    /// Whether the event that only they are left was sent.
    pub(super) said_watching: bool,
    /// Whether it is the closing pass, which looks only at URLs that were fine once and failed last.
    pub(super) is_closing: bool,
}

/// A failing URL in the current pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    seen: Candidate,
    /// Whether no other pass is planned for it.
    is_last: bool,
    /// Number of looks made in this pass.
    made: u32,
    /// Total time of these looks.
    took: Duration,
    /// Whether it takes no more looks in this pass, except as a sentinel.
    pub(super) is_done: bool,
}

/// The pace limits of passes.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct PassPace {
    plan: PacePlan,
}

/// Minimum time between two requests of a pass if the plan has no ceiling: ten per second are fast
/// enough for failing URLs.
const FASTEST: Duration = Duration::from_millis(100);

/// Factor by which a sample is requested more slowly than failing pages (ours): the crawl's own speed must not cause
/// its failures.
const SAMPLE_SLOWER: u32 = 3;

/// Maximum `Retry-After` that a pass waits for between two looks. With a longer one there is one
/// look in each pass.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Maximum looks at a URL that was fine and failed last (ours): with two seconds between them they
/// outlast a restart.
const CLOSING_LOOKS: u32 = 8;

/// Time for the looks at one URL in one pass, after which no further one begins: one page that
/// hangs must not hold up the pass for minutes.
const LONGEST_LOOKS: Duration = Duration::from_secs(30);

/// Seconds after which a control that failed gets another look in the same pass, one after the other. Ours: the first
/// shows a single failure, all together are longer than a deploy or a restart.
const CONTROL_AGAIN: [u64; 4] = [LOOK_SPACING.as_secs(), 15, 30, 60];

/// Divisor of a pass's time that gives the maximum pause of a host that limits us. Ours.
const MOST_PARKED: u32 = 5;

impl CurrentPass {
    /// Returns how long it took, without the wait for its start.
    pub(super) fn lasted(&self) -> Duration {
        self.last_answer.since(self.starts)
    }

    /// Returns when a control that failed gets another look, if it does.
    pub(super) fn control_again(&mut self, url: &CrawlUrl, now: Moment) -> Option<Moment> {
        let failed = self.controls.entry(url.fingerprint()).or_default();
        let wait = CONTROL_AGAIN.get(*failed as usize);
        *failed += 1;
        let at = wait.map(|seconds| now + Duration::from_secs(*seconds));
        at.filter(|at| *at <= self.deadline)
    }

    /// Returns how much of this wait a host that limits us gets.
    pub(super) fn limited(&mut self, host: &HostKey, wait: Duration) -> Duration {
        let most = self.deadline.since(self.starts) / MOST_PARKED;
        let parked = self.parked.entry(host.clone()).or_default();
        let wait = wait
            .min(LONGEST_ANNOUNCED)
            .min(most.saturating_sub(*parked));
        *parked += wait;
        wait
    }

    /// Moves its deadlines by the time in which it could not continue.
    pub(super) fn extend(&mut self, by: Duration) {
        self.starts = self.starts + by;
        self.last_answer = self.last_answer + by;
        self.deadline = self.deadline + by;
        self.looks_end = self.looks_end + by;
        // The request that was open meanwhile is made again.
        self.alone_since.clear();
        self.sentinels.extend(by);
    }

    /// Returns when a URL of a host gets another look, or `None` if there is no time left for one.
    pub(super) fn again_at(
        &self,
        host: &HostKey,
        interval: Duration,
        now: Moment,
    ) -> Option<Moment> {
        let waiting = self.waiting.get(host).copied().unwrap_or_default();
        let at = now + look_spacing(waiting, interval);
        (at <= self.looks_end).then_some(at)
    }

    /// Returns when a URL that takes no more looks is requested again, if it is a sentinel. A URL
    /// that hangs cannot be one.
    pub(super) fn watch(
        &self,
        url: &CrawlUrl,
        interval: Duration,
        answer: &Answer,
        now: Moment,
    ) -> Option<Moment> {
        let watched = self.watched.get(&url.fingerprint())?;
        (watched.took < LONGEST_LOOKS)
            .then(|| self.sentinels.again(url, now, interval, answer.announced))
            .flatten()
    }

    /// Returns the number of sentinels and their end, once nothing else of the pass is left.
    /// Returns it only once.
    pub(super) fn watches_only(&mut self) -> Option<(usize, Moment)> {
        let is_left = self.waiting.values().any(|waiting| *waiting > 0);
        (!is_left && !std::mem::replace(&mut self.said_watching, true))
            .then(|| self.sentinels.count_until())
    }

    /// Records that a URL is not requested again in this pass, except as a sentinel.
    pub(super) fn done(&mut self, url: &CrawlUrl) {
        let watched = self.watched.get_mut(&url.fingerprint());
        if watched.is_none_or(|watched| std::mem::replace(&mut watched.is_done, true)) {
            return;
        }
        if let Some(waiting) = self.waiting.get_mut(&url.host_key()) {
            *waiting = waiting.saturating_sub(1);
        }
    }
}

impl Watched {
    pub(super) const fn new(seen: Candidate, is_last: bool) -> Watched {
        Watched {
            seen,
            is_last,
            made: 0,
            took: Duration::ZERO,
            is_done: false,
        }
    }

    /// Returns whether any answer was fine.
    pub(super) fn was_fine(&self) -> bool {
        self.seen.ever_ok
    }

    pub(super) fn saw(&mut self, answer: &Answer) {
        let failed = answer.outcome.is_failure();
        self.made += 1;
        self.took += answer.took;
        self.seen.saw(answer.pass.into(), answer.started, failed);
    }

    /// Returns whether its looks took so little time that looks may continue until it is fine.
    pub(super) fn has_time(&self) -> bool {
        self.made < CLOSING_LOOKS && self.took < LONGEST_LOOKS
    }

    /// Returns whether it takes one more look in this pass. A page that announces a long pause gets
    /// no request before its end. If load is the reason, no test of chance is needed.
    pub(super) fn wants_more(&self, answer: &Answer, trial: &LoadTrial) -> bool {
        answer.announced.is_none_or(|wait| wait <= LONGEST_WAIT)
            && !self.is_done
            && self.took < LONGEST_LOOKS
            && !trial.is_convicted()
            && self.seen.wants_more(self.made, self.is_last)
    }
}

impl PassPace {
    pub(in crate::crawl) const fn new(plan: PacePlan) -> PassPace {
        PassPace { plan }
    }

    /// Returns the pace of a host with this result of the load test.
    pub(super) fn of(&self, trial: &LoadTrial) -> Pace {
        if trial.may_be_fast() {
            self.fast()
        } else {
            Pace {
                interval: trial.interval(),
                ..CAREFUL
            }
        }
    }

    /// Returns a pace slow enough that only a page itself can be the reason for a failure in the
    /// sample.
    pub(in crate::crawl) fn of_sample(&self) -> Pace {
        let fast = self.fast();
        Pace {
            interval: fast.interval * SAMPLE_SLOWER,
            ..fast
        }
    }

    /// Returns the maximum pace of the crawl.
    pub(in crate::crawl) fn ceiling(&self) -> Pace {
        self.plan.ceiling()
    }

    /// Returns the pace that the plan allows.
    pub(in crate::crawl) fn fast(&self) -> Pace {
        let ceiling = self.plan.ceiling();
        Pace {
            interval: ceiling.interval.max(FASTEST),
            ..ceiling
        }
    }
}
