//! The result of a lease, and its consequences for its URL, its host and the queue.

use crate::crawl::event::Event;
use crate::crawl::visit::Brought;
use crate::crawl::visit::series::Probed;
use crate::frontier::Settlement;
use crate::model::{HostKey, Moment};
use crate::store::{Change, Then, VisitRecord};

use super::State;
use super::effect::Returned;
use super::effect::{Effect, Effects};
use super::hosts::Reaction;
use super::lease::is_new_page;

/// A result from a time without a network, with its attempts marked.
#[derive(Debug)]
pub(in crate::crawl) struct Discarded(Returned);

impl Discarded {
    /// Returns the visit, if it was one.
    pub(in crate::crawl) fn visit(&self) -> Option<&Brought> {
        match &self.0 {
            Returned::Visit(brought) => Some(brought),
            Returned::Series(_) => None,
        }
    }
}

impl State {
    /// Returns the consequences of an answer for its URL and its host.
    pub(in crate::crawl) fn react(
        &mut self,
        brought: &Brought,
        now: Moment,
    ) -> (Reaction, Effects) {
        if brought.lease.found.pass == 1 {
            let roll = self.dice.f64();
            (self.hosts.react(brought, now, roll), Vec::new())
        } else {
            self.confirmed(brought, now)
        }
    }

    /// Processes a visit, after its event was sent.
    pub(in crate::crawl) fn take_in_visit(
        &mut self,
        mut brought: Brought,
        reaction: &Reaction,
        now: Moment,
    ) -> Effects {
        let url = brought.lease.found.url.clone();
        let (ticket, pass) = (brought.lease.ticket, brought.lease.found.pass);
        let mut effects = host_effects(&url.host_key(), reaction);
        effects.extend(self.look_at_failed_controls(&brought, now));
        let again = reaction.again;
        if again.is_some() {
            self.last_attempt.insert(url.fingerprint(), now);
        }
        let (then, settlement) = match again {
            Some(moment) if pass == 1 => (Then::Again(moment), Settlement::Again(moment)),
            // Each look of a pass may reveal links: the next one may fail.
            Some(moment) => (
                self.take_in(&mut brought, &mut effects),
                Settlement::Again(moment),
            ),
            None => (self.take_in(&mut brought, &mut effects), Settlement::Done),
        };
        let looked_at_again = (pass != 1 && again.is_some()).then(|| url.clone());
        let visit = VisitRecord {
            url,
            attempt: brought.attempt,
            hops: brought.hops,
            then,
        };
        effects.push(Effect::HandOver(
            Change::Visit(Box::new(visit)),
            ticket,
            settlement,
        ));
        if let Some(url) = looked_at_again {
            effects.push(Effect::Store(Change::Reopened(vec![url], pass)));
        }
        effects.push(Effect::Release(brought.held));
        effects
    }

    /// Marks the attempts that failed because there was no network: they are not evidence.
    pub(in crate::crawl) fn mark_discarded(&self, mut returned: Returned) -> Discarded {
        match &mut returned {
            Returned::Visit(brought) => {
                let hops = brought.hops.iter_mut().map(|(_, attempt)| attempt);
                for attempt in hops.chain([&mut brought.attempt]) {
                    self.network.mark_discarded(attempt);
                }
            }
            Returned::Series(probed) => self.mark_series(probed),
        }
        Discarded(returned)
    }

    /// Marks the attempts of a series that were made while there was no network.
    pub(in crate::crawl) fn mark_series(&self, probed: &mut Probed) {
        for attempt in &mut probed.attempts {
            self.network.mark_discarded(attempt);
        }
    }

    /// Stores a discarded result, and requests its URL again as soon as requests are made again.
    pub(in crate::crawl) fn discard(
        &mut self,
        Discarded(returned): Discarded,
        now: Moment,
    ) -> Effect {
        let (lease, change) = match returned {
            Returned::Visit(brought) => {
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
            Returned::Series(probed) => {
                let url = probed.lease.found.url.clone();
                (probed.lease, Change::Probed(url, probed.attempts))
            }
        };
        Effect::HandOver(change, lease.ticket, Settlement::Discarded(now))
    }
}

/// Returns the effects of an attempt on its host.
fn host_effects(host: &HostKey, reaction: &Reaction) -> Effects {
    let mut effects = Vec::new();
    if let Some(until) = reaction.park {
        effects.push(Effect::Park(host.clone(), until));
    }
    if let Some(pace) = reaction.pace {
        effects.push(Effect::Slow(host.clone(), pace));
        let host = host.clone();
        effects.push(Effect::Say(Event::Paced { host, pace }));
    }
    if let Some(family) = reaction.released {
        effects.push(Effect::Rejoin(host.clone(), family));
    }
    if let Some(change) = reaction.breaker {
        let host = host.clone();
        effects.push(Effect::Say(Event::Breaker { host, change }));
    }
    effects
}
