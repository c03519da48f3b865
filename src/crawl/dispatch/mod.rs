//! The dispatcher: leases what is due, begins visits, hands what they bring to the crawl's state and carries out what
//! that decides, and settles a lease once the store has it.

mod levels;
pub(super) mod shelf;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::fetch::Fetcher;
use crate::frontier::{Frontier, Lease, Next, Settlement, Ticket};
use crate::model::{CrawlUrl, Moment, Network, Role, Skip};
use crate::store::{Change, RunId, Store, Writer};

use super::clock::Clock;
use super::event::{Event, Gauge, Observer};
use super::parts::{CrawlError, Ended, Parts, Start};
use super::site::Site;
use super::state::{Disk, Due, Effect, Effects, Returned, State};
use super::stop::{Stop, StopLevel};
use super::visit::series::{Allowed, NextStep, Series};
use super::visit::{Beginning, visit};
use shelf::StoreShelf;

/// Time between two gauges.
const GAUGE: Duration = Duration::from_secs(1);

/// Most URLs that are set aside or skipped at a time: after so many, what came back meanwhile is taken in. Ours.
const MOST_NOT_REQUESTED: usize = 1_000;

/// Most requests of experiments that are announced and not heard of yet; what comes after them is not announced. Ours.
const MOST_STEPS: usize = 64;

/// Seeds stored and offered at a time.
const SEED_BATCH: usize = 1_000;

/// Mark of changes that settle nothing.
const NO_LEASE: u64 = u64::MAX;

/// What a task of the crawl ends with.
#[derive(Debug)]
enum Done {
    /// A lease was carried out.
    Lease(Returned),
    /// Whether those who answered before still do.
    Network(Network),
}

/// Where a crawl stores what it finds, and how much of it there may be.
pub(super) struct Storage {
    pub(super) run: RunId,
    pub(super) writer: Writer,
    pub(super) shelf: Arc<StoreShelf>,
    pub(super) disk: Disk,
}

/// What carries out a crawl.
pub(super) struct Dispatcher<F, Q, O> {
    /// What the crawl knows, which decides what is done.
    state: State,
    site: Arc<Site>,
    fetcher: Arc<F>,
    frontier: Q,
    store: Store,
    run: RunId,
    writer: Writer,
    /// The addresses that the run has stored.
    shelf: Arc<StoreShelf>,
    observer: O,
    clock: Clock,
    stop: Stop,
    visits: JoinSet<Done>,
    /// Most of them at a time.
    open: usize,
    /// Requests that series are about to make.
    steps: mpsc::Receiver<NextStep>,
    announce: mpsc::Sender<NextStep>,
    /// Leases whose change is on its way to the store.
    unsettled: HashMap<u64, Settlement>,
    /// URLs that were not requested after all, until they are handed to the writer together.
    skipped: Vec<(CrawlUrl, Skip)>,
    rate: Option<f64>,
    next_gauge: Moment,
}

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    pub(super) fn new(
        site: Arc<Site>,
        storage: Storage,
        parts: Parts<F, Q, O>,
    ) -> Dispatcher<F, Q, O> {
        let Storage {
            run,
            writer,
            shelf,
            disk,
        } = storage;
        let now = parts.clock.now();
        let of = (Arc::clone(&site), parts.store.clone(), run);
        let (announce, steps) = mpsc::channel(MOST_STEPS);
        Dispatcher {
            state: State::new(of, writer.urls(), disk, parts.dice, now),
            site,
            fetcher: parts.fetcher,
            frontier: parts.frontier,
            store: parts.store,
            run,
            writer,
            shelf,
            observer: parts.observer,
            clock: parts.clock,
            stop: parts.stop,
            visits: JoinSet::new(),
            open: parts.open,
            steps,
            announce,
            unsettled: HashMap::new(),
            skipped: Vec::new(),
            rate: None,
            next_gauge: now,
        }
    }

    /// Crawls until nothing is left or it is told to stop.
    pub(super) async fn crawl(&mut self, start: Start) -> Result<Ended, CrawlError> {
        match start {
            Start::Fresh(seeds) => self.admit_seeds(seeds).await?,
            Start::Resume => self.resume().await?,
        }
        loop {
            let Some(wake) = self.lease_all().await? else {
                // Nobody stores what would come next; closing the writer tells why.
                if self.writer.has_stopped() {
                    return Ok(Ended::Interrupted);
                }
                if self.offer_next_level().await? || self.go_on().await? {
                    continue;
                }
                return Ok(Ended::Finished);
            };
            if self.is_stopped() {
                return Ok(Ended::Interrupted);
            }
            match self.state.is_offline(self.clock.now()) {
                Some(true) => return Ok(Ended::Offline),
                Some(false) => return Ok(Ended::NeverOnline),
                None => {}
            }
            self.ask_witnesses();
            self.gauge().await?;
            let ask = self.state.asks_witnesses_at(!self.visits.is_empty());
            let wake = wake.min(self.next_gauge).min(ask.unwrap_or(wake));
            // What comes next is decided when the store has spoken: until then no time passes.
            let only_store = self.visits.is_empty() && !self.unsettled.is_empty();
            tokio::select! {
                Some(done) = self.visits.join_next(), if !self.visits.is_empty() => {
                    let now = self.clock.now();
                    let effects = match done {
                        Ok(Done::Lease(returned)) => self.state.hear(returned, now),
                        Ok(Done::Network(network)) => self.state.learn(network, now),
                        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
                    };
                    self.carry_out(effects).await?;
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

    /// Stores and offers the URLs to start from.
    async fn admit_seeds(&mut self, seeds: Vec<CrawlUrl>) -> Result<(), CrawlError> {
        let mut seeds = self.state.seeds(seeds).into_iter().peekable();
        while seeds.peek().is_some() {
            let batch = seeds.by_ref().take(SEED_BATCH).collect();
            let effects = self.state.admit_seeds(batch);
            self.carry_out(effects).await?;
        }
        Ok(())
    }

    /// Puts back what an interrupted crawl knew.
    async fn resume(&mut self) -> Result<(), CrawlError> {
        self.recall_places()?;
        let made = self.store.resume_passes(self.run)?;
        let (mut restoring, effects) = self.state.restore(made)?;
        self.carry_out(effects).await?;
        while let Some(effects) = self.state.restore_next(&mut restoring)? {
            self.carry_out(effects).await?;
        }
        let gates = self.state.restored(restoring, self.clock.now())?;
        self.carry_out(vec![gates]).await?;
        // Known already, unless the crawl was killed before it stored them.
        self.admit_seeds(self.site.plan.scope.seeds.clone()).await
    }

    /// Tells the fetcher where the hosts of this run were when they answered, and who led to those that wait: it goes
    /// on with the judgement that it began with.
    fn recall_places(&self) -> Result<(), CrawlError> {
        for (host, addresses) in self.store.reached(self.run)? {
            self.fetcher.was_at(&host.home_page(), &addresses);
        }
        for (from, to) in self.store.waiting_by_host(self.run)? {
            self.fetcher.led(&from.home_page(), &to.home_page());
        }
        Ok(())
    }

    /// Does what is left when nothing is queued any more. Returns false if nothing is.
    async fn go_on(&mut self) -> Result<bool, CrawlError> {
        let fetcher = Arc::clone(&self.fetcher);
        let next = self.state.next_work(
            &|url, addresses| fetcher.was_at(url, addresses),
            self.clock.now(),
        )?;
        let Some(effects) = next else {
            return Ok(false);
        };
        self.carry_out(effects).await?;
        Ok(true)
    }

    /// Whether the crawl was told to end and may.
    fn is_stopped(&mut self) -> bool {
        match self.stop.level() {
            StopLevel::Run => false,
            StopLevel::Drain => {
                self.visits.is_empty() && self.unsettled.is_empty() && self.state.waiting() == 0
            }
            StopLevel::Now => {
                self.visits.abort_all();
                true
            }
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
        let mut not_requested = 0;
        loop {
            let open = self.visits.len() + self.unsettled.len() + self.state.waiting();
            let is_busy = open >= self.open;
            if is_busy || self.state.holds_up() || self.stop.level() != StopLevel::Run {
                return Ok(Some(self.next_gauge));
            }
            let now = self.clock.now();
            if not_requested >= MOST_NOT_REQUESTED {
                return Ok(Some(now));
            }
            let lease = match self.frontier.lease(now).await? {
                Next::Visit(lease) => *lease,
                Next::NotBefore(moment) => return Ok(Some(moment)),
                Next::Drained => return Ok(None),
            };
            match self.state.due(lease, now) {
                Due::Visit(lease) => self.begin(*lease).await?,
                Due::Series(lease, allowed) => self.begin_series(*lease, allowed),
                Due::Skip(url, skip, settle) => {
                    not_requested += 1;
                    self.observer.see(&Event::Skipped {
                        url: &url,
                        skip: &skip,
                    });
                    self.skipped.push((url, skip));
                    self.carry_out(vec![settle]).await?;
                }
                Due::Withheld(effect) => {
                    not_requested += 1;
                    self.carry_out(vec![effect]).await?;
                }
            }
        }
    }

    /// Begins a visit.
    async fn begin(&mut self, lease: Lease) -> Result<(), CrawlError> {
        let effects = self.state.begin(&lease);
        self.carry_out(effects).await?;
        let interval = lease.pace.interval.as_secs_f64();
        self.rate = (interval > 0.0).then(|| 1.0 / interval);
        let (now, found) = (self.clock.now(), &lease.found);
        let last = self.state.forget_last_attempt(&found.url);
        let beginning = Beginning {
            started: now,
            waited: last.map(|ended| now.since(ended)),
            disallowed: self.state.is_disallowed(&found.url),
            control: self.state.control(found),
            companions: self.state.companions(found),
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

    /// Begins a series of experiments.
    fn begin_series(&mut self, lease: Lease, allowed: Allowed) {
        let series = Series {
            fetcher: Arc::clone(&self.fetcher),
            site: Arc::clone(&self.site),
            clock: self.clock,
            stop: self.stop.clone(),
            lease,
            allowed,
            attempts: Vec::new(),
            next: self.clock.now(),
            announce: self.announce.clone(),
        };
        self.visits
            .spawn(async move { Done::Lease(Returned::Series(Box::new(series.run().await))) });
    }

    /// Asks those who answered before whether they still do, if it is time for that.
    fn ask_witnesses(&mut self) {
        let is_open = !self.visits.is_empty();
        if let Some(witnesses) = self.state.witnesses(is_open, self.clock.now()) {
            let fetcher = Arc::clone(&self.fetcher);
            self.visits
                .spawn(async move { Done::Network(fetcher.network(witnesses).await) });
        }
    }

    /// Does what was decided, and what follows from that, in order.
    async fn carry_out(&mut self, effects: Effects) -> Result<(), CrawlError> {
        let mut effects = VecDeque::from(effects);
        while let Some(effect) = effects.pop_front() {
            match effect {
                Effect::Offer(found) => {
                    self.frontier.offer(&found).await?;
                }
                Effect::Reopen(found, pass) => {
                    if self.frontier.offer(&found).await? > 0 {
                        let urls = found.into_iter().map(|found| found.url).collect();
                        self.store(Change::Reopened(urls, pass)).await;
                    }
                }
                Effect::Led(from, others) => {
                    let from = from.home_page();
                    for other in others {
                        self.fetcher.led(&from, &other.home_page());
                    }
                }
                Effect::Slow(host, pace) => self.frontier.slow(&host, pace).await?,
                Effect::Park(host, until) => self.frontier.park(&host, until).await?,
                Effect::Rejoin(host, family) => self.frontier.rejoin(&host, family).await?,
                Effect::Store(change) => self.store(change).await,
                Effect::HandOver(change, ticket, settlement) => {
                    self.hand_over(change, ticket, settlement).await?;
                }
                Effect::Release(held) => drop(held),
                Effect::Settle(ticket, settlement) => {
                    self.frontier.settle(ticket, settlement).await?;
                }
                Effect::TakeIn(returned, now) => {
                    let follows = self.take_in(returned, now);
                    follows
                        .into_iter()
                        .rev()
                        .for_each(|it| effects.push_front(it));
                }
                Effect::Discard(returned) => {
                    let follows = self.discard(returned);
                    effects.push_front(follows);
                }
                Effect::Say(event) => self.observer.see(&event),
            }
        }
        Ok(())
    }

    /// Says what came back, and has the state take it in.
    fn take_in(&mut self, returned: Returned, now: Moment) -> Effects {
        match returned {
            Returned::Visit(brought) => {
                let (reaction, mut effects) = self.state.react(&brought, now);
                self.observer.see(&Event::Attempted {
                    url: &brought.lease.found.url,
                    role: brought.lease.found.role,
                    attempt: &brought.attempt,
                    again: reaction.again,
                });
                effects.extend(self.state.take_in_visit(*brought, &reaction, now));
                effects
            }
            Returned::Series(mut probed) => {
                self.announce_steps();
                // In mid-series the network may have been gone and come back.
                self.state.mark_series(&mut probed);
                for attempt in &probed.attempts {
                    self.observer.see(&Event::Attempted {
                        url: &probed.lease.found.url,
                        role: Role::Page,
                        attempt,
                        again: None,
                    });
                }
                self.state.take_in_series(*probed, self.clock.now())
            }
        }
    }

    /// Says what came back and is discarded, as this machine had no network.
    fn discard(&mut self, returned: Returned) -> Effect {
        let now = self.clock.now();
        let discarded = self.state.mark_discarded(returned);
        if let Some(brought) = discarded.visit() {
            self.observer.see(&Event::Attempted {
                url: &brought.lease.found.url,
                role: brought.lease.found.role,
                attempt: &brought.attempt,
                again: Some(now),
            });
        }
        self.state.discard(discarded, now)
    }

    /// What is left of it when the crawl is over.
    pub(super) fn into_writer(self) -> Writer {
        self.writer
    }

    /// Gives the writer a change that settles nothing.
    async fn store(&self, change: Change) {
        self.writer.send(change, NO_LEASE).await;
    }

    /// Gives a change to the writer, to settle its lease when it is stored.
    async fn hand_over(
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

    async fn settle(&mut self, mark: u64) -> Result<(), CrawlError> {
        if let Some(settlement) = self.unsettled.remove(&mark) {
            self.frontier.settle(Ticket(mark), settlement).await?;
        }
        Ok(())
    }

    /// Tells where the crawl is, once a second.
    async fn gauge(&mut self) -> Result<(), CrawlError> {
        let now = self.clock.now();
        if now >= self.next_gauge {
            self.announce_steps();
            self.next_gauge = now + GAUGE;
            self.state.look_around();
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

    /// Says which requests series are about to make.
    fn announce_steps(&mut self) {
        while let Ok(NextStep { url, probe, at }) = self.steps.try_recv() {
            let url = &url;
            self.observer
                .see(&Event::ExperimentRequest { url, probe, at });
        }
    }
}
