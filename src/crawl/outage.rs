//! An outage of our own network in mid-crawl. What comes back without a clear answer waits here
//! while it is not known whose fault that is: nothing of the crawl has seen it yet, so there is
//! nothing to undo. Then it counts like any attempt; or it is kept as lost, its URL is asked again in
//! the same pass as if it had not been, and until the network is back nothing is asked at all.

use crate::fetch::Fetcher;
use crate::frontier::{Frontier, Settlement};
use crate::model::{
    Attempt, CrawlUrl, Layer, Moment, Network, Outcome, OwnOutage, Purpose, Silence,
};
use crate::policy::{Doubt, OutageWatch, Ruling, Silent, Sound};
use crate::store::{Change, Then, VisitRecord};

use super::answered::Answered;
use super::dispatch::{Dispatcher, Done, NO_LEASE, Returned, is_new_page};
use super::event::{Event, Observer};
use super::run::CrawlError;

/// What is known of our own network.
#[derive(Debug)]
pub(super) struct Outages {
    pub(super) watch: OutageWatch,
    answered: Answered,
    /// Behind a proxy nobody else is talked to.
    proxied: bool,
    /// What waits to be judged, and when it ended. As many as may be open at most.
    waiting: Vec<(Returned, Moment)>,
    /// What raised the suspicion.
    suspect: Option<(CrawlUrl, Outcome)>,
    /// What showed that it is ours.
    silence: Silence,
}

impl Outages {
    pub(super) fn new(proxied: bool, now: Moment) -> Outages {
        Outages {
            watch: OutageWatch::new(now),
            answered: Answered::default(),
            proxied,
            waiting: Vec::new(),
            suspect: None,
            silence: Silence::default(),
        }
    }

    /// How much waits to be judged.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// When the witnesses are to be asked, if there can be any.
    pub(super) fn ask_at(&self, open: bool) -> Option<Moment> {
        let open = open && !self.answered.is_empty();
        self.watch.ask_at(open)
    }

    /// Marks an attempt that failed because there was no network: it is no evidence.
    pub(super) fn strike(&self, attempt: &mut Attempt) {
        let ended = attempt.started + attempt.timings.total;
        let clear = Sound::of(attempt.outcome, self.proxied) == Sound::Answer;
        if !clear && self.watch.covers(attempt.started, ended) {
            attempt.purpose = Purpose::Outage;
        }
    }

    /// How far such an attempt speaks against our own network. Nothing does where only this machine
    /// answered; where nothing ever did, what no network at all looks like.
    fn doubt(&self, url: &CrawlUrl, outcome: Outcome) -> Doubt {
        if Sound::of(outcome, self.proxied) != Sound::Silence {
            return Doubt::None;
        }
        let unreached = outcome.layer() == Layer::Dns || outcome == Outcome::ConnectUnreachable;
        match (self.watch.ever_heard(), self.answered.is_empty()) {
            (true, false) if self.answered.knows(url) => Doubt::Strong,
            (true, false) => Doubt::Weak,
            (false, _) if unreached || self.proxied => Doubt::Strong,
            _ => Doubt::None,
        }
    }
}

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
    pub(super) async fn hear(&mut self, returned: Returned) -> Result<(), CrawlError> {
        let now = self.clock.now();
        let outages = &mut self.outages;
        let Some((url, attempt, outcome)) = told(&returned) else {
            return self.absorb(returned, now).await;
        };
        if Sound::of(outcome, outages.proxied) == Sound::Answer {
            let looked_up = attempt.timings.dns.is_some();
            outages.answered.note(url, attempt.remote, looked_up);
            let ruling = outages.watch.on_answer(now);
            self.heed_ruling(ruling).await?;
            return self.absorb(returned, now).await;
        }
        let (started, doubt) = (attempt.started, outages.doubt(url, outcome));
        match outages.watch.on_silence(started, doubt, now) {
            Silent::Counts => self.absorb(returned, now).await,
            Silent::Lost => self.lose(returned, now).await,
            Silent::Waits => {
                if outages.waiting.is_empty() {
                    outages.suspect = Some((url.clone(), outcome));
                }
                outages.waiting.push((returned, now));
                Ok(())
            }
        }
    }

    /// Asks those who answered before whether they still do, if it is time for that.
    pub(super) fn ask_witnesses(&mut self) {
        let now = self.clock.now();
        let outages = &mut self.outages;
        let due = outages.ask_at(!self.visits.is_empty());
        if due.is_none_or(|at| at > now) {
            return;
        }
        outages.watch.on_asking(now);
        let suspect = outages.suspect.as_ref();
        let suspect = suspect.map(|(url, outcome)| (url, *outcome));
        let (fetcher, witnesses) = (self.fetcher.clone(), outages.answered.witnesses(suspect));
        self.visits
            .spawn(async move { Done::Network(fetcher.network(witnesses).await) });
    }

    /// Takes in what the witnesses tell.
    pub(super) async fn learn(&mut self, network: Network) -> Result<(), CrawlError> {
        let now = self.clock.now();
        let ruling = self.outages.watch.on_network(&network, now);
        if let (Ruling::Began(_), Network::Down(silence)) = (ruling, network) {
            self.outages.silence = silence;
        }
        self.heed_ruling(ruling).await
    }

    async fn heed_ruling(&mut self, ruling: Ruling) -> Result<(), CrawlError> {
        let now = self.clock.now();
        match ruling {
            Ruling::Same => {}
            Ruling::Theirs => {
                for (returned, ended) in std::mem::take(&mut self.outages.waiting) {
                    self.absorb(returned, ended).await?;
                }
                self.outages.suspect = None;
            }
            Ruling::Began(began) => {
                self.tell(began, None).await;
                for (returned, _) in std::mem::take(&mut self.outages.waiting) {
                    self.lose(returned, now).await?;
                }
            }
            Ruling::Ended(began) => {
                self.tell(began, Some(now)).await;
                self.passes.extend(now.since(began));
                self.experiments.extend(now.since(began));
                self.outages.suspect = None;
            }
        }
        Ok(())
    }

    /// Says, and notes, that there is no network, or that there is one again.
    async fn tell(&mut self, began: Moment, ended: Option<Moment>) {
        let silence = self.outages.silence.clone();
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
                    self.outages.strike(attempt);
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
                    self.outages.strike(attempt);
                }
                let url = probed.lease.found.url.clone();
                (probed.lease, Change::Probed(url, probed.attempts))
            }
        };
        self.hand_over(change, lease.ticket, Settlement::InVain(now))
            .await;
        Ok(())
    }
}
