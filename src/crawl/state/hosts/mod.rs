//! The consequences of the attempts at each host: whether to retry, how fast, and whether at all.
//! The policy has the rules. Here each host has its own set of them, and one host's trouble does
//! not affect another. A failure counts against its URL first, then against its family. The host is
//! suspected only if everything fails in a row, and then a page of another family decides.
//!
//! The rules limit the requests to a host that answers nothing but 503. The pace falls to a request
//! every eight seconds. The breaker suspects the host at the eighth failure in a row and opens when
//! the control fails too. Each time it ends, one URL and one control are requested. When the host
//! has held up the crawl for [`PATIENCE`], the rest of its URLs are skipped as `host_down`.

mod overdue;
mod rate_watch;
mod waits;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::frontier::Discovery;
use crate::model::{
    Attempt, Coverage, CrawlUrl, HostKey, Level, Moment, Outcome, Pace, PacePlan, Role, Skip,
    SkipReason,
};
use crate::policy::{
    Breaker, BreakerChange, BreakerSignal, CAREFUL, ClientLimit, Controls, Decision, Families,
    Family, FamilyKnowledge, FirstAttempt, HostPace, Hung, LONGEST_ANNOUNCED, PaceSignal, RobotsOf,
    Suspects, Tried, Waited, after, after_robots, announced,
};

use self::overdue::OpenRequests;
use self::rate_watch::RateWatch;
use crate::crawl::site::Site;
use crate::crawl::visit::Brought;

/// Maximum total time for which a host of the site may hold up the crawl: as long as the
/// confirmation passes may take by default, so that an audit of a dead site ends soon.
const PATIENCE: Duration = Duration::from_mins(10);

/// Total time for which a host that is only linked to may hold up the crawl: one more attempt after a minute is
/// enough.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_mins(1);

/// The pace of URLs of a host that is given up: as fast as they can be skipped.
const DRAINING: Pace = Pace {
    interval: Duration::ZERO,
    open: 512,
};

/// Returns the pace at which a host is requested for the first time; the frontier must keep it by
/// default.
pub fn first_pace(plan: &PacePlan) -> Pace {
    if plan.adapt {
        HostPace::new(plan).pace()
    } else {
        plan.ceiling()
    }
}

/// The hosts of a crawl. Memory: about a kilobyte for each, and the known families.
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
    client_limit: ClientLimit,
    rate_watch: RateWatch,
    open: OpenRequests,
    /// The pace that the frontier has, by the last effect or by default; `None` while a pass sets
    /// the pace.
    frontier_pace: Option<Pace>,
    controls: Controls,
}

/// Why a URL is not requested yet: its family waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Aside {
    /// The family in whose slow lane it waits.
    pub(super) family: Family,
    /// The end of its family's pause, if there is one.
    pub(super) until: Option<Moment>,
}

/// The consequences of an attempt.
#[derive(Debug, Default)]
pub(in crate::crawl) struct Reaction {
    /// When to request the URL again.
    pub(in crate::crawl) again: Option<Moment>,
    /// Until when the host is paused.
    pub(super) park: Option<Moment>,
    /// The pace of the host from now on.
    pub(super) pace: Option<Pace>,
    /// The change of its breaker.
    pub(super) breaker: Option<BreakerChange>,
    /// Pages of this family are fine: the URLs in its slow lane go back to the others.
    pub(super) released: Option<Family>,
}

impl Hosts {
    pub(super) fn new(site: Arc<Site>) -> Hosts {
        Hosts {
            site,
            families: Families::default(),
            known: HashMap::new(),
        }
    }

    /// Learns families from a new URL.
    pub(super) fn learn(&mut self, url: &CrawlUrl) {
        self.families.learn(url);
    }

    /// Returns how a page waits in the slow lane of its family, if it must. `slow` is true if it
    /// comes from a slow lane.
    pub(super) fn aside(&self, url: &CrawlUrl, slow: bool, now: Moment) -> Option<Aside> {
        let host = self.known.get(&url.host_key())?;
        if host.suspects.is_empty() || !self.site.plan.pace.adapt {
            return None;
        }
        let family = self.families.of(url);
        let until = host.suspects.held(family, now);
        let aside = until.is_some() || (!slow && host.suspects.waits(family));
        aside.then_some(Aside { family, until })
    }

    /// Records the answers of a visit in a pass: which families are up, and which URLs fail alone.
    pub(super) fn compared(&mut self, brought: &Brought, now: Moment) {
        let url = &brought.lease.found.url;
        let Some(host) = self.known.get_mut(&url.host_key()) else {
            return;
        };
        let failed = brought.attempt.outcome.is_failure();
        let is_fine = |hop: &&(CrawlUrl, Attempt)| !hop.1.outcome.is_failure();
        let beside = brought.hops.iter().filter(is_fine).map(|(url, _)| url);
        for fine in beside.clone().chain((!failed).then_some(url)) {
            host.controls.is_up(self.families.of(fine), now);
        }
        if brought.control.is_none() {
            for (companion, _) in &brought.hops {
                host.controls.was_companion(companion);
            }
            if failed && beside.count() > 0 {
                host.controls.fails_alone(url);
            }
        }
    }

    /// Records a finished visit. `roll` is a random number: at least 0, below 1.
    pub(super) fn react(&mut self, brought: &Brought, now: Moment, roll: f64) -> Reaction {
        let Hosts {
            site,
            families,
            known,
        } = self;
        let (plan, confirms) = (site.plan.pace, !site.plan.confirm.delays.is_empty());
        let (found, tried) = (&brought.lease.found, brought.tried);
        let host = host_of(known, site, &found.url.host_key());
        let matters = tried.outcome.is_failure() || host.wants_family();
        let family = matters.then(|| families.of(&found.url));
        let alone = family
            .is_some_and(|family| host.suspects.is_alone(family) && !host.suspects.heals(family));
        // No quick retry in two cases; the passes request these URLs again. First, a failing family, unless its
        // retries help. Second, a time limit: a retry would occupy one of the host's open requests for another half
        // minute.
        let hangs = tried.outcome.is_time_limit() && found.role != Role::Robots;
        let for_passes = plan.adapt && confirms && (alone || hangs);
        let retries = if for_passes { 0 } else { plan.retries };
        let mut reaction = Reaction::default();
        let decision = match found.role {
            Role::Robots => after_robots(tried, robots_of(site, &found.url), retries, roll),
            _ => after(tried, retries, roll),
        };
        if let Decision::Again(wait) = decision {
            reaction.again = Some(now + wait);
        }
        host.note_control(found, tried.outcome, families);
        if let (Some(_), Some((control, attempt))) = (brought.control, brought.hops.first()) {
            let failed = attempt.outcome.is_failure();
            host.suspects.note_control(families.of(control), failed);
        }
        if plan.adapt && speaks_of_host(tried) {
            host.adapt(brought, family, &mut reaction, now, roll);
        }
        for (control, attempt) in &brought.hops {
            if attempt.outcome.is_failure() {
                self.control_failed(control);
            }
        }
        reaction
    }

    /// Applies robots.txt's `Crawl-delay`. Returns the pace from now on, if it is slower.
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
            let pace = host.effective();
            host.frontier_pace = Some(pace);
            Some(pace)
        } else {
            Some(host.pace.ceiling())
        }
    }

    /// Returns the maximum pace of a host.
    pub(super) fn fastest(&self, host: &HostKey) -> Pace {
        let known = self.known.get(host);
        known.map_or(self.site.plan.pace.ceiling(), |known| known.pace.ceiling())
    }

    /// Returns this pace for a host, or a slower one. The plan or its robots.txt may want longer
    /// pauses, or the crawl may have found that the host can take less.
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
        let most = known.below_limit(learned.unwrap_or(ceiling));
        Pace {
            interval: pace.interval.max(most.interval),
            open: pace.open.min(most.open),
        }
    }

    /// Returns the pace for a host in a pass, if the host may be requested as fast as this. It
    /// holds until [`Hosts::crawl_pace`].
    pub(super) fn pass_pace(&mut self, host: &HostKey, pace: Pace) -> Pace {
        let pace = self.no_faster(host, pace);
        self.host(host).frontier_pace = None;
        pace
    }

    /// Returns the crawl's own pace for a host, if a pass set another.
    pub(super) fn crawl_pace(&mut self, host: &HostKey) -> Option<Pace> {
        let adapt = self.site.plan.pace.adapt;
        let host = self
            .known
            .get_mut(host)
            .filter(|host| host.frontier_pace.is_none())?;
        let pace = if adapt {
            host.effective()
        } else {
            host.pace.ceiling()
        };
        host.frontier_pace = Some(pace);
        Some(pace)
    }

    /// Records an answer in a pass. Returns the pause of the host after a 429 that limits the client.
    pub(super) fn limited(&mut self, found: &Discovery, tried: Tried) -> Option<Duration> {
        let adapts = self.site.plan.pace.adapt;
        let wait = self.host(&found.url.host_key()).limited(found, tried);
        wait.filter(|_| adapts)
    }

    /// Records an answer in a pass. Returns whether it shows a limit of the host's rate that was not known.
    pub(super) fn watch_rate(&mut self, brought: &Brought) -> bool {
        let adapts = self.site.plan.pace.adapt;
        let host = self.host(&brought.lease.found.url.host_key());
        adapts && host.rate_watch.saw(brought)
    }

    /// Records an answer in a pass for the breaker of its host: URLs that failed in the crawl may fail again, but a
    /// host that stopped answering is spared.
    pub(super) fn break_off(
        &mut self,
        brought: &Brought,
        now: Moment,
        dice: &mut fastrand::Rng,
    ) -> Reaction {
        let mut reaction = Reaction::default();
        if self.site.plan.pace.adapt && speaks_of_host(brought.tried) {
            let host = self.host(&brought.lease.found.url.host_key());
            host.break_off(brought, &mut reaction, now, dice.f64());
        }
        reaction
    }

    /// Returns whether a host was found down and is not up again.
    pub(super) fn is_down(&self, host: &HostKey) -> bool {
        let known = self.known.get(host);
        known.is_some_and(|known| known.breaker.is_open())
    }

    /// Extends all hosts by time in which this machine had no network: it does not count as theirs.
    pub(super) fn extend(&mut self, by: Duration) {
        for host in self.known.values_mut() {
            host.breaker.extend(by);
        }
    }

    /// Records that a host fails at any load: no load is avoided any more.
    pub(super) fn load_excluded(&mut self, host: &HostKey, now: Moment) {
        if let Some(host) = self.known.get_mut(host) {
            host.pace.exonerate(now);
        }
    }

    /// Returns why a URL is not requested any more, if its host was given up.
    pub(super) fn refuse(&self, url: &CrawlUrl, role: Role) -> Option<Skip> {
        let host = self.known.get(&url.host_key())?;
        // Other URLs depend on a robots.txt, and it is only one request.
        (host.breaker.is_down() && role != Role::Robots)
            .then(|| Skip::new(SkipReason::HostDown, gave_up(host.breaker.waited())))
    }

    /// Returns why a page is not requested for the first time, if its family was given up.
    pub(super) fn refuse_family(&self, url: &CrawlUrl) -> Option<Skip> {
        let host = self.known.get(&url.host_key())?;
        if host.suspects.is_empty() {
            return None;
        }
        let Hung { requests, took } = host.suspects.given_up(self.families.of(url))?;
        let minutes = took.as_secs() / 60;
        let detail = format!(
            "{requests} requests to URLs like it ended in the time limits, after {minutes} minutes together, and \
             none was fine"
        );
        Some(Skip::new(SkipReason::FamilyDown, detail))
    }

    /// Returns whether the host of a URL may be down. Before the first request it also returns
    /// whether the URL's family alone may be in trouble.
    pub(super) fn is_doubted(&self, found: &Discovery) -> bool {
        let Some(host) = self.known.get(&found.url.host_key()) else {
            return false;
        };
        let may_doubt_family = found.pass == 1 && found.tries == 0 && !host.suspects.is_empty();
        let is_doubtful = || host.suspects.is_doubtful(self.families.of(&found.url));
        !host.breaker.is_closed() || (may_doubt_family && is_doubtful())
    }

    /// Returns the page to request if a URL of a suspected host fails: one that was fine, of
    /// another family if there is one.
    pub(super) fn control(&self, url: &CrawlUrl) -> Option<CrawlUrl> {
        let host = self.known.get(&url.host_key())?;
        host.controls
            .control_for(url, host.knowledge(&self.families))
    }

    /// Returns pages to request at once when a URL that was fine before fails. Pages for which
    /// `best` returns true are preferred.
    pub(super) fn companions(
        &mut self,
        url: &CrawlUrl,
        now: Moment,
        best: &dyn Fn(&CrawlUrl) -> bool,
    ) -> Vec<CrawlUrl> {
        let Some(host) = self.known.get_mut(&url.host_key()) else {
            return Vec::new();
        };
        let knowledge = FamilyKnowledge {
            families: &self.families,
            suspects: &host.suspects,
        };
        host.controls.companions(url, knowledge, now, best)
    }

    /// Returns since when a host has been up again, if it was found down before.
    pub(super) fn up_since(&self, key: &HostKey) -> Option<Moment> {
        self.known.get(key)?.breaker.up_since()
    }

    /// Removes a failed control from the controls.
    pub(super) fn control_failed(&mut self, url: &CrawlUrl) {
        if let Some(host) = self.known.get_mut(&url.host_key()) {
            host.controls.failed(url);
        }
    }

    fn host(&mut self, key: &HostKey) -> &mut Host {
        host_of(&mut self.known, &self.site, key)
    }
}

/// Returns what depends on a robots.txt. Every host of a list is one where the run starts.
fn robots_of(site: &Site, url: &CrawlUrl) -> RobotsOf {
    let scope = &site.plan.scope;
    let host = url.host_key();
    if !site.scope.is_site(url) {
        RobotsOf::Other
    } else if scope.coverage == Coverage::List
        || scope.seeds.iter().any(|seed| seed.host_key() == host)
    {
        RobotsOf::Start
    } else {
        RobotsOf::Site
    }
}

/// Returns a host, and adds it if it is new.
fn host_of<'h>(
    known: &'h mut HashMap<HostKey, Box<Host>>,
    site: &Site,
    key: &HostKey,
) -> &'h mut Host {
    known.entry(key.clone()).or_insert_with(|| {
        let patience = if site.scope.is_site(&key.robots_txt()) {
            PATIENCE
        } else {
            PATIENCE_WITH_OTHERS
        };
        Box::new(Host::new(HostPace::new(&site.plan.pace), patience))
    })
}

impl Host {
    fn new(pace: HostPace, patience: Duration) -> Host {
        Host {
            frontier_pace: Some(pace.pace()),
            pace,
            breaker: Breaker::new(patience),
            suspects: Suspects::default(),
            client_limit: ClientLimit::default(),
            rate_watch: RateWatch::default(),
            open: OpenRequests::default(),
            controls: Controls::default(),
        }
    }

    fn knowledge<'a>(&'a self, families: &'a Families) -> FamilyKnowledge<'a> {
        FamilyKnowledge {
            families,
            suspects: &self.suspects,
        }
    }

    /// Returns whether the family of a URL that was fine matters: more controls are needed, or a
    /// family is suspected.
    fn wants_family(&self) -> bool {
        self.controls.are_few() || !self.suspects.is_empty()
    }

    /// Keeps a page that was fine as a control, and removes one that failed.
    fn note_control(&mut self, found: &Discovery, outcome: Outcome, families: &Families) {
        if outcome.is_failure() {
            self.controls.failed(&found.url);
        } else if found.role == Role::Page && is_served(outcome) && self.wants_family() {
            let knowledge = FamilyKnowledge {
                families,
                suspects: &self.suspects,
            };
            self.controls.was_fine(&found.url, knowledge);
        }
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
        let suspect = family.filter(|family| self.suspects.is_alone(*family));
        let mut alone = false;
        if let Some(family) = family.filter(|_| !failed) {
            self.suspects.is_fine(family);
        }
        if let Some(family) = family.filter(|_| is_page && tried.attempts > 1) {
            self.suspects.retried(family, failed);
        }
        if let Some(family) = family.filter(|_| is_page && tried.attempts <= 1) {
            let seen = FirstAttempt {
                failed,
                took: brought.attempt.timings.total,
                // A large file may take longer than the total time limit.
                hung: found.role == Role::Page && tried.outcome.is_time_limit(),
                announced: announced(tried),
            };
            let noted = self.suspects.note(family, seen, now);
            alone = noted.alone;
            reaction.released = noted.released.then_some(family);
        }
        // Such a URL is limited at any pace.
        let own_limit = tried.outcome == Outcome::Client429
            && self.client_limit.is_own(found.url.fingerprint());
        let limited = self.limited(found, tried);
        self.rate_watch.saw(brought);
        self.pace.on_attempt(
            PaceSignal {
                outcome: tried.outcome,
                first_byte: brought.attempt.timings.first_byte,
                started: brought.attempt.started,
                in_flight: brought.lease.unsettled,
                retry: tried.attempts > 1,
                announced: announced(tried),
                suspect: suspect.is_some() || own_limit,
            },
            now,
        );
        if alone {
            self.pace.clear(now);
        }
        let control = brought.control.as_ref();
        if failed && control.is_some_and(|control| !speaks_against_host(control.outcome)) {
            self.pace.control_was_fine(now);
        }
        if let Some(wait) = limited {
            // A page of another family was fine right after it.
            let others_are_fine = control.is_some_and(|it| !speaks_against_host(it.outcome));
            match suspect.or(family.filter(|_| others_are_fine)) {
                // This family alone limits us.
                Some(family) => self.suspects.limited(family, wait, now),
                None => reaction.park = Some(now + wait),
            }
        }
        self.break_off(brought, reaction, now, roll);
        let pace = self.effective();
        // A pass keeps its own pace, unless the breaker changed.
        let may_change = self.frontier_pace.is_some() || reaction.breaker.is_some();
        if may_change && self.frontier_pace != Some(pace) {
            reaction.pace = Some(pace);
            self.frontier_pace = Some(pace);
        }
    }

    /// Returns the pause of the host after a 429 that limits the client, up to a minute.
    fn limited(&mut self, found: &Discovery, tried: Tried) -> Option<Duration> {
        if tried.outcome != Outcome::Client429 {
            if !tried.outcome.is_failure() {
                self.client_limit.was_fine();
            }
            return None;
        }
        let wait = announced(tried)?.min(LONGEST_ANNOUNCED);
        self.client_limit
            .limits(found.url.fingerprint())
            .then_some(wait)
    }

    /// Passes a visit to the breaker, and applies its changes to the host.
    fn break_off(&mut self, brought: &Brought, reaction: &mut Reaction, now: Moment, roll: f64) {
        let tried = brought.tried;
        let signal = BreakerSignal {
            failed: speaks_against_host(tried.outcome),
            host_level: tried.outcome.level() == Level::Host,
            is_page: !matches!(brought.lease.found.role, Role::Robots | Role::Sitemap),
            status: brought.attempt.status,
            started: brought.attempt.started,
            control: (brought.control).map(|control| !speaks_against_host(control.outcome)),
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
            Some(BreakerChange::Cleared) => {
                self.pace.clear(now);
                if tried.outcome.is_failure() {
                    self.suspects.host_is_up();
                }
            }
            Some(BreakerChange::Suspected | BreakerChange::GaveUp) | None => {}
        }
        reaction.breaker = change;
        if self.breaker.is_down() {
            reaction.park = None;
            reaction.again = None;
        }
    }

    /// Returns this pace, or a slower one below the limit of the host's rate.
    fn below_limit(&self, pace: Pace) -> Pace {
        let limit = self.rate_watch.interval().unwrap_or_default();
        Pace {
            interval: pace.interval.max(limit),
            ..pace
        }
    }

    fn effective(&self) -> Pace {
        let pace = self.pace.pace();
        if self.breaker.is_down() {
            DRAINING
        } else if self.breaker.is_closed() {
            self.below_limit(pace)
        } else {
            Pace {
                interval: self.pace.ceiling().interval.max(CAREFUL.interval),
                ..CAREFUL
            }
        }
    }
}

/// Returns the reason for giving up, with the time waited, as text.
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

/// Returns whether an attempt is evidence about its host. One on a stale connection is none, nor is a request that was
/// not sent.
fn speaks_of_host(tried: Tried) -> bool {
    let stale = tried.stale_connection && tried.attempts <= 1;
    !stale
        && !matches!(
            tried.outcome,
            Outcome::AddressRefused | Outcome::StreamRefused
        )
}

/// Returns whether the outcome is evidence that the host is down. One that answers 206 or 304
/// unrequested works: its cache does not. So does one that answers 200 with an error page.
fn speaks_against_host(outcome: Outcome) -> bool {
    let works = matches!(outcome, Outcome::StatusUnrequested | Outcome::SoftError200);
    outcome.is_failure() && !works
}

/// Returns whether the outcome is content, which a page is for.
fn is_served(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::OkHtml | Outcome::OkNonHtml | Outcome::NotModified
    )
}
