//! What a confirmation pass needs to know: URLs that failed at least once, and URLs of the same
//! hosts that were fine.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rusqlite::Connection;

use crate::model::{CrawlUrl, HostKey, Moment, Outcome, Role, SearchFailure};

use crate::policy::Candidate;

use super::error::StoreError;
use super::file::Store;
use super::ids::UrlId;
use super::runs::RunId;

/// Controls of one host: the home page or what comes next to it, and one of another section.
const CONTROLS: usize = 2;

/// A settled URL that failed at least once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedUrl {
    /// The URL.
    pub url: CrawlUrl,
    /// What it is to the crawl.
    pub role: Role,
    /// Clicks from a seed when it was found.
    pub depth: Option<u32>,
    /// Redirects in a row that led to it.
    pub hops: u8,
    /// What a confirmation pass decides on.
    pub seen: Candidate,
    /// `Age` of the last failing answer: it came from a cache, if that is more than 0.
    pub age: Option<Duration>,
    id: UrlId,
    pass: u32,
    first_failed: Moment,
    clean: bool,
}

impl Store {
    /// URLs of a run that failed at least once and are settled, in the order in which they were
    /// found.
    pub fn failed_urls(&self, run: RunId) -> Result<Vec<FailedUrl>, StoreError> {
        let connection = self.connect()?;
        let read = || read(&connection, run.0);
        read()
            .map_err(|source| self.fault(source))?
            .map_err(|what| self.damaged(what))
    }

    /// For each of these hosts up to two pages that were fine at every attempt.
    pub fn controls(
        &self,
        run: RunId,
        hosts: &HashSet<HostKey>,
    ) -> Result<Vec<CrawlUrl>, StoreError> {
        let connection = self.connect()?;
        controls(&connection, run.0, hosts).map_err(|source| self.fault(source))
    }

    /// The highest pass of a run so far.
    pub fn last_pass(&self, run: RunId) -> Result<u8, StoreError> {
        self.connect()?
            .query_row(
                "SELECT coalesce(max(pass), 1) FROM url WHERE run = ?",
                [run.0],
                |row| row.get(0),
            )
            .map_err(|source| self.fault(source))
    }
}

fn read(connection: &Connection, run: i64) -> rusqlite::Result<Result<Vec<FailedUrl>, String>> {
    let mut statement = connection.prepare(
        "WITH failed AS (
            SELECT DISTINCT a.url FROM evidence a JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ?1 AND (o.failure = 1 OR o.soft = 1)
         )
         SELECT u.id, u.address, u.role, u.found_depth, u.hops, u.section,
            a.pass, a.outcome, a.started, a.age, u.host
         FROM failed CROSS JOIN url u ON u.run = ?1 AND u.id = failed.url
         CROSS JOIN evidence a ON a.run = ?1 AND a.url = u.id
         WHERE u.state = 2 AND u.role >= 3
         ORDER BY u.id, a.number",
    )?;
    let mut rows = statement.query([run])?;
    let mut found: Vec<FailedUrl> = Vec::new();
    while let Some(row) = rows.next()? {
        let id: UrlId = row.get(0)?;
        let Some(outcome) = Outcome::from_code(row.get(7)?) else {
            continue;
        };
        if found.last().is_none_or(|last| last.id != id) {
            let address = row.get_ref(1)?.as_str()?;
            let (Ok(url), Some(role)) = (CrawlUrl::parse(address), Role::from_code(row.get(2)?))
            else {
                return Ok(Err(format!("cannot read stored URL {address:?}")));
            };
            found.push(FailedUrl {
                url,
                role,
                depth: row.get(3)?,
                hops: row.get(4)?,
                seen: Candidate {
                    host: row.get(10)?,
                    section: row.get(5)?,
                    failure: outcome,
                    attempts: 0,
                    passes: 0,
                    ever_ok: false,
                    ok_in_a_row: 0,
                    span: Duration::ZERO,
                },
                age: None,
                id,
                pass: 0,
                first_failed: Moment::default(),
                clean: true,
            });
        }
        if let Some(url) = found.last_mut() {
            let started = Moment::from_millis(row.get(8)?);
            let age: Option<u32> = row.get(9)?;
            url.add(row.get(6)?, outcome, started, age);
        }
    }
    for url in &mut found {
        url.end_pass();
    }
    Ok(Ok(found))
}

impl FailedUrl {
    fn add(&mut self, pass: u32, outcome: Outcome, started: Moment, age: Option<u32>) {
        if pass != self.pass {
            if self.pass > 0 {
                self.end_pass();
            }
            self.pass = pass;
            self.seen.passes += 1;
            self.clean = true;
        }
        self.seen.attempts += 1;
        if outcome.search_failure() == SearchFailure::No {
            self.seen.ever_ok = true;
            return;
        }
        self.clean = false;
        if self.first_failed == Moment::default() {
            self.first_failed = started;
        }
        self.seen.failure = outcome;
        self.seen.span = started.since(self.first_failed);
        self.age = age.map(|seconds| Duration::from_secs(seconds.into()));
    }

    fn end_pass(&mut self) {
        if self.clean {
            self.seen.ok_in_a_row += 1;
        } else {
            self.seen.ok_in_a_row = 0;
        }
    }
}

fn controls(
    connection: &Connection,
    run: i64,
    hosts: &HashSet<HostKey>,
) -> rusqlite::Result<Vec<CrawlUrl>> {
    let mut statement = connection.prepare(
        "SELECT u.address FROM url u
         WHERE u.run = ?1 AND u.state = 2 AND u.role = 3
            AND NOT EXISTS (
                SELECT 1 FROM evidence a JOIN outcome o ON o.code = a.outcome
                WHERE a.run = u.run AND a.url = u.id AND (o.failure = 1 OR o.soft = 1 OR a.status <> 200))
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
