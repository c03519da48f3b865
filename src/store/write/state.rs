//! The writer's in-memory state of a run, and how it turns changes into rows. It holds the numbers of known
//! URLs, the skipped URLs that may still be admitted, and the recently used texts.

use std::sync::{Arc, LazyLock};

use rusqlite::Transaction;

use crate::model::{Admission, Attempt, CrawlUrl, Link, LinkKind, LinkTarget, Role, Skip};

use crate::policy::Segments;

use super::change::{Change, FileRecord, KnownPage, Seed, SitemapEntry, Then, VisitRecord};
use super::stored::StoredUrls;
use crate::store::crawl::linked_sitemaps::LinkedSitemap;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::read::outages;
use crate::store::rows::ids::{Anchors, Known, TextIds, TextKey, UrlId};
use crate::store::rows::links::{Nature, PackedLink, key, pack};
use crate::store::rows::row::insert;
use crate::store::rows::url_state::UrlState;
use crate::store::runs::id::RunId;
use crate::store::runs::login_pages;

/// A number that is taken already would be a fault of ours, and fails the whole transaction. With `OR FAIL` SQLite
/// need not be able to undo the rows of one statement, and copies no pages of the table before it.
const INSERT_TEXT: &str = "INSERT OR FAIL INTO text (run, id, text) VALUES (?, ?, ?)";

/// Texts that one statement inserts, largest first: SQLite then looks up the end of the table once for all of them.
const TEXTS_AT_ONCE: [usize; 4] = [16, 8, 4, 2];

static INSERT_TEXTS: LazyLock<[String; 4]> = LazyLock::new(|| {
    TEXTS_AT_ONCE.map(|texts| format!("{INSERT_TEXT}{}", ", (?, ?, ?)".repeat(texts - 1)))
});

/// The writer's in-memory state of one run.
#[derive(Debug)]
pub(in crate::store) struct WriterState {
    pub(in crate::store) run: RunId,
    pub(in crate::store) urls: StoredUrls,
    texts: TextIds,
    anchors: Anchors,
    invalid: u32,
    /// Number of rows of `error_body`.
    pub(super) error_bodies: u32,
    packed: Vec<u8>,
    segments: Arc<Segments>,
}

/// The source of a URL.
#[derive(Clone, Copy, Debug)]
struct Origin {
    found_on: Option<UrlId>,
    depth: Option<u32>,
    hops: u8,
    seed: bool,
    in_sitemap: bool,
    /// Whether an earlier run knew it.
    known: bool,
}

/// The anchor of a link.
#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// `text.id`, 0 for none.
    id: u32,
    /// The text's key, if it is new.
    new: Option<TextKey>,
}

impl WriterState {
    pub(in crate::store) fn open(store: &Store, run: RunId) -> Result<WriterState, StoreError> {
        let plan = store.run_by_id(run)?.plan;
        let connection = store.connect()?;
        let urls = StoredUrls::default();
        store.each_url(&connection, run, (0, u32::MAX), &mut |url| {
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
                .query_row(&sql, [run], |row| row.get(0))
                .map_err(|source| store.fault(source))
        };
        Ok(WriterState {
            run,
            urls,
            texts: TextIds::after(highest("text", "id")?),
            anchors: Anchors::default(),
            invalid: highest("invalid_link", "number")?,
            error_bodies: connection
                .query_row(
                    "SELECT count(*) FROM error_body WHERE run = ?",
                    [run],
                    |row| row.get(0),
                )
                .map_err(|source| store.fault(source))?,
            packed: Vec::new(),
            // A crawl whose segments cannot be compiled does not start.
            segments: Arc::new(Segments::new(&plan.scope.segments).unwrap_or_default()),
        })
    }

    pub(in crate::store) fn apply(
        &mut self,
        tx: &Transaction<'_>,
        change: Change,
    ) -> rusqlite::Result<()> {
        match change {
            Change::Seeds(seeds) => self.seeds(tx, seeds),
            Change::Known(pages) => self.known_pages(tx, pages),
            Change::Pages(pages) => self.linked_sitemaps(tx, &pages),
            Change::Visit(visit) => self.visit(tx, *visit),
            Change::Skipped(urls) => self.skipped(tx, &urls),
            Change::Kept(url) => self.kept(tx, &url),
            Change::Probed(url, attempts) => self.probed(tx, &url, &attempts),
            Change::Outage(outage) => outages::store(tx, self.run, &outage),
            Change::Reopened(urls, pass) => self.reopened(tx, &urls, pass),
        }
    }

    fn seeds(&mut self, tx: &Transaction<'_>, seeds: Vec<Seed>) -> rusqlite::Result<()> {
        for seed in seeds {
            let origin = Origin {
                depth: seed.named.then_some(0),
                seed: seed.named,
                ..Origin::NOWHERE
            };
            self.learn(tx, &seed.url, &seed.admission, origin)?;
        }
        Ok(())
    }

    fn known_pages(&mut self, tx: &Transaction<'_>, pages: Vec<KnownPage>) -> rusqlite::Result<()> {
        for page in pages {
            let origin = Origin {
                depth: page.depth,
                known: true,
                ..Origin::NOWHERE
            };
            self.learn(tx, &page.url, &page.admission, origin)?;
        }
        Ok(())
    }

    fn visit(&mut self, tx: &Transaction<'_>, visit: VisitRecord) -> rusqlite::Result<()> {
        // Every leased URL was stored before it was queued. The exception is a robots.txt, which arrives
        // with its host.
        let id = self.known(tx, &visit.url, Role::Robots)?;
        self.attempt(tx, id, &visit.attempt)?;
        for (url, attempt) in &visit.hops {
            let hop = self.hop(tx, url)?;
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
                    ..Origin::NOWHERE
                };
                self.links(tx, id, &links, origin)?;
                self.page(tx, id, &page)?;
                if page.asks_password {
                    login_pages::store(tx, self.run, id)?;
                }
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

    fn skipped(&mut self, tx: &Transaction<'_>, urls: &[(CrawlUrl, Skip)]) -> rusqlite::Result<()> {
        let mut skipped = tx.prepare_cached(
            "UPDATE url SET state = 3, reason = ?3, detail = ?4 WHERE run = ?1 AND id = ?2",
        )?;
        for (url, skip) in urls {
            let fingerprint = url.fingerprint();
            if let Some(mut known) = self.urls.get(fingerprint) {
                known.skipped = true;
                self.urls.set(fingerprint, known);
                skipped.execute((self.run, known.id, skip.reason.code(), detail(skip)))?;
            }
        }
        Ok(())
    }

    fn kept(&mut self, tx: &Transaction<'_>, url: &CrawlUrl) -> rusqlite::Result<()> {
        let Some(known) = self.urls.get(url.fingerprint()) else {
            return Ok(());
        };
        tx.prepare_cached("UPDATE url SET state = 2 WHERE run = ?1 AND id = ?2")?
            .execute((self.run, known.id))
            .map(|_| ())
    }

    fn probed(
        &mut self,
        tx: &Transaction<'_>,
        url: &CrawlUrl,
        attempts: &[Attempt],
    ) -> rusqlite::Result<()> {
        let Some(known) = self.urls.get(url.fingerprint()) else {
            return Ok(());
        };
        for attempt in attempts {
            self.attempt(tx, known.id, attempt)?;
        }
        Ok(())
    }

    fn reopened(
        &mut self,
        tx: &Transaction<'_>,
        urls: &[CrawlUrl],
        pass: u8,
    ) -> rusqlite::Result<()> {
        let mut reopen = tx.prepare_cached(
            "UPDATE url SET state = 1, pass = ?3 WHERE run = ?1 AND id = ?2 AND state = 2",
        )?;
        for url in urls {
            if let Some(known) = self.urls.get(url.fingerprint()) {
                reopen.execute((self.run, known.id, pass))?;
            }
        }
        Ok(())
    }

    fn linked_sitemaps(
        &mut self,
        tx: &Transaction<'_>,
        pages: &[LinkedSitemap],
    ) -> rusqlite::Result<()> {
        let mut update = tx.prepare_cached(
            "UPDATE url SET role = ?3, state = 1, hops = 0, found_depth = ?4
             WHERE run = ?1 AND id = ?2",
        )?;
        for page in pages {
            if let Some(known) = self.urls.get(page.url.fingerprint()) {
                update.execute((self.run, known.id, Role::Page.code(), page.depth))?;
            }
        }
        Ok(())
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
        let targets = self.targets(links);
        let anchors = self.anchors(tx, links, &targets)?;
        let mut packed = Vec::with_capacity(links.len());
        for ((link, known), anchor) in links.iter().zip(targets).zip(anchors) {
            let target = match &link.target {
                LinkTarget::Stored(number) => number.0,
                LinkTarget::Url { url, admission, .. } => {
                    let origin = if link.kind == LinkKind::Redirect {
                        // A redirect is not a click.
                        let depth = origin.depth.map(|depth| depth.saturating_sub(1));
                        Origin { depth, ..origin }
                    } else {
                        Origin { hops: 0, ..origin }
                    };
                    // Most links lead to known URLs and change nothing.
                    match known {
                        Some(known) if !known.skipped => known.id,
                        _ => self.learn(tx, url, admission, origin)?,
                    }
                }
                LinkTarget::Invalid { text, fault } => {
                    self.invalid_link(tx, source, (text, fault, 0))?;
                    continue;
                }
                LinkTarget::Further {
                    links,
                    unseen,
                    fault,
                } => {
                    let text = format!("{links} further links");
                    self.invalid_link(tx, source, (&text, fault, *unseen))?;
                    continue;
                }
            };
            if let Some(key) = anchor.new {
                self.anchors.set(target, key, anchor.id);
            }
            packed.push(PackedLink {
                target,
                anchor: anchor.id,
                nature: Nature {
                    kind: link.kind,
                    position: link.position,
                    follow: link.follow,
                    rel: self.text(tx, Some(&link.rel))?.unwrap_or(0),
                },
            });
        }
        let mut bytes = std::mem::take(&mut self.packed);
        pack(&packed, &mut bytes);
        insert!(
            tx,
            "INSERT OR REPLACE INTO page_links",
            page: key(self.run, source),
            links: &bytes,
        )?;
        self.packed = bytes;
        Ok(())
    }

    /// Stores the text that stands in place of a URL, the reason, and how many unknown links it stands for.
    fn invalid_link(
        &mut self,
        tx: &Transaction<'_>,
        source: UrlId,
        (text, fault, unseen): (&str, &str, u64),
    ) -> rusqlite::Result<()> {
        self.invalid += 1;
        insert!(
            tx,
            "INSERT INTO invalid_link",
            run: self.run,
            number: self.invalid,
            address: text,
            detail: fault,
            found_on: source,
            unseen: unseen as i64,
        )
        .map(|_| ())
    }

    /// Returns the known facts about the links' targets. The table is larger than the processor's caches:
    /// looking up all targets in a row overlaps the waits for memory. The same holds for anchors.
    fn targets(&self, links: &[Link]) -> Vec<Option<Known>> {
        let urls = self.urls.look();
        let target = |link: &Link| match &link.target {
            LinkTarget::Stored(number) => Some(Known {
                id: number.0,
                skipped: false,
                in_sitemap: false,
            }),
            LinkTarget::Url { fingerprint, .. } => urls.get(*fingerprint),
            LinkTarget::Invalid { .. } | LinkTarget::Further { .. } => None,
        };
        links.iter().map(target).collect()
    }

    /// Returns the ids of the links' anchor texts. Stores new texts.
    fn anchors(
        &mut self,
        tx: &Transaction<'_>,
        links: &[Link],
        targets: &[Option<Known>],
    ) -> rusqlite::Result<Vec<Anchor>> {
        let keys = links.iter().map(|link| self.texts.key(&link.anchor));
        let keys: Vec<TextKey> = keys.collect();
        let known = keys.iter().zip(targets).map(|(key, target)| {
            let called = || self.anchors.get((*target)?.id, *key);
            self.texts.get(*key).or_else(called)
        });
        let known: Vec<Option<u32>> = known.collect();
        let mut new_texts = Vec::new();
        let mut anchors = Vec::with_capacity(links.len());
        for ((link, key), known) in links.iter().zip(keys).zip(known) {
            anchors.push(match known {
                Some(id) => Anchor { id, new: None },
                None if link.anchor.is_empty() => Anchor { id: 0, new: None },
                None => {
                    let (id, new) = self.texts.intern(key);
                    if new {
                        new_texts.push((id, link.anchor.as_str()));
                    }
                    let new = new.then_some(key);
                    Anchor { id, new }
                }
            });
        }
        self.insert_texts(tx, &new_texts)?;
        Ok(anchors)
    }

    fn insert_texts(
        &self,
        tx: &Transaction<'_>,
        mut texts: &[(u32, &str)],
    ) -> rusqlite::Result<()> {
        for (size, sql) in TEXTS_AT_ONCE.iter().zip(INSERT_TEXTS.iter()) {
            while let Some((now, rest)) = texts.split_at_checked(*size) {
                let mut insert = tx.prepare_cached(sql)?;
                for ((id, text), at) in now.iter().zip((1..).step_by(3)) {
                    insert.raw_bind_parameter(at, self.run)?;
                    insert.raw_bind_parameter(at + 1, id)?;
                    insert.raw_bind_parameter(at + 2, text)?;
                }
                insert.raw_execute()?;
                texts = rest;
            }
        }
        for (id, text) in texts {
            tx.prepare_cached(INSERT_TEXT)?
                .execute((self.run, id, text))?;
        }
        Ok(())
    }

    /// Returns the number of a URL. A new URL is stored as queued.
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

    /// Returns the number of a URL that was requested as part of another's lease. A new one is marked as
    /// skipped without a reason: it was not requested for its own sake, but may be later.
    fn hop(&mut self, tx: &Transaction<'_>, url: &CrawlUrl) -> rusqlite::Result<UrlId> {
        if let Some(known) = self.urls.get(url.fingerprint()) {
            return Ok(known.id);
        }
        let id = self.known(tx, url, Role::Robots)?;
        let known = Known {
            id,
            skipped: true,
            in_sitemap: false,
        };
        self.urls.set(url.fingerprint(), known);
        tx.prepare_cached("UPDATE url SET state = 3 WHERE run = ?1 AND id = ?2")?
            .execute((self.run, id))?;
        Ok(id)
    }

    /// Returns the number of a URL. Stores it if it is new, and queues it if it was skipped so far and is
    /// admitted now.
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
            Admission::Fetch(role) => (UrlState::Queued, *role, None),
            Admission::Skip(role, skip) => (UrlState::Skipped, *role, Some(skip)),
        };
        let host = self.text(tx, Some(url.host_key().as_str()))?;
        let segments = Arc::clone(&self.segments);
        let section = self.text(tx, Some(segments.section(url)))?;
        let readable = url.readable();
        tx.prepare_cached(
            "INSERT INTO url (run, id, address, readable, host, section, folders, state, role, seed,
                hops, found_on, found_depth, reason, detail, in_sitemap, known)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            self.run,
            id,
            url.as_str(),
            (readable != url.as_str()).then_some(readable),
            host,
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
            origin.known,
        ])?;
        let known = Known {
            id,
            skipped: skip.is_some(),
            in_sitemap: origin.in_sitemap,
        };
        self.urls.set(fingerprint, known);
        Ok(id)
    }

    pub(in crate::store) fn entries(
        &mut self,
        tx: &Transaction<'_>,
        source: UrlId,
        entries: &[SitemapEntry],
        listed: bool,
    ) -> rusqlite::Result<()> {
        for entry in entries {
            let origin = Origin {
                found_on: Some(source),
                in_sitemap: listed && entry.role != Role::Sitemap && !entry.alternate,
                ..Origin::NOWHERE
            };
            self.learn(tx, &entry.url, &entry.admission, origin)?;
        }
        Ok(())
    }

    pub(in crate::store) fn text(
        &mut self,
        tx: &Transaction<'_>,
        text: Option<&str>,
    ) -> rusqlite::Result<Option<u32>> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let (id, new) = self.texts.intern(self.texts.key(text));
        if new {
            tx.prepare_cached(INSERT_TEXT)?
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
        known: false,
    };
}

fn detail(skip: &Skip) -> Option<&str> {
    Some(skip.detail.as_str()).filter(|detail| !detail.is_empty())
}
