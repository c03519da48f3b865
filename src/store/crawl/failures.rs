//! Input of a confirmation pass: URLs that failed at least once, and controls on the same hosts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use rusqlite::Connection;

use crate::assess::HostEpisodes;
use crate::assess::examine::{Home, PartEvidence, SpeedEffect, Whole};
use crate::model::{CrawlUrl, HostKey, Looks, Moment, Outcome, Role};
use crate::policy::Candidate;

use crate::store::conclude::examine::families::learned_families;
use crate::store::conclude::examine::histories::together;
use crate::store::conclude::examine::speeds::speeds;
use crate::store::conclude::examine::texts::Texts;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::host_ids::HostIds;
use crate::store::rows::ids::UrlId;
use crate::store::rows::telling::FOLLOWED;
use crate::store::runs::id::RunId;

/// Controls of one host: the home page or the page closest to it, and one of another section.
const CONTROLS: usize = 2;

/// A settled URL that failed at least once: a page, a resource, a link to another site or a sitemap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedUrl {
    /// The URL.
    pub url: CrawlUrl,
    /// Its role in the crawl.
    pub role: Role,
    /// Clicks from a seed when it was found.
    pub depth: Option<u32>,
    /// Redirects in a row that led to it.
    pub hops: u8,
    /// Facts on which a confirmation pass decides.
    pub seen: Candidate,
    /// `Age` of the last failing answer. A value above 0 means that it came from a cache.
    pub age: Option<Duration>,
    /// The part of the site that seems to have been down as a whole at each of its failures: the pattern of
    /// a section or a family.
    pub down_with: Option<String>,
    id: UrlId,
    pass: u32,
    /// Whether it was fine before it failed first.
    was_fine: bool,
    /// Start times and outcomes of its failed attempts.
    failed: Vec<(Moment, Outcome)>,
    clean: bool,
}

impl Store {
    /// Returns the settled URLs of a run that failed at least once, in the order in which they were found.
    pub fn failed_urls(&self, run: RunId) -> Result<Vec<FailedUrl>, StoreError> {
        let connection = self.connect()?;
        let read = || read(&connection, run);
        read()
            .map_err(|source| self.fault(source))?
            .map_err(|what| self.damaged(what))
    }

    /// Returns up to two controls for each of these hosts: pages that were fine at every attempt.
    pub fn controls(
        &self,
        run: RunId,
        hosts: &HashSet<HostKey>,
    ) -> Result<Vec<CrawlUrl>, StoreError> {
        self.read(|connection| controls(connection, run, hosts))
    }

    /// Returns the highest pass of a run so far.
    pub fn last_pass(&self, run: RunId) -> Result<u8, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT coalesce(max(pass), 1) FROM url WHERE run = ?",
                [run],
                |row| row.get(0),
            )
        })
    }
}

fn read(connection: &Connection, run: RunId) -> rusqlite::Result<Result<Vec<FailedUrl>, String>> {
    let mut statement = connection.prepare(&format!(
        "WITH failed AS (
            SELECT DISTINCT a.url FROM evidence a JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND o.failure = 1 AND {FOLLOWED}
         )
         SELECT u.id, u.address, u.role, u.found_depth, u.hops, u.section,
            a.pass, a.outcome, a.started, a.age, u.host, a.announced_ms
         FROM failed CROSS JOIN url u ON u.run = ?1 AND u.id = failed.url
         CROSS JOIN evidence a ON a.run = ?1 AND a.url = u.id
         CROSS JOIN outcome o ON o.code = a.outcome
         WHERE u.state = 2 AND u.role >= 2 AND {FOLLOWED}
         ORDER BY u.id, a.number"
    ))?;
    let mut rows = statement.query([run])?;
    let mut found: Vec<FailedUrl> = Vec::new();
    let mut hosts = HostIds::of_run(connection, run)?;
    while let Some(row) = rows.next()? {
        let id: UrlId = row.get(0)?;
        let outcome: Outcome = row.get(7)?;
        if found.last().is_none_or(|last| last.id != id) {
            let address = row.get_ref(1)?.as_str()?;
            let Ok(url) = CrawlUrl::parse(address) else {
                return Ok(Err(format!("cannot read stored URL {address:?}")));
            };
            let seen = Candidate {
                host: hosts.of(row.get(10)?)?,
                section: row.get(5)?,
                failure: outcome,
                attempts: 0,
                passes: 0,
                looks: Looks::default(),
                needed: 0,
                role: row.get(2)?,
                ever_ok: false,
                last_failed: false,
                is_explained: false,
                ok_in_a_row: 0,
                span: Duration::ZERO,
                announced: None,
            };
            found.push(FailedUrl {
                depth: row.get(3)?,
                hops: row.get(4)?,
                id,
                ..FailedUrl::new(url, seen.role, seen)
            });
        }
        if let Some(url) = found.last_mut() {
            let age: Option<u32> = row.get(9)?;
            let announced: Option<i64> = row.get(11)?;
            url.add(&Tried {
                pass: row.get(6)?,
                outcome,
                started: Moment::from_millis(row.get(8)?),
                age: age.map(|seconds| Duration::from_secs(seconds.into())),
                announced: announced.map(|wait| Duration::from_millis(wait.unsigned_abs())),
            });
        }
    }
    // In most runs nothing failed.
    if !found.is_empty() {
        look_around(connection, run, &mut hosts, &mut found)?;
    }
    Ok(Ok(found))
}

/// Adds facts about the hosts of the URLs, and about the parts of the site that they are in.
fn look_around(
    connection: &Connection,
    run: RunId,
    hosts: &mut HostIds<'_>,
    found: &mut [FailedUrl],
) -> rusqlite::Result<()> {
    let mut effects: BTreeMap<u32, SpeedEffect> = BTreeMap::new();
    for (host, effect) in speeds(connection, run)? {
        effects.entry(hosts.of(host)?).or_default().add(&effect);
    }
    let mut texts = Texts::of(connection, run)?;
    let families = learned_families(connection, run)?;
    let mut episodes: HashMap<String, HostEpisodes> = HashMap::new();
    let mut look = |host: &str, look| {
        if let Some(host) = episodes.get_mut(host) {
            host.add(look);
        } else {
            episodes.entry(host.to_owned()).or_default().add(look);
        }
    };
    let evidence = PartEvidence::Suspicion;
    let together = together(connection, run, &mut texts, &families, evidence, &mut look)?;
    for url in found {
        url.end_pass();
        let speed = effects.get(&url.seen.host);
        url.seen.needed = speed.map_or(0, |speed| speed.flapping.looks_needed(url.seen.failure));
        let host = &*texts.get(url.seen.host)?;
        let section = &*texts.get(url.seen.section)?;
        let family = &*families.pattern(&url.url);
        let home = Home {
            host,
            section,
            family,
        };
        let mut failed = url.failed.iter().map(|(started, _)| *started);
        let outage = together.outage_of(home, &mut failed, &mut std::iter::empty());
        let whole = outage.map(|outage| outage.whole);
        url.seen.is_explained = whole == Some(Whole::Host)
            || url.is_in(episodes.get(host))
            || (url.failed.len() == 1 && together.fails_first(home))
            || together.explains_by_speed(home, &url.failed);
        url.down_with = match whole {
            // A sitemap shows nothing of the pages beside it.
            _ if url.role == Role::Sitemap => None,
            Some(Whole::Section) => Some(section.to_owned()),
            Some(Whole::Family) => Some(family.to_owned()),
            Some(Whole::Host) | None => None,
        };
    }
    Ok(())
}

/// The columns of an attempt that are needed here.
struct Tried {
    pass: u32,
    outcome: Outcome,
    started: Moment,
    age: Option<Duration>,
    announced: Option<Duration>,
}

impl FailedUrl {
    /// Creates an entry without further facts.
    pub(crate) fn new(url: CrawlUrl, role: Role, seen: Candidate) -> FailedUrl {
        FailedUrl {
            url,
            role,
            depth: None,
            hops: 0,
            seen,
            age: None,
            down_with: None,
            id: 0,
            pass: 0,
            was_fine: false,
            failed: Vec::new(),
            clean: true,
        }
    }

    /// Forgets an announced end if it was announced in an outage of the whole host, which has been up since this moment.
    pub fn forget_announcement(&mut self, up_since: Option<Moment>) {
        if self.failed.last().map(|(started, _)| *started) < up_since {
            self.seen.announced = None;
        }
    }

    /// Returns when it failed first.
    pub fn first_failed(&self) -> Moment {
        self.failed
            .first()
            .map_or(Moment::default(), |(started, _)| *started)
    }

    /// Returns whether it was fine before it failed first.
    pub fn was_fine(&self) -> bool {
        self.was_fine
    }

    fn add(&mut self, tried: &Tried) {
        if tried.pass != self.pass {
            if self.pass > 0 {
                self.end_pass();
            }
            self.pass = tried.pass;
            self.seen.passes += 1;
            self.clean = true;
        }
        let failed = tried.outcome.is_failure();
        self.seen.saw(tried.pass, tried.started, failed);
        self.seen.announced = None;
        if !failed {
            self.was_fine |= self.failed.is_empty();
            return;
        }
        self.clean = false;
        self.failed.push((tried.started, tried.outcome));
        self.seen.failure = tried.outcome;
        self.seen.span = tried.started.since(self.first_failed());
        self.seen.announced = tried.announced.map(|wait| tried.started + wait);
        self.age = tried.age;
    }

    fn end_pass(&mut self) {
        if self.clean {
            self.seen.ok_in_a_row += 1;
        } else {
            self.seen.ok_in_a_row = 0;
        }
    }

    /// Returns whether all of its failures lie in one outage of its host.
    fn is_in(&self, host: Option<&HostEpisodes>) -> bool {
        let Some(host) = host else { return false };
        let mut numbers = self.failed.iter().map(|(at, _)| host.number_at(*at));
        let first = numbers.next().flatten();
        first.is_some() && numbers.all(|number| number == first)
    }
}

fn controls(
    connection: &Connection,
    run: RunId,
    hosts: &HashSet<HostKey>,
) -> rusqlite::Result<Vec<CrawlUrl>> {
    let mut statement = connection.prepare(
        "SELECT u.address FROM url u
         WHERE u.run = ?1 AND u.state = 2 AND u.role = 3
            AND NOT EXISTS (
                SELECT 1 FROM evidence a JOIN outcome o ON o.code = a.outcome
                WHERE a.run = u.run AND a.url = u.id AND (o.failure = 1 OR a.status <> 200))
         ORDER BY u.id",
    )?;
    let mut rows = statement.query([run])?;
    let mut chosen: HashMap<HostKey, Vec<CrawlUrl>> = HashMap::new();
    let mut wanted = hosts.len() * CONTROLS;
    while let Some(row) = rows.next()? {
        if wanted == 0 {
            break;
        }
        let Ok(url) = CrawlUrl::parse(row.get_ref(0)?.as_str()?) else {
            continue;
        };
        let host = url.host_key();
        if !hosts.contains(&host) {
            continue;
        }
        let of_host = chosen.entry(host).or_default();
        let elsewhere = of_host.iter().all(|known| known.section() != url.section());
        if of_host.is_empty() || (of_host.len() < CONTROLS && elsewhere) {
            of_host.push(url);
            wanted -= 1;
        }
    }
    let mut urls: Vec<CrawlUrl> = chosen.into_values().flatten().collect();
    urls.sort();
    Ok(urls)
}
