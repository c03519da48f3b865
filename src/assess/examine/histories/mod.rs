//! The histories of hosts, sections and families over the time of a run, and those that went down as a
//! whole. All attempts are added in time order, before the URLs.

mod together;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

pub use self::together::{Home, Together, Whole};
pub(in crate::assess::examine) use self::together::{HostTogether, is_refusal};
use crate::assess::diagnose::{LoadCurve, Outages};
use crate::assess::history::first_requests::FailsFirst;
use crate::assess::history::group_history::GroupHistory;
use crate::assess::history::mixed_outage::MixedOutage;
use crate::assess::history::rate_limit::{Limited, LimitedRequests, RateLimit};
use crate::assess::history::recurrence::{NextRequest, Recurrence};
use crate::assess::history::timed_attempt::{Nth, TimedAttempt};
use crate::assess::history::unusual_runs::{UnusualAttempt, UnusualRuns};
use crate::assess::verdict::observation::is_polite;
use crate::model::{Experiment, Moment, Outcome, Pressure, Purpose};

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
    /// Times in which parts of it that are otherwise fine all failed in one way.
    unusual: UnusualRuns,
    /// Of a bounded number of sections.
    mixed_sections: HashMap<String, MixedOutage>,
    /// Pages whose first request failed.
    failed_first: HashSet<i64>,
    load: LoadCurve,
    /// Whether a file failed with an answer: then the host was there.
    files_answered: bool,
    /// The order of failures, in sections in which URLs failed.
    recurrence: Recurrence,
    sections: HashMap<String, GroupHistory>,
    families: HashMap<String, GroupHistory>,
    /// Requests that a limit of the whole host, or of a section, may refuse.
    requests: LimitedRequests,
    of_sections: BTreeMap<String, LimitedRequests>,
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
        let in_burst = seen.purpose == Purpose::Experiment(Experiment::Burst);
        if !in_burst {
            let failed = seen.outcome.is_failure();
            (host.load).add(seen.started, seen.open, failed, seen.ever_fine);
        }
        if !seen.is_page && !in_burst {
            host.files_answered |= timed.failed && seen.status.is_some();
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
            host.unusual.add(UnusualAttempt {
                url: seen.url,
                part: section,
                started: seen.started,
                outcome: seen.outcome,
            });
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
                is_clustered: host.first_looks.comes_together(),
                ..HostTogether::default()
            };
            let at_start = host.whole.outage_at_start();
            if found.limit.is_none() {
                found.fails_first = host.fails_first();
            }
            if host.load.explains_failures() {
                // First requests and turns of backends come at the crawl's speed too.
                if found.fails_first.is_empty() && found.rotation.is_none() {
                    found.overloads = host.load.overloads();
                }
            } else {
                let may_be_mixed = found.fails_first.is_empty()
                    && found.limit.is_none()
                    && host.whole.was_requested_as_hard();
                let mixed = (host.mixed.filter(|_| may_be_mixed)).and_then(|mixed| mixed.find());
                match mixed {
                    // The failures of its parts are the same.
                    Some(mixed) => found.whole = mixed,
                    None => {
                        let as_hard = host.whole.was_requested_as_hard();
                        found.whole = host.whole.outages();
                        found.sections = kept(host.sections);
                        found.families = kept(host.families);
                        found.add_mixed(may_be_mixed, host.mixed_sections);
                        if found.whole.is_empty() && as_hard {
                            found.whole.times = host.unusual.outages();
                        }
                        found.leave_out_outages_of_the_host();
                    }
                }
            }
            // A file that fails with an answer says nothing of the host, unless that is known to go down.
            let is_of_host = !host.files_answered || !found.whole.is_empty();
            found.at_start = at_start.filter(|_| is_of_host);
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
