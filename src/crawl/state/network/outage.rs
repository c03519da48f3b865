//! A local outage during a crawl. Results without a clear answer wait here while it is not known
//! whether the site or our own network is at fault. The crawl's state has not seen them yet, so
//! there is nothing to undo. Then a result counts like any attempt, or it is discarded and its URL
//! is requested again in the same pass. Until the network is back nothing is requested at all.

use crate::crawl::event::Event;
use crate::model::{Attempt, CrawlUrl, Moment, Network, Outcome, OwnOutage, Witnesses};
use crate::policy::{NetworkSign, OutageChange, SilenceEffect};
use crate::store::Change;

use crate::crawl::state::State;
use crate::crawl::state::effect::Returned;
use crate::crawl::state::effect::{Effect, Effects};

impl State {
    /// Processes a result, unless our own network may be the reason for it.
    pub(in crate::crawl) fn receive(&mut self, returned: Returned, now: Moment) -> Effects {
        if let Returned::Visit(brought) = &returned {
            self.hosts.ends(&brought.lease);
        }
        let network = &mut self.network;
        let Some((url, attempt, outcome)) = network_evidence(&returned) else {
            return vec![Effect::TakeIn(returned, now)];
        };
        let answered = attempt.timings.first_byte.is_some();
        if NetworkSign::of(outcome, answered, network.proxied) == NetworkSign::Answer {
            let looked_up = attempt.timings.dns.is_some();
            network.answered.note(url, attempt.remote, looked_up);
            let change = network.watch.on_answer(now);
            let mut effects = self.apply_change(change, now);
            effects.push(Effect::TakeIn(returned, now));
            return effects;
        }
        let (started, doubt) = (attempt.started, network.doubt(url, outcome));
        match network.watch.on_silence(started, doubt, now) {
            SilenceEffect::Counts => vec![Effect::TakeIn(returned, now)],
            SilenceEffect::Discarded => vec![Effect::Discard(returned)],
            SilenceEffect::Waits => {
                if network.waiting.is_empty() {
                    network.suspect = Some((url.clone(), outcome));
                }
                network.waiting.push((returned, now));
                Vec::new()
            }
        }
    }

    /// Returns the witnesses to request, if a check is due. `is_open` is true while requests are
    /// open.
    pub(in crate::crawl) fn witnesses(&mut self, is_open: bool, now: Moment) -> Option<Witnesses> {
        let network = &mut self.network;
        network.check_at(is_open).filter(|at| *at <= now)?;
        network.watch.on_check(now);
        let suspect = network.suspect.as_ref();
        let suspect = suspect.map(|(url, outcome)| (url, *outcome));
        Some(network.answered.witnesses(suspect))
    }

    /// Returns when witnesses are requested next.
    pub(in crate::crawl) fn next_check_at(&self, is_open: bool) -> Option<Moment> {
        self.network.check_at(is_open)
    }

    /// Records the result of a check with witnesses.
    pub(in crate::crawl) fn learn(&mut self, network: Network, now: Moment) -> Effects {
        let change = self.network.watch.on_network(&network, now);
        if let (OutageChange::Began(_), Network::Down(silence)) = (change, network) {
            self.network.silence = silence;
        }
        self.apply_change(change, now)
    }

    /// Returns how many leases wait for the result of a check.
    pub(in crate::crawl) fn waiting(&self) -> usize {
        self.network.waiting.len()
    }

    /// Returns whether nothing is requested until it is known whether there is a network.
    pub(in crate::crawl) fn holds_up(&self) -> bool {
        self.network.watch.holds_up()
    }

    /// Returns `Some` if the network was gone for so long that the crawl ends. The value is true if
    /// anything ever answered.
    pub(in crate::crawl) fn is_offline(&self, now: Moment) -> Option<bool> {
        let watch = &self.network.watch;
        watch.is_hopeless(now).then(|| watch.ever_answered())
    }

    fn apply_change(&mut self, change: OutageChange, now: Moment) -> Effects {
        match change {
            OutageChange::Same => Vec::new(),
            OutageChange::SiteFault => {
                self.network.suspect = None;
                let waiting = std::mem::take(&mut self.network.waiting).into_iter();
                let take_in = |(returned, ended)| Effect::TakeIn(returned, ended);
                waiting.map(take_in).collect()
            }
            OutageChange::Began(began) => {
                let mut effects = self.report_outage(began, None);
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
                self.report_outage(began, Some(now))
            }
        }
    }

    /// Reports and stores that there is no network, or that it is back.
    fn report_outage(&self, began: Moment, ended: Option<Moment>) -> Effects {
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

/// Returns the part of a result that is evidence about the network.
fn network_evidence(returned: &Returned) -> Option<(&CrawlUrl, &Attempt, Outcome)> {
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
