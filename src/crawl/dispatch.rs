//! The dispatcher: leases what is due, begins visits, absorbs what they bring, settles a lease once
//! the store has it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier, FrontierError, Lease, Next, Settlement, Ticket};
use crate::model::{
    Admission, Coverage, CrawlUrl, Fingerprint, HostKey, LinkKind, LinkTarget, Moment, Role,
    Sitemaps, Skip, SkipReason,
};
use crate::policy::Via;
use crate::store::{
    Change, FileRecord, RobotsRecord, RunId, RunState, Seed, SitemapEntry, Store, StoreError, Then,
    VisitRecord, Writer,
};

use super::admit::{Admissions, robots_txt};
use super::clock::Clock;
use super::confirm::Passes;
use super::event::{Event, Gauge, Observer};
use super::hosts::{Hosts, Reaction};
use super::resume::restore;
use super::site::Site;
use super::stop::{Stop, StopLevel};
use super::visit::{Beginning, Brought, File, visit};

/// Most visits under way at a time, over all hosts: bounds memory and open files.
const MAX_OPEN: usize = 512;

/// Time between two gauges.
const GAUGE: Duration = Duration::from_secs(1);

/// Seeds stored and offered at a time.
const SEED_BATCH: usize = 1_000;

/// Longest `Retry-After` that holds up a confirmation pass.
const LONGEST_PARK: Duration = Duration::from_mins(1);

/// Mark of changes that settle nothing.
const NO_LEASE: u64 = u64::MAX;

/// What a crawl is made of.
#[derive(Debug)]
pub struct Parts<F, Q, O> {
    /// Performs exchanges.
    pub fetcher: Arc<F>,
    /// Says what is due.
    pub frontier: Q,
    /// Keeps what is found.
    pub store: Store,
    /// Is told what happens.
    pub observer: O,
    /// Tells the time.
    pub clock: Clock,
    /// Rolled for jitter.
    pub dice: fastrand::Rng,
    /// Ends the crawl early.
    pub stop: Stop,
}

/// Where a crawl starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// From these URLs.
    Fresh(Vec<CrawlUrl>),
    /// From where it was interrupted.
    Resume,
}

/// How a crawl ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything was fetched or skipped with a reason.
    Finished,
    /// It was told to stop; `Start::Resume` goes on.
    Interrupted,
}

/// Why a crawl could not go on: our own trouble, never the site's.
#[derive(Debug, thiserror::Error)]
pub enum CrawlError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The frontier failed.
    #[error(transparent)]
    Frontier(#[from] FrontierError),
}

/// Crawls a site until nothing is left or it is told to stop, then draws the conclusions that need
/// all of it.
pub async fn run<F, Q, O>(
    site: Arc<Site>,
    run: RunId,
    start: Start,
    parts: Parts<F, Q, O>,
) -> Result<Ended, CrawlError>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    let store = parts.store.clone();
    let clock = parts.clock;
    // Until everything is said of the run, its end included.
    let _lock = store.lock_run(run)?;
    store.begin_run(run)?;
    let writer = Writer::start(&store, run)?;
    let mut dispatcher = Dispatcher::new(site, run, writer, parts);
    let ended = dispatcher.crawl(start).await;
    // The writer's own complaint says more than "it is gone".
    dispatcher.writer.close().await?;
    let ended = ended?;
    let state = match ended {
        Ended::Finished => RunState::Finished,
        Ended::Interrupted => RunState::Interrupted,
    };
    let conclude = store.clone();
    match tokio::task::spawn_blocking(move || conclude.conclude(run)).await {
        Ok(result) => result?,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    }
    store.end_run(run, state, clock.now())?;
    Ok(ended)
}

struct Dispatcher<F, Q, O> {
    site: Arc<Site>,
    fetcher: Arc<F>,
    frontier: Q,
    store: Store,
    writer: Writer,
    observer: O,
    clock: Clock,
    dice: fastrand::Rng,
    stop: Stop,
    admissions: Admissions,
    hosts: Hosts,
    passes: Passes,
    run: RunId,
    visits: JoinSet<Brought>,
    /// Leases whose change is on its way to the store.
    unsettled: HashMap<u64, Settlement>,
    /// When the last attempt at a URL ended that waits for a retry.
    last_attempt: HashMap<Fingerprint, Moment>,
    /// Pages asked for, to keep `max_pages`.
    pages: u64,
    rate: Option<f64>,
    next_gauge: Moment,
}

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    fn new(
        site: Arc<Site>,
        run: RunId,
        writer: Writer,
        parts: Parts<F, Q, O>,
    ) -> Dispatcher<F, Q, O> {
        let scope = &site.plan.scope;
        Dispatcher {
            admissions: Admissions::new(scope.max_queries_per_path, scope.ignore_robots),
            hosts: Hosts::new(Arc::clone(&site)),
            passes: Passes::new(site.plan.confirm.clone(), site.plan.pace),
            run,
            site,
            fetcher: parts.fetcher,
            frontier: parts.frontier,
            store: parts.store,
            writer,
            observer: parts.observer,
            clock: parts.clock,
            dice: parts.dice,
            stop: parts.stop,
            visits: JoinSet::new(),
            unsettled: HashMap::new(),
            last_attempt: HashMap::new(),
            pages: 0,
            rate: None,
            next_gauge: parts.clock.now(),
        }
    }

    async fn crawl(&mut self, start: Start) -> Result<Ended, CrawlError> {
        match start {
            Start::Fresh(seeds) => self.sow(seeds).await?,
            Start::Resume => {
                let (store, site) = (self.store.clone(), Arc::clone(&self.site));
                self.pages = restore(
                    &store,
                    self.run,
                    &self.frontier,
                    (&mut self.admissions, &mut self.hosts),
                    &site,
                )
                .await?;
                // Known already, unless the crawl was killed before it stored them.
                self.sow(site.plan.scope.seeds.clone()).await?;
                self.passes.resume_after(store.last_pass(self.run)?);
            }
        }
        loop {
            let Some(wake) = self.lease_all().await? else {
                if self.confirm().await? {
                    continue;
                }
                return Ok(Ended::Finished);
            };
            if self.is_stopped() {
                return Ok(Ended::Interrupted);
            }
            self.gauge().await?;
            let wake = wake.min(self.next_gauge);
            // What comes next is decided when the store has spoken: until then no time passes.
            let only_store = self.visits.is_empty() && !self.unsettled.is_empty();
            tokio::select! {
                Some(brought) = self.visits.join_next(), if !self.visits.is_empty() => {
                    match brought {
                        Ok(brought) => self.absorb(brought).await?,
                        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
                    }
                }
                mark = self.writer.stored() => match mark {
                    Some(mark) => self.settle(mark).await?,
                    // The writer has stopped; closing it tells why.
                    None => return Ok(Ended::Interrupted),
                },
                () = self.clock.sleep_until(wake), if !only_store => {}
                () = self.stop.changed() => {}
            }
        }
    }

    /// Whether the crawl was told to end and may.
    fn is_stopped(&mut self) -> bool {
        match self.stop.level() {
            StopLevel::Run => false,
            StopLevel::Drain => self.visits.is_empty() && self.unsettled.is_empty(),
            StopLevel::Now => {
                self.visits.abort_all();
                true
            }
        }
    }

    /// Begins all that is due. Returns when to look again; nothing if the crawl is over.
    async fn lease_all(&mut self) -> Result<Option<Moment>, CrawlError> {
        loop {
            let busy = self.visits.len() + self.unsettled.len() >= MAX_OPEN;
            if busy || self.stop.level() != StopLevel::Run {
                return Ok(Some(self.next_gauge));
            }
            match self.frontier.lease(self.clock.now()).await? {
                Next::Visit(lease) => self.begin(*lease).await,
                Next::NotBefore(moment) => return Ok(Some(moment)),
                Next::Drained => return Ok(None),
            }
        }
    }

    /// Begins a visit, unless it has become clear meanwhile that it must not be made.
    async fn begin(&mut self, lease: Lease) {
        if let Some(skip) = self.refuse(&lease) {
            let url = lease.found.url;
            self.admissions.refused(&url, skip.reason);
            self.observer.see(&Event::Skipped {
                url: &url,
                skip: &skip,
            });
            self.hand_over(Change::Skipped(url, skip), lease.ticket, Settlement::Unused)
                .await;
            return;
        }
        if lease.found.pass > 1 && self.passes.is_over(self.clock.now()) {
            let url = lease.found.url;
            self.hand_over(Change::Kept(url), lease.ticket, Settlement::Unused)
                .await;
            return;
        }
        if is_new_page(&lease) {
            self.pages += 1;
        }
        let interval = lease.pace.interval.as_secs_f64();
        self.rate = (interval > 0.0).then(|| 1.0 / interval);
        let last = self.last_attempt.remove(&lease.found.url.fingerprint());
        let beginning = Beginning {
            waited: last.map(|ended| self.clock.now().since(ended)),
            disallowed: self.admissions.disallowed(&lease.found.url),
            // Passes have controls of their own.
            control: (lease.found.pass == 1)
                .then(|| self.hosts.control(&lease.found.url, lease.found.role))
                .flatten(),
        };
        self.visits.spawn(visit(
            Arc::clone(&self.fetcher),
            Arc::clone(&self.site),
            lease,
            beginning,
            self.clock,
        ));
    }

    fn refuse(&self, lease: &Lease) -> Option<Skip> {
        let found = &lease.found;
        let skip = self.admissions.forbidden(found);
        if let Some(skip) = skip.or_else(|| self.hosts.refuse(&found.url, found.role)) {
            return Some(skip);
        }
        let most = self.site.plan.scope.max_pages?;
        (is_new_page(lease) && self.pages >= most)
            .then(|| Skip::new(SkipReason::MaxPages, format!("after {most} pages")))
    }

    async fn absorb(&mut self, mut brought: Brought) -> Result<(), CrawlError> {
        let url = brought.lease.found.url.clone();
        let now = self.clock.now();
        let reaction = if brought.lease.found.pass == 1 {
            self.hosts.react(&brought, now, self.dice.f64())
        } else {
            self.confirmed(&brought, now)
        };
        let again = reaction.again;
        self.observer.see(&Event::Attempted {
            url: &url,
            role: brought.lease.found.role,
            attempt: &brought.attempt,
            again,
        });
        self.heed(&url.host_key(), &reaction).await?;
        let ticket = brought.lease.ticket;
        let (then, settlement) = match again {
            Some(moment) => {
                self.last_attempt.insert(url.fingerprint(), now);
                (Then::Again(moment), Settlement::Again(moment))
            }
            None => (self.take_in(&mut brought).await?, Settlement::Done),
        };
        let visit = VisitRecord {
            url,
            attempt: brought.attempt,
            hops: brought.hops,
            then,
        };
        self.hand_over(Change::Visit(Box::new(visit)), ticket, settlement)
            .await;
        Ok(())
    }

    /// Begins the next confirmation pass, if there is one.
    async fn confirm(&mut self) -> Result<bool, CrawlError> {
        let now = self.clock.now();
        let next = self
            .passes
            .next(&self.store, self.run, now, &mut self.dice)?;
        let Some(next) = next else {
            return Ok(false);
        };
        self.observer.see(&Event::Confirming {
            pass: next.number,
            starts: next.starts,
            failing: next.failing,
            left_out: next.left_out,
        });
        for (host, pace) in &next.hosts {
            self.frontier.slow(host, *pace).await?;
        }
        let urls = next.asked.iter().map(|found| found.url.clone()).collect();
        self.writer
            .send(Change::Reopened(urls, next.number), NO_LEASE)
            .await;
        self.frontier.offer(&next.asked).await?;
        Ok(true)
    }

    /// What an answer of a confirmation pass means: one attempt is enough, and the pass keeps its
    /// own pace.
    fn confirmed(&mut self, brought: &Brought, now: Moment) -> Reaction {
        let host = brought.lease.found.url.host_key();
        let failed = brought.tried.outcome.is_failure();
        let wait = brought
            .tried
            .retry_after
            .filter(|wait| *wait <= LONGEST_PARK);
        Reaction {
            park: wait.filter(|_| failed).map(|wait| now + wait),
            pace: self.passes.answered(&host, failed),
            ..Reaction::default()
        }
    }

    /// Does what an attempt means for its host.
    async fn heed(&mut self, host: &HostKey, reaction: &Reaction) -> Result<(), CrawlError> {
        if let Some(until) = reaction.park {
            self.frontier.park(host, until).await?;
        }
        if let Some(pace) = reaction.pace {
            self.frontier.slow(host, pace).await?;
            self.observer.see(&Event::Paced { host, pace });
        }
        if let Some(change) = reaction.breaker {
            self.observer.see(&Event::Breaker { host, change });
        }
        Ok(())
    }

    /// Takes in what a settled visit found.
    async fn take_in(&mut self, brought: &mut Brought) -> Result<Then, CrawlError> {
        let found = &brought.lease.found;
        let mut new = Vec::new();
        for link in &mut brought.links {
            let LinkTarget::Url { url, admission, .. } = &mut link.target else {
                continue;
            };
            if let Admission::Fetch(role) = *admission {
                let redirect = link.kind == LinkKind::Redirect;
                let target = Discovery {
                    url: url.clone(),
                    role,
                    depth: found.depth + u32::from(!redirect),
                    hops: if redirect { found.hops + 1 } else { 0 },
                    pass: 1,
                    tries: 0,
                    not_before: None,
                };
                self.admissions.admit(target, admission, &mut new);
            }
        }
        let (depth, hops) = (found.depth, found.hops);
        let file = match brought.file.take() {
            None => None,
            Some(File::Sitemap(mut record)) => {
                for entry in &mut record.entries {
                    self.admit_entry(entry, depth + 1, &mut new);
                }
                Some(Box::new(FileRecord::Sitemap(record)))
            }
            Some(File::Robots(file)) => {
                let host = found.url.host_key();
                self.admissions.set_rules(host.clone(), file.rules);
                let (record, sitemaps) = (file.record, file.sitemaps);
                let record = self.obey(&host, record, sitemaps, &mut new).await?;
                Some(Box::new(FileRecord::Robots(record)))
            }
        };
        self.frontier.offer(&new).await?;
        Ok(Then::Settled {
            page: std::mem::take(&mut brought.page),
            links: std::mem::take(&mut brought.links),
            links_depth: Some(depth + 1),
            hops: hops + 1,
            file,
        })
    }

    fn admit_entry(&mut self, entry: &mut SitemapEntry, nesting: u32, new: &mut Vec<Discovery>) {
        if let Admission::Fetch(role) = entry.admission {
            let found = Discovery {
                url: entry.url.clone(),
                role,
                depth: if role == Role::Sitemap { nesting } else { 0 },
                hops: 0,
                pass: 1,
                tries: 0,
                not_before: None,
            };
            self.admissions.admit(found, &mut entry.admission, new);
        }
    }

    /// Does what a robots.txt asks for, and adds the sitemaps that belong to its host.
    async fn obey(
        &mut self,
        host: &HostKey,
        mut record: RobotsRecord,
        mut sitemaps: Vec<CrawlUrl>,
        new: &mut Vec<Discovery>,
    ) -> Result<RobotsRecord, CrawlError> {
        self.observer.see(&Event::Robots {
            host,
            access: record.access,
        });
        let plan = &self.site.plan;
        if let Some(pace) = self.hosts.obey(host, record.crawl_delay) {
            self.frontier.slow(host, pace).await?;
        }
        let reads_sitemaps = plan.scope.sitemaps != Sitemaps::Off
            && plan.scope.coverage == Coverage::Site
            && self.site.scope.is_site(&host.robots_txt())
            && record.access != "unreachable";
        if reads_sitemaps {
            if sitemaps.is_empty() {
                sitemaps.push(host.default_sitemap());
            }
            for url in sitemaps {
                let mut entry = SitemapEntry {
                    url,
                    role: Role::Sitemap,
                    admission: Admission::Fetch(Role::Sitemap),
                };
                self.admit_entry(&mut entry, 0, new);
                record.sitemaps.push(entry);
            }
        }
        Ok(record)
    }

    /// Stores and offers the URLs to start from.
    async fn sow(&mut self, seeds: Vec<CrawlUrl>) -> Result<(), CrawlError> {
        let sitemaps = match &self.site.plan.scope.sitemaps {
            Sitemaps::Off => Vec::new(),
            Sitemaps::Discovered(named) => named.clone(),
        };
        let site = Arc::clone(&self.site);
        let named = seeds.into_iter().map(|url| {
            let url = site.scope.normal(url);
            let admission = site.scope.admit(&url, Via::Seed, Some(0));
            Seed {
                url,
                admission,
                named: true,
            }
        });
        let listed = sitemaps.into_iter().map(|url| Seed {
            url,
            admission: Admission::Fetch(Role::Sitemap),
            named: false,
        });
        let mut seeds: Vec<Seed> = named.chain(listed).collect();
        for batch in seeds.chunks_mut(SEED_BATCH) {
            let mut new = Vec::new();
            for seed in &mut *batch {
                let Admission::Fetch(role) = seed.admission else {
                    continue;
                };
                let found = Discovery {
                    role,
                    url: seed.url.clone(),
                    ..robots_txt(&seed.url.host_key())
                };
                self.admissions.admit(found, &mut seed.admission, &mut new);
            }
            self.writer
                .send(Change::Seeds(batch.to_vec()), NO_LEASE)
                .await;
            self.frontier.offer(&new).await?;
        }
        Ok(())
    }

    /// Gives a change to the writer, to settle its lease when it is stored.
    async fn hand_over(&mut self, change: Change, ticket: Ticket, settlement: Settlement) {
        self.unsettled.insert(ticket.0, settlement);
        // If the writer has stopped, the next look at what is stored ends the crawl.
        self.writer.send(change, ticket.0).await;
    }

    async fn settle(&mut self, mark: u64) -> Result<(), CrawlError> {
        if let Some(settlement) = self.unsettled.remove(&mark) {
            self.frontier.settle(Ticket(mark), settlement).await?;
        }
        Ok(())
    }

    async fn gauge(&mut self) -> Result<(), CrawlError> {
        let now = self.clock.now();
        if now >= self.next_gauge {
            self.next_gauge = now + GAUGE;
            let gauge = Gauge {
                now,
                pending: self.frontier.pending().await?,
                open: self.visits.len(),
                rate: self.rate,
            };
            self.observer.see(&Event::Gauge(gauge));
        }
        Ok(())
    }
}

/// Whether this is the first request for a page of the site.
fn is_new_page(lease: &Lease) -> bool {
    let found = &lease.found;
    found.role == Role::Page && found.pass == 1 && found.tries == 0
}
