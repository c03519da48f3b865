//! Failing pages, and the time that passes and experiments with them probably take. Pages are kept up to a bound;
//! those beyond it count as the known ones.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::model::{
    Attempt, CrawlUrl, Experiment, ExperimentPlan, Fingerprint, Frequency, HostKey, LOOK_SPACING,
    Looks, Moment, Outcome, Pace,
};
use crate::policy::{
    CAREFUL, Failing, LONGEST_ANNOUNCED, MOST_EARLY_LOOKS, MOST_LOOKS, MOST_REQUESTS, Made,
    Subject, is_worth, leads_on, look_spacing, opening, rest,
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

/// A pass number greater than all others, for counting the looks that are still needed.
const LATER: u32 = u32::MAX;

/// Pages of one section that have experiments, if they fail alike.
const OF_A_SECTION: usize = 3;

/// The pages that failed.
#[derive(Debug, Default)]
pub(super) struct FailingPages {
    pages: BTreeMap<Fingerprint, FailingPage>,
    first_failed: Option<Moment>,
}

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
    /// What may make a difference in experiments.
    ways: Vec<Experiment>,
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
            if let Some(page) = self.pages.get_mut(&key) {
                page.looks.add(attempt.pass, attempt.started, false);
                page.was_fine = true;
                page.is_open = false;
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
            ways: ways(url),
        });
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
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Returns when the first failure began.
    pub(super) fn first_failed(&self) -> Moment {
        self.first_failed.unwrap_or_default()
    }

    /// Returns whether passes still request one that was fine at times.
    pub(super) fn any_was_fine(&self) -> bool {
        let mut fine = self.pages.values().filter(|page| page.was_fine);
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
    pub(super) fn pass_time(&self, fast: Pace, pass: NextPass) -> Duration {
        let mut hosts: HashMap<&HostKey, OfHost> = HashMap::new();
        for page in self.pages.values() {
            let host = hosts.entry(&page.host).or_default();
            host.pages += 1;
            host.took += page.took;
            host.looks = host.looks.max(page.looks_left());
        }
        let times = hosts.values().map(|host| {
            let took = host.took / host.pages.max(1);
            let careful = if pass.is_first {
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
            all.max(look_spacing(host.pages as usize, one) * looks)
        });
        times.max().unwrap_or_default()
    }

    /// Returns the experiments that are made if every page fails on as it failed last.
    pub(super) fn experiments(&self, plan: ExperimentPlan) -> Experiments {
        if !plan.enabled {
            return Experiments::default();
        }
        let mut groups: BTreeMap<(&HostKey, Outcome), Sections<'_>> = BTreeMap::new();
        for page in self.pages.values().filter(|page| page.is_open) {
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
                let (made, ended) = page.series(usual_length(&subject, *outcome), *at);
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
}

impl FailingPage {
    /// Returns the number of looks until it is known how often it fails, if all of them are fine; 0 if it was never fine.
    fn looks_left(&self) -> u32 {
        let mut looks = self.looks;
        let (mut left, mut at) = (0, self.ended);
        while self.was_fine && looks.frequency().is_none() && left < MOST_LOOKS {
            left += 1;
            at = at + LOOK_SPACING;
            looks.add(LATER, at, false);
        }
        left
    }

    /// Returns the announced pause, if passes wait for it.
    fn waited_for(&self) -> Option<Duration> {
        self.announced.filter(|wait| *wait <= LONGEST_ANNOUNCED)
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
    /// when it ends.
    fn series(&self, length: usize, begins: Duration) -> (usize, Duration) {
        let announced = self.announced.filter(|wait| *wait <= LONGEST_WAIT);
        let each = self.took + CAREFUL.interval.max(announced.unwrap_or_default());
        let deadline = EXPERIMENTS_BUDGET.min(begins + LONGEST_SERIES);
        let starts = (0..length as u32).map(|made| begins + each.saturating_mul(made));
        let made = starts.take_while(|start| *start <= deadline).count();
        let last = each.saturating_mul(made.saturating_sub(1) as u32);
        (made, begins + last + self.took)
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
