//! Confirmation passes: what failed is asked again after the crawl, slowly, with controls. Which
//! and how fast is the policy's; here it is carried out on the frontier that the crawl used, so
//! that an interrupted pass goes on like an interrupted crawl.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use crate::frontier::Discovery;
use crate::model::{ConfirmPlan, CrawlUrl, HostKey, Moment, Pace, PacePlan, Role};
use crate::policy::{Candidate, ConfirmPace, Enough, agrees, careful, careful_interval, select};
use crate::store::{FailedUrl, RunId, Store, StoreError};

/// Longest wait for the first byte in a pass: longer than the minute after which most gateways
/// give up, so that theirs is the answer that is seen.
pub(super) const FIRST_BYTE: Duration = Duration::from_secs(70);

/// Passes and attempts that are enough to call a URL persistently failing, if they are far enough
/// apart.
const PASSES: u32 = 2;
const ATTEMPTS: u32 = 3;

/// How long past its `Age` a cached error is waited for: the default error TTL of CDNs
/// (CloudFront's, 10 s).
const CACHED_ERROR: Duration = Duration::from_secs(10);

/// Most passes, so that they can be numbered.
const MAX_PASSES: usize = 250;

/// The passes of one crawl.
#[derive(Debug)]
pub(super) struct Passes {
    plan: ConfirmPlan,
    pace: PacePlan,
    /// Passes begun so far.
    begun: usize,
    /// When the crawl itself was over.
    crawl_ended: Option<Moment>,
    /// Time that passes took so far, without the waits between them.
    spent: Duration,
    current: Option<Current>,
}

/// The pass under way.
#[derive(Debug)]
struct Current {
    starts: Moment,
    deadline: Moment,
    hosts: HashMap<HostKey, Careful>,
}

/// The first requests to a host, one at a time.
#[derive(Clone, Copy, Debug, Default)]
struct Careful {
    wanted: usize,
    asked: usize,
    failing: usize,
}

/// A pass about to begin.
#[derive(Debug)]
pub(super) struct NextPass {
    /// Its number: 2 for the first.
    pub(super) number: u8,
    /// When it begins.
    pub(super) starts: Moment,
    /// What is asked, controls included, in order.
    pub(super) asked: Vec<Discovery>,
    /// Failing URLs among them.
    pub(super) failing: usize,
    /// Failing URLs that the budget does not reach.
    pub(super) left_out: usize,
    /// How fast its hosts are asked at first.
    pub(super) hosts: Vec<(HostKey, Pace)>,
}

impl Passes {
    pub(super) fn new(plan: ConfirmPlan, pace: PacePlan) -> Passes {
        Passes {
            plan,
            pace,
            begun: 0,
            crawl_ended: None,
            spent: Duration::ZERO,
            current: None,
        }
    }

    /// Goes on after so many passes.
    pub(super) fn resume_after(&mut self, last: u8) {
        self.begun = usize::from(last.saturating_sub(1));
    }

    /// Chooses what comes next when nothing is left to ask. None if everything is known that can
    /// be.
    pub(super) fn next(
        &mut self,
        store: &Store,
        run: RunId,
        now: Moment,
        dice: &mut fastrand::Rng,
    ) -> Result<Option<NextPass>, StoreError> {
        if let Some(current) = self.current.take() {
            self.spent += now.since(current.starts);
        }
        let crawl_ended = *self.crawl_ended.get_or_insert(now);
        let left = self.plan.budget.saturating_sub(self.spent);
        if self.begun >= MAX_PASSES || left.is_zero() {
            return Ok(None);
        }
        let Some(delay) = self.plan.delays.get(self.begun) else {
            return Ok(None);
        };
        let failed = store.failed_urls(run)?;
        let pace = ConfirmPace {
            budget: left,
            interval: self.brisk().interval,
        };
        let candidates: Vec<Candidate> = failed.iter().map(|failed| failed.seen).collect();
        let enough = Enough {
            passes: PASSES,
            attempts: ATTEMPTS,
            span: self.plan.proof,
        };
        let selection = select(&candidates, enough, pace, &mut |below| dice.usize(..below));
        if selection.asked.is_empty() {
            return Ok(None);
        }
        self.begun += 1;
        let number = self.last();
        let starts = now.max(crawl_ended + *delay);
        let mut asked: Vec<Discovery> = selection
            .asked
            .iter()
            .map(|at| again(&failed[*at], number, starts))
            .collect();
        let mut hosts: HashMap<HostKey, Careful> = HashMap::new();
        for found in &asked {
            hosts.entry(found.url.host_key()).or_default().wanted += 1;
        }
        for host in hosts.values_mut() {
            host.wanted = careful(host.wanted);
        }
        let names: HashSet<HostKey> = hosts.keys().cloned().collect();
        let controls = store.controls(run, &names)?;
        let failing = asked.len();
        asked.extend(controls.iter().map(|url| control(url, number, starts)));
        self.current = Some(Current {
            starts,
            deadline: starts + left,
            hosts,
        });
        Ok(Some(NextPass {
            number,
            starts,
            asked,
            failing,
            left_out: selection.left_out.len(),
            hosts: names.into_iter().map(|host| (host, slowest())).collect(),
        }))
    }

    /// The number of the last pass begun: 1 is the crawl itself.
    pub(super) fn last(&self) -> u8 {
        self.begun as u8 + 1
    }

    /// The pass under way could not go on for so long: that is none of its time.
    pub(super) fn extend(&mut self, by: Duration) {
        if let Some(current) = &mut self.current {
            current.starts = current.starts + by;
            current.deadline = current.deadline + by;
        }
    }

    /// Whether the pass under way has used up its time.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| now > current.deadline)
    }

    /// Takes in an answer of a pass. Returns the pace from now on, if it may be faster: when the
    /// careful requests show that load is not the reason.
    pub(super) fn answered(&mut self, host: &HostKey, failed: bool) -> Option<Pace> {
        let brisk = self.brisk();
        let careful = self.current.as_mut()?.hosts.get_mut(host)?;
        careful.asked += 1;
        careful.failing += usize::from(failed);
        let is_last = careful.asked == careful.wanted;
        (is_last && agrees(careful.failing, careful.asked)).then_some(brisk)
    }

    /// Half of what the plan allows.
    fn brisk(&self) -> Pace {
        let ceiling = self.pace.ceiling();
        // Without a ceiling a few requests a second are still brisk for what fails.
        let interval = (ceiling.interval * 2).max(careful_interval() / 10);
        Pace {
            interval: interval.min(careful_interval()).max(ceiling.interval),
            open: (ceiling.open / 2).max(1),
        }
    }
}

/// One at a time, one a second: no failure at this pace is of the crawl's own making.
pub(super) fn slowest() -> Pace {
    Pace {
        interval: careful_interval(),
        open: 1,
    }
}

fn again(failed: &FailedUrl, pass: u8, starts: Moment) -> Discovery {
    let cached = failed.age.filter(|age| !age.is_zero());
    Discovery {
        url: failed.url.clone(),
        role: failed.role,
        depth: failed.depth.unwrap_or(0),
        hops: failed.hops,
        pass,
        tries: 0,
        // The same copy again would be counted as another failure.
        not_before: Some(cached.map_or(starts, |_| starts + CACHED_ERROR)),
    }
}

fn control(url: &CrawlUrl, pass: u8, starts: Moment) -> Discovery {
    Discovery {
        url: url.clone(),
        role: Role::Page,
        depth: 0,
        hops: 0,
        pass,
        tries: 0,
        not_before: Some(starts),
    }
}
