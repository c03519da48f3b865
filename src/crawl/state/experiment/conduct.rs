//! Experiments: after the confirmation passes, a few failing URLs are requested in other ways, to
//! separate causes, and a fine page of each host at each of its IP addresses. The policy chooses the
//! ways. This file chooses the URLs and gives them to the frontier of the crawl, one lease for each
//! series. The store does not know of experiments that are under way: one that was interrupted is
//! repeated.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::experiments::Begun;
use crate::crawl::event::Event;
use crate::crawl::visit::series::{Allowed, LONGEST_WAIT, Probed, past_caches, without_query};
use crate::frontier::{Discovery, Lease, Settlement};
use crate::model::{CrawlUrl, Experiment, Fingerprint, HostKey, Moment, Pace, Role};
use crate::policy::{CAREFUL, Failing, MOST_REQUESTS, Subject};
use crate::store::{Change, FailingCluster, FailingUrl, StoreError};

use crate::crawl::state::State;
use crate::crawl::state::effect::{Effect, Effects};
use crate::crawl::state::lease::Due;

/// Maximum clusters with experiments, the biggest first.
const MAX_CLUSTERS: usize = 20;

/// Maximum hosts whose rate limit is measured with a burst (ours).
const MOST_BURSTS: usize = 3;

/// Maximum hosts of which a fine page is requested at each IP address (ours).
const MOST_BY_ADDRESS: usize = 20;

/// Maximum time for all experiments: half of the default time for confirmation passes.
pub(in crate::crawl) const BUDGET: Duration = Duration::from_mins(5);

impl State {
    /// Begins the experiments, once, if URLs still fail.
    pub(in crate::crawl::state) fn experiment(
        &mut self,
        now: Moment,
    ) -> Result<Option<Effects>, StoreError> {
        if self.experiments.have_begun() || !self.experiments.plan.enabled {
            return Ok(None);
        }
        let clusters = self.store.failing_clusters(self.run, MAX_CLUSTERS)?;
        let causes = self.chosen(&clusters);
        let refused = self.refused_at_speed()?;
        let fine = self.fine_pages()?;
        let pass = self.passes.last() + 1;
        let (groups, sizes) = groups(&clusters);
        let failing = causes.iter().map(|cause| {
            let group = groups.get(&cause.url.fingerprint());
            let group = group.copied().unwrap_or_default();
            let alike = sizes.get(group).copied().unwrap_or_default();
            let subject = self.experiments.subject(cause, alike);
            (&cause.url, subject, group)
        });
        let bursts = refused.iter().zip(sizes.len()..).map(|(url, group)| {
            let first = self.hosts.fastest(&url.host_key()).interval;
            (url, Subject::of(Failing::AtSpeed { first }), group)
        });
        let chosen: Vec<(&CrawlUrl, Subject, usize)> = failing.chain(bursts).collect();
        let by_address = (fine.iter().zip(sizes.len() + refused.len()..))
            .map(|(url, group)| (url, Subject::of(Failing::Never), group));
        let subjects = chosen.iter().cloned().chain(by_address);
        self.experiments.begun = Some(Begun {
            pass,
            deadline: now + BUDGET,
            subjects: subjects
                .map(|(url, subject, group)| (url.fingerprint(), (subject, group)))
                .collect(),
            spent: vec![0; sizes.len() + refused.len() + fine.len()],
        });
        let mut effects = Vec::new();
        if !chosen.is_empty() {
            let urls: HashSet<Fingerprint> = causes.iter().map(|it| it.url.fingerprint()).collect();
            let affected = clusters.iter().filter(|cluster| {
                let mut members = cluster.representatives.iter();
                members.any(|member| urls.contains(&member.url.fingerprint()))
            });
            effects.push(Effect::Say(Event::Experimenting {
                clusters: affected.count() + refused.len(),
                urls: chosen.len(),
                ends_by: now + BUDGET,
            }));
        }
        // A fine page is requested at the pace that its host has.
        let slowed: BTreeSet<HostKey> = chosen.iter().map(|(url, ..)| url.host_key()).collect();
        for host in &slowed {
            effects.push(Effect::Slow(host.clone(), self.alone(host)));
        }
        let urls = chosen.iter().map(|(url, ..)| *url).chain(&fine);
        let requested: Vec<Discovery> = urls
            .map(|url| {
                let host = url.host_key();
                Discovery {
                    pass,
                    // The last request of the pass before may have ended just now.
                    not_before: (slowed.contains(&host)).then(|| now + self.alone(&host).interval),
                    ..Discovery::new(url.clone(), Role::Page)
                }
            })
            .collect();
        if requested.is_empty() {
            return Ok(None);
        }
        effects.push(Effect::Offer(requested));
        Ok(Some(effects))
    }

    /// Returns the URLs for experiments: one of every cluster, then a second, then a third, so that no
    /// kind of failure is left without experiments if the time runs out.
    fn chosen<'c>(&self, clusters: &'c [FailingCluster]) -> Vec<&'c FailingUrl> {
        let most = clusters.iter().map(|it| it.representatives.len()).max();
        (0..most.unwrap_or_default())
            .flat_map(|rank| {
                // One URL that hangs is enough: each request takes half a minute.
                let worth = move |it: &&FailingCluster| rank == 0 || !it.outcome.is_time_limit();
                (clusters.iter())
                    .filter(worth)
                    .filter_map(move |it| it.representatives.get(rank))
            })
            .filter(|cause| !cause.probed && self.may_experiment(&cause.url))
            .collect()
    }

    /// Returns pages that a rate limit may have refused, one of each host.
    fn refused_at_speed(&self) -> Result<Vec<CrawlUrl>, StoreError> {
        let mut found = (self.store).refused_at_speed(self.run, LONGEST_WAIT, MOST_BURSTS)?;
        found.retain(|url| self.may_experiment(url));
        Ok(found)
    }

    /// Returns a page of each host that never failed, to be requested at each IP address of the host. The
    /// IP addresses of `localhost` concern only this machine.
    fn fine_pages(&self) -> Result<Vec<CrawlUrl>, StoreError> {
        let mut found = self.store.fine_pages(self.run, MOST_BY_ADDRESS)?;
        found.retain(|url| !url.is_this_machine() && self.may_experiment(url));
        Ok(found)
    }

    /// Returns whether a URL belongs to the site and its host is not down.
    fn may_experiment(&self, url: &CrawlUrl) -> bool {
        self.site.scope.is_site(url) && !self.hosts.is_down(&url.host_key())
    }

    /// Returns the pace of one request at a time and per second, or a slower one if the host requires it.
    fn alone(&self, host: &HostKey) -> Pace {
        self.hosts.no_faster(host, CAREFUL)
    }

    /// Begins the series of a lease, unless its time is over.
    pub(in crate::crawl::state) fn begin_series(
        &mut self,
        lease: Lease,
        now: Moment,
    ) -> Result<Due, StoreError> {
        let url = &lease.found.url;
        let is_refused = self.refuse(&lease, now)?.is_some();
        let begun = self.experiments.begun.as_ref().and_then(|begun| {
            let (subject, group) = begun.subjects.get(&url.fingerprint())?;
            let spent = begun.spent.get(*group).copied().unwrap_or_default();
            let may_begin =
                now <= begun.deadline && spent + subject.longest() <= MOST_REQUESTS && !is_refused;
            may_begin.then(|| (subject.clone(), begun.deadline))
        });
        let Some((mut subject, deadline)) = begun else {
            let settle = Effect::Settle(lease.ticket, Settlement::Unused);
            return Ok(Due::Withheld(settle));
        };
        let may_bust = self.may_request(&lease.found, past_caches(url, now))?;
        let may_be_bare = self.may_request(&lease.found, without_query(url))?;
        subject.ways.retain(|way| match way {
            Experiment::CacheBusting => may_bust,
            Experiment::WithoutQuery => may_be_bare,
            _ => true,
        });
        let allowed = Allowed {
            patience: self.hosts.patience(&lease.found, now),
            subject,
            deadline,
            dice: self.dice.fork(),
        };
        Ok(Due::Series(Box::new(lease), allowed))
    }

    /// Returns whether this other form of a URL exists and robots.txt allows it.
    fn may_request(&self, found: &Discovery, other: Option<CrawlUrl>) -> Result<bool, StoreError> {
        let Some(url) = other else {
            return Ok(false);
        };
        let other = Discovery {
            url,
            ..found.clone()
        };
        Ok(self.admissions.forbidden(&other)?.is_none())
    }

    /// Processes the attempts of a series.
    pub(in crate::crawl) fn take_in_series(&mut self, probed: Probed, now: Moment) -> Effects {
        let Probed { lease, attempts } = probed;
        let url = lease.found.url;
        if let Some(begun) = &mut self.experiments.begun
            && let Some((_, group)) = begun.subjects.remove(&url.fingerprint())
            && let Some(spent) = begun.spent.get_mut(group)
        {
            *spent += attempts.len();
        }
        if attempts.is_empty() {
            return vec![Effect::Settle(lease.ticket, Settlement::Done)];
        }
        // The frontier counts from the start of the series, but its last request was just now.
        let park = Effect::Park(url.host_key(), now + lease.pace.interval);
        let probed = Change::Probed(url, attempts);
        vec![
            park,
            Effect::HandOver(probed, lease.ticket, Settlement::Done),
        ]
    }
}

/// Returns the group of each URL that represents a cluster, and the number of URLs of each group. One fault
/// may explain a group: the failures of a host with one outcome and one error page.
fn groups(clusters: &[FailingCluster]) -> (HashMap<Fingerprint, usize>, Vec<u64>) {
    let mut numbers = HashMap::new();
    let mut sizes = Vec::new();
    let mut of_url = HashMap::new();
    for cluster in clusters {
        let fault = (
            &cluster.host,
            cluster.outcome,
            cluster.status,
            &cluster.page_mark,
        );
        let number = *numbers.entry(fault).or_insert(sizes.len());
        if number == sizes.len() {
            sizes.push(0);
        }
        sizes[number] += cluster.urls;
        for member in &cluster.representatives {
            of_url.insert(member.url.fingerprint(), number);
        }
    }
    (of_url, sizes)
}
