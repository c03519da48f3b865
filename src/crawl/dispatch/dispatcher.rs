//! The dispatcher: leases what is due, begins visits, absorbs what they bring, settles a lease once
//! the store has it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier, Lease, Next, Settlement, Ticket};
use crate::model::{
    Admission, CrawlUrl, Fingerprint, HostKey, LinkKind, Moment, Pace, Role, ScopePlan, Skip,
    SkipReason,
};
use crate::policy::{Copies, SitemapCount, Via};
use crate::store::{Change, RunId, Store, Then, VisitRecord, Writer};

use super::earlier::KnownBefore;
use super::resume::restore;
use super::returned::{Done, NO_LEASE, Returned};
use super::shelf::StoreShelf;
use crate::crawl::admit::admissions::Admissions;
use crate::crawl::admit::levels::Levels;
use crate::crawl::confirm::{PassPace, Passes};
use crate::crawl::experiment::experiments::Experiments;
use crate::crawl::hosts::{Aside, Hosts, Reaction};
use crate::crawl::network::own_network::OwnNetwork;
use crate::crawl::run::clock::Clock;
use crate::crawl::run::disk::Disk;
use crate::crawl::run::event::{Event, Gauge, Observer};
use crate::crawl::run::parts::{CrawlError, Ended, Parts, Start};
use crate::crawl::run::site::Site;
use crate::crawl::run::stop::{Stop, StopLevel};
use crate::crawl::visit::robots;
use crate::crawl::visit::rules::{RULES_IN_MEMORY, RulesMemory};
use crate::crawl::visit::{Beginning, Brought, visit};

/// Time between two gauges.
const GAUGE: Duration = Duration::from_secs(1);

/// Most URLs that are set aside or skipped at a time: after so many, what came back meanwhile is taken in. Ours.
const MOST_UNASKED: usize = 1_000;

/// Where a crawl stores what it finds, and how much of it there may be.
pub(in crate::crawl) struct Storage {
    pub(in crate::crawl) run: RunId,
    pub(in crate::crawl) writer: Writer,
    pub(in crate::crawl) shelf: Arc<StoreShelf>,
    pub(in crate::crawl) disk: Disk,
}

/// The state of a crawl.
pub(in crate::crawl) struct Dispatcher<F, Q, O> {
    pub(in crate::crawl) site: Arc<Site>,
    pub(in crate::crawl) fetcher: Arc<F>,
    pub(in crate::crawl) frontier: Q,
    pub(in crate::crawl) store: Store,
    pub(in crate::crawl) writer: Writer,
    pub(in crate::crawl) observer: O,
    pub(in crate::crawl) clock: Clock,
    pub(in crate::crawl) dice: fastrand::Rng,
    pub(in crate::crawl) stop: Stop,
    pub(in crate::crawl) admissions: Admissions,
    pub(in crate::crawl) hosts: Hosts,
    pub(in crate::crawl) known: KnownBefore,
    pub(super) copies: Copies,
    disk: Disk,
    pub(in crate::crawl) levels: Levels,
    /// The addresses that the run has stored.
    pub(in crate::crawl) shelf: Arc<StoreShelf>,
    pub(in crate::crawl) passes: Passes,
    pub(in crate::crawl) experiments: Experiments,
    pub(in crate::crawl) network: OwnNetwork,
    pub(in crate::crawl) run: RunId,
    pub(in crate::crawl) visits: JoinSet<Done>,
    /// Most of them at a time.
    open: usize,
    /// Leases whose change is on its way to the store.
    unsettled: HashMap<u64, Settlement>,
    /// URLs that were not asked for after all, until they are handed to the writer together.
    skipped: Vec<(CrawlUrl, Skip)>,
    /// When the last attempt at a URL ended that waits for a retry.
    last_attempt: HashMap<Fingerprint, Moment>,
    /// Pages asked for, to keep `max_pages`.
    pub(in crate::crawl) pages: u64,
    /// Sitemaps asked for.
    pub(in crate::crawl) sitemaps: SitemapCount,
    /// How many pages were requested when it was last looked which sitemaps are pages.
    pub(super) sitemaps_matched: Option<u64>,
    /// When `max_time` is over.
    until: Option<Moment>,
    rate: Option<f64>,
    next_gauge: Moment,
}

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    pub(in crate::crawl) fn new(
        site: Arc<Site>,
        storage: Storage,
        parts: Parts<F, Q, O>,
    ) -> Dispatcher<F, Q, O> {
        let scope = &site.plan.scope;
        let Storage {
            run,
            writer,
            shelf,
            disk,
        } = storage;
        Dispatcher {
            admissions: Admissions::new(scope, rules_of(run, &parts.store, &site)),
            until: scope.max_time.map(|time| parts.clock.now() + time),
            hosts: Hosts::new(Arc::clone(&site)),
            known: KnownBefore::of(scope),
            copies: Copies::new(scope.max_queries_per_path),
            disk,
            levels: Levels::new(scope.max_depth),
            shelf,
            passes: Passes::new(
                site.plan.confirm.clone(),
                site.plan.sample,
                PassPace::new(site.plan.pace),
            ),
            experiments: Experiments::new(site.plan.probe),
            network: OwnNetwork::new(site.plan.requests.reach.proxy.is_some(), parts.clock.now()),
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
            open: parts.open,
            unsettled: HashMap::new(),
            skipped: Vec::new(),
            last_attempt: HashMap::new(),
            pages: 0,
            sitemaps: SitemapCount::default(),
            sitemaps_matched: None,
            rate: None,
            next_gauge: parts.clock.now(),
        }
    }

    /// Crawls until nothing is left or it is told to stop.
    pub(in crate::crawl) async fn crawl(&mut self, start: Start) -> Result<Ended, CrawlError> {
        match start {
            Start::Fresh(seeds) => self.sow(seeds).await?,
            Start::Resume => {
                self.recall_places()?;
                self.recall_sitemaps()?;
                let (store, site) = (self.store.clone(), Arc::clone(&self.site));
                let made = store.resume_passes(self.run)?;
                self.pages = restore(
                    &store,
                    self.run,
                    &self.frontier,
                    (&mut self.admissions, &mut self.hosts, &mut self.levels),
                    &site,
                )
                .await?;
                // Known already, unless the crawl was killed before it stored them.
                self.sow(site.plan.scope.seeds.clone()).await?;
                self.passes.resume_after(made, self.clock.now());
            }
        }
        loop {
            let Some(wake) = self.lease_all().await? else {
                // Nobody stores what would come next; closing the writer tells why.
                if self.writer.has_stopped() {
                    return Ok(Ended::Interrupted);
                }
                if self.offer_next_level().await?
                    || self.offer_known().await?
                    || self.offer_linked_sitemaps().await?
                    || self.sample().await?
                    || self.confirm().await?
                    || self.experiment().await?
                {
                    continue;
                }
                return Ok(Ended::Finished);
            };
            if self.is_stopped() {
                return Ok(Ended::Interrupted);
            }
            if self.network.watch.is_hopeless(self.clock.now()) {
                return Ok(self.offline());
            }
            self.ask_witnesses();
            self.gauge().await?;
            let ask = self.network.ask_at(!self.visits.is_empty());
            let wake = wake.min(self.next_gauge).min(ask.unwrap_or(wake));
            // What comes next is decided when the store has spoken: until then no time passes.
            let only_store = self.visits.is_empty() && !self.unsettled.is_empty();
            tokio::select! {
                Some(returned) = self.visits.join_next(), if !self.visits.is_empty() => {
                    match returned {
                        Ok(Done::Lease(returned)) => self.hear(returned).await?,
                        Ok(Done::Network(network)) => self.learn(network).await?,
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
            StopLevel::Drain => {
                self.visits.is_empty()
                    && self.unsettled.is_empty()
                    && self.network.waiting.is_empty()
            }
            StopLevel::Now => {
                self.visits.abort_all();
                true
            }
        }
    }

    /// How a crawl ends that has no network.
    fn offline(&self) -> Ended {
        if self.network.watch.ever_heard() {
            Ended::Offline
        } else {
            Ended::NeverOnline
        }
    }

    /// Begins all that is due. Returns when to look again; nothing if the crawl is over.
    async fn lease_all(&mut self) -> Result<Option<Moment>, CrawlError> {
        let next = self.lease_due().await;
        let skipped = std::mem::take(&mut self.skipped);
        if !skipped.is_empty() {
            // Nothing waits for this to be stored: a killed process leaves them queued.
            self.writer.send(Change::Skipped(skipped), NO_LEASE).await;
        }
        next
    }

    async fn lease_due(&mut self) -> Result<Option<Moment>, CrawlError> {
        let mut unasked = 0;
        loop {
            let open = self.visits.len() + self.unsettled.len() + self.network.waiting.len();
            let busy = open >= self.open;
            let holds_up = self.network.watch.holds_up();
            if busy || holds_up || self.stop.level() != StopLevel::Run {
                return Ok(Some(self.next_gauge));
            }
            let now = self.clock.now();
            if unasked >= MOST_UNASKED {
                return Ok(Some(now));
            }
            match self.frontier.lease(now).await? {
                Next::Visit(lease) if self.experiments.own(&lease) => {
                    self.begin_series(*lease).await?;
                }
                Next::Visit(lease) => match self.aside(&lease) {
                    Some(aside_of) => {
                        let settlement = Settlement::Aside(aside_of.family, aside_of.until);
                        self.frontier.settle(lease.ticket, settlement).await?;
                        unasked += 1;
                    }
                    None => match self.why_not(&lease) {
                        Some(skip) => {
                            self.skip(*lease, skip).await?;
                            unasked += 1;
                        }
                        None => self.begin(*lease).await?,
                    },
                },
                Next::NotBefore(moment) => return Ok(Some(moment)),
                Next::Drained => return Ok(None),
            }
        }
    }

    /// Why a URL that was found by the crawl is skipped now that it is due, if it is.
    fn why_not(&self, lease: &Lease) -> Option<Skip> {
        (lease.found.pass == 1)
            .then(|| self.refuse(lease))
            .flatten()
    }

    /// Skips a URL of the crawl itself.
    async fn skip(&mut self, lease: Lease, skip: Skip) -> Result<(), CrawlError> {
        let (url, role) = (lease.found.url, lease.found.role);
        self.last_attempt.remove(&url.fingerprint());
        self.admissions.refused(&url, role, skip.reason);
        self.observer.see(&Event::Skipped {
            url: &url,
            skip: &skip,
        });
        self.skipped.push((url, skip));
        let unused = Settlement::Unused;
        Ok(self.frontier.settle(lease.ticket, unused).await?)
    }

    /// Begins a visit, unless it belongs to a pass and it has become clear meanwhile that it must not be made.
    async fn begin(&mut self, lease: Lease) -> Result<(), CrawlError> {
        let pass = lease.found.pass;
        if pass != 1
            && (self.passes.is_over(pass, self.clock.now()) || self.refuse(&lease).is_some())
        {
            // What was fetched before stays as it was.
            let url = lease.found.url;
            self.passes.not_requested(&url);
            self.last_attempt.remove(&url.fingerprint());
            self.hand_over(Change::Kept(url), lease.ticket, Settlement::Unused)
                .await?;
            return Ok(());
        }
        if is_new_page(&lease) {
            self.pages += 1;
            self.admissions.appetite.fetched();
        }
        if pass == 1 {
            self.go_on_crawling(&lease.found.url).await?;
        }
        self.count_sitemap(&lease);
        let interval = lease.pace.interval.as_secs_f64();
        self.rate = (interval > 0.0).then(|| 1.0 / interval);
        let last = self.last_attempt.remove(&lease.found.url.fingerprint());
        let beginning = Beginning {
            started: self.clock.now(),
            waited: last.map(|ended| self.clock.now().since(ended)),
            disallowed: self.admissions.disallowed(&lease.found.url),
            control: self.control(&lease.found),
            companions: self.companions(&lease.found),
            stored: self.writer.urls(),
            redactor: self.fetcher.redactor().cloned(),
            stop: self.stop.clone(),
        };
        let visit = visit(
            Arc::clone(&self.fetcher),
            Arc::clone(&self.site),
            lease,
            beginning,
            self.clock,
        );
        self.visits
            .spawn(async move { Done::Lease(Returned::Visit(Box::new(visit.await))) });
        Ok(())
    }

    /// The control for a URL of the crawl, if its host is doubted. Passes have controls of their own.
    fn control(&self, found: &Discovery) -> Option<CrawlUrl> {
        let may_doubt = found.pass == 1 && found.role != Role::Robots && self.site.plan.pace.adapt;
        if !may_doubt || !self.hosts.is_doubted(found) {
            return None;
        }
        let known = self.hosts.control(&found.url);
        known.or_else(|| self.home_page(found))
    }

    /// The home page of a URL's host, if it is another page and may be requested.
    fn home_page(&self, found: &Discovery) -> Option<CrawlUrl> {
        let home = found.url.host_key().home_page();
        let via = Via::Link(LinkKind::Anchor);
        let admission = self.site.scope.admit(&home, via, Some(0));
        // Not in the role of what was found: robots.txt forbids no sitemaps.
        let Admission::Fetch(role) = admission else {
            return None;
        };
        let page = Discovery::new(home, role);
        let may_ask = page.url != found.url && self.admissions.forbidden(&page).is_none();
        may_ask.then_some(page.url)
    }

    /// Whether a lease is to wait in the slow lane of its family. Passes have a pace of their own.
    fn aside(&self, lease: &Lease) -> Option<Aside> {
        let found = &lease.found;
        let is_page = matches!(found.role, Role::Page | Role::Resource);
        (is_page && found.pass == 1)
            .then(|| self.hosts.aside(&found.url, lease.slow, self.clock.now()))
            .flatten()
    }

    /// Why a lease is not asked for after all.
    pub(in crate::crawl) fn refuse(&self, lease: &Lease) -> Option<Skip> {
        let found = &lease.found;
        let skip = self.admissions.forbidden(found);
        if let Some(skip) = skip.or_else(|| self.hosts.refuse(&found.url, found.role)) {
            return Some(skip);
        }
        if let Some(skip) = self.refuse_sitemap(lease) {
            return Some(skip);
        }
        let is_new = found.pass == 1 && found.tries == 0 && found.role != Role::Robots;
        let is_page = matches!(found.role, Role::Page | Role::Resource);
        if is_new
            && is_page
            && let Some(skip) = self.hosts.refuse_family(&found.url)
        {
            return Some(skip);
        }
        if is_new && self.until.is_some_and(|until| self.clock.now() >= until) {
            return Some(Skip::new(SkipReason::MaxTime, "after the allowed time"));
        }
        if let Some(skip) = self.disk.refuse().filter(|_| is_new) {
            return Some(skip);
        }
        let most = self.site.plan.scope.max_pages?;
        (is_new_page(lease) && self.pages >= most).then(|| ScopePlan::beyond_pages(most))
    }

    /// Takes in what came back at that moment.
    pub(in crate::crawl) async fn absorb(
        &mut self,
        returned: Returned,
        now: Moment,
    ) -> Result<(), CrawlError> {
        match returned {
            Returned::Visit(brought) => self.absorb_visit(*brought, now).await,
            Returned::Series(probed) => self.absorb_series(*probed).await,
        }
    }

    async fn absorb_visit(&mut self, mut brought: Brought, now: Moment) -> Result<(), CrawlError> {
        let url = brought.lease.found.url.clone();
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
        let pace = reaction.pace.unwrap_or(brought.lease.pace);
        self.charge(&brought, pace, now).await?;
        self.look_at_failed_controls(&brought, now).await?;
        let ticket = brought.lease.ticket;
        let pass = brought.lease.found.pass;
        if again.is_some() {
            self.last_attempt.insert(url.fingerprint(), now);
        }
        let (then, settlement) = match again {
            Some(moment) if pass == 1 => (Then::Again(moment), Settlement::Again(moment)),
            // Each look of a pass may lead on: the next one may fail.
            Some(moment) => (self.take_in(&mut brought).await?, Settlement::Again(moment)),
            None => (self.take_in(&mut brought).await?, Settlement::Done),
        };
        let looked_at_again = (pass != 1 && again.is_some()).then(|| url.clone());
        let visit = VisitRecord {
            url,
            attempt: brought.attempt,
            hops: brought.hops,
            then,
        };
        self.hand_over(Change::Visit(Box::new(visit)), ticket, settlement)
            .await?;
        if let Some(url) = looked_at_again {
            self.writer
                .send(Change::Reopened(vec![url], pass), NO_LEASE)
                .await;
        }
        drop(brought.held);
        Ok(())
    }

    /// What is left of it when the crawl is over.
    pub(in crate::crawl) fn into_writer(self) -> Writer {
        self.writer
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
        if let Some(family) = reaction.recovered {
            self.frontier.rejoin(host, family).await?;
        }
        if let Some(change) = reaction.breaker {
            self.observer.see(&Event::Breaker { host, change });
        }
        Ok(())
    }

    /// Keeps free the turns of requests that were made beside a URL: the frontier knows nothing of them.
    async fn charge(&self, brought: &Brought, pace: Pace, now: Moment) -> Result<(), CrawlError> {
        let (found, beside) = (&brought.lease.found, brought.hops.len() as u32);
        if beside > 0 && found.role != Role::Robots {
            let until = now + pace.interval * beside;
            self.frontier.park(&found.url.host_key(), until).await?;
        }
        Ok(())
    }

    /// Gives a change to the writer, to settle its lease when it is stored.
    pub(in crate::crawl) async fn hand_over(
        &mut self,
        change: Change,
        ticket: Ticket,
        settlement: Settlement,
    ) -> Result<(), CrawlError> {
        self.frontier.answered(ticket).await?;
        self.unsettled.insert(ticket.0, settlement);
        // If the writer has stopped, the next look at what is stored ends the crawl.
        self.writer.send(change, ticket.0).await;
        Ok(())
    }

    pub(in crate::crawl) async fn settle(&mut self, mark: u64) -> Result<(), CrawlError> {
        if let Some(settlement) = self.unsettled.remove(&mark) {
            self.frontier.settle(Ticket(mark), settlement).await?;
        }
        Ok(())
    }

    /// Tells where the crawl is, once a second.
    pub(super) async fn gauge(&mut self) -> Result<(), CrawlError> {
        let now = self.clock.now();
        if now >= self.next_gauge {
            self.announce_steps();
            self.next_gauge = now + GAUGE;
            self.disk.look(&self.store);
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

/// The rules of robots.txt files, read from what the run has stored.
fn rules_of(run: RunId, store: &Store, site: &Arc<Site>) -> RulesMemory {
    let (store, site) = (store.clone(), Arc::clone(site));
    RulesMemory::new(RULES_IN_MEMORY, move |host| {
        let text = store.robots_text(run, host).ok()??;
        Some(robots::group(&site, &text))
    })
}

/// Whether this is the first request for a page of the site.
pub(in crate::crawl) fn is_new_page(lease: &Lease) -> bool {
    let found = &lease.found;
    found.role == Role::Page && found.pass == 1 && found.tries == 0
}
