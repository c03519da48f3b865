//! The pass under way: what is known of its URLs, until when it may go on, and how fast.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::model::{CrawlUrl, Fingerprint, HostKey, Moment, Pace, PacePlan};
use crate::policy::{CAREFUL, Candidate, LONGEST_ANNOUNCED, LoadTrial, look_spacing};

use super::sentinel::Sentinels;
use crate::model::Outcome;

/// An answer of a pass.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct Answer {
    /// The pass.
    pub(in crate::crawl) pass: u8,
    /// When its request began.
    pub(in crate::crawl) started: Moment,
    /// How long it took.
    pub(in crate::crawl) took: Duration,
    /// What happened.
    pub(in crate::crawl) outcome: Outcome,
    /// How long it asks to be left alone (`Retry-After`).
    pub(in crate::crawl) announced: Option<Duration>,
}

/// The pass under way.
#[derive(Debug)]
pub(super) struct CurrentPass {
    pub(super) starts: Moment,
    /// When its last answer came. What healed may lead on: the crawl goes on then, and that is no time
    /// of the pass.
    pub(super) last_answer: Moment,
    pub(super) deadline: Moment,
    /// When second and further looks end, so that later passes have time for their first ones.
    pub(super) looks_end: Moment,
    /// URLs that are not done, by host.
    pub(super) waiting: BTreeMap<HostKey, usize>,
    pub(super) watched: HashMap<Fingerprint, Watched>,
    /// Looks at each control that failed.
    pub(super) controls: HashMap<Fingerprint, u32>,
    /// How long each host was left alone because it limits us.
    pub(super) parked: HashMap<HostKey, Duration>,
    pub(super) sentinels: Sentinels,
    /// It was said that only they are left.
    pub(super) said_watching: bool,
    /// Whether it is the last look at what was fine and failed last.
    pub(super) is_closing: bool,
}

/// A failing URL in the pass under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched {
    seen: Candidate,
    /// Whether no other pass is planned for it.
    is_last: bool,
    /// Looks made in this pass.
    made: u32,
    /// Time that they took.
    took: Duration,
    /// Whether it takes no more looks in this pass, but as a sentinel.
    pub(super) is_done: bool,
}

/// How fast passes may go.
#[derive(Clone, Copy, Debug)]
pub(in crate::crawl) struct PassPace {
    plan: PacePlan,
}

/// Least time between two requests of a pass where the plan has no ceiling: ten a second are fast
/// enough for what fails.
const FASTEST: Duration = Duration::from_millis(100);

/// How much more slowly than failing pages a sample is requested (ours): what it fails of must not be the
/// crawl's own speed.
const SAMPLE_SLOWER: u32 = 3;

/// Longest `Retry-After` that is waited for between two looks of a pass; with a longer one there is one
/// look in each pass.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Most looks at a URL that was fine and failed last (ours): with two seconds between them they outlast a
/// restart.
const CLOSING_LOOKS: u32 = 8;

/// Time that the looks at one URL may take in one pass before no further one is begun: one page that
/// hangs must not hold up the pass for minutes.
const LONGEST_LOOKS: Duration = Duration::from_secs(30);

/// First time after which a control that failed is looked at again; it doubles each time. Ours: with
/// the next two that is two minutes, longer than a deploy or a restart.
const CONTROL_AGAIN: Duration = Duration::from_secs(15);

/// Most looks at a control that fails, in one pass.
const MOST_CONTROL_LOOKS: u32 = 4;

/// The part of a pass for which a host that limits us may be left alone. Ours.
const MOST_PARKED: u32 = 5;

impl CurrentPass {
    /// How long it took, without the wait for its start.
    pub(super) fn lasted(&self) -> Duration {
        self.last_answer.since(self.starts)
    }

    /// When a control that failed is looked at again, if it is.
    pub(super) fn control_again(&mut self, url: &CrawlUrl, now: Moment) -> Option<Moment> {
        let looks = self.controls.entry(url.fingerprint()).or_default();
        *looks += 1;
        let at = now + CONTROL_AGAIN * 2_u32.pow(looks.saturating_sub(1).min(8));
        (*looks < MOST_CONTROL_LOOKS && at <= self.deadline).then_some(at)
    }

    /// How much of this wait is granted to a host that limits us.
    pub(super) fn limited(&mut self, host: &HostKey, wait: Duration) -> Duration {
        let most = self.deadline.since(self.starts) / MOST_PARKED;
        let parked = self.parked.entry(host.clone()).or_default();
        let wait = wait
            .min(LONGEST_ANNOUNCED)
            .min(most.saturating_sub(*parked));
        *parked += wait;
        wait
    }

    /// Moves its ends by the time that it could not go on.
    pub(super) fn extend(&mut self, by: Duration) {
        self.starts = self.starts + by;
        self.last_answer = self.last_answer + by;
        self.deadline = self.deadline + by;
        self.looks_end = self.looks_end + by;
        self.sentinels.extend(by);
    }

    /// When a URL of a host is looked at once more; never if there is no time left for that.
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

    /// When a URL that takes no more looks is requested again, if it is a sentinel. One that hangs is none.
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

    /// How many sentinels there are and until when, once nothing else of the pass is left; said once.
    pub(super) fn watches_only(&mut self) -> Option<(usize, Moment)> {
        let is_left = self.waiting.values().any(|waiting| *waiting > 0);
        (!is_left && !std::mem::replace(&mut self.said_watching, true))
            .then(|| self.sentinels.count_until())
    }

    /// Takes note that a URL is not requested again in this pass, but as a sentinel.
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

    /// Whether any answer was fine.
    pub(super) fn was_fine(&self) -> bool {
        self.seen.ever_ok
    }

    pub(super) fn saw(&mut self, answer: &Answer) {
        let failed = answer.outcome.is_failure();
        self.made += 1;
        self.took += answer.took;
        self.seen.saw(answer.pass.into(), answer.started, failed);
    }

    /// Whether its looks took so little time that it may be looked at until it is fine.
    pub(super) fn has_time(&self) -> bool {
        self.made < CLOSING_LOOKS && self.took < LONGEST_LOOKS
    }

    /// Whether it takes one more look in this pass. A page that announces how long it will fail is not
    /// asked before that, if it is long, and load needs no test of chance.
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

    /// The pace of a host for which this was found of its load.
    pub(super) fn of(&self, trial: &LoadTrial) -> Pace {
        if trial.may_be_fast() {
            self.fast()
        } else {
            CAREFUL
        }
    }

    /// Slowly enough for the sample to fail of nothing but its pages.
    pub(super) fn of_sample(&self) -> Pace {
        let fast = self.fast();
        Pace {
            interval: fast.interval * SAMPLE_SLOWER,
            ..fast
        }
    }

    /// What the plan allows.
    pub(super) fn fast(&self) -> Pace {
        let ceiling = self.plan.ceiling();
        Pace {
            interval: ceiling.interval.max(FASTEST),
            ..ceiling
        }
    }
}
