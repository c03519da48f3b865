//! The histories of hosts, sections and families over the time of a run, and those that went down as a
//! whole. All attempts are added in time order, before the URLs.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::assess::diagnose::{LoadCurve, LoadStep, Outage, Outages};
use crate::assess::history::first_requests::FailsFirst;
use crate::assess::history::group_history::GroupHistory;
use crate::assess::history::mixed_outage::MixedOutage;
use crate::assess::history::rate_limit::{Limited, LimitedRequests, RateLimit};
use crate::assess::history::recurrence::{NextRequest, Recurrence, Rotation};
use crate::assess::history::timed_attempt::{Nth, TimedAttempt};
use crate::assess::verdict::observation::is_polite;
use crate::model::{Moment, Outcome, Pressure, Probe, Purpose};

/// Maximum groups that are followed; about 700 bytes each.
const MOST_GROUPS: usize = 4_000;

/// Maximum sections and families that are separate parts of a group.
const MOST_PARTS: usize = 2 * MOST_GROUPS;

/// Maximum sections whose refusals are examined; about 40 kB each.
const MOST_LIMITED: usize = 50;

/// Maximum pages of a host that are known to have failed at their first request.
const MOST_FAILED_FIRST: usize = 8_192;

/// Maximum hosts and sections for which times are searched in which a part of the requests failed; about 200 kB each.
const MOST_MIXED: usize = 50;

/// The groups of a URL.
#[derive(Clone, Copy, Debug)]
pub struct Home<'a> {
    /// Scheme, host and port.
    pub host: &'a str,
    /// The first folder of the path.
    pub section: &'a str,
    /// The pattern of the family.
    pub family: &'a str,
}

/// An attempt at a page, a resource or a file.
#[derive(Clone, Copy, Debug)]
pub struct GroupAttempt {
    /// The number of the URL.
    pub url: i64,
    /// When it began.
    pub started: Moment,
    /// The outcome.
    pub outcome: Outcome,
    /// The status code, if there was one.
    pub status: Option<u16>,
    /// Requests open on the host, this one included.
    pub open: u32,
    /// Requests per second at the time, if known.
    pub rate: Option<f64>,
    /// Whether the URL is fine at least at times.
    pub ever_fine: bool,
    /// Whether it fails at least at times.
    pub ever_failed: bool,
    /// Its purpose. A burst is faster than the crawl was, so it only shows a limit of the rate.
    pub purpose: Purpose,
    /// Whether it is a page or a resource.
    pub is_page: bool,
}

/// The evidence that a part of the site went down as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PartEvidence {
    /// Pages that failed and succeeded at other times.
    #[default]
    Recovered,
    /// Also the first attempts at pages that have not succeeded yet, while others of the part have. These pages may
    /// be dead, so this is enough for a closer examination but not for a conclusion. Further attempts are not
    /// evidence, because failed URLs are requested several times in a row.
    Suspicion,
}

/// Histories in progress.
#[derive(Debug, Default)]
pub struct Histories {
    evidence: PartEvidence,
    hosts: HashMap<String, HostHistories>,
    groups: usize,
    limited: usize,
    /// Number of hosts and sections for which times are searched in which a part of the requests failed.
    mixed: usize,
    /// Sections and families by number, for the parts of a group.
    parts: HashMap<String, u32>,
}

#[derive(Debug, Default)]
struct HostHistories {
    whole: GroupHistory,
    /// Only first looks, in sections in which URLs failed: URLs that failed are requested several times.
    first_looks: GroupHistory,
    /// Absent if [`MOST_MIXED`] other hosts have one already.
    mixed: Option<Box<MixedOutage>>,
    /// Of a bounded number of sections.
    mixed_sections: HashMap<String, MixedOutage>,
    /// Pages whose first request failed.
    failed_first: HashSet<i64>,
    load: LoadCurve,
    /// The order of failures, in sections in which URLs failed.
    recurrence: Recurrence,
    sections: HashMap<String, GroupHistory>,
    families: HashMap<String, GroupHistory>,
    /// Requests that a limit of the whole host, or of a section, may refuse.
    requests: LimitedRequests,
    of_sections: BTreeMap<String, LimitedRequests>,
}

/// The groups that went down as a whole, and the hosts that limit the rate of requests.
#[derive(Debug, Default)]
pub struct Together(HashMap<String, HostTogether>);

#[derive(Debug, Default)]
pub(super) struct HostTogether {
    pub(super) whole: Outages,
    /// A time from the start in which all requests for files failed, and nothing else was requested.
    pub(super) at_start: Option<Outage>,
    /// Whether first looks fail together in time.
    is_clustered: bool,
    /// The load from which it fails more.
    pub(super) load: Option<LoadStep>,
    /// The order of failures, if it is that of one failing backend of several.
    pub(super) rotation: Option<Rotation>,
    /// The rate that it refuses to exceed, and in which section if not on the whole host.
    pub(super) limit: Option<(RateLimit, Option<String>)>,
    /// When requests began that it refused, although this limit lets them through.
    unexplained: BTreeSet<Moment>,
    sections: HashMap<String, Outages>,
    families: HashMap<String, Outages>,
    /// The host or, with their names, its sections or families whose pages fail at their first request.
    pub(super) fails_first: Vec<(Whole, String, FailsFirst)>,
}

/// The group of a URL that went down as a whole when the URL failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Whole {
    /// Its host.
    Host,
    /// Its section.
    Section,
    /// Its family.
    Family,
}

impl GroupAttempt {
    fn is_polite(&self) -> bool {
        let pace = Pressure {
            in_flight: self.open,
            rate: self.rate,
        };
        is_polite(pace)
    }
}

impl Histories {
    /// Returns empty histories that follow this evidence.
    pub fn by(evidence: PartEvidence) -> Histories {
        Histories {
            evidence,
            ..Histories::default()
        }
    }

    /// Returns whether URLs that never succeeded are followed.
    pub fn takes_unproven(&self) -> bool {
        self.evidence == PartEvidence::Suspicion
    }

    /// Follows the groups of a URL that failed, and that also succeeded unless suspicion suffices.
    /// `refused` means that it failed with a status of rate limits. Must be called before attempts are
    /// added.
    pub fn watch(&mut self, home: Home<'_>, refused: bool) {
        if self.groups >= MOST_GROUPS {
            return;
        }
        if !self.hosts.contains_key(home.host) {
            let mut host = HostHistories::default();
            if self.mixed < MOST_MIXED {
                host.mixed = Some(Box::default());
                self.mixed += 1;
            }
            self.hosts.insert(home.host.to_owned(), host);
        }
        let Some(host) = self.hosts.get_mut(home.host) else {
            return;
        };
        let before = host.sections.len() + host.families.len();
        host.sections.entry(home.section.to_owned()).or_default();
        host.families.entry(home.family.to_owned()).or_default();
        self.groups += host.sections.len() + host.families.len() - before;
        let section = home.section;
        if !host.mixed_sections.contains_key(section) && self.mixed < MOST_MIXED {
            host.mixed_sections
                .insert(section.to_owned(), MixedOutage::default());
            self.mixed += 1;
        }
        if refused && !host.of_sections.contains_key(section) && self.limited < MOST_LIMITED {
            host.of_sections
                .insert(section.to_owned(), LimitedRequests::default());
            self.limited += 1;
        }
    }

    /// Returns whether no URL is followed.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Adds the next attempt, in time order.
    pub fn add(&mut self, home: Home<'_>, seen: GroupAttempt) {
        let Some(host) = self.hosts.get_mut(home.host) else {
            return;
        };
        let section = number(&mut self.parts, home.section);
        let family = number(&mut self.parts, home.family);
        let nth = host.nth(&seen);
        let timed = TimedAttempt {
            nth,
            url: seen.url,
            part: section,
            family,
            started: seen.started,
            failed: seen.outcome.is_failure(),
            ever_fine: seen.ever_fine,
            open: seen.open,
        };
        let in_burst = seen.purpose == Purpose::Probe(Probe::Burst);
        if !in_burst {
            let failed = seen.outcome.is_failure();
            (host.load).add(seen.started, seen.open, failed, seen.ever_fine);
        }
        if !seen.is_page && !in_burst {
            // Each file is a part of its own.
            host.whole.add_file(TimedAttempt {
                part: family,
                ..timed
            });
        }
        // A rate limit refuses clients that are too fast; the pages are not down.
        if seen.is_page && !in_burst && seen.outcome != Outcome::Client429 {
            let suspicion =
                self.evidence == PartEvidence::Suspicion && seen.purpose == Purpose::Crawl;
            host.follow(home, timed, suspicion);
            if host.sections.contains_key(home.section) {
                if seen.purpose == Purpose::Crawl {
                    host.first_looks.add(timed);
                }
                host.recurrence.add(NextRequest {
                    started: seen.started,
                    failed: timed.failed,
                    counts: seen.ever_fine && seen.ever_failed,
                    polite: seen.is_polite(),
                    nth,
                });
            }
        }
        let refused_with = seen.status.filter(|status| is_refusal(Some(*status)));
        if (refused_with.is_some() || !timed.failed) && !host.of_sections.is_empty() {
            let request = Limited {
                url: seen.url,
                started: seen.started,
                open: seen.open,
                refused_with,
                ever_fine: seen.ever_fine,
            };
            let section = host.of_sections.get_mut(home.section);
            for requests in section.into_iter().chain([&mut host.requests]) {
                requests.add(request, in_burst);
            }
        }
    }

    /// Returns the groups that went down as a whole.
    pub fn together(self) -> Together {
        let kept = |histories: HashMap<String, GroupHistory>| -> HashMap<String, Outages> {
            let outages = histories.into_iter();
            let outages = outages.map(|(name, history)| (name, history.outages()));
            outages.filter(|(_, found)| !found.is_empty()).collect()
        };
        let hosts = self.hosts.into_iter().map(|(name, host)| {
            let limit = host.limit();
            let unexplained = host.unexplained(limit.as_ref());
            let mut found = HostTogether {
                load: host.load.step(),
                rotation: host.recurrence.rotation(),
                limit,
                unexplained,
                at_start: host.whole.outage_at_start(),
                is_clustered: host.first_looks.comes_together(),
                ..HostTogether::default()
            };
            if found.limit.is_none() {
                found.fails_first = host.fails_first();
            }
            if !host.load.explains_outages() {
                let may_be_mixed = found.fails_first.is_empty()
                    && found.limit.is_none()
                    && host.whole.was_requested_as_hard();
                let mixed = (host.mixed.filter(|_| may_be_mixed)).and_then(|mixed| mixed.find());
                match mixed {
                    // The failures of its parts are the same.
                    Some(mixed) => found.whole = mixed,
                    None => {
                        found.whole = host.whole.outages();
                        found.sections = kept(host.sections);
                        found.families = kept(host.families);
                        found.add_mixed(may_be_mixed, host.mixed_sections);
                    }
                }
            }
            found.leave_out_first_requests();
            (name, found)
        });
        Together(hosts.collect())
    }
}

impl HostHistories {
    /// Takes an attempt at a page of a family. A section is a part of the host, and a family of its section:
    /// two families of one section that fail are no sign that the others do.
    fn follow(&mut self, home: Home<'_>, seen: TimedAttempt, suspicion: bool) {
        self.whole.add(seen);
        if let Some(mixed) = &mut self.mixed {
            mixed.add(seen);
        }
        let seen = TimedAttempt {
            part: seen.family,
            ever_fine: seen.ever_fine || suspicion,
            ..seen
        };
        if let Some(mixed) = self.mixed_sections.get_mut(home.section) {
            mixed.add(TimedAttempt {
                part: seen.family,
                ..seen
            });
        }
        let section = self.sections.get_mut(home.section);
        let family = self.families.get_mut(home.family);
        for history in section.into_iter().chain(family) {
            history.add(seen);
        }
    }

    /// Returns whether an attempt is the first at its URL, or a later one.
    fn nth(&mut self, seen: &GroupAttempt) -> Nth {
        match seen.purpose {
            Purpose::Crawl => {
                if seen.outcome.is_failure() && self.failed_first.len() < MOST_FAILED_FIRST {
                    self.failed_first.insert(seen.url);
                }
                Nth::First
            }
            Purpose::Retry | Purpose::Confirm if self.failed_first.contains(&seen.url) => {
                Nth::Again
            }
            _ => Nth::Other,
        }
    }

    /// Returns the parts whose pages fail at their first request: the host, or else sections, or else families.
    fn fails_first(&self) -> Vec<(Whole, String, FailsFirst)> {
        if let Some(found) = self.whole.fails_first() {
            return vec![(Whole::Host, String::new(), found)];
        }
        let parts = |whole: Whole, histories: &HashMap<String, GroupHistory>| {
            let found = histories
                .iter()
                .filter_map(|(name, history)| Some((whole, name.clone(), history.fails_first()?)));
            let mut found: Vec<_> = found.collect();
            found.sort_by(|one, other| one.1.cmp(&other.1));
            found
        };
        let sections = parts(Whole::Section, &self.sections);
        if sections.is_empty() {
            parts(Whole::Family, &self.families)
        } else {
            sections
        }
    }

    /// Returns when requests began that were refused although this limit lets them through.
    fn unexplained(&self, limit: Option<&(RateLimit, Option<String>)>) -> BTreeSet<Moment> {
        let requests = limit.and_then(|(_, section)| match section {
            Some(section) => self.of_sections.get(section),
            None => Some(&self.requests),
        });
        requests.map_or_else(BTreeSet::new, LimitedRequests::unexplained)
    }

    fn limit(&self) -> Option<(RateLimit, Option<String>)> {
        let whole = self.requests.limit().map(|limit| (limit, None));
        whole.or_else(|| {
            let mut sections = self.of_sections.iter().filter_map(|(name, requests)| {
                let limit = requests.limit()?;
                Some((limit, Some(name.clone())))
            });
            let first = sections.next()?;
            // The limit with the most refusals.
            Some(sections.fold(first, |best, next| {
                if next.0.refused > best.0.refused {
                    next
                } else {
                    best
                }
            }))
        })
    }
}

impl HostTogether {
    /// Returns whether a limit of its rate explains the failures of a URL of a section: all are refusals, and more of
    /// them are beyond the limit than not.
    pub(super) fn explains(
        &self,
        section: &str,
        failures: impl Iterator<Item = (Moment, Option<u16>)>,
    ) -> bool {
        if !self.limits(section) {
            return false;
        }
        let (mut all, mut beyond) = (0, 0);
        for (started, status) in failures {
            if !is_refusal(status) {
                return false;
            }
            all += 1;
            beyond += u32::from(!self.unexplained.contains(&started));
        }
        beyond * 2 > all
    }

    /// Returns whether it limits the rate of requests to all sections.
    pub(super) fn limits_all(&self) -> bool {
        matches!(self.limit, Some((_, None)))
    }

    /// Returns whether it limits the rate of requests to a section.
    fn limits(&self, section: &str) -> bool {
        let limited = |(_, limited): &(RateLimit, Option<String>)| {
            limited.as_deref().is_none_or(|limited| limited == section)
        };
        self.limit.as_ref().is_some_and(limited)
    }

    /// Adds times in which a part of the requests to a section failed, unless the host or the section went down as a
    /// whole.
    fn add_mixed(&mut self, may_be_mixed: bool, sections: HashMap<String, MixedOutage>) {
        if !may_be_mixed || !self.whole.is_empty() {
            return;
        }
        for (name, mixed) in sections {
            if let Some(found) = (!self.sections.contains_key(&name))
                .then(|| mixed.find())
                .flatten()
            {
                self.sections.insert(name, found);
            }
        }
    }

    /// Removes outages of parts whose pages fail at their first request: their failures come together because first
    /// requests do.
    fn leave_out_first_requests(&mut self) {
        for (whole, name, _) in &self.fails_first {
            match whole {
                Whole::Host => {
                    self.whole = Outages::default();
                    self.sections.clear();
                    self.families.clear();
                }
                // A family does not name its section.
                Whole::Section => {
                    self.sections.remove(name);
                    self.families.clear();
                }
                Whole::Family => {
                    self.families.remove(name);
                    self.sections.clear();
                }
            }
        }
    }

    /// Returns whether it fails more at higher load.
    pub(super) fn fails_by_load(&self) -> bool {
        self.limit.is_some() || self.load.is_some()
    }
}

impl Together {
    /// Returns whether failures of a host come together in time, and no outage explains them.
    pub(super) fn fails_for_a_while(&self) -> bool {
        let mut hosts = self.0.values();
        hosts.any(|host| {
            let outages = host.sections.is_empty() && host.families.is_empty();
            host.is_clustered && outages && host.whole.is_empty()
        })
    }

    /// Returns whether the pages of a URL's host, section or family fail at their first request only.
    pub fn fails_first(&self, home: Home<'_>) -> bool {
        let host = self.0.get(home.host);
        let mut parts = host.iter().flat_map(|host| &host.fails_first);
        parts.any(|(whole, name, _)| match whole {
            Whole::Host => true,
            Whole::Section => name == home.section,
            Whole::Family => name == home.family,
        })
    }

    pub(super) fn host(&self, name: &str) -> Option<&HostTogether> {
        self.0.get(name)
    }

    /// Returns the widest group of a URL that went down as a whole, with its outages.
    pub(super) fn of(&self, home: Home<'_>) -> Option<(Whole, &Outages)> {
        let host = self.0.get(home.host)?;
        // Refusals of a rate limit come together too.
        if host.limits(home.section) {
            return None;
        }
        let whole = Some(&host.whole).filter(|found| !found.is_empty());
        let section = || host.sections.get(home.section);
        let family = || host.families.get(home.family);
        whole
            .map(|found| (Whole::Host, found))
            .or_else(|| section().map(|found| (Whole::Section, found)))
            .or_else(|| family().map(|found| (Whole::Family, found)))
    }
}

/// Returns the number of a part; parts beyond the bound share one.
fn number(parts: &mut HashMap<String, u32>, name: &str) -> u32 {
    let next = parts.len() as u32 + 1;
    match parts.get(name) {
        Some(number) => *number,
        None if parts.len() < MOST_PARTS => {
            parts.insert(name.to_owned(), next);
            next
        }
        None => 0,
    }
}

/// Returns whether rate limits answer with this status.
pub(super) fn is_refusal(status: Option<u16>) -> bool {
    matches!(status, Some(429 | 503))
}
