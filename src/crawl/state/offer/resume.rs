//! Restores the state of an interrupted crawl.

use std::collections::BTreeSet;

use crate::crawl::visit::robots::Rules;
use crate::frontier::Discovery;
use crate::model::{HostKey, Moment, Role};
use crate::store::{PassesMade, StoreError};

use crate::crawl::state::State;
use crate::crawl::state::admit::admissions::robots_txt;
use crate::crawl::state::effect::{Effect, Effects};

/// How many URLs are read and queued at a time.
const BATCH: u32 = 1_000;

/// The progress of restoring a run.
#[derive(Debug)]
pub(in crate::crawl) struct Restoring {
    passes: PassesMade,
    /// Hosts whose robots.txt is known or waits for its retry.
    hosts: BTreeSet<HostKey>,
    /// Hosts with a waiting URL.
    waiting: BTreeSet<HostKey>,
    /// The robots.txt files that wait for their retry. Each is the gate of its host; other hosts
    /// need a new one. Nothing is leased before all of them are queued.
    gates: Vec<Discovery>,
    /// The last URL that was read.
    after: u32,
}

impl State {
    /// Begins to restore the state of a run: its passes, its sitemaps, and the paces of its hosts.
    pub(in crate::crawl) fn restore(
        &mut self,
        passes: PassesMade,
    ) -> Result<(Restoring, Effects), StoreError> {
        self.recall_sitemaps()?;
        let mut restoring = Restoring {
            passes,
            hosts: BTreeSet::new(),
            waiting: BTreeSet::new(),
            gates: Vec::new(),
            after: 0,
        };
        let mut effects = Vec::new();
        let (site, hosts, admissions) = (&self.site, &mut self.hosts, &mut self.admissions);
        self.store.known_robots(self.run, &mut |known| {
            let rules = Rules::restore(site, &known);
            if let Some(pace) = hosts.obey(&known.host, rules.crawl_delay(site, &known)) {
                effects.push(Effect::Slow(known.host.clone(), pace));
            }
            restoring.hosts.insert(known.host.clone());
            admissions.set_rules(known.host, rules, None);
        })?;
        Ok((restoring, effects))
    }

    /// Restores the next URLs; `None` when all of them are restored.
    pub(in crate::crawl) fn restore_next(
        &mut self,
        restoring: &mut Restoring,
    ) -> Result<Option<Effects>, StoreError> {
        let mut waiting = Vec::new();
        let (hosts, admissions) = (&mut self.hosts, &mut self.admissions);
        let goes_on =
            (self.store).next_known_urls(self.run, &mut restoring.after, BATCH, &mut |known| {
                if known.skipped {
                    return;
                }
                admissions.restore(&known.url, known.role);
                if known.role == Role::Page {
                    hosts.learn(&known.url);
                }
                if !known.queued {
                    return;
                }
                let host = known.url.host_key();
                let found = Discovery {
                    url: known.url,
                    role: known.role,
                    depth: known.depth.unwrap_or(0),
                    hops: known.hops,
                    pass: known.pass,
                    tries: known.tries,
                    not_before: known.not_before,
                };
                if found.role == Role::Robots {
                    restoring.hosts.insert(host);
                    restoring.gates.push(found);
                } else {
                    restoring.waiting.insert(host);
                    waiting.push(found);
                }
            })?;
        if !goes_on {
            return Ok(None);
        }
        self.levels.hold_back(&mut waiting);
        Ok(Some(vec![Effect::Offer(waiting)]))
    }

    /// Queues the robots.txt files that the restored URLs wait for.
    pub(in crate::crawl) fn restored(
        &mut self,
        restoring: Restoring,
        now: Moment,
    ) -> Result<Effect, StoreError> {
        let mut gates = restoring.gates;
        for host in restoring.waiting.difference(&restoring.hosts) {
            let gate = robots_txt(host);
            self.admissions.restore(&gate.url, gate.role);
            gates.push(gate);
        }
        self.pages = self.store.requested_pages(self.run)?;
        self.passes.resume_after(restoring.passes, now);
        Ok(Effect::Offer(gates))
    }
}
