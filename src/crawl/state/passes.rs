//! The start of the sample and of the confirmation passes, and the processing of their answers.

use std::collections::BTreeSet;

use crate::crawl::confirm::{Answer, LooksLost, SAMPLE};
use crate::crawl::event::Event;
use crate::crawl::visit::Brought;
use crate::frontier::Discovery;
use crate::model::{Attempt, CrawlUrl, HostKey, Indexability, Moment, Pace};
use crate::policy::{BreakerChange, CAREFUL, REFUSALS};
use crate::store::StoreError;

use super::State;
use super::effect::{Effect, Effects};
use super::hosts::Reaction;

/// What a page with noindex is.
const NOINDEX: Indexability = Indexability::NonIndexable("noindex");

impl State {
    /// Begins to request pages that look lost and were fine in the run before, once.
    pub(super) fn doubt(&mut self, now: Moment) -> Result<Option<Effects>, StoreError> {
        let pages = self.passes.doubted(&self.store, self.run, now)?;
        if pages.is_empty() {
            return Ok(None);
        }
        let say = Event::Doubting { pages: pages.len() };
        Ok(Some(self.request_slowly(pages, say)))
    }

    /// Begins the sample of pages that never failed, once.
    pub(super) fn sample(&mut self, now: Moment) -> Result<Option<Effects>, StoreError> {
        let pages = self
            .passes
            .sample(&self.store, self.run, now, &mut self.dice)?;
        if pages.is_empty() {
            return Ok(None);
        }
        let say = Event::Sampling { pages: pages.len() };
        Ok(Some(self.request_slowly(pages, say)))
    }

    /// Requests pages once more at the pace of the sample.
    fn request_slowly(&mut self, pages: Vec<Discovery>, say: Event<'static>) -> Effects {
        let mut effects = Vec::new();
        let hosts: BTreeSet<HostKey> = pages.iter().map(|page| page.url.host_key()).collect();
        for host in hosts {
            let pace = self.hosts.pass_pace(&host, self.passes.sample_pace());
            effects.push(Effect::Slow(host, pace));
        }
        effects.push(Effect::Say(say));
        effects.push(Effect::Reopen(pages, SAMPLE));
        effects
    }

    /// Begins the next confirmation pass, if there is one.
    pub(super) fn confirm(&mut self, now: Moment) -> Result<Option<Effects>, StoreError> {
        if self.experiments.have_begun() {
            return Ok(None);
        }
        let up_since = |host: &HostKey| self.hosts.up_since(host);
        let next = (self.passes).next(&self.store, self.run, now, &up_since, &mut self.dice)?;
        let Some(next) = next else {
            return Ok(None);
        };
        let mut effects = vec![Effect::Say(Event::Confirming {
            pass: next.number,
            starts: next.starts,
            ends_by: next.ends_by,
            failing: next.failing,
            left_out: next.left_out,
            is_late: next.is_late,
        })];
        for host in next.hosts {
            let pace = self.pace_in_pass(&host, next.number);
            let pace = self.hosts.pass_pace(&host, pace);
            effects.push(Effect::Slow(host, pace));
        }
        effects.push(Effect::Reopen(next.chosen, next.number));
        Ok(Some(effects))
    }

    /// Returns the consequences of an answer in a confirmation pass. The pass keeps its own pace,
    /// and looks again only at unclear URLs. A `Retry-After` holds its URL; a 429 holds its host
    /// for a while, if the plan adapts.
    pub(super) fn confirmed(&mut self, brought: &Brought, now: Moment) -> (Reaction, Effects) {
        let found = &brought.lease.found;
        let outcome = brought.attempt.outcome;
        let answer = Answer {
            pass: found.pass,
            started: brought.attempt.started,
            took: brought.attempt.timings.total,
            outcome,
            announced: brought.tried.retry_after,
        };
        let follows = self.passes.answered(&found.url, &answer, now);
        let host = found.url.host_key();
        if outcome.is_failure() {
            self.hosts.control_failed(&found.url);
        }
        for (control, _) in brought.hops.iter().filter(|hop| failed(hop)) {
            self.hosts.control_failed(control);
        }
        let watching = follows
            .watching
            .map(|(pages, until)| Event::Watching { pages, until });
        if follows.load_excluded {
            self.hosts.load_excluded(&host, now);
        }
        self.hosts.confirmed(brought);
        self.hosts.compared(brought, now);
        let finds_limit = self.hosts.watch_rate(brought);
        let limited = self.hosts.limited(found, brought.tried);
        let wait = limited.map(|wait| self.passes.limited(&host, wait));
        let mut reaction = self.hosts.break_off(brought, now, &mut self.dice);
        let park = reaction.park.max(wait.map(|wait| now + wait));
        reaction.park = park.map(|until| self.passes.within(until));
        let is_given_up = reaction.breaker == Some(BreakerChange::GaveUp);
        if is_given_up {
            self.passes.not_requested(&found.url);
        } else {
            let doubted = found.pass == SAMPLE;
            let doubted = doubted.then(|| self.passes.doubts(&found.url, looks_lost(brought), now));
            reaction.again = follows.again.or(doubted.flatten());
        }
        if reaction.breaker.is_some() || follows.changes_pace || finds_limit {
            let pace = self.pace_in_pass(&host, found.pass);
            reaction.pace = Some(self.hosts.pass_pace(&host, pace));
        }
        (reaction, watching.map(Effect::Say).into_iter().collect())
    }

    /// Continues the passes at the plan's pace on hosts of which a request, alone, hangs.
    pub(in crate::crawl) fn look_at_passes(&mut self, now: Moment) -> Effects {
        let pass = self.passes.last();
        let mut effects = Vec::new();
        for host in self.passes.hang_alone(now) {
            self.hosts.load_excluded(&host, now);
            let pace = self.pace_in_pass(&host, pass);
            let pace = self.hosts.pass_pace(&host, pace);
            effects.push(Effect::Slow(host, pace));
        }
        effects
    }

    /// Returns the pace of a host in a pass, or in the sample. While the host is down, it is requested carefully.
    fn pace_in_pass(&self, host: &HostKey, pass: u8) -> Pace {
        if self.hosts.is_down(host) {
            CAREFUL
        } else if pass == SAMPLE {
            self.passes.sample_pace()
        } else {
            self.passes.pace(host)
        }
    }

    /// Returns the pages to request next to a URL of a pass or the sample, if it fails and was fine
    /// before.
    pub(in crate::crawl) fn companions(&mut self, found: &Discovery, now: Moment) -> Vec<CrawlUrl> {
        if !self.passes.was_fine(found) {
            return Vec::new();
        }
        // A control of this pass cannot get another look if it fails as a companion.
        let passes = &self.passes;
        self.hosts
            .companions(&found.url, now, &|url| !passes.is_control(url))
    }

    /// Adds one more look in the current pass at pages that were fine and failed next to a URL of
    /// it. Their last result must not be an outage that ends soon.
    pub(super) fn look_at_failed_controls(&mut self, brought: &Brought, now: Moment) -> Effects {
        let pass = brought.lease.found.pass;
        if pass <= 1 {
            // The passes confirm failures in the crawl or the sample.
            return Vec::new();
        }
        let failed = brought.hops.iter().filter(|hop| failed(hop));
        failed
            .filter_map(|(url, _)| self.passes.look_at_control(url, now))
            .map(|look| Effect::Reopen(vec![look], pass))
            .collect()
    }

    /// Returns to the crawl's own pace for the links of a recovered page, as soon as the pass is
    /// done with its host.
    pub(super) fn continue_crawling(&mut self, url: &CrawlUrl) -> Effects {
        if self.passes.last() == 1 {
            return Vec::new();
        }
        let host = url.host_key();
        if self.passes.is_confirming(&host) {
            return Vec::new();
        }
        let Some(pace) = self.hosts.crawl_pace(&host) else {
            return Vec::new();
        };
        let slow = Effect::Slow(host.clone(), pace);
        vec![slow, Effect::Say(Event::Paced { host, pace })]
    }
}

/// Returns whether a page is refused, missing, redirected or hidden by noindex.
fn looks_lost(brought: &Brought) -> LooksLost {
    let status = brought.attempt.status;
    let is_refused = status.is_some_and(|status| REFUSALS.contains(&status));
    if brought.page.redirect.is_some() {
        LooksLost::Redirected
    } else if is_refused || brought.page.indexability == NOINDEX {
        LooksLost::Refused
    } else {
        LooksLost::No
    }
}

fn failed(hop: &(CrawlUrl, Attempt)) -> bool {
    hop.1.outcome.is_failure()
}
