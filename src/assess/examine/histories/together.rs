//! The parts of a site that went down as a whole, and the limits of its hosts.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::assess::diagnose::{LoadStep, Outage, Outages};
use crate::assess::history::first_requests::FailsFirst;
use crate::assess::history::mixed_outage::MixedOutage;
use crate::assess::history::rate_limit::RateLimit;
use crate::assess::history::recurrence::Rotation;
use crate::assess::verdict::observation::may_be_load;
use crate::model::{Moment, Outcome};

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

/// The groups that went down as a whole, and the hosts that limit the rate of requests.
#[derive(Debug, Default)]
pub struct Together(pub(super) HashMap<String, HostTogether>);

#[derive(Debug, Default)]
pub(in crate::assess::examine) struct HostTogether {
    pub(in crate::assess::examine) whole: Outages,
    /// A time from the start in which all requests for files failed, and nothing else was requested.
    pub(in crate::assess::examine) at_start: Option<Outage>,
    /// Whether first looks fail together in time.
    pub(super) is_clustered: bool,
    /// The load from which it fails more.
    pub(in crate::assess::examine) load: Option<LoadStep>,
    /// The order of failures, if it is that of one failing backend of several.
    pub(in crate::assess::examine) rotation: Option<Rotation>,
    /// The rate that it refuses to exceed, and in which section if not on the whole host.
    pub(in crate::assess::examine) limit: Option<(RateLimit, Option<String>)>,
    /// When requests began that it refused, although this limit lets them through.
    pub(super) unexplained: BTreeSet<Moment>,
    /// When requests began that failed at a load that explains the failures of the host.
    pub(super) overloads: BTreeSet<Moment>,
    pub(super) sections: HashMap<String, Outages>,
    pub(super) families: HashMap<String, Outages>,
    /// The host or, with their names, its sections or families whose pages fail at their first request.
    pub(in crate::assess::examine) fails_first: Vec<(Whole, String, FailsFirst)>,
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

impl HostTogether {
    /// Returns whether the speed of the crawl explains the failures of a URL of a section: a limit of its rate, if all
    /// are refusals, or its load. More of them are beyond the limit or the load than not.
    fn explains(&self, section: &str, failures: &[(Moment, Outcome)]) -> bool {
        let all = |is_such: fn(Outcome) -> bool| failures.iter().all(|(_, it)| is_such(*it));
        let most = |is_beyond: &dyn Fn(&Moment) -> bool| {
            let beyond = failures.iter().filter(|(started, _)| is_beyond(started));
            beyond.count() * 2 > failures.len()
        };
        let is_limited = || {
            self.limits(section)
                && all(|outcome| is_refusal(outcome.status()))
                && most(&|started| !self.unexplained.contains(started))
        };
        let is_overloaded =
            || all(may_be_load) && most(&|started| self.overloads.contains(started));
        is_limited() || is_overloaded()
    }

    /// Returns whether it limits the rate of requests to all sections.
    pub(in crate::assess::examine) fn limits_all(&self) -> bool {
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
    pub(super) fn add_mixed(&mut self, may_be_mixed: bool, sections: HashMap<String, MixedOutage>) {
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

    /// Removes the outages of parts that are those of the host.
    pub(super) fn leave_out_outages_of_the_host(&mut self) {
        let whole = &self.whole;
        if whole.is_empty() || whole.mixed.is_some() {
            return;
        }
        for parts in [&mut self.sections, &mut self.families] {
            parts.retain(|_, part| {
                part.times.retain(|outage| !is_part_of(outage, whole));
                !part.is_empty()
            });
        }
    }

    /// Removes outages of parts whose pages fail at their first request: their failures come together because first
    /// requests do.
    pub(super) fn leave_out_first_requests(&mut self) {
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
    pub(in crate::assess::examine) fn fails_by_load(&self) -> bool {
        self.limit.is_some() || self.load.is_some()
    }
}

/// Maximum share of the time of a part's outage in which the host was up between its own outages, for the part's outage
/// to be the host's (ours). A cached page that is always fine cuts an outage of the host into several.
const UP_BETWEEN: f64 = 0.1;

/// Returns whether an outage of a part is one of its host, or several that followed each other at once.
fn is_part_of(outage: &Outage, whole: &Outages) -> bool {
    let (Some(first), Some(last)) = (whole.at(outage.from), whole.at(outage.until)) else {
        return false;
    };
    let pairs = whole.times.get(first..=last).unwrap_or_default().windows(2);
    let up: Duration = pairs
        .filter_map(|pair| Some(pair[1].before?.since(pair[0].after?)))
        .sum();
    up <= outage.until.since(outage.from).mul_f64(UP_BETWEEN)
}

impl Together {
    /// Returns whether failures of a host come together in time, and no outage explains them.
    pub(in crate::assess::examine) fn fails_for_a_while(&self) -> bool {
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

    /// Returns whether the speed of the crawl explains the failures of a URL, which has their start times and outcomes.
    pub fn explains_by_speed(&self, home: Home<'_>, failures: &[(Moment, Outcome)]) -> bool {
        let host = self.0.get(home.host);
        host.is_some_and(|host| host.explains(home.section, failures))
    }

    pub(in crate::assess::examine) fn host(&self, name: &str) -> Option<&HostTogether> {
        self.0.get(name)
    }

    /// Returns the groups of a URL that went down as a whole, the widest first, with their outages.
    pub(in crate::assess::examine) fn of(
        &self,
        home: Home<'_>,
    ) -> impl Iterator<Item = (Whole, &Outages)> {
        // Refusals of a rate limit come together too.
        let host = self.0.get(home.host);
        let host = host.filter(|host| !host.limits(home.section));
        let groups = host.map(|host| {
            let whole = Some(&host.whole).filter(|found| !found.is_empty());
            [
                (Whole::Host, whole),
                (Whole::Section, host.sections.get(home.section)),
                (Whole::Family, host.families.get(home.family)),
            ]
        });
        let groups = groups.into_iter().flatten();
        groups.filter_map(|(whole, outages)| Some((whole, outages?)))
    }
}

/// Returns whether rate limits answer with this status.
pub(in crate::assess::examine) fn is_refusal(status: Option<u16>) -> bool {
    matches!(status, Some(429 | 503))
}
