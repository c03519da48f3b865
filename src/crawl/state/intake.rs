//! The URLs that the crawl accepts: the seeds at its start, and the links, sitemap entries and
//! rules of every settled visit.

use std::collections::BTreeSet;

use crate::crawl::event::Event;
use crate::crawl::visit::page::Further;
use crate::crawl::visit::{Brought, File, weight};
use crate::frontier::Discovery;
use crate::model::{Admission, Coverage, CrawlUrl, HostKey, RobotsAccess, Role, Sitemaps};
use crate::policy::Via;
use crate::store::{Change, FileRecord, RobotsRecord, Seed, SitemapEntry, Then};

use super::State;
use super::admit::admissions::By;
use super::admit::appetite::ENDLESS;
use super::admit::link_intake::LinkIntake;
use super::effect::{Effect, Effects};

impl State {
    /// Processes the findings of a settled visit.
    pub(super) fn take_in(&mut self, brought: &mut Brought, effects: &mut Effects) -> Then {
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
                let (mut record, sitemaps) = (file.record, file.sitemaps);
                source = record.final_url.clone();
                effects.extend(self.obey(&host, &record));
                self.add_sitemaps(&host, &mut record, sitemaps, &mut new);
                Some(Box::new(FileRecord::Robots(record)))
            }
        };
        effects.extend(led(&source, &new));
        effects.push(self.offer(new));
        Then::Settled {
            page: std::mem::take(&mut brought.page),
            links: std::mem::take(&mut brought.links),
            links_depth: Some(depth + 1),
            hops: hops + 1,
            file,
        }
    }

    /// Admits the links of a page, and returns the new URLs. New URLs for which the run has no room
    /// are left out and counted.
    fn admit_links(&mut self, brought: &mut Brought) -> Vec<Discovery> {
        let endless = self.endless(brought);
        let mut intake = LinkIntake {
            found: &brought.lease.found,
            endless,
            look: self.stored.look(),
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

    /// Returns why new links on a page are not followed, if too many pages have the same content.
    fn endless(&mut self, brought: &Brought) -> Option<String> {
        let found = &brought.lease.found;
        let html = brought.page.html.as_ref()?;
        let is_new = found.pass == 1 && found.role == Role::Page;
        is_new
            .then(|| self.copies.count(&found.url, html))
            .flatten()
    }

    /// Leaves out entries of a sitemap for which the run has no room, and reports how many.
    fn moderate(&mut self, brought: &mut Brought) {
        let Some(File::Sitemap(record)) = &mut brought.file else {
            return;
        };
        let (look, admissions) = (self.stored.look(), &mut self.admissions);
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
            let text = format!("{left} URLs left out: {ENDLESS}");
            record.problems.push(text);
        }
    }

    /// Queues new URLs, once their families are learned.
    pub(super) fn offer(&mut self, mut new: Vec<Discovery>) -> Effect {
        for found in new.iter().filter(|found| found.role == Role::Page) {
            self.hosts.learn(&found.url);
        }
        self.levels.hold_back(&mut new);
        Effect::Offer(new)
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

    /// Applies a robots.txt.
    fn obey(&mut self, host: &HostKey, record: &RobotsRecord) -> Effects {
        let said = Effect::Say(Event::Robots {
            host: host.clone(),
            access: record.access,
        });
        let pace = self.hosts.obey(host, record.crawl_delay);
        let slow = pace.map(|pace| Effect::Slow(host.clone(), pace));
        std::iter::once(said).chain(slow).collect()
    }

    /// Adds the sitemaps that belong to a host: those that its robots.txt names, or the usual one.
    fn add_sitemaps(
        &mut self,
        host: &HostKey,
        record: &mut RobotsRecord,
        mut sitemaps: Vec<CrawlUrl>,
        new: &mut Vec<Discovery>,
    ) {
        let scope = &self.site.plan.scope;
        let reads_sitemaps = scope.sitemaps != Sitemaps::Off
            && scope.coverage == Coverage::Site
            && self.site.scope.is_site(&host.robots_txt())
            && record.access != RobotsAccess::Unreachable;
        if !reads_sitemaps {
            return;
        }
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

    /// Returns the URLs that a crawl starts from, including sitemaps that the user named.
    pub(in crate::crawl) fn seeds(&self, seeds: Vec<CrawlUrl>) -> Vec<Seed> {
        let sitemaps = match &self.site.plan.scope.sitemaps {
            Sitemaps::Off => Vec::new(),
            Sitemaps::Discovered(named) => named.clone(),
        };
        let scope = &self.site.scope;
        let named = seeds.into_iter().map(|url| {
            let url = scope.normal(url);
            let admission = scope.admit(&url, Via::Seed, Some(0));
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
        named.chain(listed).collect()
    }

    /// Stores and queues URLs to start from.
    pub(in crate::crawl) fn admit_seeds(&mut self, mut seeds: Vec<Seed>) -> Effects {
        let mut new = Vec::new();
        for seed in &mut seeds {
            let Admission::Fetch(role) = seed.admission else {
                continue;
            };
            let found = Discovery::new(seed.url.clone(), role);
            self.admissions
                .admit(found, By::Name, &mut seed.admission, &mut new);
        }
        vec![Effect::Store(Change::Seeds(seeds)), self.offer(new)]
    }
}

/// Returns the effect that reports the other hosts that a URL led to, if there are any.
fn led(source: &CrawlUrl, new: &[Discovery]) -> Option<Effect> {
    let from = source.host_key();
    let others = new.iter().map(|found| found.url.host_key());
    let others: BTreeSet<HostKey> = others.filter(|host| *host != from).collect();
    (!others.is_empty()).then_some(Effect::Led(from, others))
}
