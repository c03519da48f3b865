//! The dispatcher. It leases due URLs and begins visits. It passes their results to the crawl's
//! state, carries out the state's decisions, and settles a lease once the store has its results.

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
use super::visit::on_wire::{OldestOpen, OnWire};
use super::visit::series::{Allowed, NextStep, Series};
use super::visit::{Beginning, visit};
use shelf::StoreShelf;

/// Time between two publications of the crawl's numbers (`Gauge`).
const GAUGE: Duration = Duration::from_secs(1);

/// Maximum URLs that are set aside or skipped at a time. After these, the dispatcher processes
/// finished visits. Ours.
const MOST_NOT_REQUESTED: usize = 1_000;

/// Maximum announced experiment requests in the queue; further ones are not announced. Ours.
const MOST_STEPS: usize = 64;

/// Seeds stored and offered at a time.
const SEED_BATCH: usize = 1_000;

/// The mark of changes that settle nothing.
const NO_LEASE: u64 = u64::MAX;

/// The result of a task of the crawl.
#[derive(Debug)]
enum Done {
    /// A lease was carried out.
    Lease(Returned),
    /// Whether the witnesses still answer.
    Network(Network),
}

/// The run in the store to which results are written, and the limit on its size.
pub(super) struct Storage {
    pub(super) run: RunId,
    pub(super) writer: Writer,
    pub(super) shelf: Arc<StoreShelf>,
    pub(super) disk: Disk,
}

/// The task that carries out a crawl.
pub(super) struct Dispatcher<F, Q, O> {
    /// The crawl's knowledge, which decides the next steps.
    state: State,
    site: Arc<Site>,
    fetcher: Arc<OnWire<F>>,
    frontier: Arc<Q>,
    store: Store,
    run: RunId,
    writer: Writer,
    /// The URLs that the run has stored.
    shelf: Arc<StoreShelf>,
    observer: O,
    clock: Clock,
    stop: Stop,
    visits: JoinSet<Done>,
    /// Maximum visits at a time.
    open: usize,
    /// Requests that series are about to make.
    steps: mpsc::Receiver<NextStep>,
    announce: mpsc::Sender<NextStep>,
    /// Leases whose change is on its way to the store.
    unsettled: HashMap<u64, Settlement>,
    /// URLs that were not requested after all, until the writer gets them together.
    skipped: Vec<(CrawlUrl, Skip)>,
    rate: Option<f64>,
    next_gauge: Moment,
}

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier + 'static,
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
            fetcher: Arc::new(OnWire::new(parts.fetcher, parts.clock)),
            frontier: Arc::new(parts.frontier),
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

    /// Crawls until nothing is left or a stop is requested.
    pub(super) async fn crawl(&mut self, start: Start) -> Result<Ended, CrawlError> {
        match start {
            Start::Fresh(seeds) => self.admit_seeds(seeds).await?,
            Start::Resume => self.resume().await?,
        }
        loop {
            let Some(wake) = self.lease_all().await? else {
                // The next results could not be stored. Closing the writer returns the reason.
                if self.writer.has_stopped() {
                    return Ok(Ended::Interrupted);
                }
                if self.offer_next_level().await? || self.begin_next_work().await? {
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
            self.check_network();
            self.gauge().await?;
            let check = self.state.next_check_at(!self.visits.is_empty());
            let wake = wake.min(self.next_gauge).min(check.unwrap_or(wake));
            // The next step is decided when the store has acknowledged: until then no time passes.
            let only_store = self.visits.is_empty() && !self.unsettled.is_empty();
            tokio::select! {
                Some(done) = self.visits.join_next(), if !self.visits.is_empty() => {
                    let now = self.clock.now();
                    let effects = match done {
                        Ok(Done::Lease(returned)) => self.state.receive(returned, now),
                        Ok(Done::Network(network)) => self.state.learn(network, now),
                        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
                    };
                    self.carry_out(effects).await?;
                }
                mark = self.writer.stored() => match mark {
                    Some(mark) => self.settle(mark).await?,
                    // The writer has stopped. Closing it returns the reason.
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

    /// Restores the state of an interrupted crawl.
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

    /// Passes to the fetcher the IP addresses at which this run's hosts answered, and which hosts led
    /// to those that wait. So the resumed run judges each host as it did before.
    fn recall_places(&self) -> Result<(), CrawlError> {
        for (host, addresses) in self.store.reached(self.run)? {
            self.fetcher.was_at(&host.home_page(), &addresses);
        }
        for (from, to) in self.store.waiting_by_host(self.run)? {
            self.fetcher.led(&from.home_page(), &to.home_page());
        }
        Ok(())
    }

    /// Starts the next kind of work when the queue is empty. Returns false if nothing is left.
    async fn begin_next_work(&mut self) -> Result<bool, CrawlError> {
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

    /// Returns whether the crawl was requested to end and may.
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

    /// Begins everything that is due. Returns when the next lease is due, or `None` if the crawl is
    /// over.
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
            match self.state.due(lease, now)? {
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
        let now = self.clock.now();
        let effects = self.state.begin(&lease, now);
        self.carry_out(effects).await?;
        let interval = lease.pace.interval.as_secs_f64();
        self.rate = (interval > 0.0).then(|| 1.0 / interval);
        let found = &lease.found;
        let last = self.state.forget_last_attempt(&found.url);
        let beginning = Beginning {
            started: now,
            patience: self.state.patience(found, now),
            waited: last.map(|ended| now.since(ended)),
            disallowed: self.state.is_disallowed(&found.url)?,
            control: self.state.control(found)?,
            companions: self.state.companions(found, now),
            stored: self.writer.urls(),
            redactor: self.fetcher.redactor().cloned(),
            stop: self.stop.clone(),
        };
        let visit = visit(
            Arc::clone(&self.fetcher),
            Arc::clone(&self.frontier),
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

    /// Requests an answer from the witnesses, if a check is due.
    fn check_network(&mut self) {
        let is_open = !self.visits.is_empty();
        if let Some(witnesses) = self.state.witnesses(is_open, self.clock.now()) {
            let fetcher = Arc::clone(&self.fetcher);
            self.visits
                .spawn(async move { Done::Network(fetcher.network(witnesses).await) });
        }
    }

    /// Carries out decisions, and the effects that follow from them, in order.
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
                Effect::MoveAside(ticket, family) => {
                    self.frontier.move_aside(ticket, family).await?;
                }
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

    /// Sends the event of a finished lease, and passes it to the state.
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
                // During a series the network may have been gone and come back.
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

    /// Sends the event of a finished lease that is discarded, because this machine had no network.
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

    /// Returns the writer when the crawl is over.
    pub(super) fn into_writer(self) -> Writer {
        self.writer
    }

    /// Sends the writer a change that settles nothing.
    async fn store(&self, change: Change) {
        self.writer.send(change, NO_LEASE).await;
    }

    /// Sends a change to the writer, to settle its lease when it is stored.
    async fn hand_over(
        &mut self,
        change: Change,
        ticket: Ticket,
        settlement: Settlement,
    ) -> Result<(), CrawlError> {
        self.frontier.answered(ticket).await?;
        self.unsettled.insert(ticket.0, settlement);
        // If the writer has stopped, the next check of acknowledgements ends the crawl.
        self.writer.send(change, ticket.0).await;
        Ok(())
    }

    async fn settle(&mut self, mark: u64) -> Result<(), CrawlError> {
        if let Some(settlement) = self.unsettled.remove(&mark) {
            self.frontier.settle(Ticket(mark), settlement).await?;
        }
        Ok(())
    }

    /// Sends an event with the state of the crawl, once per second.
    async fn gauge(&mut self) -> Result<(), CrawlError> {
        let now = self.clock.now();
        if now >= self.next_gauge {
            self.announce_steps();
            self.next_gauge = now + GAUGE;
            self.state.look_around();
            let effects = self.state.look_at_passes(now);
            self.carry_out(effects).await?;
            if let Some(OldestOpen { url, since, others }) = self.fetcher.oldest() {
                let url = &url;
                self.observer.see(&Event::Awaited { url, since, others });
            }
            let gauge = Gauge {
                now,
                pending: self.frontier.pending().await?,
                clear_by: self.frontier.clear_by(now).await?,
                open: self.visits.len(),
                rate: self.rate,
            };
            self.observer.see(&Event::Gauge(gauge));
        }
        Ok(())
    }

    /// Sends events for the requests that series are about to make.
    fn announce_steps(&mut self) {
        while let Ok(NextStep {
            url,
            experiment,
            at,
        }) = self.steps.try_recv()
        {
            let url = &url;
            self.observer.see(&Event::ExperimentRequest {
                url,
                experiment,
                at,
            });
        }
    }
}
