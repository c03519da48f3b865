//! How long a request is worth waiting for, and which families others need not wait for.

use std::time::Duration;

use super::Hosts;
use crate::crawl::confirm::SAMPLE;
use crate::crawl::visit::Brought;
use crate::frontier::{Discovery, Lease, Ticket};
use crate::model::{Moment, Role};
use crate::policy::{Family, FirstAttempt};

impl Hosts {
    /// Records that a page is requested.
    pub(in crate::crawl::state) fn begins(&mut self, lease: &Lease, now: Moment) {
        let family = self.families.of(&lease.found.url);
        let host = self.host(&lease.found.url.host_key());
        host.open.begins(lease.ticket, family, now);
    }

    /// Returns the requests of the host of a lease that move to the slow lanes of their families: they take so long
    /// that they may soon occupy all of its open requests.
    pub(in crate::crawl::state) fn overdue(
        &mut self,
        lease: &Lease,
        now: Moment,
    ) -> Vec<(Ticket, Family)> {
        if !self.site.plan.pace.adapt {
            return Vec::new();
        }
        let host = self.host(&lease.found.url.host_key());
        let Some(usual) = host.pace.usual() else {
            return Vec::new();
        };
        let overdue = host.open.overdue(usual, lease.pace.open, now);
        for (_, family) in &overdue {
            host.suspects.is_overdue(*family);
        }
        overdue
    }

    /// Records that the request of a lease is over.
    pub(in crate::crawl::state) fn ends(&mut self, lease: &Lease) {
        if let Some(host) = self.known.get_mut(&lease.found.url.host_key()) {
            host.open.ends(lease.ticket);
        }
    }

    /// Returns how long a request of the crawl or of a pass waits for the first byte.
    pub(in crate::crawl::state) fn patience(&self, found: &Discovery, now: Moment) -> Duration {
        let requests = &self.site.plan.requests;
        let in_pass = !matches!(found.pass, SAMPLE | 1);
        let usual = if in_pass {
            requests.patient_first_byte()
        } else {
            requests.first_byte
        };
        let host = self.known.get(&found.url.host_key());
        let host = host.filter(|host| found.role == Role::Page && !host.suspects.is_empty());
        let enough = host.and_then(|host| {
            let family = self.families.of(&found.url);
            let time = host.pace.usual().unwrap_or_default();
            // One that has waited for most of the limit will hardly be answered.
            let most = requests.first_byte * 2 / 3;
            let still = host.open.waiting(family, most, now);
            host.suspects.enough_wait(family, time, (in_pass, still))
        });
        enough.map_or(usual, |enough| enough.min(usual))
    }

    /// Records an answer in a pass for the family of its URL: how long it is worth to wait.
    pub(in crate::crawl::state) fn confirmed(&mut self, brought: &Brought) {
        let found = &brought.lease.found;
        let took = brought.attempt.timings.total;
        let hung = brought.tried.outcome.is_time_limit() && brought.attempt.status.is_none();
        // A shorter wait shows nothing.
        if found.role != Role::Page || (hung && took < self.site.plan.requests.first_byte) {
            return;
        }
        let family = self.families.of(&found.url);
        if let Some(host) = self.known.get_mut(&found.url.host_key()) {
            let seen = FirstAttempt {
                failed: brought.tried.outcome.is_failure(),
                took,
                hung,
                announced: None,
            };
            host.suspects.confirmed(family, seen);
        }
    }
}
