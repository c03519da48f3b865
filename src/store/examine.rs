//! Reads a run into an examination: every attempt once, in the order of URLs, and before that what
//! only the order of time or the whole host can tell. What is held in memory is the attempts of one
//! URL and the texts used lately.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use rusqlite::{Connection, Row};

use crate::assess::diagnose::{Announced, AnswerFacts, Ratio, is_cached};
use crate::assess::examine::{Examination, Examined, Seen, SeenAttempt, SeenPage, SpeedEffect};
use crate::assess::{FirstLook, Importance, Observation};
use crate::model::{Headroom, Load, Moment, Outcome, Pressure, Purpose, Role};

use super::ids::UrlId;

/// Most texts remembered.
const MOST_TEXTS: usize = 4_096;

/// Lets an examination see all of a run; every URL that was asked for is handed to `store`.
pub(super) fn examine(
    connection: &Connection,
    run: i64,
    examination: &mut Examination,
    store: &mut dyn FnMut(UrlId, &Examined) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut texts = Texts::of(connection, run)?;
    headroom(connection, run, examination)?;
    if anything_failed(connection, run)? {
        first_looks(connection, run, &mut texts, examination)?;
        speeds(connection, run, &mut texts, examination)?;
    }
    each_url(connection, run, &mut texts, examination, store)
}

fn anything_failed(connection: &Connection, run: i64) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM attempt a CROSS JOIN outcome o ON o.code = a.outcome
            WHERE a.run = ? AND o.failure = 1)",
        [run],
        |row| row.get(0),
    )
}

fn headroom(
    connection: &Connection,
    run: i64,
    examination: &mut Examination,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT host, failed_open, failed_rate, clean_open, clean_rate, healed
         FROM host_load WHERE run = ?",
    )?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let failed: (Option<u32>, Option<f64>) = (row.get(1)?, row.get(2)?);
        let headroom = Headroom {
            failed: match failed {
                (Some(open), Some(rate)) => Some(Load { open, rate }),
                _ => None,
            },
            clean: Load {
                open: row.get(3)?,
                rate: row.get(4)?,
            },
            healed: row.get(5)?,
        };
        examination.bears(row.get_ref(0)?.as_str()?, headroom);
    }
    Ok(())
}

fn first_looks(
    connection: &Connection,
    run: i64,
    texts: &mut Texts<'_>,
    examination: &mut Examination,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT u.host, a.started, a.outcome, a.in_flight FROM attempt a
         CROSS JOIN url u ON u.run = a.run AND u.id = a.url
         WHERE a.run = ? AND a.number = 1 AND u.role IN (3, 4) ORDER BY a.started",
    )?;
    let mut rows = statement.query([run])?;
    while let Some(row) = rows.next()? {
        let Some(outcome) = Outcome::from_code(row.get(2)?) else {
            continue;
        };
        let look = FirstLook {
            started: Moment::from_millis(row.get(1)?),
            outcome,
            in_flight: row.get(3)?,
        };
        examination.look(&texts.get(row.get(0)?)?, look);
    }
    Ok(())
}

/// Attempts at URLs that were fine at least once: politely, and at speed.
fn speeds(
    connection: &Connection,
    run: i64,
    texts: &mut Texts<'_>,
    examination: &mut Examination,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(
        "SELECT u.host, sum(politely_failed), sum(politely), sum(failed - politely_failed),
            sum(attempts - politely), sum(healed), sum(healed AND unbounded_failed), count(*),
            sum(failed > 0)
         FROM (SELECT *, failed > 0 AND politely > 0 AND politely_failed = 0 AS healed FROM (
            SELECT url, count(*) AS attempts, sum(failure) AS failed,
                sum(polite) AS politely, sum(polite AND failure) AS politely_failed,
                max(unbounded AND failure) AS unbounded_failed
            FROM (
                SELECT a.url AS url, o.failure AS failure,
                    ifnull(a.in_flight <= ?2 AND a.rate <= ?3, 0) AS polite,
                    a.rate IS NULL AS unbounded
                FROM attempt a CROSS JOIN outcome o ON o.code = a.outcome
                WHERE a.run = ?1 AND a.purpose NOT LIKE 'probe:%'
            )
            GROUP BY url HAVING min(failure) = 0
         )) one
         CROSS JOIN url u ON u.run = ?1 AND u.id = one.url
         WHERE u.role IN (3, 4) GROUP BY u.host",
    )?;
    let polite = SpeedEffect::POLITE;
    let mut rows = statement.query((run, polite.in_flight, polite.rate))?;
    // A host may have several numbers as a text.
    let mut hosts: BTreeMap<Rc<str>, SpeedEffect> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let count = |at| row.get(at).map(i64::unsigned_abs);
        let effect = hosts.entry(texts.get(row.get(0)?)?).or_default();
        let more = |known: Ratio, part, of| Ratio::new(known.part + part, known.of + of);
        effect.politely = more(effect.politely, count(1)?, count(2)?);
        effect.at_speed = more(effect.at_speed, count(3)?, count(4)?);
        effect.healed += count(5)?;
        effect.unbounded += count(6)?;
        effect.urls += count(7)?;
        effect.flapping += count(8)?;
    }
    for (host, effect) in hosts {
        examination.at_speeds(&host, effect);
    }
    Ok(())
}

fn each_url(
    connection: &Connection,
    run: i64,
    texts: &mut Texts<'_>,
    examination: &mut Examination,
    store: &mut dyn FnMut(UrlId, &Examined) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let max_inlinks: u32 = connection.query_row(
        "SELECT coalesce(max(unique_inlinks), 0) FROM url WHERE run = ? AND role = 3",
        [run],
        |row| row.get(0),
    )?;
    let mut heads = connection.prepare("SELECT head FROM error_body WHERE run = ? AND body = ?")?;
    let mut head_of = |body: i64| -> rusqlite::Result<Option<Vec<u8>>> {
        let mut rows = heads.query((run, body))?;
        rows.next()?.map(|row| row.get(0)).transpose()
    };
    let mut statement = connection.prepare(
        "SELECT a.url, u.address, u.host, u.section, u.role, u.unique_inlinks, u.in_sitemap,
            p.indexable, a.pass, a.purpose, a.started, a.outcome, a.status, a.dns_us, a.connect_us,
            a.tls_us, a.ttfb_us, a.remote, a.reused, a.in_flight, a.rate, a.server, a.cache, a.age,
            a.retry_after IS NOT NULL, a.announced_ms, a.page_mark, a.made_by, a.body
         FROM attempt a CROSS JOIN url u ON u.run = a.run AND u.id = a.url
         LEFT JOIN page p ON p.run = a.run AND p.url = a.url
         WHERE a.run = ? ORDER BY a.url, a.number",
    )?;
    let mut rows = statement.query([run])?;
    let mut url: Option<Url> = None;
    let mut finish = |url: &Url, examination: &mut Examination| {
        let head = match url.soft.and_then(|soft| soft.body) {
            Some(body) => head_of(body)?,
            None => None,
        };
        store(url.id, &url.show(head.as_deref(), max_inlinks, examination))
    };
    while let Some(row) = rows.next()? {
        let id: UrlId = row.get(0)?;
        if url.as_ref().is_none_or(|url| url.id != id) {
            if let Some(url) = url.take() {
                finish(&url, examination)?;
            }
            url = Some(Url::read(row, texts)?);
        }
        if let Some(url) = &mut url {
            url.add(row, texts)?;
        }
    }
    match url {
        Some(url) => finish(&url, examination),
        None => Ok(()),
    }
}

/// A URL and its attempts.
struct Url {
    id: UrlId,
    address: String,
    host: Rc<str>,
    section: Rc<str>,
    role: Role,
    inlinks: u32,
    in_sitemap: bool,
    indexable: bool,
    attempts: Vec<Attempt>,
    /// The last answer, if that was an error page with a status of success.
    soft: Option<SoftAnswer>,
}

/// An error page with a status of success.
#[derive(Clone, Copy)]
struct SoftAnswer {
    status: u16,
    /// Its body, unless that is empty.
    body: Option<i64>,
}

/// An attempt, with texts where an examination looks at them.
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
}

impl Url {
    fn read(row: &Row<'_>, texts: &mut Texts<'_>) -> rusqlite::Result<Url> {
        Ok(Url {
            id: row.get(0)?,
            address: row.get(1)?,
            host: texts.get(row.get(2)?)?,
            section: texts.get(row.get(3)?)?,
            role: Role::from_code(row.get(4)?).unwrap_or(Role::External),
            inlinks: row.get::<_, Option<u32>>(5)?.unwrap_or_default(),
            in_sitemap: row.get(6)?,
            indexable: row.get::<_, Option<bool>>(7)?.unwrap_or_default(),
            attempts: Vec::new(),
            soft: None,
        })
    }

    fn add(&mut self, row: &Row<'_>, texts: &mut Texts<'_>) -> rusqlite::Result<()> {
        let purpose = Purpose::from_name(row.get_ref(9)?.as_str()?);
        let (Some(outcome), Some(purpose)) = (Outcome::from_code(row.get(11)?), purpose) else {
            return Ok(());
        };
        let micros = |at: usize| -> rusqlite::Result<Option<Duration>> {
            let time: Option<i64> = row.get(at)?;
            Ok(time.map(|time| Duration::from_micros(time.unsigned_abs())))
        };
        let mut text = |at: usize| -> rusqlite::Result<Option<Rc<str>>> {
            let id: Option<u32> = row.get(at)?;
            id.map(|id| texts.get(id)).transpose()
        };
        let bad = outcome != Outcome::OkHtml && outcome != Outcome::OkNonHtml;
        let status: Option<u16> = row.get(12)?;
        let connect = micros(14)?;
        let setup = [micros(13)?, connect, micros(15)?];
        let cache = if bad { text(22)? } else { None };
        let age: Option<u32> = row.get(23)?;
        let announced: Option<i64> = row.get(25)?;
        let announced = announced.map(|wait| Duration::from_millis(wait.unsigned_abs()));
        self.attempts.push(Attempt {
            purpose,
            observation: Observation {
                outcome,
                status,
                started: Moment::from_millis(row.get(10)?),
                pass: row.get(8)?,
                reused: row.get(18)?,
                pressure: Pressure {
                    in_flight: row.get(19)?,
                    rate: row.get(20)?,
                },
                ttfb: micros(16)?,
                host_episode: None,
            },
            remote: text(17)?,
            server: if bad { text(21)? } else { None },
            mark: text(26)?,
            made_by: text(27)?,
            connect,
            setup: setup.into_iter().flatten().sum(),
            cached: is_cached(age.map(u64::from), cache.as_deref()),
            announced: Announced::of(row.get(24)?, announced),
        });
        // What an experiment was answered is no answer to us.
        if !matches!(purpose, Purpose::Probe(_)) {
            let status = status.filter(|_| outcome == Outcome::SoftError200);
            let body = row.get(28)?;
            self.soft = status.map(|status| SoftAnswer { status, body });
        }
        Ok(())
    }

    /// Shows it to an examination.
    fn show(&self, head: Option<&[u8]>, max_inlinks: u32, to: &mut Examination) -> Examined {
        let attempts: Vec<SeenAttempt<'_>> = self.attempts.iter().map(Attempt::seen).collect();
        let is_home = (self.address.strip_prefix(&*self.host)).is_some_and(|path| path == "/");
        to.take(&Seen {
            address: &self.address,
            host: &self.host,
            section: &self.section,
            role: self.role,
            importance: Importance {
                inlinks: self.inlinks,
                max_inlinks,
                in_sitemap: self.in_sitemap,
                canonical: self.indexable,
                home: is_home,
            },
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
        }
    }
}

/// Texts by their numbers, those used lately at hand.
struct Texts<'a> {
    run: i64,
    statement: rusqlite::Statement<'a>,
    recent: HashMap<u32, Rc<str>>,
}

impl Texts<'_> {
    fn of(connection: &Connection, run: i64) -> rusqlite::Result<Texts<'_>> {
        Ok(Texts {
            run,
            statement: connection.prepare("SELECT text FROM text WHERE run = ? AND id = ?")?,
            recent: HashMap::new(),
        })
    }

    fn get(&mut self, id: u32) -> rusqlite::Result<Rc<str>> {
        if let Some(text) = self.recent.get(&id) {
            return Ok(Rc::clone(text));
        }
        let text = self.statement.query_row((self.run, id), |row| {
            Ok(Rc::from(row.get_ref(0)?.as_str()?))
        })?;
        if self.recent.len() >= MOST_TEXTS {
            self.recent.clear();
        }
        self.recent.insert(id, Rc::clone(&text));
        Ok(text)
    }
}
