//! The recorded state that an interrupted crawl needs to continue.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use crate::model::{CrawlUrl, HostKey, Moment, Outcome, RobotsAccess, Role, SkipReason};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::{count, named};
use crate::store::rows::url_state::UrlState;
use crate::store::runs::id::RunId;

/// A URL of a stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownUrl {
    pub(in crate::store) id: UrlId,
    /// The URL.
    pub url: CrawlUrl,
    /// Its role in the crawl.
    pub role: Role,
    /// Whether the URL is queued.
    pub queued: bool,
    /// Whether the URL was skipped; a resumed run may request it after all.
    pub skipped: bool,
    pub(in crate::store) in_sitemap: bool,
    /// Clicks from a seed when it was found.
    pub depth: Option<u32>,
    /// Consecutive redirects that led to it.
    pub hops: u8,
    /// The pass that requests it, or requested it last.
    pub pass: u8,
    /// Attempts so far in that pass, if it is queued.
    pub tries: u32,
    /// Earliest time of its retry.
    pub not_before: Option<Moment>,
}

/// Progress of a stored run: its sample and its passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassesMade {
    /// The last complete pass; 1 is the crawl itself.
    pub last: u8,
    /// Whether the pass after that was started and interrupted.
    pub is_cut_short: bool,
    /// Whether the sample was started.
    pub is_sampled: bool,
    /// When the last request of the crawl itself started, before any pass, if none of its URLs is queued.
    pub crawl_ended: Option<Moment>,
    /// When the first request of a pass started.
    pub confirmed_since: Option<Moment>,
    /// Time spent in passes.
    pub spent: Duration,
}

/// The robots.txt of a host in a stored run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownRobots {
    /// The origin.
    pub host: HostKey,
    /// The access that it allows.
    pub access: RobotsAccess,
    /// The outcome of the last request for it.
    pub outcome: Option<Outcome>,
    /// Its text, if there is any.
    pub body: Option<Vec<u8>>,
}

impl Store {
    /// Passes the next URLs of a run, at most `most`, to the callback, in the order in which they were found.
    /// Moves `after` to the last of them. Returns false if there were none.
    pub fn next_known_urls(
        &self,
        run: RunId,
        after: &mut u32,
        most: u32,
        each: &mut dyn FnMut(KnownUrl),
    ) -> Result<bool, StoreError> {
        let connection = self.connect()?;
        let last = self.each_url(&connection, run, *after, most, each)?;
        *after = last.unwrap_or(*after);
        Ok(last.is_some())
    }

    /// Passes at most `most` URLs after this number to the callback. Returns the number of the last.
    pub(in crate::store) fn each_url(
        &self,
        connection: &Connection,
        run: RunId,
        after: UrlId,
        most: u32,
        each: &mut dyn FnMut(KnownUrl),
    ) -> Result<Option<UrlId>, StoreError> {
        let mut read = || -> rusqlite::Result<Result<Option<UrlId>, String>> {
            let mut last = None;
            let mut statement = connection.prepare(
                "SELECT id, address, role, state, in_sitemap, found_depth, hops, not_before, pass,
                    CASE state WHEN 1 THEN
                        (SELECT count(*) FROM evidence a WHERE a.run = url.run AND a.url = url.id
                            AND a.pass = url.pass)
                    ELSE 0 END
                 FROM url WHERE run = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            )?;
            let mut rows = statement.query((run, after, most))?;
            while let Some(row) = rows.next()? {
                let id = row.get(0)?;
                last = Some(id);
                let address = row.get_ref(1)?.as_str()?;
                let Ok(url) = CrawlUrl::parse(address) else {
                    return Ok(Err(format!("cannot read stored URL {address:?}")));
                };
                let state: UrlState = row.get(3)?;
                each(KnownUrl {
                    id,
                    url,
                    role: row.get(2)?,
                    queued: state == UrlState::Queued,
                    skipped: state == UrlState::Skipped,
                    in_sitemap: row.get(4)?,
                    depth: row.get(5)?,
                    hops: row.get(6)?,
                    pass: row.get(8)?,
                    tries: row.get(9)?,
                    not_before: row.get::<_, Option<i64>>(7)?.map(Moment::from_millis),
                });
            }
            Ok(Ok(last))
        };
        read()
            .map_err(|source| self.fault(source))?
            .map_err(|what| self.damaged(what))
    }

    /// Passes the robots.txt files of a run to the callback, one by one.
    pub fn known_robots(
        &self,
        run: RunId,
        each: &mut dyn FnMut(KnownRobots),
    ) -> Result<(), StoreError> {
        const SQL: &str = "SELECT host, access, body, (SELECT outcome FROM evidence e
                WHERE e.run = r.run AND e.url = r.url ORDER BY e.number DESC LIMIT 1)
            FROM robots_txt r WHERE run = ?";
        self.read(|connection| {
            let mut statement = connection.prepare(SQL)?;
            let mut rows = statement.query([run])?;
            while let Some(row) = rows.next()? {
                let host: String = row.get(0)?;
                let Ok(url) = CrawlUrl::parse(&host) else {
                    return Ok(Err(format!("cannot read stored host {host:?}")));
                };
                each(KnownRobots {
                    host: url.host_key(),
                    access: named(row, 1, RobotsAccess::from_name)?,
                    body: row.get(2)?,
                    outcome: row.get(3)?,
                });
            }
            Ok(Ok(()))
        })?
        .map_err(|what| self.damaged(what))
    }

    /// Returns the text of a host's robots.txt, if it has one.
    pub fn robots_text(&self, run: RunId, host: &HostKey) -> Result<Option<Vec<u8>>, StoreError> {
        const SQL: &str = "SELECT body FROM robots_txt WHERE run = ? AND host = ?";
        let text = self.read(|connection| {
            let row = connection.query_row(SQL, (run, host.as_str()), |row| row.get(0));
            row.optional()
        })?;
        Ok(text.flatten())
    }

    /// Returns the progress of a run's sample and passes. Undoes an interrupted pass except for its attempts,
    /// so that it starts again, even if the process is killed before that.
    pub fn resume_passes(&self, run: RunId) -> Result<PassesMade, StoreError> {
        let begun = self.last_pass(run)?;
        self.write(|tx| {
            let waiting = tx.execute(
                "UPDATE url SET state = 2 WHERE run = ? AND state = 1 AND pass > 1",
                [run],
            )?;
            let last = if waiting > 0 { begun - 1 } else { begun };
            tx.execute(
                "UPDATE url SET pass = ?2 WHERE run = ?1 AND pass > ?2",
                (run, last),
            )?;
            tx.query_row(
                "WITH confirmed AS (SELECT min(started) AS since FROM evidence WHERE run = ?1 AND pass > 1)
                 SELECT EXISTS (SELECT 1 FROM url WHERE run = ?1 AND pass = 0)
                        OR EXISTS (SELECT 1 FROM evidence WHERE run = ?1 AND pass = 0),
                    CASE WHEN NOT EXISTS
                        (SELECT 1 FROM url WHERE run = ?1 AND state = 1 AND pass = 1)
                    THEN (SELECT max(started) FROM evidence WHERE run = ?1 AND pass = 1
                        AND (started < confirmed.since OR confirmed.since IS NULL)) END,
                    (SELECT coalesce(sum(lasted), 0) FROM
                        (SELECT max(started + total_us / 1000) - min(started) AS lasted
                         FROM evidence WHERE run = ?1 AND pass > 1 GROUP BY pass)),
                    EXISTS (SELECT 1 FROM evidence WHERE run = ?1 AND pass > ?2),
                    confirmed.since
                 FROM confirmed",
                (run, last),
                |row| {
                    let spent: i64 = row.get(2)?;
                    let was_cut_short: bool = row.get(3)?;
                    Ok(PassesMade {
                        last,
                        is_cut_short: waiting > 0 || was_cut_short,
                        is_sampled: row.get(0)?,
                        crawl_ended: row.get::<_, Option<i64>>(1)?.map(Moment::from_millis),
                        confirmed_since: row.get::<_, Option<i64>>(4)?.map(Moment::from_millis),
                        spent: Duration::from_millis(spent.unsigned_abs()),
                    })
                },
            )
        })
    }

    /// Settles URLs that are queued in a pass or the sample, without another request.
    pub fn keep_reopened(&self, run: RunId) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE url SET state = 2 WHERE run = ? AND state = 1 AND pass <> 1",
                [run],
            )
            .map(drop)
        })
    }

    /// Queues the URLs again that were skipped because their host or family was given up, and the robots.txt of hosts that
    /// never answered.
    pub fn requeue_given_up(&self, run: RunId) -> Result<(), StoreError> {
        let silent =
            "SELECT r.url FROM robots_txt r CROSS JOIN text t ON t.run = r.run AND t.text = r.host
            WHERE r.run = ?1 AND r.access = 'unreachable'
                AND t.id IN (SELECT host FROM url WHERE run = ?1 AND state = 3 AND reason = ?2)";
        self.write(|tx| {
            let host_down = SkipReason::HostDown.code();
            let queue = format!("UPDATE url SET state = 1 WHERE run = ?1 AND id IN ({silent})");
            tx.execute(&queue, (run, host_down))?;
            let forget = format!("DELETE FROM robots_txt WHERE run = ?1 AND url IN ({silent})");
            tx.execute(&forget, (run, host_down))?;
            tx.execute(
                "UPDATE url SET state = 1, reason = NULL, detail = NULL
                 WHERE run = ? AND state = 3 AND reason IN (?, ?)",
                (
                    run,
                    SkipReason::HostDown.code(),
                    SkipReason::FamilyDown.code(),
                ),
            )
            .map(drop)
        })
    }

    /// Returns whether URLs of a run wait for their first request.
    pub fn has_queued(&self, run: RunId) -> Result<bool, StoreError> {
        self.read(|connection| {
            connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM url WHERE run = ? AND state = 1 AND pass = 1)",
                [run],
                |row| row.get(0),
            )
        })
    }

    /// Returns the requested sitemaps of a run, and the total number of their entries.
    pub fn sitemaps_read(&self, run: RunId) -> Result<(Vec<CrawlUrl>, u64), StoreError> {
        let connection = self.connect()?;
        let fault = |source| self.fault(source);
        let addresses: Vec<String> = crate::store::rows::row::list(
            &connection,
            "SELECT address FROM url u WHERE run = ?1 AND role = ?2 AND state <> 3
                AND EXISTS (SELECT 1 FROM attempt a WHERE a.run = u.run AND a.url = u.id)",
            (run, Role::Sitemap.code()),
            |row| row.get(0),
        )
        .map_err(fault)?;
        let entries: i64 = connection
            .query_row(
                "SELECT coalesce(sum(entries), 0) FROM sitemap_file WHERE run = ?",
                [run],
                |row| row.get(0),
            )
            .map_err(fault)?;
        let read = addresses.iter().map(|address| self.stored_url(address));
        Ok((read.collect::<Result<_, _>>()?, entries.unsigned_abs()))
    }

    /// Returns when the last attempt of a run started, if there was one.
    pub fn last_attempt(&self, run: RunId) -> Result<Option<Moment>, StoreError> {
        let sql = "SELECT max(started) FROM attempt WHERE run = ?";
        let last: Option<i64> =
            self.read(|connection| connection.query_row(sql, [run], |row| row.get(0)))?;
        Ok(last.map(Moment::from_millis))
    }

    /// Counts the requested pages of a run; some may wait for a retry.
    pub fn requested_pages(&self, run: RunId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM url u WHERE u.run = ? AND u.role = ? AND (u.state = 2
                OR (u.state = 1 AND EXISTS (
                    SELECT 1 FROM attempt a WHERE a.run = u.run AND a.url = u.id)))";
        self.read(|connection| {
            connection.query_row(sql, (run, Role::Page.code()), |row| count(row, 0))
        })
    }
}
