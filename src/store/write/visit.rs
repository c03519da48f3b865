//! Rows for the result of a visit: the attempt, the page, the file.

use std::time::Duration;

use rusqlite::Transaction;

use crate::model::{Attempt, CrawlUrl, Indexability, PageRecord, Version};

use super::change::{RobotsRecord, SitemapRecord};
use super::state::WriterState;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::insert;
use crate::store::runs::id::RunId;

/// Maximum number of different error bodies kept for a run, 80 MB in all. A site may put the time
/// or a request identity into each.
const MAX_ERROR_BODIES: u32 = 20_000;

impl WriterState {
    pub(in crate::store) fn attempt(
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
        insert!(
            tx,
            "INSERT INTO attempt",
            run: self.run,
            url: url,
            pass: attempt.pass,
            purpose: attempt.purpose.name(),
            started: attempt.started.millis(),
            outcome: attempt.outcome.code(),
            status: attempt.status,
            status_text: status_text,
            dns_us: micros(timings.dns),
            connect_us: micros(timings.connect),
            tls_us: micros(timings.tls),
            ttfb_us: micros(timings.first_byte),
            total_us: micros(Some(timings.total)),
            waited_ms: attempt.waited.map(|time| time.as_millis() as i64),
            bytes: attempt.wire_bytes.cast_signed(),
            remote: remote,
            version: attempt.version.map(Version::code),
            reused: attempt.reused,
            in_flight: attempt.pressure.in_flight,
            rate: attempt.pressure.rate,
            agent: agent,
            server: server,
            via: via,
            cache: cache,
            age: trace.age.map(u64::cast_signed),
            retry_after: trace.retry_after,
            request_id: trace.request_id,
            body: attempt.body_fingerprint.map(u64::cast_signed),
            redirect: attempt.redirect,
            announced_ms: attempt.announced.map(|wait| wait.as_millis() as i64),
            page_mark: page_mark,
            made_by: made_by;
            number: "(SELECT coalesce(max(number), 0) + 1 FROM attempt WHERE run = ?1 AND url = ?2)"
        )?;
        match (attempt.body_fingerprint, page) {
            (Some(body), Some(page)) => self.error_body(tx, body, &page.head),
            _ => Ok(()),
        }
    }

    /// Stores the beginning of an error's body, once for equal bodies.
    fn error_body(&mut self, tx: &Transaction<'_>, body: u64, head: &[u8]) -> rusqlite::Result<()> {
        if self.error_bodies >= MAX_ERROR_BODIES || head.is_empty() {
            return Ok(());
        }
        let new = insert!(
            tx,
            "INSERT OR IGNORE INTO error_body",
            run: self.run,
            body: body.cast_signed(),
            head: head,
        )?;
        self.error_bodies += new as u32;
        Ok(())
    }

    pub(in crate::store) fn page(
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
        insert!(
            tx,
            "INSERT OR REPLACE INTO page",
            run: self.run,
            url: url,
            content_type: content_type,
            size: page.size.cast_signed(),
            response_us: page.response_time.as_micros() as i64,
            last_modified: page.last_modified,
            redirect: redirect,
            redirect_kind: page.redirect.as_ref().map(|redirect| redirect.kind.name()),
            x_robots_tag: x_robots_tag,
            indexable: indexable,
            indexability: why,
            title: html.and_then(|html| html.title.as_deref()),
            meta_robots: meta_robots,
            canonical: canonical,
            language: html.and_then(|html| html.language.as_deref()),
            text_hash: html.map(|html| html.text_hash.cast_signed()),
            needs_script: html.is_some_and(|html| html.needs_script),
            outlinks: html.map(|html| html.links.internal),
            unique_outlinks: html.map(|html| html.links.unique_internal),
            external_outlinks: html.map(|html| html.links.external),
            selected: selected,
        )
        .map(|_| ())
    }

    pub(in crate::store) fn robots(
        &mut self,
        tx: &Transaction<'_>,
        id: UrlId,
        robots: &RobotsRecord,
    ) -> rusqlite::Result<()> {
        self.entries(tx, id, &robots.sitemaps, false)?;
        insert!(
            tx,
            "INSERT OR REPLACE INTO robots_txt",
            run: self.run,
            host: robots.host,
            url: id,
            access: robots.access.name(),
            final_address: robots.final_url.as_str(),
            groups: robots.groups,
            rules: robots.rules,
            sitemaps: robots.named_sitemaps,
            crawl_delay_ms: robots.crawl_delay.map(|delay| delay.as_millis() as i64),
            problems: robots.problems.join("\n"),
            body: robots.body,
        )
        .map(|_| ())
    }

    pub(super) fn sitemap(
        &mut self,
        tx: &Transaction<'_>,
        id: UrlId,
        sitemap: &SitemapRecord,
    ) -> rusqlite::Result<()> {
        self.entries(tx, id, &sitemap.entries, true)?;
        // Nobody says that there is anything at a guessed URL.
        let may_list = sitemap.is_unread && !is_guessed(tx, self.run, id)?;
        let entries = sitemap.entries.iter().filter(|entry| !entry.alternate);
        insert!(
            tx,
            "INSERT OR REPLACE INTO sitemap_file",
            run: self.run,
            url: id,
            format: sitemap.format,
            entries: entries.count() as i64,
            foreign_entries: sitemap.foreign.cast_signed(),
            problems: sitemap.problems.join("\n"),
            unseen: sitemap.unseen.cast_signed() + i64::from(may_list),
        )
        .map(|_| ())
    }
}

/// Returns whether a sitemap was requested because its host's robots.txt names none.
fn is_guessed(tx: &Transaction<'_>, run: RunId, id: UrlId) -> rusqlite::Result<bool> {
    tx.prepare_cached(
        "SELECT 1 FROM url u JOIN robots_txt r ON r.run = u.run AND r.url = u.found_on AND r.sitemaps = 0
         WHERE u.run = ? AND u.id = ?",
    )?
    .exists((run, id))
}
