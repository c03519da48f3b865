//! Experiments: when the confirmation passes are over, a few of the URLs that fail are asked in
//! other ways than our own, to tell causes apart, and a fine page of each host at each of its
//! addresses. Which ways is the policy's; here URLs are chosen and given to the frontier that the
//! crawl used, one series a lease. The store knows nothing of experiments under way: what is
//! interrupted before it was stored is made again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use super::experiments::Begun;
use crate::crawl::event::Event;
use crate::crawl::visit::series::{Allowed, LONGEST_WAIT, Probed, past_caches, without_query};
use crate::frontier::{Discovery, Lease, Settlement};
use crate::model::{CrawlUrl, Fingerprint, HostKey, Moment, Pace, Probe, Role};
use crate::policy::{CAREFUL, Failing, MOST_REQUESTS, Subject};
use crate::store::{Change, FailingCluster, FailingUrl, StoreError};

use crate::crawl::state::State;
use crate::crawl::state::effect::{Effect, Effects};
use crate::crawl::state::lease::Due;

/// Most clusters that are experimented on, the biggest first.
const MAX_CLUSTERS: usize = 20;

/// Most hosts whose limit of the rate is looked for with a burst (ours).
const MOST_BURSTS: usize = 3;

/// Most hosts of which a fine page is requested at each of their addresses (ours).
const MOST_BY_ADDRESS: usize = 20;

/// Longest time for all experiments: half as long as the confirmation passes may take by default.
const BUDGET: Duration = Duration::from_mins(5);

impl State {
    /// Begins the experiments, once, if there are any to make.
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
        let asked: Vec<Discovery> = urls
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
        if asked.is_empty() {
            return Ok(None);
        }
        effects.push(Effect::Offer(asked));
        Ok(Some(effects))
    }

    /// The URLs to experiment on: one of every cluster, then a second, then a third, so that time
    /// that runs out leaves no kind of failure without any.
    fn chosen<'c>(&self, clusters: &'c [FailingCluster]) -> Vec<&'c FailingUrl> {
        let most = clusters.iter().map(|it| it.representatives.len()).max();
        (0..most.unwrap_or_default())
            .flat_map(|rank| {
                clusters
                    .iter()
                    .filter_map(move |it| it.representatives.get(rank))
            })
            .filter(|cause| !cause.probed && self.may_experiment(&cause.url))
            .collect()
    }

    /// Pages that a limit of the rate may have refused, one of each host.
    fn refused_at_speed(&self) -> Result<Vec<CrawlUrl>, StoreError> {
        let mut found = (self.store).refused_at_speed(self.run, LONGEST_WAIT, MOST_BURSTS)?;
        found.retain(|url| self.may_experiment(url));
        Ok(found)
    }

    /// A page of each host that never failed, to be requested at each address of the host. What `localhost` stands
    /// for is nobody's concern but this machine's.
    fn fine_pages(&self) -> Result<Vec<CrawlUrl>, StoreError> {
        let mut found = self.store.fine_pages(self.run, MOST_BY_ADDRESS)?;
        found.retain(|url| !url.is_this_machine() && self.may_experiment(url));
        Ok(found)
    }

    /// Whether a URL is one of the site, whose host was not given up.
    fn may_experiment(&self, url: &CrawlUrl) -> bool {
        self.site.scope.is_site(url) && self.hosts.refuse(url, Role::Page).is_none()
    }

    /// One request at a time, one a second, or fewer if that is what the host asks for.
    fn alone(&self, host: &HostKey) -> Pace {
        self.hosts.no_faster(host, CAREFUL)
    }

    /// Begins the series that a lease is for, unless its time is over.
    pub(in crate::crawl::state) fn begin_series(&mut self, lease: Lease, now: Moment) -> Due {
        let url = &lease.found.url;
        let begun = self.experiments.begun.as_ref().and_then(|begun| {
            let (subject, group) = begun.subjects.get(&url.fingerprint())?;
            let spent = begun.spent.get(*group).copied().unwrap_or_default();
            let may_begin = now <= begun.deadline
                && spent + subject.longest() <= MOST_REQUESTS
                && self.refuse(&lease, now).is_none();
            may_begin.then(|| (subject.clone(), begun.deadline))
        });
        let Some((mut subject, deadline)) = begun else {
            return Due::Withheld(Effect::Settle(lease.ticket, Settlement::Unused));
        };
        let busting = past_caches(url, now);
        let bare = without_query(url);
        subject.ways.retain(|way| match way {
            Probe::CacheBusting => self.may_ask(&lease.found, busting.as_ref()),
            Probe::WithoutQuery => self.may_ask(&lease.found, bare.as_ref()),
            _ => true,
        });
        let allowed = Allowed {
            subject,
            deadline,
            dice: self.dice.fork(),
        };
        Due::Series(Box::new(lease), allowed)
    }

    /// Whether there is such another form of an address, and robots.txt allows it.
    fn may_ask(&self, found: &Discovery, other: Option<&CrawlUrl>) -> bool {
        other.is_some_and(|url| {
            let other = Discovery {
                url: url.clone(),
                ..found.clone()
            };
            self.admissions.forbidden(&other).is_none()
        })
    }

    /// Takes in what a series brought, once it is said which attempts it made.
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
        // The frontier counts from the start of the series; its last request was only now.
        let park = Effect::Park(url.host_key(), now + lease.pace.interval);
        let probed = Change::Probed(url, attempts);
        vec![
            park,
            Effect::HandOver(probed, lease.ticket, Settlement::Done),
        ]
    }
}

/// The group of each URL that stands for a cluster, and how many URLs each group has. A group is what one
/// fault may explain: the failures of a host with one outcome and one error page.
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
