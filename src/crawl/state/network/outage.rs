//! An outage of our own network in mid-crawl. What comes back without a clear answer waits here
//! while it is not known whose fault that is: nothing of the crawl has seen it yet, so there is
//! nothing to undo. Then it counts like any attempt; or it is discarded, its URL is requested again in
//! the same pass as if it had not been, and until the network is back nothing is requested at all.

use crate::crawl::event::Event;
use crate::model::{Attempt, CrawlUrl, Moment, Network, Outcome, OwnOutage, Witnesses};
use crate::policy::{OutageChange, Silent, Sound};
use crate::store::Change;

use crate::crawl::state::State;
use crate::crawl::state::effect::Returned;
use crate::crawl::state::effect::{Effect, Effects};

impl State {
    /// Takes in what came back, unless our own network may be to blame for it.
    pub(in crate::crawl) fn hear(&mut self, returned: Returned, now: Moment) -> Effects {
        let network = &mut self.network;
        let Some((url, attempt, outcome)) = told(&returned) else {
            return vec![Effect::TakeIn(returned, now)];
        };
        if Sound::of(outcome, network.proxied) == Sound::Answer {
            let looked_up = attempt.timings.dns.is_some();
            network.answered.note(url, attempt.remote, looked_up);
            let change = network.watch.on_answer(now);
            let mut effects = self.apply_change(change, now);
            effects.push(Effect::TakeIn(returned, now));
            return effects;
        }
        let (started, doubt) = (attempt.started, network.doubt(url, outcome));
        match network.watch.on_silence(started, doubt, now) {
            Silent::Counts => vec![Effect::TakeIn(returned, now)],
            Silent::Lost => vec![Effect::Discard(returned)],
            Silent::Waits => {
                if network.waiting.is_empty() {
                    network.suspect = Some((url.clone(), outcome));
                }
                network.waiting.push((returned, now));
                Vec::new()
            }
        }
    }

    /// Whom to ask whether they still answer, if it is time for that; `is_open` tells whether requests are open.
    pub(in crate::crawl) fn witnesses(&mut self, is_open: bool, now: Moment) -> Option<Witnesses> {
        let network = &mut self.network;
        network.ask_at(is_open).filter(|at| *at <= now)?;
        network.watch.on_asking(now);
        let suspect = network.suspect.as_ref();
        let suspect = suspect.map(|(url, outcome)| (url, *outcome));
        Some(network.answered.witnesses(suspect))
    }

    /// When witnesses are asked next.
    pub(in crate::crawl) fn asks_witnesses_at(&self, is_open: bool) -> Option<Moment> {
        self.network.ask_at(is_open)
    }

    /// Takes in what the witnesses tell.
    pub(in crate::crawl) fn learn(&mut self, network: Network, now: Moment) -> Effects {
        let change = self.network.watch.on_network(&network, now);
        if let (OutageChange::Began(_), Network::Down(silence)) = (change, network) {
            self.network.silence = silence;
        }
        self.apply_change(change, now)
    }

    /// How many leases wait for it to be known whose fault their silence is.
    pub(in crate::crawl) fn waiting(&self) -> usize {
        self.network.waiting.len()
    }

    /// Whether nothing is requested until it is known whether there is a network.
    pub(in crate::crawl) fn holds_up(&self) -> bool {
        self.network.watch.holds_up()
    }

    /// Whether the network was gone for so long that the crawl ends; then, whether there ever was one.
    pub(in crate::crawl) fn is_offline(&self, now: Moment) -> Option<bool> {
        let watch = &self.network.watch;
        watch.is_hopeless(now).then(|| watch.ever_heard())
    }

    fn apply_change(&mut self, change: OutageChange, now: Moment) -> Effects {
        match change {
            OutageChange::Same => Vec::new(),
            OutageChange::Theirs => {
                self.network.suspect = None;
                let waiting = std::mem::take(&mut self.network.waiting).into_iter();
                let take_in = |(returned, ended)| Effect::TakeIn(returned, ended);
                waiting.map(take_in).collect()
            }
            OutageChange::Began(began) => {
                let mut effects = self.tell(began, None);
                let waiting = std::mem::take(&mut self.network.waiting).into_iter();
                effects.extend(waiting.map(|(returned, _)| Effect::Discard(returned)));
                effects
            }
            OutageChange::Ended(began) => {
                let gone = now.since(began);
                self.passes.extend(gone);
                self.experiments.extend(gone);
                self.hosts.extend(gone);
                self.network.suspect = None;
                self.tell(began, Some(now))
            }
        }
    }

    /// Says, and notes, that there is no network, or that there is one again.
    fn tell(&self, began: Moment, ended: Option<Moment>) -> Effects {
        let silence = self.network.silence.clone();
        let said = Event::Outage {
            since: began,
            ended,
            silence: silence.clone(),
        };
        let outage = OwnOutage {
            began,
            ended,
            silence,
        };
        vec![Effect::Say(said), Effect::Store(Change::Outage(outage))]
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
