//! Rows for what a visit brought: the attempt, the page, the file.

use std::time::Duration;

use rusqlite::Transaction;

use crate::model::{Attempt, CrawlUrl, Indexability, PageRecord, Version};

use super::change::{RobotsRecord, SitemapRecord};
use super::desk::Desk;
use super::ids::UrlId;

/// Most different error bodies kept of a run, 80 MB in all: a site may put the time or a request's
/// identity into each.
const MAX_ERROR_BODIES: u32 = 20_000;

impl Desk {
    pub(super) fn attempt(
        &mut self,
        tx: &Transaction<'_>,
        url: UrlId,
        attempt: &Attempt,
    ) -> rusqlite::Result<()> {
        let micros = |time: Option<Duration>| time.map(|time| time.as_micros() as i64);
        let remote = attempt.remote.map(|address| address.to_string());
        let (timings, trace) = (attempt.timings, &attempt.trace);
        let status_text = self.text(tx, Some(&attempt.status_text))?;
        let remote = self.text(tx, remote.as_deref())?;
        let agent = self.text(tx, Some(&attempt.user_agent))?;
        let server = self.text(tx, trace.server.as_deref())?;
        let via = self.text(tx, trace.via.as_deref())?;
        let cache = self.text(tx, trace.cache_status.as_deref())?;
        let page = attempt.error_page.as_ref();
        let page_mark = self.text(tx, page.and_then(|page| page.fingerprint))?;
        let made_by = self.text(tx, page.and_then(|page| page.made_by))?;
        tx.prepare_cached(
            "INSERT INTO attempt VALUES (?1, ?2,
                (SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE run = ?1 AND url = ?2),
                ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19,
                ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32)",
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
            attempt.version.map(Version::code),
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
            attempt.announced.map(|wait| wait.as_millis() as i64),
            page_mark,
            made_by,
        ])?;
        match (attempt.body_fingerprint, page) {
            (Some(body), Some(page)) => self.error_body(tx, body, &page.head),
            _ => Ok(()),
        }
    }

    /// Keeps the beginning of an error's body, once however often it came.
    fn error_body(&mut self, tx: &Transaction<'_>, body: u64, head: &[u8]) -> rusqlite::Result<()> {
        if self.error_bodies >= MAX_ERROR_BODIES || head.is_empty() {
            return Ok(());
        }
        let new = tx
            .prepare_cached("INSERT OR IGNORE INTO error_body VALUES (?, ?, ?)")?
            .execute((self.run, body.cast_signed(), head))?;
        self.error_bodies += new as u32;
        Ok(())
    }

    pub(super) fn page(
        &mut self,
        tx: &Transaction<'_>,
        url: UrlId,
        page: &PageRecord,
    ) -> rusqlite::Result<()> {
        let content_type = self.text(tx, page.content_type.as_deref())?;
        let x_robots_tag = self.text(tx, page.x_robots_tag.as_deref())?;
        let number = |url: &CrawlUrl| self.urls.get(url.fingerprint()).map(|known| known.id);
        let redirect = page.redirect.as_ref();
        let redirect = redirect.and_then(|redirect| number(&redirect.target));
        let (indexable, why) = match page.indexability {
            Indexability::Indexable => (Some(true), None),
            Indexability::NonIndexable(why) => (Some(false), Some(why)),
            Indexability::Unknown => (None, None),
        };
        let html = page.html.as_ref();
        let canonical = html.and_then(|html| html.canonical.as_ref().and_then(number));
        let meta_robots = self.text(tx, html.and_then(|html| html.meta_robots.as_deref()))?;
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
            redirect,
            page.redirect.as_ref().map(|redirect| redirect.kind.name()),
            x_robots_tag,
            indexable,
            why,
            html.and_then(|html| html.title.as_deref()),
            meta_robots,
            canonical,
            html.and_then(|html| html.language.as_deref()),
            html.map(|html| html.text_hash.cast_signed()),
            html.map(|html| html.links.internal),
            html.map(|html| html.links.unique_internal),
            html.map(|html| html.links.external),
            selected,
        ])
        .map(|_| ())
    }

    pub(super) fn robots(
        &mut self,
        tx: &Transaction<'_>,
        id: UrlId,
        robots: &RobotsRecord,
    ) -> rusqlite::Result<()> {
        self.entries(tx, id, &robots.sitemaps, false)?;
        tx.prepare_cached(
            "INSERT OR REPLACE INTO robots_txt VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            self.run,
            robots.host,
            id,
            robots.access.name(),
            robots.final_url.as_str(),
            robots.groups,
            robots.rules,
            robots.named_sitemaps,
            robots.crawl_delay.map(|delay| delay.as_millis() as i64),
            robots.problems.join("\n"),
            robots.body,
        ])
        .map(|_| ())
    }

    pub(super) fn sitemap(
        &mut self,
        tx: &Transaction<'_>,
        id: UrlId,
        sitemap: &SitemapRecord,
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
}
