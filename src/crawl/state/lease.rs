//! The decision on a lease: it is requested, skipped, or set aside.

use std::time::Duration;

use crate::crawl::confirm::SAMPLE;
use crate::crawl::visit::series::Allowed;
use crate::frontier::{Discovery, Lease, Settlement};
use crate::model::{Admission, CrawlUrl, LinkKind, Moment, Role, ScopePlan, Skip, SkipReason};
use crate::policy::Via;
use crate::store::{Change, StoreError};

use super::State;
use super::effect::Effect;
use super::hosts::Aside;

/// The decision on a lease that is due.
#[derive(Debug)]
pub(in crate::crawl) enum Due {
    /// Its URL is requested.
    Visit(Box<Lease>),
    /// Experiments on its URL are made.
    Series(Box<Lease>, Allowed),
    /// A URL of the crawl itself is skipped.
    Skip(CrawlUrl, Skip, Effect),
    /// It is not requested now.
    Withheld(Effect),
}

impl State {
    /// Decides what happens to a lease.
    pub(in crate::crawl) fn due(&mut self, lease: Lease, now: Moment) -> Result<Due, StoreError> {
        if self.experiments.is_for(&lease) {
            return self.begin_series(lease, now);
        }
        if let Some(aside) = self.aside(&lease, now) {
            let settlement = Settlement::Aside(aside.family, aside.until);
            return Ok(Due::Withheld(Effect::Settle(lease.ticket, settlement)));
        }
        let refused = self.refuse(&lease, now)?;
        let Lease { ticket, found, .. } = &lease;
        if found.pass == 1 {
            if let Some(skip) = refused {
                self.forget_last_attempt(&found.url);
                self.admissions.refused(&found.url, found.role, skip.reason);
                let settle = Effect::Settle(*ticket, Settlement::Unused);
                return Ok(Due::Skip(lease.found.url, skip, settle));
            }
        } else if refused.is_some()
            || self.passes.is_over(found.pass, now)
            || (found.pass == SAMPLE && self.hosts.is_down(&found.url.host_key()))
        {
            // The results of an earlier fetch stay as they were.
            self.passes.not_requested(&found.url);
            self.forget_last_attempt(&found.url);
            let kept = Change::Kept(found.url.clone());
            let hand_over = Effect::HandOver(kept, *ticket, Settlement::Unused);
            return Ok(Due::Withheld(hand_over));
        }
        Ok(Due::Visit(Box::new(lease)))
    }

    /// Records that a URL is requested now, and returns the effects.
    pub(in crate::crawl) fn begin(&mut self, lease: &Lease, now: Moment) -> Vec<Effect> {
        if is_new_page(lease) {
            self.pages += 1;
            self.admissions.appetite.fetched();
        }
        self.count_sitemap(lease);
        let found = &lease.found;
        let is_page = matches!(found.role, Role::Page | Role::Resource);
        if is_page {
            self.hosts.begins(lease, now);
        }
        if found.pass != 1 {
            self.passes.begins(found, now);
            return Vec::new();
        }
        let mut effects = self.continue_crawling(&found.url);
        if is_page {
            let aside = self.hosts.overdue(lease, now).into_iter();
            effects.extend(aside.map(|(ticket, family)| Effect::MoveAside(ticket, family)));
        }
        effects
    }

    /// Returns how long a request waits for the first byte.
    pub(in crate::crawl) fn patience(&self, found: &Discovery, now: Moment) -> Duration {
        self.hosts.patience(found, now)
    }

    /// Returns whether robots.txt forbids a URL that is requested in any case.
    pub(in crate::crawl) fn is_disallowed(&self, url: &CrawlUrl) -> Result<bool, StoreError> {
        self.admissions.disallowed(url)
    }

    /// Returns the control for a URL, if its host is suspected.
    pub(in crate::crawl) fn control(
        &self,
        found: &Discovery,
    ) -> Result<Option<CrawlUrl>, StoreError> {
        let may_doubt = found.role != Role::Robots && self.site.plan.pace.adapt;
        if !may_doubt || !self.hosts.is_doubted(found) {
            return Ok(None);
        }
        match self.hosts.control(&found.url) {
            Some(known) => Ok(Some(known)),
            None => self.home_page(found),
        }
    }

    /// Returns the home page of a URL's host, if it is another page and may be requested.
    fn home_page(&self, found: &Discovery) -> Result<Option<CrawlUrl>, StoreError> {
        let home = found.url.host_key().home_page();
        let via = Via::Link(LinkKind::Anchor);
        let admission = self.site.scope.admit(&home, via, Some(0));
        // Not in the role of the found URL: robots.txt forbids no sitemaps.
        let Admission::Fetch(role) = admission else {
            return Ok(None);
        };
        let page = Discovery::new(home, role);
        let may_ask = page.url != found.url && self.admissions.forbidden(&page)?.is_none();
        Ok(may_ask.then_some(page.url))
    }

    /// Returns how a lease waits in the slow lane of its family, if it must. Passes have a pace of
    /// their own.
    fn aside(&self, lease: &Lease, now: Moment) -> Option<Aside> {
        let found = &lease.found;
        let is_page = matches!(found.role, Role::Page | Role::Resource);
        (is_page && found.pass == 1)
            .then(|| self.hosts.aside(&found.url, lease.slow, now))
            .flatten()
    }

    /// Returns why a lease is not requested after all.
    pub(super) fn refuse(&self, lease: &Lease, now: Moment) -> Result<Option<Skip>, StoreError> {
        let skip = self.admissions.forbidden(&lease.found)?;
        Ok(skip.or_else(|| self.refuse_allowed(lease, now)))
    }

    /// Returns why a lease that robots.txt allows is not requested.
    fn refuse_allowed(&self, lease: &Lease, now: Moment) -> Option<Skip> {
        let found = &lease.found;
        if let Some(skip) = self.hosts.refuse(&found.url, found.role) {
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
        if is_new && self.until.is_some_and(|until| now >= until) {
            return Some(Skip::new(SkipReason::MaxTime, "after the allowed time"));
        }
        if let Some(skip) = self.disk.refuse().filter(|_| is_new) {
            return Some(skip);
        }
        let most = self.site.plan.scope.max_pages?;
        (is_new_page(lease) && self.pages >= most).then(|| ScopePlan::beyond_pages(most))
    }
}

/// Returns whether this is the first request for a page of the site.
pub(super) fn is_new_page(lease: &Lease) -> bool {
    let found = &lease.found;
    found.role == Role::Page && found.pass == 1 && found.tries == 0
}
