//! The one thread that writes. It takes whatever is waiting, stores it in one transaction and then
//! says what is safe: a lease is settled only after that, so a killed process repeats the requests
//! that were open and loses nothing.

use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, Transaction};
use tokio::sync::mpsc;

use crate::model::{
    Admission, Attempt, CrawlUrl, Indexability, Link, LinkKind, LinkTarget, PageRecord, Role, Skip,
};

use super::change::{Change, FileRecord, Seed, SitemapEntry, Then, VisitRecord};
use super::file::{Store, StoreError};
use super::ids::{Known, TextIds, UrlId, UrlIds};
use super::links::{PackedLink, pack};
use super::runs::RunId;

/// Changes that may wait for the writer; beyond it the crawl waits for the disk.
const QUEUE: usize = 256;

/// Most changes in one transaction.
const BATCH: usize = 256;

/// How long the writer waits for another process: concluding a big run of the same file takes its
/// time, and a crawl that can wait must not end for it.
const PATIENCE: Duration = Duration::from_mins(10);

/// A handle to the thread that writes one run.
#[derive(Debug)]
pub struct Writer {
    changes: mpsc::Sender<(Change, u64)>,
    stored: mpsc::UnboundedReceiver<u64>,
    thread: JoinHandle<Result<(), StoreError>>,
}

impl Writer {
    /// Starts writing a run.
    pub fn start(store: &Store, run: RunId) -> Result<Writer, StoreError> {
        let (changes, waiting) = mpsc::channel(QUEUE);
        let (acknowledge, stored) = mpsc::unbounded_channel();
        let mut desk = Desk::open(store, run)?;
        let connection = store.connect()?;
        connection
            .busy_timeout(PATIENCE)
            .map_err(|source| store.fault(source))?;
        let owned = store.clone();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                write_all(connection, &mut desk, waiting, &acknowledge)
                    .map_err(|source| owned.fault(source))
            })
            .map_err(|fault| StoreError::Open {
                path: store.path().to_owned(),
                source: rusqlite::Error::ToSqlConversionFailure(Box::new(fault)),
            })?;
        Ok(Writer {
            changes,
            stored,
            thread,
        })
    }

    /// Hands over a change; `mark` comes back from [`Writer::stored`] once it is safe. Waits while
    /// the disk is behind. False if the writer has stopped: [`Writer::close`] tells why.
    pub async fn send(&self, change: Change, mark: u64) -> bool {
        self.changes.send((change, mark)).await.is_ok()
    }

    /// The mark of the next change that is safe; none if the writer has stopped.
    pub async fn stored(&mut self) -> Option<u64> {
        self.stored.recv().await
    }

    /// Stores what is waiting and ends.
    pub async fn close(self) -> Result<(), StoreError> {
        drop(self.changes);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        }
    }
}

fn write_all(
    mut connection: Connection,
    desk: &mut Desk,
    mut waiting: mpsc::Receiver<(Change, u64)>,
    acknowledge: &mpsc::UnboundedSender<u64>,
) -> rusqlite::Result<()> {
    let mut marks = Vec::with_capacity(BATCH);
    while let Some(first) = waiting.blocking_recv() {
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut next = Some(first);
        while let Some((change, mark)) = next {
            desk.apply(&tx, change)?;
            marks.push(mark);
            next = (marks.len() < BATCH)
                .then(|| waiting.try_recv().ok())
                .flatten();
        }
        tx.commit()?;
        for mark in marks.drain(..) {
            // The crawl may have ended meanwhile; what it sent is stored all the same.
            let _ = acknowledge.send(mark);
        }
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize;")
}

/// What the writer knows by heart of the run.
#[derive(Debug)]
struct Desk {
    run: i64,
    urls: UrlIds,
    texts: TextIds,
    invalid: u32,
    packed: Vec<u8>,
}

/// How a URL came to be known.
#[derive(Clone, Copy, Debug)]
struct Origin {
    found_on: Option<UrlId>,
    depth: Option<u32>,
    hops: u8,
    seed: bool,
    in_sitemap: bool,
}

impl Desk {
    fn open(store: &Store, run: RunId) -> Result<Desk, StoreError> {
        let connection = store.connect()?;
        let mut urls = UrlIds::default();
        store.each_url(&connection, run, &mut |url| {
            let known = Known {
                id: url.id,
                skipped: url.skipped,
                in_sitemap: url.in_sitemap,
            };
            urls.set(url.url.fingerprint(), known);
        })?;
        let highest = |table: &str, column: &str| -> Result<u32, StoreError> {
            let sql = format!("SELECT coalesce(max({column}), 0) FROM {table} WHERE run = ?");
            connection
                .query_row(&sql, [run.0], |row| row.get(0))
                .map_err(|source| store.fault(source))
        };
        Ok(Desk {
            run: run.0,
            urls,
            texts: TextIds::after(highest("text", "id")?),
            invalid: highest("invalid_link", "number")?,
            packed: Vec::new(),
        })
    }

    fn apply(&mut self, tx: &Transaction<'_>, change: Change) -> rusqlite::Result<()> {
        match change {
            Change::Seeds(seeds) => self.seeds(tx, seeds),
            Change::Visit(visit) => self.visit(tx, *visit),
            Change::Skipped(url, skip) => self.skipped(tx, &url, &skip),
        }
    }

    fn seeds(&mut self, tx: &Transaction<'_>, seeds: Vec<Seed>) -> rusqlite::Result<()> {
        for seed in seeds {
            let origin = Origin {
                found_on: None,
                depth: seed.named.then_some(0),
                hops: 0,
                seed: seed.named,
                in_sitemap: false,
            };
            self.learn(tx, &seed.url, &seed.admission, origin)?;
        }
        Ok(())
    }

    fn visit(&mut self, tx: &Transaction<'_>, visit: VisitRecord) -> rusqlite::Result<()> {
        // Whatever is leased was offered, and whatever is offered was stored before; a robots.txt
        // is the exception, it comes with its host.
        let id = self.known(tx, &visit.url, Role::Robots)?;
        self.attempt(tx, id, &visit.attempt)?;
        for (url, attempt) in &visit.hops {
            let hop = self.known(tx, url, Role::Robots)?;
            self.attempt(tx, hop, attempt)?;
        }
        match visit.then {
            Then::Again(moment) => tx
                .prepare_cached("UPDATE url SET not_before = ?3 WHERE run = ?1 AND id = ?2")?
                .execute((self.run, id, moment.millis()))
                .map(|_| ()),
            Then::Settled {
                page,
                links,
                links_depth,
                hops,
                file,
            } => {
                let origin = Origin {
                    found_on: Some(id),
                    depth: links_depth,
                    hops,
                    seed: false,
                    in_sitemap: false,
                };
                self.links(tx, id, &links, origin)?;
                self.page(tx, id, &page)?;
                match file.as_deref() {
                    Some(FileRecord::Robots(robots)) => self.robots(tx, id, robots)?,
                    Some(FileRecord::Sitemap(sitemap)) => self.sitemap(tx, id, sitemap)?,
                    None => {}
                }
                tx.prepare_cached(
                    "UPDATE url SET state = 2, not_before = NULL WHERE run = ?1 AND id = ?2",
                )?
                .execute((self.run, id))
                .map(|_| ())
            }
        }
    }

    fn skipped(
        &mut self,
        tx: &Transaction<'_>,
        url: &CrawlUrl,
        skip: &Skip,
    ) -> rusqlite::Result<()> {
        let Some(known) = self.urls.get(url.fingerprint()) else {
            return Ok(());
        };
        self.urls.set(
            url.fingerprint(),
            Known {
                skipped: true,
                ..known
            },
        );
        tx.prepare_cached(
            "UPDATE url SET state = 3, reason = ?3, detail = ?4 WHERE run = ?1 AND id = ?2",
        )?
        .execute((self.run, known.id, skip.reason.code(), detail(skip)))
        .map(|_| ())
    }

    fn links(
        &mut self,
        tx: &Transaction<'_>,
        source: UrlId,
        links: &[Link],
        origin: Origin,
    ) -> rusqlite::Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let mut packed = Vec::with_capacity(links.len());
        for link in links {
            match &link.target {
                LinkTarget::Url { url, admission, .. } => {
                    let origin = if link.kind == LinkKind::Redirect {
                        // A redirect is no click.
                        let depth = origin.depth.map(|depth| depth.saturating_sub(1));
                        Origin { depth, ..origin }
                    } else {
                        Origin { hops: 0, ..origin }
                    };
                    let target = self.learn(tx, url, admission, origin)?;
                    packed.push(PackedLink {
                        target,
                        kind: link.kind,
                        position: link.position,
                        follow: link.follow,
                        anchor: self.text(tx, Some(&link.anchor))?.unwrap_or(0),
                        rel: self.text(tx, Some(&link.rel))?.unwrap_or(0),
                    });
                }
                LinkTarget::Invalid { text, fault } => {
                    self.invalid += 1;
                    tx.prepare_cached("INSERT INTO invalid_link VALUES (?, ?, ?, ?, ?)")?
                        .execute((self.run, self.invalid, text, fault, source))?;
                }
            }
        }
        let mut bytes = std::mem::take(&mut self.packed);
        pack(&packed, &mut bytes);
        tx.prepare_cached("INSERT OR REPLACE INTO page_links VALUES (?, ?, ?)")?
            .execute((self.run, source, &bytes))?;
        self.packed = bytes;
        Ok(())
    }

    /// The number of a URL that is known, or is made known as queued.
    fn known(
        &mut self,
        tx: &Transaction<'_>,
        url: &CrawlUrl,
        role: Role,
    ) -> rusqlite::Result<UrlId> {
        match self.urls.get(url.fingerprint()) {
            Some(known) => Ok(known.id),
            None => self.learn(tx, url, &Admission::Fetch(role), Origin::NOWHERE),
        }
    }

    /// The number of a URL, which is stored if it is new, and queued if it was skipped so far and
    /// is admitted now.
    fn learn(
        &mut self,
        tx: &Transaction<'_>,
        url: &CrawlUrl,
        admission: &Admission,
        origin: Origin,
    ) -> rusqlite::Result<UrlId> {
        let fingerprint = url.fingerprint();
        if let Some(mut known) = self.urls.get(fingerprint) {
            if let (true, Admission::Fetch(role)) = (known.skipped, admission) {
                known.skipped = false;
                tx.prepare_cached(
                    "UPDATE url SET state = 1, role = ?3, hops = ?4, found_on = ?5,
                        found_depth = ?6, reason = NULL, detail = NULL
                     WHERE run = ?1 AND id = ?2",
                )?
                .execute((
                    self.run,
                    known.id,
                    role.code(),
                    origin.hops,
                    origin.found_on,
                    origin.depth,
                ))?;
            }
            if origin.seed {
                tx.prepare_cached(
                    "UPDATE url SET seed = 1, found_depth = 0 WHERE run = ?1 AND id = ?2",
                )?
                .execute((self.run, known.id))?;
            }
            if origin.in_sitemap && !known.in_sitemap {
                known.in_sitemap = true;
                tx.prepare_cached("UPDATE url SET in_sitemap = 1 WHERE run = ?1 AND id = ?2")?
                    .execute((self.run, known.id))?;
            }
            self.urls.set(fingerprint, known);
            return Ok(known.id);
        }
        let id = self.urls.next();
        let (state, role, skip) = match admission {
            Admission::Fetch(role) => (1, *role, None),
            Admission::Skip(skip) => (3, Role::Page, Some(skip)),
        };
        let section = self.text(tx, Some(url.section()))?;
        let readable = url.readable();
        tx.prepare_cached(
            "INSERT INTO url (run, id, address, readable, section, folders, state, role, seed,
                hops, found_on, found_depth, reason, detail, in_sitemap)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            self.run,
            id,
            url.as_str(),
            (readable != url.as_str()).then_some(readable),
            section,
            url.folder_depth(),
            state,
            role.code(),
            origin.seed,
            origin.hops,
            origin.found_on,
            origin.depth,
            skip.map(|skip| skip.reason.code()),
            skip.and_then(detail),
            origin.in_sitemap,
        ])?;
        let known = Known {
            id,
            skipped: skip.is_some(),
            in_sitemap: origin.in_sitemap,
        };
        self.urls.set(fingerprint, known);
        Ok(id)
    }

    fn attempt(
        &mut self,
        tx: &Transaction<'_>,
        url: UrlId,
        attempt: &Attempt,
    ) -> rusqlite::Result<()> {
        let micros = |time: Option<std::time::Duration>| time.map(|time| time.as_micros() as i64);
        let remote = attempt.remote.map(|address| address.to_string());
        let (timings, trace) = (attempt.timings, &attempt.trace);
        let status_text = self.text(tx, Some(&attempt.status_text))?;
        let remote = self.text(tx, remote.as_deref())?;
        let agent = self.text(tx, Some(&attempt.user_agent))?;
        let server = self.text(tx, trace.server.as_deref())?;
        let via = self.text(tx, trace.via.as_deref())?;
        let cache = self.text(tx, trace.cache_status.as_deref())?;
        tx.prepare_cached(
            "INSERT INTO attempt VALUES (?1, ?2,
                (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE run = ?1 AND url = ?2),
                ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)",
        )?
        .execute(rusqlite::params![
            self.run,
            url,
            attempt.pass,
            attempt.purpose.name(),
            attempt.started.millis(),
            attempt.outcome.code(),
            attempt.status,
            status_text,
            micros(timings.dns),
            micros(timings.connect),
            micros(timings.tls),
            micros(timings.first_byte),
            micros(Some(timings.total)),
            attempt.waited.map(|time| time.as_millis() as i64),
            attempt.wire_bytes.cast_signed(),
            remote,
            attempt.version.map(crate::model::Version::code),
            attempt.reused,
            attempt.pressure.in_flight,
            attempt.pressure.rate,
            agent,
            server,
            via,
            cache,
            trace.age.map(u64::cast_signed),
            trace.retry_after,
            trace.request_id,
            attempt.body_fingerprint.map(u64::cast_signed),
            attempt.redirect,
        ])
        .map(|_| ())
    }

    fn page(
        &mut self,
        tx: &Transaction<'_>,
        url: UrlId,
        page: &PageRecord,
    ) -> rusqlite::Result<()> {
        let content_type = self.text(tx, page.content_type.as_deref())?;
        let redirect = match &page.redirect {
            Some(redirect) => self.urls.get(redirect.target.fingerprint()),
            None => None,
        };
        let (indexable, why) = match page.indexability {
            Indexability::Indexable => (Some(true), None),
            Indexability::NonIndexable(why) => (Some(false), Some(why)),
            Indexability::Unknown => (None, None),
        };
        let html = page.html.as_ref();
        let selected = (!page.selected.is_empty())
            .then(|| serde_json::to_string(&page.selected).unwrap_or_default());
        tx.prepare_cached(
            "INSERT OR REPLACE INTO page VALUES
             (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            self.run,
            url,
            content_type,
            page.size.cast_signed(),
            page.response_time.as_micros() as i64,
            page.last_modified,
            redirect.map(|known| known.id),
            page.redirect.as_ref().map(|redirect| redirect.kind.name()),
            page.x_robots_tag,
            indexable,
            why,
            html.and_then(|html| html.title.as_deref()),
            html.and_then(|html| html.meta_robots.as_deref()),
            html.and_then(|html| html.canonical.as_deref()),
            html.and_then(|html| html.language.as_deref()),
            html.map(|html| html.text_hash.cast_signed()),
            html.map(|html| html.links.internal),
            html.map(|html| html.links.unique_internal),
            html.map(|html| html.links.external),
            selected,
        ])
        .map(|_| ())
    }

    fn robots(
        &mut self,
        tx: &Transaction<'_>,
        id: UrlId,
        robots: &super::change::RobotsRecord,
    ) -> rusqlite::Result<()> {
        self.entries(tx, id, &robots.sitemaps, false)?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO robots_txt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            self.run,
            robots.host,
            id,
            robots.access,
            robots.final_url.as_str(),
            robots.groups,
            robots.rules,
            robots.sitemaps.len() as i64,
            robots.crawl_delay.map(|delay| delay.as_millis() as i64),
            robots.problems.join("\n"),
            robots.body,
        ])
        .map(|_| ())
    }

    fn sitemap(
        &mut self,
        tx: &Transaction<'_>,
        id: UrlId,
        sitemap: &super::change::SitemapRecord,
    ) -> rusqlite::Result<()> {
        self.entries(tx, id, &sitemap.entries, true)?;
        tx.prepare_cached("INSERT OR REPLACE INTO sitemap_file VALUES (?, ?, ?, ?, ?, ?)")?
            .execute(rusqlite::params![
                self.run,
                id,
                sitemap.format,
                sitemap.entries.len() as i64,
                sitemap.foreign.cast_signed(),
                sitemap.problems.join("\n"),
            ])
            .map(|_| ())
    }

    fn entries(
        &mut self,
        tx: &Transaction<'_>,
        source: UrlId,
        entries: &[SitemapEntry],
        listed: bool,
    ) -> rusqlite::Result<()> {
        for entry in entries {
            let origin = Origin {
                found_on: Some(source),
                in_sitemap: listed && entry.role != Role::Sitemap,
                ..Origin::NOWHERE
            };
            self.learn(tx, &entry.url, &entry.admission, origin)?;
        }
        Ok(())
    }

    fn text(&mut self, tx: &Transaction<'_>, text: Option<&str>) -> rusqlite::Result<Option<u32>> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let (id, new) = self.texts.intern(text);
        if new {
            tx.prepare_cached("INSERT INTO text VALUES (?, ?, ?)")?
                .execute((self.run, id, text))?;
        }
        Ok(Some(id))
    }
}

impl Origin {
    const NOWHERE: Origin = Origin {
        found_on: None,
        depth: None,
        hops: 0,
        seed: false,
        in_sitemap: false,
    };
}

fn detail(skip: &Skip) -> Option<&str> {
    Some(skip.detail.as_str()).filter(|detail| !detail.is_empty())
}
