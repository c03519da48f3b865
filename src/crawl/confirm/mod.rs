//! The sample and the confirmation passes after a crawl. Pages that never failed are requested once
//! more, then failing URLs, in passes. The policy decides which URLs, how often and how fast. The
//! passes use the frontier of the crawl, so that an interrupted pass continues like an interrupted
//! crawl.

mod doubted;
mod pass;
mod sample;
mod sentinel;
mod waves;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use crate::frontier::Discovery;
use crate::model::{ConfirmPlan, CrawlUrl, Fingerprint, HostKey, Moment, Pace, Role, SamplePlan};
use crate::policy::{CAREFUL, Candidate, ConfirmPace, Enough, LoadTrial, select};
use crate::store::{FailedUrl, PassesMade, RunId, Store, StoreError};

use self::doubted::Doubts;
pub(super) use self::doubted::LooksLost;
pub(super) use self::pass::{Answer, PassPace};
use self::pass::{CurrentPass, Watched};
pub(super) use self::sample::SAMPLE;
use self::sample::Sample;
use self::sentinel::Sentinels;
use self::waves::Waves;

/// Minimum passes and attempts before a URL counts as persistently failing, if they are far enough apart. With three,
/// a comparison separates a page that was fine once before from chance (assess/compare); with two it cannot, and a
/// page that died would not be news.
pub(super) const PASSES: u32 = 3;
const ATTEMPTS: u32 = 3;

/// How long past its `Age` a pass waits for a cached error to expire: the default error TTL of CDNs
/// (CloudFront's, 10 s).
const CACHED_ERROR: Duration = Duration::from_secs(10);

/// Maximum passes, so that their numbers fit one byte.
const MAX_PASSES: usize = 250;

/// Maximum URLs of the closing pass (ours): if more are left failing, the host is down.
const MOST_CLOSING: usize = 200;

/// Maximum time of the closing pass (ours).
const CLOSING_TIME: Duration = Duration::from_mins(1);

/// The passes of one crawl.
#[derive(Debug)]
pub(super) struct Passes {
    plan: ConfirmPlan,
    pace: PassPace,
    sample: Sample,
    doubts: Doubts,
    /// Passes begun so far.
    begun: usize,
    /// The end of the crawl itself.
    crawl_ended: Option<Moment>,
    /// Time that passes took so far, with the waits for those of late waves alone.
    spent: Duration,
    /// The failed URLs in waves; `None` before the first pass that this process begins.
    waves: Option<Waves>,
    /// When the first pass began, if a process that is gone began it and was interrupted in one.
    confirmed_since: Option<Moment>,
    /// When the last pass had its last answer.
    last_answer: Moment,
    current: Option<CurrentPass>,
    /// Whether load makes hosts fail.
    trials: HashMap<HostKey, LoadTrial>,
    /// Whether the closing pass, the last look at URLs that were left failing, was made.
    closed: bool,
}

/// The plan of a pass that is about to begin.
#[derive(Debug)]
pub(super) struct NextPass {
    /// Its number: 2 for the first.
    pub(super) number: u8,
    /// When it begins.
    pub(super) starts: Moment,
    /// When its time is over.
    pub(super) ends_by: Moment,
    /// The URLs to request, controls included, in order.
    pub(super) chosen: Vec<Discovery>,
    /// Failing URLs among them.
    pub(super) failing: usize,
    /// Failing URLs that are beyond the budget.
    pub(super) left_out: usize,
    /// Whether all its failing URLs failed first after the passes had begun.
    pub(super) is_late: bool,
    /// The hosts of these URLs.
    pub(super) hosts: Vec<HostKey>,
}

/// A failing URL that a pass requests.
#[derive(Clone, Copy)]
struct Chosen<'a> {
    failed: &'a FailedUrl,
    /// Whether it is the last planned pass that requests it.
    is_last: bool,
}

/// The consequences of an answer in a pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Follows {
    /// When the URL gets another look in this pass, if it does.
    pub(super) again: Option<Moment>,
    /// Whether the pace of its host changes.
    pub(super) changes_pace: bool,
    /// Whether it is known that load is not why its host fails.
    pub(super) load_excluded: bool,
    /// The number of sentinels that alone are requested from now on, and until when.
    pub(super) watching: Option<(usize, Moment)>,
}

impl Passes {
    pub(super) fn new(plan: ConfirmPlan, sample: SamplePlan, pace: PassPace) -> Passes {
        Passes {
            doubts: Doubts::new(&plan.delays),
            plan,
            pace,
            sample: Sample::new(sample),
            begun: 0,
            crawl_ended: None,
            spent: Duration::ZERO,
            waves: None,
            confirmed_since: None,
            last_answer: Moment::default(),
            current: None,
            trials: HashMap::new(),
            closed: false,
        }
    }

    /// Continues after an interrupted crawl. A pass that was cut short begins again, because the
    /// knowledge about its URLs is lost.
    pub(super) fn resume_after(&mut self, made: PassesMade, now: Moment) {
        self.begun = usize::from(made.last.saturating_sub(1));
        self.crawl_ended = made.crawl_ended;
        if made.is_cut_short {
            self.spent = made.spent;
            // URLs that were found during the passes still have some of this time.
            self.confirmed_since = made.confirmed_since;
        }
        if made.is_sampled || made.last > 1 {
            self.sample.resume(now);
        }
    }

    /// Returns the pages that look lost and were fine in the run before, once.
    pub(super) fn doubted(
        &mut self,
        store: &Store,
        run: RunId,
        now: Moment,
    ) -> Result<Vec<Discovery>, StoreError> {
        let pages = self.doubts.pages(store, run)?;
        if !pages.is_empty() {
            self.crawl_ended.get_or_insert(now);
            self.sample.is_preceded(now);
        }
        Ok(pages)
    }

    /// Records an answer of such a page, and returns when it is requested again, if it is.
    pub(super) fn doubts(
        &mut self,
        url: &CrawlUrl,
        looks: LooksLost,
        now: Moment,
    ) -> Option<Moment> {
        self.doubts.answered(url, looks, now)
    }

    /// Returns the pages of the sample, once.
    pub(super) fn sample(
        &mut self,
        store: &Store,
        run: RunId,
        now: Moment,
        dice: &mut fastrand::Rng,
    ) -> Result<Vec<Discovery>, StoreError> {
        self.crawl_ended.get_or_insert(now);
        self.sample.pages(store, run, now, dice)
    }

    /// Returns the maximum pace of the sample on a host.
    pub(super) fn sample_pace(&self) -> Pace {
        self.pace.of_sample()
    }

    /// Returns the pace of a host in the passes.
    pub(super) fn pace(&self, host: &HostKey) -> Pace {
        self.pace
            .of(&self.trials.get(host).copied().unwrap_or_default())
    }

    /// Chooses the next pass when nothing is left to request. Returns `None` if all passes are made
    /// or would show nothing new. `up_since` says since when a host that was down has been up again.
    pub(super) fn next(
        &mut self,
        store: &Store,
        run: RunId,
        now: Moment,
        up_since: &dyn Fn(&HostKey) -> Option<Moment>,
        dice: &mut fastrand::Rng,
    ) -> Result<Option<NextPass>, StoreError> {
        if let Some(current) = self.current.take() {
            self.spent += current.lasted();
            self.last_answer = current.last_answer;
        }
        self.crawl_ended.get_or_insert(now);
        if self.plan.delays.is_empty() {
            return Ok(None);
        }
        let mut failed = store.failed_urls(run)?;
        for failed in &mut failed {
            failed.forget_announcement(up_since(&failed.url.host_key()));
        }
        let left = self.plan.budget.saturating_sub(self.spent);
        let planned = (!left.is_zero())
            .then(|| self.planned(&failed, now, left, dice))
            .flatten();
        let Some(mut next) = planned else {
            return Ok(self.closing(&failed, now));
        };
        self.add_controls(&mut next, store, run)?;
        Ok(Some(next))
    }

    /// Returns the next pass of the plan, with this much time left for it.
    fn planned(
        &mut self,
        failed: &[FailedUrl],
        now: Moment,
        left: Duration,
        dice: &mut fastrand::Rng,
    ) -> Option<NextPass> {
        let enough = Enough {
            passes: PASSES,
            attempts: ATTEMPTS,
            span: self.plan.proof,
        };
        let crawl_ended = self.crawl_ended.unwrap_or(now);
        let (delays, begun) = (&self.plan.delays, self.begun);
        let found_by = self.confirmed_since.unwrap_or(now);
        let waves = self
            .waves
            .get_or_insert_with(|| Waves::first(found_by, crawl_ended, delays, begun));
        let open = failed
            .iter()
            .filter(|failed| !failed.seen.is_settled(enough));
        waves.see(
            open.map(|it| (it.first_failed(), it.was_fine())),
            delays,
            now,
        );
        while self.begun < MAX_PASSES {
            let waves = self.waves.as_mut()?;
            let turn = waves.begin(now, self.last_answer, left)?;
            self.begun += 1;
            let (of_turn, passes_left): (Vec<&FailedUrl>, Vec<usize>) = failed
                .iter()
                .filter_map(|it| Some((it, waves.left_after_turn(it.first_failed())?)))
                .unzip();
            let candidates: Vec<Candidate> = of_turn.iter().map(|failed| failed.seen).collect();
            let pace = ConfirmPace {
                starts: turn.starts,
                budget: left.saturating_sub(turn.counted),
                interval: self.pace.fast().interval,
            };
            let selection = select(&candidates, enough, pace, &mut |below| dice.usize(..below));
            if selection.chosen.is_empty() {
                // All URLs announced an end after the start of this pass; a later one may come
                // after that.
                continue;
            }
            let chosen: Vec<Chosen<'_>> = selection
                .chosen
                .iter()
                .map(|at| Chosen {
                    failed: of_turn[*at],
                    is_last: passes_left[*at] == 0,
                })
                .collect();
            self.spent += turn.counted;
            let mut next = self.begin(pace, &chosen, turn.left);
            next.left_out = selection.left_out.len();
            next.is_late = turn.is_late;
            if let Some(current) = &mut self.current {
                let chosen: Vec<&FailedUrl> = chosen.iter().map(|chosen| chosen.failed).collect();
                current.sentinels = Sentinels::among(&chosen, pace.starts, turn.next);
            }
            return Some(next);
        }
        None
    }

    /// Returns the closing pass, once: a short pass after those of the plan. It requests URLs that were fine but
    /// failed at their last request: the last result of a page must not be an outage that ends
    /// soon.
    fn closing(&mut self, failed: &[FailedUrl], now: Moment) -> Option<NextPass> {
        if self.begun >= MAX_PASSES || std::mem::replace(&mut self.closed, true) {
            return None;
        }
        let left_failing = failed.iter().filter(|failed| {
            failed.seen.is_left_failing() && failed.seen.announced.is_none_or(|end| end <= now)
        });
        let chosen: Vec<Chosen<'_>> = left_failing
            .map(|failed| Chosen {
                failed,
                is_last: true,
            })
            .take(MOST_CLOSING)
            .collect();
        if chosen.is_empty() {
            return None;
        }
        self.begun += 1;
        let pace = ConfirmPace {
            starts: now,
            budget: CLOSING_TIME,
            interval: self.pace.fast().interval,
        };
        let next = self.begin(pace, &chosen, 1);
        if let Some(current) = &mut self.current {
            current.is_closing = true;
        }
        Some(next)
    }

    /// Adds controls to a pass.
    fn add_controls(
        &mut self,
        next: &mut NextPass,
        store: &Store,
        run: RunId,
    ) -> Result<(), StoreError> {
        let names: HashSet<HostKey> = next.hosts.iter().cloned().collect();
        let controls = store.controls(run, &names)?;
        let of_pass = |url| control(url, next.number, next.starts);
        let chosen: Vec<Discovery> = controls.iter().map(of_pass).collect();
        if let Some(current) = &mut self.current {
            let controls = controls.iter().map(|url| (url.fingerprint(), 0));
            current.controls.extend(controls);
        }
        next.chosen.extend(chosen);
        Ok(())
    }

    /// Begins the next pass. Its URLs have at most `passes_left` passes left, this one included.
    fn begin(&mut self, pace: ConfirmPace, urls: &[Chosen<'_>], passes_left: usize) -> NextPass {
        let number = self.last();
        let chosen: Vec<Discovery> = urls
            .iter()
            .map(|asked| again(asked.failed, number, pace.starts))
            .collect();
        let watched: HashMap<Fingerprint, Watched> = urls
            .iter()
            .map(|Chosen { failed, is_last }| {
                let watched = Watched::new(failed.seen, *is_last);
                (failed.url.fingerprint(), watched)
            })
            .collect();
        let mut waiting: BTreeMap<HostKey, usize> = BTreeMap::new();
        for found in &chosen {
            *waiting.entry(found.url.host_key()).or_default() += 1;
        }
        let hosts = waiting.keys().cloned().collect();
        self.current = Some(CurrentPass {
            starts: pace.starts,
            last_answer: pace.starts,
            deadline: pace.starts + pace.budget,
            looks_end: pace.starts + pace.budget / passes_left as u32,
            waiting,
            watched,
            controls: HashMap::new(),
            parked: HashMap::new(),
            alone_since: HashMap::new(),
            sentinels: Sentinels::default(),
            said_watching: false,
            is_closing: false,
        });
        NextPass {
            number,
            starts: pace.starts,
            ends_by: pace.starts + pace.budget,
            failing: chosen.len(),
            chosen,
            left_out: 0,
            is_late: false,
            hosts,
        }
    }

    /// Returns the number of the last pass begun: 1 is the crawl itself.
    pub(super) fn last(&self) -> u8 {
        self.begun as u8 + 1
    }

    /// Extends the current pass by time in which it could not continue.
    pub(super) fn extend(&mut self, by: Duration) {
        if let Some(current) = &mut self.current {
            current.extend(by);
        }
        self.sample.extend(by);
    }

    /// Returns whether a pass, or the sample, has used up its time.
    pub(super) fn is_over(&self, pass: u8, now: Moment) -> bool {
        match pass {
            1 => false,
            SAMPLE => self.sample.is_over(now),
            _ => {
                let current = self.current.as_ref();
                current.is_some_and(|current| now > current.deadline)
            }
        }
    }

    /// Returns this moment, or the first after the current pass if that comes earlier: nothing waits beyond it.
    pub(super) fn within(&self, until: Moment) -> Moment {
        let current = self.current.as_ref();
        let over = current.map(|current| current.deadline + Duration::from_millis(1));
        over.map_or(until, |over| until.min(over))
    }

    /// Returns whether the current pass still has URLs of a host to request.
    pub(super) fn is_confirming(&self, host: &HostKey) -> bool {
        let current = self.current.as_ref();
        let waiting = current.and_then(|current| current.waiting.get(host));
        waiting.is_some_and(|waiting| *waiting > 0)
    }

    /// Records that a URL of the current pass is not requested after all.
    pub(super) fn not_requested(&mut self, url: &CrawlUrl) {
        if let Some(current) = &mut self.current
            && current.watched.contains_key(&url.fingerprint())
        {
            current.done(url);
        }
    }

    /// Returns whether the current pass requests a URL as a control of its own.
    pub(super) fn is_control(&self, url: &CrawlUrl) -> bool {
        let current = self.current.as_ref();
        current.is_some_and(|current| current.controls.contains_key(&url.fingerprint()))
    }

    /// Returns a look of the current pass at a page that was fine and failed next to another.
    pub(super) fn look_at_control(&mut self, url: &CrawlUrl, now: Moment) -> Option<Discovery> {
        let number = self.last();
        let at = self.current.as_mut()?.control_again(url, now)?;
        Some(control(url, number, at))
    }

    /// Returns how long the current pass pauses a host that limits us (429). The pauses must not
    /// use up the pass.
    pub(super) fn limited(&mut self, host: &HostKey, wait: Duration) -> Duration {
        let current = self.current.as_mut();
        current.map_or(wait, |current| current.limited(host, wait))
    }

    /// Returns whether a pass or the sample requests a URL that was fine before.
    pub(super) fn was_fine(&self, found: &Discovery) -> bool {
        if found.pass == SAMPLE {
            return found.role == Role::Page;
        }
        let current = self.current.as_ref();
        let watched = current.and_then(|pass| pass.watched.get(&found.url.fingerprint()));
        // A sentinel's failures need no companions.
        watched.is_some_and(|watched| watched.was_fine() && !watched.is_done)
    }

    /// Records that a URL of a pass is requested.
    pub(super) fn begins(&mut self, found: &Discovery, now: Moment) {
        let host = found.url.host_key();
        let is_alone = !self.trials.get(&host).is_some_and(LoadTrial::may_be_fast);
        if let Some(current) = self.current.as_mut().filter(|_| found.pass > 1 && is_alone)
            && current.watched.contains_key(&found.url.fingerprint())
        {
            current.alone_since.insert(host, now);
        }
    }

    /// Returns the hosts of which a careful request has been open for so long that load is not the reason, whatever its
    /// answer. Returns each only once.
    pub(super) fn hang_alone(&mut self, now: Moment) -> Vec<HostKey> {
        let Some(current) = &mut self.current else {
            return Vec::new();
        };
        let hang = |(_, since): &(&HostKey, &Moment)| now.since(**since) >= LoadTrial::HUNG;
        let alone = current.alone_since.iter();
        let hosts: Vec<HostKey> = alone.filter(hang).map(|(host, _)| host.clone()).collect();
        for host in &hosts {
            current.alone_since.remove(host);
            let trial = self.trials.entry(host.clone()).or_default();
            trial.answered(true, LoadTrial::HUNG);
        }
        hosts
    }

    /// Records an answer of a pass.
    pub(super) fn answered(&mut self, url: &CrawlUrl, answer: &Answer, now: Moment) -> Follows {
        let Some(current) = &mut self.current else {
            return Follows::default();
        };
        let failed = answer.outcome.is_failure();
        let watched = current.watched.get_mut(&url.fingerprint());
        if watched.as_ref().is_none_or(|watched| !watched.is_done) {
            current.last_answer = now;
        }
        let Some(watched) = watched else {
            // A control: its last result must not be an outage that ends soon.
            let again = failed.then(|| current.control_again(url, now)).flatten();
            return Follows {
                again,
                ..Follows::default()
            };
        };
        let host = url.host_key();
        current.alone_since.remove(&host);
        let trial = self.trials.entry(host.clone()).or_default();
        let changes = trial.answered(failed, answer.took);
        let pace = self.pace.of(trial);
        let spacing = pace.interval.min(CAREFUL.interval);
        let load_excluded = trial.is_excluded();
        watched.saw(answer);
        let again = if current.is_closing {
            failed && watched.has_time()
        } else {
            watched.wants_more(answer, trial)
        };
        let again = again
            .then(|| current.again_at(&host, spacing, now))
            .flatten();
        let again = again.map(|at| at.max(now + answer.announced.unwrap_or_default()));
        if again.is_none() {
            current.done(url);
        }
        let again = again.or_else(|| current.watch(url, spacing, answer, now));
        let watching = again.and_then(|_| current.watches_only());
        Follows {
            again,
            changes_pace: changes,
            load_excluded,
            watching,
        }
    }
}

fn again(failed: &FailedUrl, pass: u8, starts: Moment) -> Discovery {
    let cached = failed.age.filter(|age| !age.is_zero());
    // Each URL waits for its own announced end, if that is soon.
    let starts = failed.seen.announced.map_or(starts, |end| starts.max(end));
    Discovery {
        depth: failed.depth.unwrap_or(0),
        hops: failed.hops,
        pass,
        // The same cached copy would count as another failure.
        not_before: Some(cached.map_or(starts, |_| starts + CACHED_ERROR)),
        ..Discovery::new(failed.url.clone(), failed.role)
    }
}

fn control(url: &CrawlUrl, pass: u8, at: Moment) -> Discovery {
    Discovery {
        pass,
        not_before: Some(at),
        ..Discovery::new(url.clone(), Role::Page)
    }
}
