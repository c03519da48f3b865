//! What the attempts at each host mean for the next: whether to retry, how fast, and whether at all.
//! The rules are the policy's; here they meet, one set for each host, and no host's trouble is
//! another's. A failure counts against its URL first, then against its family; the host is suspected
//! only if everything fails in a row, and then a page of another family is the judge.
//!
//! How they bound the requests to a host that answers nothing but 503: the pace falls to a request
//! every eight seconds, the breaker suspects the host at the eighth failure in a row and opens when the
//! control fails too, and each time it ends one URL and one control are requested. When the host has
//! held up the crawl for [`PATIENCE`], what is left of it is skipped as `host_down`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    CrawlUrl, HostKey, Level, Moment, Outcome, Pace, PacePlan, Role, Skip, SkipReason,
};
use crate::policy::{
    Breaker, BreakerChange, BreakerSignal, Decision, Families, Family, FirstAttempt, HostPace,
    LONGEST_ANNOUNCED, PaceSignal, Suspects, Waited, after, announced,
};

use super::site::Site;
use super::visit::Brought;

/// Longest time in all for which a host of the site may hold up the crawl: as long as the
/// confirmation passes may take by default, so that an audit of a dead site ends within a coffee.
const PATIENCE: Duration = Duration::from_mins(10);

/// The same for hosts that are only linked to: one more try after a minute is enough.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_mins(1);

/// How a host is requested while its breaker is not closed: the speed at which no failure is
/// self-inflicted.
const PROBING: Duration = Duration::from_secs(1);

/// URLs of a host that is given up pass as fast as they can be skipped.
const DRAINING: Pace = Pace {
    interval: Duration::ZERO,
    open: 512,
};

/// The pace at which a host is asked for the first time; what the frontier must keep by default.
pub fn first_pace(plan: &PacePlan) -> Pace {
    if plan.adapt {
        HostPace::new(plan).pace()
    } else {
        plan.ceiling()
    }
}

/// Pages that were fine and never failed: most that are kept of a host and of each of its families, and
/// how many families of which nothing failed are enough.
const CONTROLS: usize = 12;
const OF_FAMILY: usize = 3;
const CLEAN_CONTROLS: usize = 3;

/// The hosts of a crawl. Memory: some kilobyte for each, and what is learned of families.
#[derive(Debug)]
pub(super) struct Hosts {
    site: Arc<Site>,
    families: Families,
    known: HashMap<HostKey, Box<Host>>,
}

#[derive(Debug)]
struct Host {
    pace: HostPace,
    breaker: Breaker,
    suspects: Suspects,
    /// What the frontier was told last, or keeps by default.
    told: Pace,
    /// Pages that were fine, the latest last; those that were companions go to the front.
    good: Vec<(Family, CrawlUrl)>,
}

/// A URL that is not to be requested yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    /// Whose slow lane it waits in.
    pub(super) family: Family,
    /// Not before this moment, if its family wants to be left alone.
    pub(super) until: Option<Moment>,
}

/// What is to be done after an attempt.
#[derive(Debug, Default)]
pub(super) struct Reaction {
    /// Ask for the URL again at this moment.
    pub(super) again: Option<Moment>,
    /// Ask for nothing of the host before this moment.
    pub(super) park: Option<Moment>,
    /// Ask the host at this pace from now on.
    pub(super) pace: Option<Pace>,
    /// What changed about asking it at all.
    pub(super) breaker: Option<BreakerChange>,
}

impl Hosts {
    pub(super) fn new(site: Arc<Site>) -> Hosts {
        Hosts {
            site,
            families: Families::default(),
            known: HashMap::new(),
        }
    }

    /// Learns families from a URL that was not known before.
    pub(super) fn learn(&mut self, url: &CrawlUrl) {
        self.families.learn(url);
    }

    /// Whether a page waits in the slow lane of its family. `slow` tells whether it comes from one.
    pub(super) fn aside(&self, url: &CrawlUrl, slow: bool, now: Moment) -> Option<Aside> {
        let host = self.known.get(&url.host_key())?;
        if host.suspects.is_empty() || !self.site.plan.pace.adapt {
            return None;
        }
        let family = self.families.of(url);
        let until = host.suspects.held(family, now);
        let aside = until.is_some() || (!slow && host.suspects.is_in_trouble(family));
        aside.then_some(Aside { family, until })
    }

    /// Takes in a visit that is over. `roll` is the dice: at least 0, below 1.
    pub(super) fn react(&mut self, brought: &Brought, now: Moment, roll: f64) -> Reaction {
        let plan = self.site.plan.pace;
        let url = &brought.lease.found.url;
        let tried = brought.tried;
        let mut reaction = Reaction::default();
        if let Decision::Again(wait) = after(tried, plan.retries, roll) {
            reaction.again = Some(now + wait);
        }
        // A connection that went stale says nothing about the host, nor does what was not asked.
        let stale = tried.stale_connection && tried.attempts <= 1;
        let speaks = !matches!(
            tried.outcome,
            Outcome::AddressRefused | Outcome::StreamRefused
        );
        let host = url.host_key();
        let matters = tried.outcome.is_failure() || self.host(&host).wants_family();
        let family = matters.then(|| self.families.of(url));
        let host = self.host(&host);
        if let Some(family) = family {
            host.note_control(url, brought.lease.found.role, tried.outcome, family);
        }
        if plan.adapt && !stale && speaks {
            host.adapt(brought, family, &mut reaction, now, roll);
        }
        for (control, attempt) in &brought.hops {
            if attempt.outcome.is_failure() {
                self.control_failed(control);
            }
        }
        reaction
    }

    /// Keeps robots.txt's `Crawl-delay`; returns the pace from now on, if that is a slower one.
    pub(super) fn obey(&mut self, host: &HostKey, delay: Option<Duration>) -> Option<Pace> {
        let plan = &self.site.plan;
        let interval = plan.interval(delay);
        if interval <= plan.pace.interval() {
            return None;
        }
        let adapt = plan.pace.adapt;
        let host = self.host(host);
        host.pace.at_least(interval);
        if adapt {
            host.told = host.effective();
            Some(host.told)
        } else {
            Some(host.pace.ceiling())
        }
    }

    /// This pace for a host, unless the plan or its robots.txt wants longer pauses, or the crawl found
    /// that the host bears less.
    pub(super) fn no_faster(&self, host: &HostKey, pace: Pace) -> Pace {
        let plan = self.site.plan.pace;
        let Some(known) = self.known.get(host) else {
            return Pace {
                interval: pace.interval.max(plan.interval()),
                ..pace
            };
        };
        let ceiling = known.pace.ceiling();
        let learned = known.pace.learned().filter(|_| plan.adapt);
        let most = learned.unwrap_or(ceiling);
        Pace {
            interval: pace.interval.max(most.interval),
            open: pace.open.min(most.open),
        }
    }

    /// Takes in that a host fails whatever the load: nothing is avoided any more.
    pub(super) fn load_excluded(&mut self, host: &HostKey, now: Moment) {
        if let Some(host) = self.known.get_mut(host) {
            host.pace.exonerate(now);
        }
    }

    /// Why a URL is not requested any more, if its host was given up.
    pub(super) fn refuse(&self, url: &CrawlUrl, role: Role) -> Option<Skip> {
        let host = self.known.get(&url.host_key())?;
        // A robots.txt decides more than itself, and is one request.
        (host.breaker.is_down() && role != Role::Robots)
            .then(|| Skip::new(SkipReason::HostDown, gave_up(host.breaker.waited())))
    }

    /// The page to request along with a URL, if its host is suspected: one that was fine, of another
    /// family if there is one, or the home page if none ever was.
    pub(super) fn control(&self, url: &CrawlUrl, role: Role) -> Option<CrawlUrl> {
        let key = url.host_key();
        let host = self.known.get(&key)?;
        if host.breaker.is_closed() || role == Role::Robots {
            return None;
        }
        if host.good.is_empty() {
            return Some(key.home_page()).filter(|home| home != url);
        }
        self.other_page(url)
    }

    /// A page of the host that was fine: of a family of which nothing failed, else of another than this
    /// URL's, else any.
    fn other_page(&self, url: &CrawlUrl) -> Option<CrawlUrl> {
        let host = self.known.get(&url.host_key())?;
        let family = self.families.of(url);
        let good = || host.good.iter().rev().filter(|(_, good)| good != url);
        let clean = good().find(|(known, _)| *known != family && !host.suspects.knows(*known));
        let other = || good().find(|(known, _)| *known != family);
        let found = clean.or_else(other).or_else(|| good().next());
        found.map(|(_, good)| good.clone())
    }

    /// Pages to request at once when a URL fails that was fine before: one of its family, and one of
    /// another if there is one. If both are fine, it is the URL's own failure.
    pub(super) fn companions(&mut self, url: &CrawlUrl) -> Vec<CrawlUrl> {
        let chosen = self.chosen_companions(url);
        if let Some(host) = self.known.get_mut(&url.host_key()) {
            // In turn, so that no page is requested much more often than others.
            let (used, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut host.good)
                .into_iter()
                .partition(|(_, good)| chosen.contains(good));
            host.good = used.into_iter().chain(rest).collect();
        }
        chosen
    }

    fn chosen_companions(&self, url: &CrawlUrl) -> Vec<CrawlUrl> {
        let family = self.families.of(url);
        let known = self.known.get(&url.host_key());
        let good = known.into_iter().flat_map(|host| host.good.iter().rev());
        let others = good.filter(|(_, good)| good != url);
        let (near, far): (Vec<_>, Vec<_>) = others.partition(|(known, _)| *known == family);
        let far = self.other_page(url).filter(|_| !far.is_empty());
        let mut near = near.into_iter().map(|(_, good)| good.clone());
        let first = near.next();
        let second = far.or_else(|| near.next());
        first.into_iter().chain(second).collect()
    }

    /// Takes in that a control failed: it is none any more.
    pub(super) fn control_failed(&mut self, url: &CrawlUrl) {
        if let Some(host) = self.known.get_mut(&url.host_key()) {
            host.good.retain(|(_, good)| good != url);
        }
    }

    fn host(&mut self, key: &HostKey) -> &mut Host {
        let site = &self.site;
        self.known.entry(key.clone()).or_insert_with(|| {
            let patience = if site.scope.is_site(&key.robots_txt()) {
                PATIENCE
            } else {
                PATIENCE_WITH_OTHERS
            };
            Box::new(Host::new(HostPace::new(&site.plan.pace), patience))
        })
    }
}

impl Host {
    fn new(pace: HostPace, patience: Duration) -> Host {
        Host {
            told: pace.pace(),
            pace,
            breaker: Breaker::new(patience),
            suspects: Suspects::default(),
            good: Vec::new(),
        }
    }

    /// Whether the family of a URL that was fine matters: one more control may be had, or a family is
    /// suspected.
    fn wants_family(&self) -> bool {
        self.good.len() < CLEAN_CONTROLS || !self.suspects.is_empty()
    }

    /// Keeps a page that was fine as a control, and none that failed.
    fn note_control(&mut self, url: &CrawlUrl, role: Role, outcome: Outcome, family: Family) {
        if outcome.is_failure() {
            self.good.retain(|(_, good)| good != url);
        }
        if role != Role::Page || !is_served(outcome) {
            return;
        }
        if self.good.iter().any(|(_, good)| good == url) {
            return;
        }
        let mut of_family = (0..self.good.len()).filter(|at| self.good[*at].0 == family);
        let first = of_family.next();
        if of_family.count() + 1 >= OF_FAMILY
            && let Some(first) = first
        {
            self.good.remove(first);
        } else if self.good.len() == CONTROLS {
            let is_clean = |(family, _): &(Family, CrawlUrl)| !self.suspects.knows(*family);
            let clean = self.good.iter().filter(|good| is_clean(good)).count();
            let oldest = self.good.iter().position(is_clean);
            let oldest = oldest.filter(|_| clean > CLEAN_CONTROLS);
            self.good.remove(oldest.unwrap_or_default());
        }
        self.good.push((family, url.clone()));
    }

    fn adapt(
        &mut self,
        brought: &Brought,
        family: Option<Family>,
        reaction: &mut Reaction,
        now: Moment,
        roll: f64,
    ) {
        let (found, tried) = (&brought.lease.found, brought.tried);
        let failed = tried.outcome.is_failure();
        let is_page = matches!(found.role, Role::Page | Role::Resource);
        let suspect = family.is_some_and(|family| self.suspects.is_in_trouble(family));
        let mut alone = false;
        if let Some(family) = family.filter(|_| is_page && tried.attempts <= 1) {
            let seen = FirstAttempt {
                failed,
                took: brought.attempt.timings.total,
                announced: announced(tried),
            };
            alone = self.suspects.note(family, seen, now);
        }
        self.pace.on_attempt(
            PaceSignal {
                outcome: tried.outcome,
                first_byte: brought.attempt.timings.first_byte,
                started: brought.attempt.started,
                in_flight: brought.lease.in_flight,
                retry: tried.attempts > 1,
                suspect,
            },
            now,
        );
        if alone {
            self.pace.clear(now);
        }
        let limited = tried.outcome == Outcome::Client429 && !suspect;
        if let Some(wait) = announced(tried).filter(|_| limited) {
            // It is the client that is limited, not the URL.
            reaction.park = Some(now + wait.min(LONGEST_ANNOUNCED));
        }
        self.break_off(brought, reaction, now, roll);
        let pace = self.effective();
        reaction.pace = (pace != self.told).then_some(pace);
        self.told = pace;
    }

    /// Lets the breaker learn from a visit, and does what follows for the host.
    fn break_off(&mut self, brought: &Brought, reaction: &mut Reaction, now: Moment, roll: f64) {
        let tried = brought.tried;
        let signal = BreakerSignal {
            failed: tried.outcome.is_failure(),
            host_level: tried.outcome.level() == Level::Host,
            started: brought.attempt.started,
            control: brought.control.map(|control| !control.outcome.is_failure()),
            announced: match brought.control {
                Some(control) => control.announced,
                None => announced(tried),
            },
        };
        let change = self.breaker.on_attempt(signal, now, roll);
        match change {
            Some(BreakerChange::Opened(until)) => {
                reaction.park = Some(reaction.park.map_or(until, |park| park.max(until)));
            }
            Some(BreakerChange::Closed) => self.pace.restart(now),
            Some(BreakerChange::Cleared) => self.pace.clear(now),
            Some(BreakerChange::Suspected | BreakerChange::GaveUp) | None => {}
        }
        reaction.breaker = change;
        if self.breaker.is_down() {
            reaction.park = None;
            reaction.again = None;
        }
    }

    fn effective(&self) -> Pace {
        let pace = self.pace.pace();
        if self.breaker.is_down() {
            DRAINING
        } else if self.breaker.is_closed() {
            pace
        } else {
            Pace {
                interval: self.pace.ceiling().interval.max(PROBING),
                open: 1,
            }
        }
    }
}

/// What was waited for, in words.
fn gave_up(waited: Waited) -> String {
    let checks = match waited.checks {
        1 => "1 check".to_owned(),
        checks => format!("{checks} checks"),
    };
    let held = waited.held.as_secs();
    let since = waited.since.map(|since| format!("; failing since {since}"));
    let back = (waited.announced).map(|at| format!("; the host announces to be back at {at}"));
    [
        format!("no good answer in {checks}, waited {held} s"),
        since.unwrap_or_default(),
        back.unwrap_or_default(),
    ]
    .concat()
}

/// Whether this is what a page is for.
fn is_served(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::OkHtml | Outcome::OkNonHtml | Outcome::NotModified
    )
}
