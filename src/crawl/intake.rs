//! What the crawl takes in: the seeds at its start, and of every settled visit the links, sitemap
//! entries and rules.

use std::sync::Arc;
use std::time::Duration;

use crate::fetch::Fetcher;
use crate::frontier::{Discovery, Frontier};
use crate::model::{
    Admission, Coverage, CrawlUrl, Fingerprint, HostKey, RobotsAccess, Role, Sitemaps,
};
use crate::policy::Via;
use crate::store::{Change, FileRecord, RobotsRecord, Seed, SitemapEntry, Then};

use super::admit::By;
use super::appetite::{ENDLESS, weight};
use super::dispatch::{Dispatcher, NO_LEASE};
use super::event::{Event, Observer};
use super::levels::HeldBack;
use super::link_intake::LinkIntake;
use super::page::Further;
use super::run::CrawlError;
use super::stop::StopLevel;
use super::visit::{Brought, File};

/// Time between two looks for what the writer is about to store. Ours.
const UNTIL_STORED: Duration = Duration::from_millis(10);

/// Pages of a level that are read and offered at a time: between two of them the crawl can be stopped. Ours.
const LEVEL_BATCH: usize = 1_000;

/// Seeds stored and offered at a time.
const SEED_BATCH: usize = 1_000;

impl<F, Q, O> Dispatcher<F, Q, O>
where
    F: Fetcher + 'static,
    Q: Frontier,
    O: Observer,
{
    /// Takes in what a settled visit found.
    pub(super) async fn take_in(&mut self, brought: &mut Brought) -> Result<Then, CrawlError> {
        let mut new = self.admit_links(brought);
        self.moderate(brought);
        let found = &brought.lease.found;
        let (depth, hops) = (found.depth, found.hops);
        let mut source = found.url.clone();
        let file = match brought.file.take() {
            None => None,
            Some(File::Sitemap(mut record)) => {
                self.bound_entries(&mut record);
                for entry in &mut record.entries {
                    self.admit_entry(entry, depth + 1, &mut new);
                }
                Some(Box::new(FileRecord::Sitemap(record)))
            }
            Some(File::Robots(file)) => {
                let host = found.url.host_key();
                self.admissions
                    .set_rules(host.clone(), file.rules, file.group);
                let (record, sitemaps) = (file.record, file.sitemaps);
                source = record.final_url.clone();
                let record = self.obey(&host, record, sitemaps, &mut new).await?;
                Some(Box::new(FileRecord::Robots(record)))
            }
        };
        for target in &new {
            self.fetcher.led(&source, &target.url);
        }
        self.offer(new).await?;
        Ok(Then::Settled {
            page: std::mem::take(&mut brought.page),
            links: std::mem::take(&mut brought.links),
            links_depth: Some(depth + 1),
            hops: hops + 1,
            file,
        })
    }

    /// Admits the links of a page, and returns what is new of them. New URLs for which the run has no room are
    /// left out, and it is noted how many.
    fn admit_links(&mut self, brought: &mut Brought) -> Vec<Discovery> {
        let endless = self.endless(brought);
        let urls = self.writer.urls();
        let mut intake = LinkIntake {
            found: &brought.lease.found,
            endless,
            look: urls.look(),
            admissions: &mut self.admissions,
            new: Vec::new(),
            unseen: 0,
        };
        let before = brought.links.len();
        brought.links.retain_mut(|link| intake.takes(link));
        let LinkIntake { new, unseen, .. } = intake;
        let links = before - brought.links.len();
        if links > 0 {
            let further = Further { links, unseen };
            brought.links.push(further.link(ENDLESS.to_owned()));
        }
        new
    }

    /// Why new links on a page are not followed, if it is one of too many that say the same.
    fn endless(&mut self, brought: &Brought) -> Option<String> {
        let found = &brought.lease.found;
        let html = brought.page.html.as_ref()?;
        let is_new = found.pass == 1 && found.role == Role::Page;
        is_new
            .then(|| self.copies.count(&found.url, html))
            .flatten()
    }

    /// Leaves out entries of a sitemap for which the run has no room, and says how many.
    fn moderate(&mut self, brought: &mut Brought) {
        let Some(File::Sitemap(record)) = &mut brought.file else {
            return;
        };
        let urls = self.writer.urls();
        let (look, admissions) = (urls.look(), &mut self.admissions);
        let before = record.entries.len();
        record
            .entries
            .retain(|SitemapEntry { url, admission, .. }| {
                let fits = admissions.is_settled(url.fingerprint())
                    || look.has(url.fingerprint())
                    || admissions.appetite.take_listed(weight(url));
                record.unseen += u64::from(!fits && matches!(admission, Admission::Fetch(_)));
                fits
            });
        let left = before - record.entries.len();
        if left > 0 {
            let told = format!("{left} URLs left out: {ENDLESS}");
            record.problems.push(told);
        }
    }

    /// Queues what is new, once its families are learned.
    pub(super) async fn offer(&mut self, mut new: Vec<Discovery>) -> Result<(), CrawlError> {
        for found in new.iter().filter(|found| found.role == Role::Page) {
            self.hosts.learn(&found.url);
        }
        self.levels.hold_back(&mut new);
        self.frontier.offer(&new).await?;
        Ok(())
    }

    /// Queues the pages that are one click further away. Returns false if there are none.
    pub(super) async fn offer_next_level(&mut self) -> Result<bool, CrawlError> {
        let next = self.levels.next();
        for batch in next.chunks(LEVEL_BATCH) {
            // A crawl that is to end leaves the rest to `--resume`: the store has them as queued.
            let Some(found) = self.once_stored(batch).await? else {
                break;
            };
            self.frontier.offer(&found).await?;
            self.gauge().await?;
        }
        Ok(!next.is_empty())
    }

    /// Pages that were handed to the writer, with their addresses, once they are stored; `None` if the crawl is to
    /// end before.
    async fn once_stored(
        &mut self,
        pages: &[HeldBack],
    ) -> Result<Option<Vec<Discovery>>, CrawlError> {
        let urls: Vec<Fingerprint> = pages.iter().map(|page| page.url).collect();
        while self.stop.level() == StopLevel::Run {
            let addresses = self.shelf.read(&urls)?;
            let addresses: Option<Vec<String>> = addresses.into_iter().collect();
            if let Some(addresses) = addresses {
                let found = pages.iter().zip(&addresses);
                let found = found.filter_map(|(page, address)| page.found(address));
                return Ok(Some(found.collect()));
            }
            let later = self.clock.now() + UNTIL_STORED;
            tokio::select! {
                mark = self.writer.stored() => match mark {
                    Some(mark) => self.settle(mark).await?,
                    None => return Ok(None),
                },
                () = self.clock.sleep_until(later) => {}
                () = self.stop.changed() => {}
            }
            self.gauge().await?;
        }
        Ok(None)
    }

    fn admit_entry(&mut self, entry: &mut SitemapEntry, nesting: u32, new: &mut Vec<Discovery>) {
        if let Admission::Fetch(role) = entry.admission {
            let found = Discovery {
                depth: if role == Role::Sitemap { nesting } else { 0 },
                ..Discovery::new(entry.url.clone(), role)
            };
            self.admissions
                .admit(found, By::List, &mut entry.admission, new);
        }
    }

    /// Does what a robots.txt asks for, and adds the sitemaps that belong to its host.
    async fn obey(
        &mut self,
        host: &HostKey,
        mut record: RobotsRecord,
        mut sitemaps: Vec<CrawlUrl>,
        new: &mut Vec<Discovery>,
    ) -> Result<RobotsRecord, CrawlError> {
        self.observer.see(&Event::Robots {
            host,
            access: record.access,
        });
        let plan = &self.site.plan;
        if let Some(pace) = self.hosts.obey(host, record.crawl_delay) {
            self.frontier.slow(host, pace).await?;
        }
        let reads_sitemaps = plan.scope.sitemaps != Sitemaps::Off
            && plan.scope.coverage == Coverage::Site
            && self.site.scope.is_site(&host.robots_txt())
            && record.access != RobotsAccess::Unreachable;
        if reads_sitemaps {
            if sitemaps.is_empty() {
                sitemaps.push(host.default_sitemap());
            }
            for url in sitemaps {
                let mut entry = SitemapEntry {
                    url,
                    role: Role::Sitemap,
                    admission: Admission::Fetch(Role::Sitemap),
                    alternate: false,
                };
                self.admit_entry(&mut entry, 0, new);
                record.sitemaps.push(entry);
            }
        }
        Ok(record)
    }

    /// Stores and offers the URLs to start from.
    pub(super) async fn sow(&mut self, seeds: Vec<CrawlUrl>) -> Result<(), CrawlError> {
        let sitemaps = match &self.site.plan.scope.sitemaps {
            Sitemaps::Off => Vec::new(),
            Sitemaps::Discovered(named) => named.clone(),
        };
        let site = Arc::clone(&self.site);
        let named = seeds.into_iter().map(|url| {
            let url = site.scope.normal(url);
            let admission = site.scope.admit(&url, Via::Seed, Some(0));
            Seed {
                url,
                admission,
                named: true,
            }
        });
        let listed = sitemaps.into_iter().map(|url| Seed {
            url,
            admission: Admission::Fetch(Role::Sitemap),
            named: false,
        });
        let mut seeds = named.chain(listed).peekable();
        while seeds.peek().is_some() {
            let mut batch: Vec<Seed> = seeds.by_ref().take(SEED_BATCH).collect();
            let mut new = Vec::new();
            for seed in &mut batch {
                let Admission::Fetch(role) = seed.admission else {
                    continue;
                };
                let found = Discovery::new(seed.url.clone(), role);
                self.admissions
                    .admit(found, By::Name, &mut seed.admission, &mut new);
            }
            self.writer.send(Change::Seeds(batch), NO_LEASE).await;
            self.offer(new).await?;
        }
        Ok(())
    }
}
