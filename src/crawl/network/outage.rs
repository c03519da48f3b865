//! An outage of our own network in mid-crawl. What comes back without a clear answer waits here
//! while it is not known whose fault that is: nothing of the crawl has seen it yet, so there is
//! nothing to undo. Then it counts like any attempt; or it is kept as lost, its URL is asked again in
//! the same pass as if it had not been, and until the network is back nothing is asked at all.

use crate::fetch::Fetcher;
use crate::frontier::{Frontier, Settlement};
use crate::model::{Attempt, CrawlUrl, Moment, Network, Outcome, OwnOutage};
use crate::policy::{Ruling, Silent, Sound};
use crate::store::{Change, Then, VisitRecord};

use crate::crawl::dispatch::dispatcher::{Dispatcher, is_new_page};
use crate::crawl::dispatch::returned::{Done, NO_LEASE, Returned};
use crate::crawl::run::event::{Event, Observer};
use crate::crawl::run::parts::CrawlError;

/// What came back, as far as it tells of the network.
fn told(returned: &Returned) -> Option<(&CrawlUrl, &Attempt, Outcome)> {
    match returned {
        Returned::Visit(brought) => Some((
            &brought.lease.found.url,
            &brought.attempt,
            brought.tried.outcome,
        )),
        Returned::Series(probed) => {
            let last = probed.attempts.last()?;
            Some((&probed.lease.found.url, last, last.outcome))
        }
    }
}

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Takes in what came back, unless our own network may be to blame for it.
    pub(in crate::crawl) async fn hear(&mut self, returned: Returned) -> Result<(), CrawlError> {
        let now = self.clock.now();
        let network = &mut self.network;
        let Some((url, attempt, outcome)) = told(&returned) else {
            return self.absorb(returned, now).await;
        };
        if Sound::of(outcome, network.proxied) == Sound::Answer {
            let looked_up = attempt.timings.dns.is_some();
            network.answered.note(url, attempt.remote, looked_up);
            let ruling = network.watch.on_answer(now);
            self.heed_ruling(ruling).await?;
            return self.absorb(returned, now).await;
        }
        let (started, doubt) = (attempt.started, network.doubt(url, outcome));
        match network.watch.on_silence(started, doubt, now) {
            Silent::Counts => self.absorb(returned, now).await,
            Silent::Lost => self.lose(returned, now).await,
            Silent::Waits => {
                if network.waiting.is_empty() {
                    network.suspect = Some((url.clone(), outcome));
                }
                network.waiting.push((returned, now));
                Ok(())
            }
        }
    }

    /// Asks those who answered before whether they still do, if it is time for that.
    pub(in crate::crawl) fn ask_witnesses(&mut self) {
        let now = self.clock.now();
        let network = &mut self.network;
        let due = network.ask_at(!self.visits.is_empty());
        if due.is_none_or(|at| at > now) {
            return;
        }
        network.watch.on_asking(now);
        let suspect = network.suspect.as_ref();
        let suspect = suspect.map(|(url, outcome)| (url, *outcome));
        let (fetcher, witnesses) = (self.fetcher.clone(), network.answered.witnesses(suspect));
        self.visits
            .spawn(async move { Done::Network(fetcher.network(witnesses).await) });
    }

    /// Takes in what the witnesses tell.
    pub(in crate::crawl) async fn learn(&mut self, network: Network) -> Result<(), CrawlError> {
        let now = self.clock.now();
        let ruling = self.network.watch.on_network(&network, now);
        if let (Ruling::Began(_), Network::Down(silence)) = (ruling, network) {
            self.network.silence = silence;
        }
        self.heed_ruling(ruling).await
    }

    async fn heed_ruling(&mut self, ruling: Ruling) -> Result<(), CrawlError> {
        let now = self.clock.now();
        match ruling {
            Ruling::Same => {}
            Ruling::Theirs => {
                for (returned, ended) in std::mem::take(&mut self.network.waiting) {
                    self.absorb(returned, ended).await?;
                }
                self.network.suspect = None;
            }
            Ruling::Began(began) => {
                self.tell(began, None).await;
                for (returned, _) in std::mem::take(&mut self.network.waiting) {
                    self.lose(returned, now).await?;
                }
            }
            Ruling::Ended(began) => {
                self.tell(began, Some(now)).await;
                self.passes.extend(now.since(began));
                self.experiments.extend(now.since(began));
                self.hosts.extend(now.since(began));
                self.network.suspect = None;
            }
        }
        Ok(())
    }

    /// Says, and notes, that there is no network, or that there is one again.
    async fn tell(&mut self, began: Moment, ended: Option<Moment>) {
        let silence = self.network.silence.clone();
        self.observer.see(&Event::Outage {
            since: began,
            ended,
            silence: &silence,
        });
        let outage = OwnOutage {
            began,
            ended,
            silence,
        };
        self.writer.send(Change::Outage(outage), NO_LEASE).await;
    }

    /// Keeps what came back as lost, and has its URL asked again as soon as anything is.
    async fn lose(&mut self, returned: Returned, now: Moment) -> Result<(), CrawlError> {
        let (lease, change) = match returned {
            Returned::Visit(mut brought) => {
                let hops = brought.hops.iter_mut().map(|(_, attempt)| attempt);
                for attempt in hops.chain([&mut brought.attempt]) {
                    self.network.strike(attempt);
                }
                self.observer.see(&Event::Attempted {
                    url: &brought.lease.found.url,
                    role: brought.lease.found.role,
                    attempt: &brought.attempt,
                    again: Some(now),
                });
                if is_new_page(&brought.lease) {
                    self.pages -= 1;
                }
                let visit = VisitRecord {
                    url: brought.lease.found.url.clone(),
                    attempt: brought.attempt,
                    hops: brought.hops,
                    then: Then::Again(now),
                };
                (brought.lease, Change::Visit(Box::new(visit)))
            }
            Returned::Series(mut probed) => {
                for attempt in &mut probed.attempts {
                    self.network.strike(attempt);
                }
                let url = probed.lease.found.url.clone();
                (probed.lease, Change::Probed(url, probed.attempts))
            }
        };
        self.hand_over(change, lease.ticket, Settlement::InVain(now))
            .await?;
        Ok(())
    }
}
