//! What the attempts at each host mean for the next: whether to ask again, how fast, and whether at
//! all. The rules are the policy's; here they meet, one set for each host, and no host's trouble
//! is another's.
//!
//! How they bound the requests to a host that answers nothing but 503: quick retries end after
//! five failures (the retry budget), the pace falls to a request every eight seconds, the breaker
//! opens at the tenth failure, and each time it ends a single probe is sent. When the host has held
//! up the crawl for [`PATIENCE`], what is left of it is skipped as `host_down`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    CrawlUrl, Fingerprint, Headroom, HostKey, Level, Moment, Outcome, Pace, PacePlan, Role, Skip,
    SkipReason,
};
use crate::policy::{
    Breaker, BreakerChange, BreakerSignal, Decision, HostPace, PaceSignal, RetryBudget, after,
};

use super::site::Site;
use super::visit::Brought;

/// Longest time in all for which a host of the site may hold up the crawl: as long as the
/// confirmation passes may take by default, so that an audit of a dead site ends within a coffee.
const PATIENCE: Duration = Duration::from_mins(10);

/// The same for hosts that are only linked to: one more try after a minute is enough.
const PATIENCE_WITH_OTHERS: Duration = Duration::from_mins(1);

/// How a host is asked while it is doubted: the speed at which no failure is self-inflicted.
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

/// The hosts of a crawl. Memory: some kilobyte for each.
#[derive(Debug)]
pub(super) struct Hosts {
    site: Arc<Site>,
    known: HashMap<HostKey, Box<Host>>,
}

#[derive(Debug)]
struct Host {
    budget: RetryBudget,
    pace: HostPace,
    breaker: Breaker,
    /// What the frontier was told last, or keeps by default.
    told: Pace,
    /// The page that was fine last.
    good: Option<CrawlUrl>,
    /// The URL whose 503 announced an end, if no other of the host was fine since.
    announced: Option<Fingerprint>,
    /// Longest pause at the server's wish.
    patience: Duration,
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
            known: HashMap::new(),
        }
    }

    /// Takes in a visit that is over. `roll` is the dice: at least 0, below 1.
    pub(super) fn react(&mut self, brought: &Brought, now: Moment, roll: f64) -> Reaction {
        let plan = self.site.plan.pace;
        let url = &brought.lease.found.url;
        let host = self.host(&url.host_key());
        let tried = brought.tried;
        let mut reaction = Reaction::default();
        match after(tried, plan.retries, &mut host.budget, roll) {
            Decision::Settle => {}
            Decision::SettlePark(wait) => reaction.park = Some(now + wait),
            Decision::Again(wait) => reaction.again = Some(now + wait),
            Decision::AgainHost(wait) => {
                reaction.again = Some(now + wait);
                reaction.park = reaction.again;
            }
        }
        // A connection that went stale says nothing about the host, nor does what was not asked.
        let stale = tried.stale_connection && tried.attempts <= 1;
        let speaks = !matches!(
            tried.outcome,
            Outcome::AddressRefused | Outcome::StreamRefused
        );
        if plan.adapt && !stale && speaks {
            host.adapt(brought, &mut reaction, now, roll);
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

    /// This pace for a host, unless the plan or its robots.txt wants longer pauses.
    pub(super) fn no_faster(&self, host: &HostKey, pace: Pace) -> Pace {
        let known = self.known.get(host);
        let least = known.map_or(self.site.plan.pace.interval(), |known| {
            known.pace.ceiling().interval
        });
        Pace {
            interval: pace.interval.max(least),
            ..pace
        }
    }

    /// What hosts were seen to bear, as far as failures told something of it.
    pub(super) fn headroom(&self) -> Vec<(HostKey, Headroom)> {
        let hosts = self.known.iter();
        let seen = hosts.map(|(host, known)| (host.clone(), known.pace.headroom()));
        seen.filter(|(_, seen)| seen.failed.is_some()).collect()
    }

    /// Why a URL is not asked for any more, if its host was given up.
    pub(super) fn refuse(&self, url: &CrawlUrl, role: Role) -> Option<Skip> {
        let host = self.known.get(&url.host_key())?;
        // A robots.txt decides more than itself, and is one request.
        (host.breaker.is_down() && role != Role::Robots).then(|| {
            let held = host.breaker.held().as_secs();
            let detail = format!("gave up waiting for the host after {held} s");
            Skip::new(SkipReason::HostDown, detail)
        })
    }

    /// The page to ask along with a URL, if its host is in doubt.
    pub(super) fn control(&self, url: &CrawlUrl, role: Role) -> Option<CrawlUrl> {
        let host = self.known.get(&url.host_key())?;
        let doubted = !host.breaker.is_closed() && role != Role::Robots;
        host.good.clone().filter(|good| doubted && good != url)
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
            budget: RetryBudget::default(),
            told: pace.pace(),
            pace,
            breaker: Breaker::new(patience),
            good: None,
            announced: None,
            patience,
        }
    }

    fn adapt(&mut self, brought: &Brought, reaction: &mut Reaction, now: Moment, roll: f64) {
        let (found, tried) = (&brought.lease.found, brought.tried);
        let fingerprint = found.url.fingerprint();
        if tried.outcome == Outcome::Server503RetryAfter {
            // Two URLs that announce the same mean the host.
            let other = self.announced.replace(fingerprint);
            if other.is_some_and(|other| other != fingerprint)
                && let Some(wait) = tried.retry_after
            {
                reaction.park = Some(now + wait);
            }
        } else if !tried.outcome.is_failure() {
            self.announced = None;
            if found.role == Role::Page && is_served(tried.outcome) {
                self.good = Some(found.url.clone());
            }
        }
        self.pace.on_attempt(
            PaceSignal {
                outcome: tried.outcome,
                first_byte: brought.attempt.timings.first_byte,
                started: brought.attempt.started,
                in_flight: brought.lease.in_flight,
                retry: tried.attempts > 1,
            },
            now,
        );
        let signal = BreakerSignal {
            failed: tried.outcome.is_failure(),
            host_level: tried.outcome.level() == Level::Host,
            started: brought.attempt.started,
            control: brought.control.map(is_served),
        };
        let mut change = self
            .breaker
            .on_attempt(signal, self.good.is_some(), now, roll);
        if let Some(until) = reaction.park
            && change.is_none()
        {
            change = self.breaker.hold(until, now);
        }
        match change {
            Some(BreakerChange::Opened(until)) => {
                reaction.park = Some(reaction.park.map_or(until, |park| park.max(until)));
            }
            Some(BreakerChange::Closed) => self.pace.restart(now),
            Some(BreakerChange::Doubted | BreakerChange::GaveUp) | None => {}
        }
        reaction.breaker = change;
        if self.breaker.is_down() {
            reaction.park = None;
        }
        let too_late = |at: Moment| at.since(now) > self.patience;
        if self.breaker.is_down() || reaction.again.is_some_and(too_late) {
            reaction.again = None;
        }
        let pace = self.effective();
        reaction.pace = (pace != self.told).then_some(pace);
        self.told = pace;
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

/// Whether this is what a page is for.
fn is_served(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::OkHtml | Outcome::OkNonHtml | Outcome::NotModified
    )
}
