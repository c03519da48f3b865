//! Reads a run into an examination. A first walk collects the facts that need the order of time or
//! the whole host. A second walk reads every attempt once, in the order of URLs. Memory holds the
//! attempts of one URL and the recently used texts.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::assess::diagnose::rules::SLOW_PAGE;
use crate::assess::diagnose::{Announced, AnswerFacts, is_cached};
use crate::assess::examine::{
    Examination, Examined, PartEvidence, Seen, SeenAttempt, SeenLine, SeenPage, SpeedEffect,
};
use crate::assess::{EarlierRuns, Importance, Observation};
use crate::model::{Cause, CrawlUrl, Moment, Outcome, Pressure, Purpose, Role};
use crate::policy::Families;

use super::earlier_runs::earlier_runs;
use super::families::learned_families;
use super::folders::DeadFolders;
use super::histories::together;
use super::speeds::speeds;
use super::texts::Texts;
use crate::store::rows::ids::UrlId;
use crate::store::rows::merge_join::MergeJoin;
use crate::store::runs::id::RunId;
use crate::store::runs::log_lines;

/// A callback that stores the result for a URL.
pub(in crate::store) type Storing<'a> =
    dyn FnMut(UrlId, &Examined, EarlierRuns) -> rusqlite::Result<()> + 'a;

/// Passes a whole run to an examination; `store` receives each URL that was requested.
pub(in crate::store) fn examine(
    connection: &Connection,
    run: RunId,
    examination: &mut Examination,
    store: &mut Storing<'_>,
) -> rusqlite::Result<()> {
    let mut texts = Texts::of(connection, run)?;
    ended(connection, run, examination)?;
    let (has_failed, is_slow) = (
        anything_failed(connection, run)?,
        any_page_is_slow(connection, run)?,
    );
    let mut families = Families::default();
    let mut dead = DeadFolders::default();
    let mut earlier = HashMap::new();
    if has_failed || is_slow {
        families = learned_families(connection, run)?;
    }
    if has_failed {
        dead = DeadFolders::of(connection, run)?;
        earlier = earlier_runs(connection, run)?;
        let mut look = |host: &str, look| examination.look(host, look);
        let evidence = PartEvidence::Recovered;
        let together = together(connection, run, &mut texts, &families, evidence, &mut look)?;
        examination.together(together);
        at_speeds(connection, run, &mut texts, examination)?;
    }
    let mut reader = Reader {
        texts,
        families,
        dead,
        earlier,
        log_lines: log_lines::by_attempt(connection, run)?,
        is_slow,
        max_inlinks: max_inlinks(connection, run)?,
    };
    each_url(connection, run, &mut reader, examination, store)
}

/// Data that the walk over all URLs needs besides their rows.
struct Reader<'a> {
    texts: Texts<'a>,
    families: Families,
    dead: DeadFolders,
    earlier: HashMap<UrlId, EarlierRuns>,
    log_lines: HashMap<(UrlId, u32), (Cause, String)>,
    /// Whether any page is slow: then all pages are counted by family.
    is_slow: bool,
    max_inlinks: u32,
}

fn max_inlinks(connection: &Connection, run: RunId) -> rusqlite::Result<u32> {
    connection.query_row(
        "SELECT coalesce(max(unique_inlinks), 0) FROM url WHERE run = ? AND role = 3",
        [run],
        |row| row.get(0),
    )
}

fn anything_failed(connection: &Connection, run: RunId) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM evidence a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ? AND o.failure = 1)",
        [run],
        |row| row.get(0),
    )
}

fn any_page_is_slow(connection: &Connection, run: RunId) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM evidence WHERE run = ? AND ttfb_us >= ?)",
        (run, SLOW_PAGE.as_micros() as i64),
        |row| row.get(0),
    )
}

fn ended(
    connection: &Connection,
    run: RunId,
    examination: &mut Examination,
) -> rusqlite::Result<()> {
    let sql = "SELECT max(started) FROM attempt WHERE run = ?";
    let last: Option<i64> = connection.query_row(sql, [run], |row| row.get(0))?;
    if let Some(last) = last {
        examination.ended(Moment::from_millis(last));
    }
    Ok(())
}

/// Passes the results of each host at a polite pace and at speed. A host may have several text
/// numbers.
fn at_speeds(
    connection: &Connection,
    run: RunId,
    texts: &mut Texts<'_>,
    examination: &mut Examination,
) -> rusqlite::Result<()> {
    let mut hosts: BTreeMap<Rc<str>, SpeedEffect> = BTreeMap::new();
    for (host, effect) in speeds(connection, run)? {
        hosts.entry(texts.get(host)?).or_default().add(&effect);
    }
    for (host, effect) in hosts {
        examination.at_speeds(&host, effect);
    }
    Ok(())
}

fn each_url(
    connection: &Connection,
    run: RunId,
    reader: &mut Reader<'_>,
    examination: &mut Examination,
    store: &mut Storing<'_>,
) -> rusqlite::Result<()> {
    let mut heads = connection.prepare("SELECT head FROM error_body WHERE run = ? AND body = ?")?;
    let mut head_of = |body: i64| -> rusqlite::Result<Option<Vec<u8>>> {
        let mut rows = heads.query((run, body))?;
        rows.next()?.map(|row| row.get(0)).transpose()
    };
    let mut attempts = connection.prepare(
        "SELECT url, pass, purpose, started, outcome, status, dns_us, connect_us, tls_us, ttfb_us,
            remote, reused, in_flight, rate, server, cache, age, retry_after IS NOT NULL,
            announced_ms, page_mark, made_by, body, number
         FROM attempt WHERE run = ? AND purpose <> 'outage' ORDER BY url, number",
    )?;
    let mut attempts = MergeJoin::of_run(&mut attempts, run)?;
    let mut pages =
        connection.prepare("SELECT url, indexable FROM page WHERE run = ? ORDER BY url")?;
    let mut pages = MergeJoin::of_run(&mut pages, run)?;
    let mut urls = connection.prepare(
        "SELECT id, address, host, section, role, unique_inlinks, in_sitemap FROM url
         WHERE run = ? ORDER BY id",
    )?;
    let mut urls = urls.query([run])?;
    while let Some(row) = urls.next()? {
        let id: UrlId = row.get(0)?;
        // On some sites most known URLs were never requested.
        let Some(first) = attempts.next_of(id)? else {
            continue;
        };
        let mut url = Url::read(row, &mut reader.texts)?;
        url.add(first, reader)?;
        while let Some(row) = attempts.next_of(id)? {
            url.add(row, reader)?;
        }
        if let Some(row) = pages.next_of(id)? {
            url.indexable = row.get::<_, Option<bool>>(1)?.unwrap_or_default();
        }
        let head = match url.soft.and_then(|soft| soft.body) {
            Some(body) => head_of(body)?,
            None => None,
        };
        let earlier = reader.earlier.get(&id).copied().unwrap_or_default();
        let examined = url.show(head.as_deref(), earlier, reader, examination);
        store(id, &examined, earlier)?;
    }
    Ok(())
}

/// A URL and its attempts.
struct Url {
    address: String,
    host: Rc<str>,
    section: Rc<str>,
    role: Role,
    inlinks: u32,
    in_sitemap: bool,
    indexable: bool,
    attempts: Vec<Attempt>,
    /// The last answer, if it was an error page with a success status.
    soft: Option<SoftAnswer>,
}

/// An error page with a success status.
#[derive(Clone, Copy)]
struct SoftAnswer {
    status: u16,
    /// Number of its body; `None` if that is empty.
    body: Option<i64>,
}

/// An attempt, with texts where an examination reads them.
struct Attempt {
    purpose: Purpose,
    observation: Observation,
    remote: Option<Rc<str>>,
    server: Option<Rc<str>>,
    mark: Option<Rc<str>>,
    made_by: Option<Rc<str>>,
    connect: Option<Duration>,
    setup: Duration,
    cached: bool,
    announced: Announced,
    log_line: Option<(Cause, String)>,
}

impl Url {
    fn read(row: &Row<'_>, texts: &mut Texts<'_>) -> rusqlite::Result<Url> {
        Ok(Url {
            address: row.get(1)?,
            host: texts.get(row.get(2)?)?,
            section: texts.get(row.get(3)?)?,
            role: row.get(4)?,
            inlinks: row.get::<_, Option<u32>>(5)?.unwrap_or_default(),
            in_sitemap: row.get(6)?,
            indexable: false,
            attempts: Vec::new(),
            soft: None,
        })
    }

    fn add(&mut self, row: &Row<'_>, reader: &mut Reader<'_>) -> rusqlite::Result<()> {
        let texts = &mut reader.texts;
        let (purpose, outcome): (Purpose, Outcome) = (row.get(2)?, row.get(4)?);
        let micros = |at: usize| -> rusqlite::Result<Option<Duration>> {
            let time: Option<i64> = row.get(at)?;
            Ok(time.map(|time| Duration::from_micros(time.unsigned_abs())))
        };
        let mut text = |at: usize| -> rusqlite::Result<Option<Rc<str>>> {
            let id: Option<u32> = row.get(at)?;
            id.map(|id| texts.get(id)).transpose()
        };
        let bad = outcome != Outcome::OkHtml && outcome != Outcome::OkNonHtml;
        let status: Option<u16> = row.get(5)?;
        let connect = micros(7)?;
        let setup = [micros(6)?, connect, micros(8)?];
        let cache = if bad { text(15)? } else { None };
        let age: Option<u32> = row.get(16)?;
        let announced: Option<i64> = row.get(18)?;
        let announced = announced.map(|wait| Duration::from_millis(wait.unsigned_abs()));
        let started = Moment::from_millis(row.get(3)?);
        self.attempts.push(Attempt {
            purpose,
            observation: Observation {
                outcome,
                status,
                started,
                pass: row.get(1)?,
                reused: row.get(11)?,
                pressure: Pressure {
                    in_flight: row.get(12)?,
                    rate: row.get(13)?,
                },
                announced: announced.map(|wait| started + wait),
                ttfb: micros(9)?,
                host_episode: None,
            },
            remote: text(10)?,
            server: if bad { text(14)? } else { None },
            mark: text(19)?,
            made_by: text(20)?,
            connect,
            setup: setup.into_iter().flatten().sum(),
            cached: is_cached(age.map(u64::from), cache.as_deref()),
            announced: Announced::of(row.get(17)?, announced),
            log_line: if reader.log_lines.is_empty() {
                None
            } else {
                reader.log_lines.remove(&(row.get(0)?, row.get(22)?))
            },
        });
        // The answer to an experiment is not evidence about the page.
        if purpose.is_evidence() {
            let status = status.filter(|_| outcome == Outcome::SoftError200);
            let body = row.get(21)?;
            self.soft = status.map(|status| SoftAnswer { status, body });
        }
        Ok(())
    }

    /// Passes the URL to an examination.
    fn show(
        &self,
        head: Option<&[u8]>,
        earlier: EarlierRuns,
        reader: &Reader<'_>,
        to: &mut Examination,
    ) -> Examined {
        let failed = self
            .attempts
            .iter()
            .any(|attempt| attempt.observation.outcome.is_failure());
        let url = (failed || (reader.is_slow && self.role == Role::Page))
            .then(|| CrawlUrl::parse(&self.address).ok())
            .flatten();
        let family = url.map(|url| reader.families.pattern(&url));
        let attempts: Vec<SeenAttempt<'_>> = self.attempts.iter().map(Attempt::seen).collect();
        // A section that the user named is one, whatever folders its pages are in.
        let folder = (self.role == Role::Page && self.section.starts_with('/'))
            .then(|| reader.dead.around(&self.address, &self.host))
            .flatten();
        let is_home = (self.address.strip_prefix(&*self.host)).is_some_and(|path| path == "/");
        to.take(&Seen {
            address: &self.address,
            host: &self.host,
            section: &self.section,
            family: family.as_deref().unwrap_or_default(),
            dead_folder: folder,
            role: self.role,
            importance: Importance {
                inlinks: self.inlinks,
                max_inlinks: reader.max_inlinks,
                in_sitemap: self.in_sitemap,
                canonical: self.indexable,
                home: is_home,
            },
            earlier,
            attempts: &attempts,
            soft_page: self.soft.and_then(|soft| {
                let head = soft.body.map_or(Some(&[][..]), |_| head);
                head.map(|head| SeenPage {
                    status: soft.status,
                    head,
                })
            }),
        })
    }
}

impl Attempt {
    fn seen(&self) -> SeenAttempt<'_> {
        let seen = &self.observation;
        let first_byte = seen.ttfb.filter(|_| seen.status.is_some());
        SeenAttempt {
            purpose: self.purpose,
            observation: *seen,
            facts: AnswerFacts {
                outcome: seen.outcome,
                status: seen.status,
                fingerprint: self.mark.as_deref(),
                server: self.server.as_deref(),
                waited: first_byte.map(|at| at.saturating_sub(self.setup)),
                round_trip: self.connect,
                retry_after: self.announced,
                cached: self.cached,
                reused: seen.reused,
                address: self.remote.as_deref().and_then(|text| text.parse().ok()),
                in_flight: seen.pressure.in_flight,
                rate: seen.pressure.rate,
            },
            made_by: self.made_by.as_deref(),
            log_line: (self.log_line.as_ref()).map(|(cause, place)| SeenLine {
                cause: *cause,
                place,
            }),
        }
    }
}
