//! The dispatcher's half of confirmation: begins the sample and the passes, and takes in what they bring.

use std::collections::BTreeSet;

use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier};
use crate::model::{Attempt, CrawlUrl, HostKey, Moment, Outcome};
use crate::policy::announced;
use crate::store::Change;

use super::super::hosts::Reaction;
use super::super::visit::Brought;
use super::{Answer, SAMPLE};
use crate::crawl::dispatch::dispatcher::Dispatcher;
use crate::crawl::dispatch::returned::NO_LEASE;
use crate::crawl::run::event::{Event, Observer};
use crate::crawl::run::parts::CrawlError;

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Begins the sample of pages that never failed, once.
    pub(in crate::crawl) async fn sample(&mut self) -> Result<bool, CrawlError> {
        let now = self.clock.now();
        let pages = self
            .passes
            .sample(&self.store, self.run, now, &mut self.dice)?;
        if pages.is_empty() {
            return Ok(false);
        }
        let hosts: BTreeSet<HostKey> = pages.iter().map(|page| page.url.host_key()).collect();
        for host in &hosts {
            let pace = self.hosts.pass_pace(host, self.passes.sample_pace());
            self.frontier.slow(host, pace).await?;
        }
        self.observer.see(&Event::Sampling { pages: pages.len() });
        self.reopen(&pages, SAMPLE).await;
        self.frontier.offer(&pages).await?;
        Ok(true)
    }

    /// Begins the next confirmation pass, if there is one.
    pub(in crate::crawl) async fn confirm(&mut self) -> Result<bool, CrawlError> {
        if self.experiments.have_begun() {
            return Ok(false);
        }
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
            ends_by: next.ends_by,
            failing: next.failing,
            left_out: next.left_out,
        });
        for (host, pace) in &next.hosts {
            let pace = self.hosts.pass_pace(host, *pace);
            self.frontier.slow(host, pace).await?;
        }
        self.reopen(&next.asked, next.number).await;
        self.frontier.offer(&next.asked).await?;
        Ok(true)
    }

    /// What an answer of a confirmation pass means: the pass keeps its own pace, and looks again only
    /// at what is unclear. A `Retry-After` holds its URL; a 429 holds its host for a while, if the plan adapts.
    pub(in crate::crawl) fn confirmed(&mut self, brought: &Brought, now: Moment) -> Reaction {
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
        if let Some((pages, until)) = follows.watching {
            self.observer.see(&Event::Watching { pages, until });
        }
        if follows.load_excluded {
            self.hosts.load_excluded(&host, now);
        }
        let limited = announced(brought.tried).filter(|_| outcome == Outcome::Client429);
        let limited = limited.filter(|_| self.site.plan.pace.adapt);
        let wait = limited.map(|wait| self.passes.limited(&host, wait));
        Reaction {
            again: follows.again,
            park: wait.map(|wait| now + wait),
            pace: follows.pace.map(|pace| self.hosts.pass_pace(&host, pace)),
            ..Reaction::default()
        }
    }

    /// What is requested beside a URL of a pass or the sample, if it fails and was fine before.
    pub(in crate::crawl) fn companions(&mut self, found: &Discovery) -> Vec<CrawlUrl> {
        if !self.passes.was_fine(found) {
            return Vec::new();
        }
        // A control of this pass cannot be looked at again if it fails as a companion.
        let passes = &self.passes;
        self.hosts
            .companions(&found.url, &|url| !passes.is_control(url))
    }

    /// Looks once more, in the pass under way, at pages that were fine and failed beside a URL of it:
    /// the last that is seen of them must not be an outage that is over soon.
    pub(in crate::crawl) async fn look_at_failed_controls(
        &mut self,
        brought: &Brought,
        now: Moment,
    ) -> Result<(), CrawlError> {
        if brought.lease.found.pass <= 1 {
            // What fails in the crawl or the sample is confirmed by the passes.
            return Ok(());
        }
        for (url, _) in brought.hops.iter().filter(|hop| failed(hop)) {
            let Some(look) = self.passes.look_at_control(url, now) else {
                continue;
            };
            if self.frontier.offer(std::slice::from_ref(&look)).await? > 0 {
                self.reopen(&[look], brought.lease.found.pass).await;
            }
        }
        Ok(())
    }

    /// What a healed page leads to is crawled at the crawl's own pace, as soon as the pass is done with
    /// its host.
    pub(in crate::crawl) async fn go_on_crawling(
        &mut self,
        url: &CrawlUrl,
    ) -> Result<(), CrawlError> {
        if self.passes.last() == 1 {
            return Ok(());
        }
        let host = url.host_key();
        if self.passes.is_confirming(&host) {
            return Ok(());
        }
        if let Some(pace) = self.hosts.crawl_pace(&host) {
            self.frontier.slow(&host, pace).await?;
            self.observer.see(&Event::Paced { host: &host, pace });
        }
        Ok(())
    }

    async fn reopen(&self, asked: &[Discovery], pass: u8) {
        let urls = asked.iter().map(|found| found.url.clone()).collect();
        self.writer
            .send(Change::Reopened(urls, pass), NO_LEASE)
            .await;
    }
}

fn failed(hop: &(CrawlUrl, Attempt)) -> bool {
    hop.1.outcome.is_failure()
}
