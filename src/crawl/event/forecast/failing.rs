//! Failing pages, and the time that passes and experiments with them probably take. Pages are kept up to a bound;
//! those beyond it count as the known ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use crate::model::{
    Attempt, CrawlUrl, Experiment, ExperimentPlan, Fingerprint, Frequency, HostKey, LOOK_SPACING,
    Looks, Moment, Outcome, Pace,
};
use crate::policy::{
    CAREFUL, Failing, LONGEST_ANNOUNCED, LoadTrial, MOST_EARLY_LOOKS, MOST_LOOKS, MOST_REQUESTS,
    Made, Subject, is_worth, leads_on, look_spacing, opening, rest,
};

use crate::crawl::state::EXPERIMENTS_BUDGET;
use crate::crawl::visit::series::{LONGEST_SERIES, LONGEST_WAIT};

/// Maximum failing pages that are kept, about 200 bytes each (ours).
const MOST: usize = 10_000;

/// Careful requests of the first pass to a host whose failures have nothing to do with load: the minimum of the test of
/// the policy.
const CAREFUL_REQUESTS: u32 = 5;

/// Minimum time by which experiments may exceed the forecast before it is discarded (ours). For long experiments it
/// is a tenth of the forecast.
const GRACE: Duration = Duration::from_secs(5);

/// The share of the expected requests below which an expectation is no longer believed (ours).
const LATE: f64 = 0.5;

/// Requests of experiments that show a pace, at least (ours).
const FEWEST_BEGUN: u64 = 3;

/// Pages of a host that hang until the others are given less time, and that time: at least that of
/// `policy/family/suspects.rs`, where the families are known.
const HANG: u32 = 8;
const SHORTEST_WAIT: Duration = Duration::from_secs(2);

/// Pages of different sections that fail one after the other, without a good answer between them, if the whole host was
/// down (docs/verdicts.md); more of them are not kept (ours).
const OUTAGE: usize = 3;
const MOST_IN_A_ROW: usize = 1_000;

/// Pages that were fine right after their first failure, at least, and their share of all pages, if pages of the site
/// fail at their first request only (ours).
const HEALED: usize = 8;
const MOSTLY: f64 = 0.8;

/// A pass number greater than all others, for counting the looks that are still needed.
const LATER: u32 = u32::MAX;

/// Pages of one section that have experiments, if they fail alike.
const OF_A_SECTION: usize = 3;

/// The pages that failed.
#[derive(Debug, Default)]
pub(super) struct FailingPages {
    pages: BTreeMap<Fingerprint, FailingPage>,
    first_failed: Option<Moment>,
    /// Pages that failed since the last good answer, in a row.
    in_a_row: Vec<Fingerprint>,
    /// Pages that were fine at their first request.
    fine: usize,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they do not depend on each other"
)]
#[derive(Debug)]
struct FailingPage {
    host: HostKey,
    section: String,
    /// The outcome of the last failure.
    outcome: Outcome,
    /// The duration of the last failure.
    took: Duration,
    /// The pause that the last failure announced.
    announced: Option<Duration>,
    /// When it ended.
    ended: Moment,
    looks: Looks,
    failures: u32,
    /// Its number in the order of first failures.
    number: usize,
    /// Whether any answer was fine.
    was_fine: bool,
    /// Whether it is still failing, or failed after it had been fine.
    is_open: bool,
    /// Whether it failed after it had been fine.
    comes_and_goes: bool,
    /// Whether its host was down as a whole when it failed, and is up again.
    is_excused: bool,
    /// Whether its last failure was in a pass.
    in_pass: bool,
    /// What may make a difference in experiments.
    ways: Vec<Experiment>,
}

/// How long requests wait for the first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    /// In the crawl.
    pub(super) crawl: Duration,
    /// In the passes.
    pub(super) patient: Duration,
}

/// The failing pages of a host with one outcome, by section and whether they were fine at times.
type Sections<'a> = BTreeMap<(&'a str, bool), Vec<&'a FailingPage>>;

/// The expected duration of all experiments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Experiments {
    /// The time of all of them, if hosts are examined at the same time.
    time: Duration,
    /// The longest time of one series.
    longest: Duration,
    /// Number of series.
    series: u64,
    /// Number of their requests.
    requests: u64,
}

/// What experiments have done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Done {
    /// Requests that began.
    pub(super) begun: u64,
    /// When the last of them was announced, before its pause.
    pub(super) last: Moment,
    /// Requests of series that are over.
    pub(super) of_ended: u64,
}

impl Experiments {
    /// Returns the time of all of them.
    pub(super) fn time(self) -> Duration {
        self.time
    }

    /// Returns the time that the experiments still need after `passed`. `series` has the number of series that are
    /// left and of all. After the expected time, or if far fewer requests began than expected, the time left follows
    /// from the remaining requests and the pace so far. `None` if that is unknown.
    pub(super) fn left(
        self,
        (passed, now): (Duration, Moment),
        series: (u64, u64),
        done: Done,
    ) -> Option<Duration> {
        let most = u32::try_from(series.0).unwrap_or(u32::MAX);
        let planned = (self.time.saturating_sub(passed)).min(self.longest.saturating_mul(most));
        let is_over = passed > self.time + GRACE.max(self.time / 10);
        if series.0 == 0 || !(is_over || self.is_late(passed, done)) {
            return Some(planned.max(CAREFUL.interval));
        }
        // A request that takes longer than all before it has no known end.
        let by_pace = (self.by_pace(passed, series, done))
            .and_then(|time| time.checked_sub(now.since(done.last)))
            .map(|time| time.max(CAREFUL.interval));
        by_pace.or_else(|| Some(planned).filter(|planned| !planned.is_zero()))
    }

    /// Returns whether far fewer requests began than expected by this time.
    fn is_late(self, passed: Duration, done: Done) -> bool {
        let share = passed.as_secs_f64() / self.time.as_secs_f64().max(1.0);
        (done.begun as f64) < LATE * share * self.requests as f64
    }

    /// Returns the time that the requests still to be made, and the one under way, take at the pace so far. Series that
    /// are over show how many requests one has; before that, the expectation does, until one has more.
    fn by_pace(self, passed: Duration, (left, of): (u64, u64), done: Done) -> Option<Duration> {
        if done.begun < FEWEST_BEGUN {
            return None;
        }
        let ended = of.saturating_sub(left);
        let made = done.begun.saturating_sub(done.of_ended).saturating_sub(1) as f64;
        let of_one = match ended {
            0 => self.requests as f64 / self.series.max(1) as f64,
            ended => done.of_ended as f64 / ended as f64,
        };
        let to_make = of_one * left as f64 - made;
        if ended == 0 && to_make <= 0.0 {
            return None;
        }
        // The one under way is not over.
        let to_make = to_make.max(1.0);
        Some(passed.mul_f64(to_make / done.begun as f64))
    }
}

impl FailingPages {
    /// Reads an attempt. `was_fine` says whether a page that fails here for the first time was fine before.
    pub(super) fn add(&mut self, url: &CrawlUrl, attempt: &Attempt, was_fine: bool) {
        let key = url.fingerprint();
        let fails = attempt.outcome.is_failure();
        if !fails {
            self.in_a_row.clear();
            self.fine += usize::from(!self.pages.contains_key(&key));
            if let Some(page) = self.pages.get_mut(&key) {
                page.looks.add(attempt.pass, attempt.started, false);
                page.was_fine = true;
                page.is_open = page.comes_and_goes;
                page.announced = None;
            }
            return;
        }
        self.first_failed.get_or_insert(attempt.started);
        if self.pages.len() >= MOST && !self.pages.contains_key(&key) {
            return;
        }
        let number = self.pages.len();
        let page = self.pages.entry(key).or_insert_with(|| FailingPage {
            host: url.host_key(),
            section: url.section().to_owned(),
            outcome: attempt.outcome,
            took: Duration::ZERO,
            announced: None,
            ended: attempt.started,
            looks: Looks::default(),
            failures: 0,
            number,
            was_fine,
            is_open: true,
            comes_and_goes: false,
            is_excused: false,
            in_pass: false,
            ways: ways(url),
        });
        page.comes_and_goes |= page.was_fine;
        page.is_excused = false;
        page.in_pass = attempt.pass > 1;
        page.looks.add(attempt.pass, attempt.started, true);
        page.failures += 1;
        page.outcome = attempt.outcome;
        page.took = attempt.timings.total;
        page.announced = attempt.announced;
        page.ended = attempt.started + attempt.timings.total;
        page.is_open = true;
        if attempt.reused && !page.ways.contains(&Experiment::FreshConnection) {
            page.ways.push(Experiment::FreshConnection);
        }
        self.add_to_row(key, attempt.pass);
    }

    /// Adds a page to the row of failures. If the row shows an outage of the whole site, its pages failed with it. In the
    /// passes only pages that failed are requested: a row shows nothing.
    fn add_to_row(&mut self, key: Fingerprint, pass: u32) {
        if pass > 1 || self.in_a_row.len() >= MOST_IN_A_ROW {
            return;
        }
        if !self.in_a_row.contains(&key) {
            self.in_a_row.push(key);
        }
        let pages = self.in_a_row.iter().filter_map(|key| self.pages.get(key));
        let sections: BTreeSet<&str> = pages.map(|page| page.section.as_str()).collect();
        if self.in_a_row.len() < OUTAGE || sections.len() < 2 {
            return;
        }
        for key in &self.in_a_row {
            if let Some(page) = self.pages.get_mut(key) {
                page.is_excused = true;
            }
        }
    }

    /// Returns whether pages of the site fail at their first request only: one good look at each is then enough.
    fn heals(&self) -> bool {
        let healed = self.pages.values().filter(|page| page.healed()).count();
        healed >= HEALED && healed as f64 >= MOSTLY * (self.pages.len() + self.fine) as f64
    }

    /// Records that a host that was down is up again: what failed until now failed with it.
    pub(super) fn host_is_up(&mut self, host: &HostKey) {
        for page in self.pages.values_mut().filter(|page| page.host == *host) {
            page.is_excused = true;
        }
    }

    /// Returns whether passes request none of them again.
    pub(super) fn is_empty(&self) -> bool {
        let heals = self.heals();
        let is_over = |page: &FailingPage| page.is_over() || (heals && page.healed());
        self.pages.values().all(is_over)
    }

    /// Returns whether all of them failed with their host: one good look at each is then enough.
    pub(super) fn are_excused(&self) -> bool {
        self.pages.values().all(|page| page.is_excused)
    }

    /// Returns when the first failure began.
    pub(super) fn first_failed(&self) -> Moment {
        self.first_failed.unwrap_or_default()
    }

    /// Returns whether passes still request one that was fine at times.
    pub(super) fn any_was_fine(&self) -> bool {
        let heals = self.heals();
        let is_over = |page: &FailingPage| page.is_over() || (heals && page.healed());
        let mut fine = (self.pages.values()).filter(|page| page.was_fine && !is_over(page));
        fine.any(|page| page.looks.frequency() != Some(Frequency::Rarely))
    }

    /// Returns the longest pause announced for one of them, as far as passes wait for it.
    pub(super) fn longest_announced(&self) -> Duration {
        let announced = self.pages.values().filter_map(FailingPage::waited_for);
        announced.max().unwrap_or_default()
    }

    /// Returns until when an announced pause holds one of them.
    pub(super) fn held_until(&self) -> Moment {
        let held = (self.pages.values()).filter_map(|page| Some(page.ended + page.waited_for()?));
        held.max().unwrap_or_default()
    }

    /// Returns the time of a pass at this pace, hosts side by side.
    pub(super) fn pass_time(&self, fast: Pace, waits: Waits, pass: NextPass) -> Duration {
        let mut hosts: HashMap<&HostKey, OfHost> = HashMap::new();
        let heals = self.heals();
        let is_over = |page: &FailingPage| page.is_over() || (heals && page.healed());
        for page in self.pages.values().filter(|page| !is_over(page)) {
            let host = hosts.entry(&page.host).or_default();
            if page.hangs() {
                host.hang += 1;
                host.waited |= page.in_pass;
                // The end of an answer that came too late is known.
                let late = page.in_pass && page.took > waits.crawl;
                let wait = if late { page.took } else { waits.patient };
                host.wait = host.wait.max(wait);
                continue;
            }
            host.pages += 1;
            host.took += page.took;
            host.looks = host.looks.max(page.looks_left());
        }
        let times = hosts.values().map(|host| {
            let hang = host.hang_time(fast.open.max(1), pass);
            if host.pages == 0 {
                return hang;
            }
            let took = host.took / host.pages;
            let is_careful = pass.is_first && hang.is_zero();
            let careful = if is_careful {
                host.pages.min(CAREFUL_REQUESTS)
            } else {
                0
            };
            let one = fast.interval.max(took / fast.open.max(1));
            let quick = host.pages - careful;
            let mut all = CAREFUL.interval.max(took) * careful + one * quick;
            if quick > 0 {
                all += took;
            }
            let made_before = MOST_EARLY_LOOKS.saturating_mul(pass.before);
            let looks = host
                .looks
                .saturating_sub(made_before)
                .min(pass.most_looks());
            let looks = look_spacing(host.pages as usize, one) * looks;
            all.max(looks).max(hang)
        });
        times.max().unwrap_or_default()
    }

    /// Returns the experiments that are made if every page fails on as it failed last.
    pub(super) fn experiments(&self, plan: ExperimentPlan, waits: Waits) -> Experiments {
        if !plan.enabled {
            return Experiments::default();
        }
        let mut groups: BTreeMap<(&HostKey, Outcome), Sections<'_>> = BTreeMap::new();
        let hang = self.pages.values().filter(|page| page.hangs()).count();
        let wait = if hang >= HANG as usize {
            SHORTEST_WAIT
        } else {
            waits.crawl
        };
        let open = self.pages.values().filter(|page| page.is_open);
        for page in open.filter(|page| !page.is_excused) {
            let group = groups.entry((&page.host, page.outcome)).or_default();
            let section = group.entry((&page.section, page.was_fine)).or_default();
            section.push(page);
        }
        for pages in groups.values_mut().flat_map(BTreeMap::values_mut) {
            pages.sort_by_key(|page| (Reverse(page.failures), page.number));
        }
        let mut hosts: HashMap<&HostKey, Duration> = HashMap::new();
        let mut longest = Duration::ZERO;
        let (mut series, mut requests) = (0, 0);
        for ((name, outcome), sections) in &groups {
            let alike = sections.values().map(Vec::len).sum::<usize>();
            let most = if outcome.is_time_limit() {
                1
            } else {
                OF_A_SECTION
            };
            let at = hosts.entry(name).or_default();
            let mut spent = 0;
            for page in sections.values().flat_map(|pages| pages.iter().take(most)) {
                let subject = page.subject(plan, alike);
                if spent + subject.longest() > MOST_REQUESTS || *at > EXPERIMENTS_BUDGET {
                    break;
                }
                let (made, ended) = page.series(usual_length(&subject, *outcome), *at, wait);
                spent += made;
                series += 1;
                requests += made as u64;
                longest = longest.max(ended.saturating_sub(*at));
                *at = ended + CAREFUL.interval;
            }
        }
        let time = hosts.into_values().max().unwrap_or_default();
        Experiments {
            time,
            longest,
            series,
            requests,
        }
    }
}

/// A pass that is not over.
#[derive(Clone, Copy, Debug)]
pub(super) struct NextPass {
    /// Whether it is the first pass.
    pub(super) is_first: bool,
    /// Whether it is the last pass.
    pub(super) is_last: bool,
    /// Number of passes from now on before it.
    pub(super) before: u32,
}

impl NextPass {
    fn most_looks(self) -> u32 {
        if self.is_last {
            MOST_LOOKS
        } else {
            MOST_EARLY_LOOKS
        }
    }
}

/// The failing pages of one host.
#[derive(Debug, Default)]
struct OfHost {
    pages: u32,
    /// The time of all their last failures.
    took: Duration,
    /// Maximum looks that one of them still needs.
    looks: u32,
    /// Pages that hang, how long they are waited for, and whether a pass has waited for some.
    hang: u32,
    wait: Duration,
    waited: bool,
}

impl OfHost {
    /// Returns the time that a pass waits for pages that hang, with so many requests open.
    fn hang_time(&self, open: u32, pass: NextPass) -> Duration {
        let is_known = (self.waited || pass.before > 0) && self.hang >= HANG;
        let full = if is_known { 0 } else { self.hang.min(HANG) };
        let alone = if pass.is_first && full > 1 {
            LoadTrial::HUNG
        } else {
            Duration::ZERO
        };
        let short = SHORTEST_WAIT * (self.hang - full).div_ceil(open);
        alone + self.wait * full.div_ceil(open) + short
    }
}

impl FailingPage {
    /// Returns whether its last failure was a time limit of ours.
    fn hangs(&self) -> bool {
        self.outcome.is_time_limit() && !self.is_over()
    }

    /// Returns whether it failed once and was fine ever since.
    fn healed(&self) -> bool {
        self.failures == 1 && self.was_fine && !self.comes_and_goes
    }

    /// Returns whether no pass requests it again: it failed with its host, and was fine since.
    fn is_over(&self) -> bool {
        self.is_excused && !self.is_open
    }

    /// Returns the number of looks until it is known how often it fails, if all of them are fine; 0 if it was never fine.
    fn looks_left(&self) -> u32 {
        let mut looks = self.looks;
        let (mut left, mut at) = (0, self.ended);
        while self.was_fine && !self.is_excused && looks.frequency().is_none() && left < MOST_LOOKS
        {
            left += 1;
            at = at + LOOK_SPACING;
            looks.add(LATER, at, false);
        }
        left
    }

    /// Returns the announced pause, if passes wait for it.
    fn waited_for(&self) -> Option<Duration> {
        let announced = self.announced.filter(|_| !self.is_excused);
        announced.filter(|wait| *wait <= LONGEST_ANNOUNCED)
    }

    /// Returns the failing page as a subject of experiments. `alike` is the number of pages that fail in the same
    /// way.
    fn subject(&self, plan: ExperimentPlan, alike: usize) -> Subject {
        let failing = match self.announced {
            Some(wait) if wait > LONGEST_WAIT => Failing::Announced,
            _ if self.was_fine => Failing::AtTimes,
            _ if self.outcome.is_time_limit() => Failing::Silently,
            _ => Failing::Always,
        };
        let is_open = |way: &&Experiment| match way {
            Experiment::CacheBusting => plan.cache,
            Experiment::Respelled => alike >= OF_A_SECTION,
            _ => true,
        };
        Subject {
            failing,
            ways: self.ways.iter().filter(is_open).copied().collect(),
        }
    }

    /// Returns the number of requests in a series of at most `length` that begins at this time of the experiments, and
    /// when it ends. A request that hangs is given `wait`.
    fn series(&self, length: usize, begins: Duration, wait: Duration) -> (usize, Duration) {
        let took = if self.hangs() {
            self.took.min(wait)
        } else {
            self.took
        };
        let announced = self.announced.filter(|wait| *wait <= LONGEST_WAIT);
        let each = took + CAREFUL.interval.max(announced.unwrap_or_default());
        let deadline = EXPERIMENTS_BUDGET.min(begins + LONGEST_SERIES);
        let starts = (0..length as u32).map(|made| begins + each.saturating_mul(made));
        let made = starts.take_while(|start| *start <= deadline).count();
        let last = each.saturating_mul(made.saturating_sub(1) as u32);
        (made, begins + last + took)
    }
}

/// Returns ways of requesting that may make a difference for a URL, whatever its answers.
fn ways(url: &CrawlUrl) -> Vec<Experiment> {
    let mut ways = vec![Experiment::CacheBusting];
    if url.as_url().query().is_some() {
        ways.push(Experiment::WithoutQuery);
    }
    if url.respelled(1).is_some() {
        ways.push(Experiment::Respelled);
    }
    ways
}

/// Returns the number of requests in a series if each of them has the same outcome, at a host with one IP address.
fn usual_length(subject: &Subject, outcome: Outcome) -> usize {
    let mut made: Vec<Made> = Vec::new();
    let as_made = |experiment| Made {
        experiment,
        address: None,
        outcome,
    };
    let first = opening(subject.failing, &mut fastrand::Rng::with_seed(0));
    made.extend(first.iter().map(|step| as_made(step.experiment)));
    if leads_on(subject.failing, outcome) {
        for step in rest(subject, outcome, &[]) {
            if is_worth(step, &made) {
                made.push(as_made(step.experiment));
            }
        }
    }
    made.len()
}
