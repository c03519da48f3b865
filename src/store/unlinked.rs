//! Pages that lost their links between two runs. That no link of the new run leads to a page says
//! so only if everything that led to it before could be read again: behind a page that fails now,
//! nobody knows.

use rusqlite::Connection;

use super::ids::UrlId;
use super::links::{key, unpack};
use super::sights::Known;

/// Pages of the old run whose links or sitemaps the new run could not read.
#[derive(Debug)]
pub(super) struct Hidden {
    /// Whether a page that could not be read led there, by `url.id` of the old run.
    behind: Vec<bool>,
    /// Whether a sitemap could not be read.
    sitemaps: bool,
}

impl Hidden {
    /// What the old run's pages with these numbers led to; `sitemaps` says whether the new run
    /// could not read a sitemap.
    pub(super) fn behind(
        connection: &Connection,
        run: i64,
        unread: &[UrlId],
        sitemaps: bool,
    ) -> rusqlite::Result<Hidden> {
        let mut behind = Vec::new();
        let mut links_of = connection.prepare("SELECT links FROM page_links WHERE page = ?")?;
        for page in unread {
            let mut rows = links_of.query([key(run, *page)])?;
            let Some(row) = rows.next()? else { continue };
            for link in unpack(row.get_ref(0)?.as_blob()?) {
                let target = link.target as usize;
                if behind.len() <= target {
                    behind.resize(target + 1, false);
                }
                behind[target] = true;
            }
        }
        Ok(Hidden { behind, sitemaps })
    }

    /// Whether nothing leads to a page any more that something led to before.
    pub(super) fn has_lost_links(&self, was: &Known, is: &Known) -> bool {
        let is_hidden = self
            .behind
            .get(was.id as usize)
            .is_some_and(|hidden| *hidden)
            || (self.sitemaps && was.in_sitemap);
        is.unnamed && !was.unnamed && !is_hidden
    }
}

/// Whether a run has pages that only an earlier run knew.
pub(super) fn has_unnamed(connection: &Connection, run: i64) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM url WHERE run = ? AND known = 2)",
        [run],
        |row| row.get(0),
    )
}

/// Whether a run could not read one of its sitemaps.
pub(super) fn lacks_sitemap(connection: &Connection, run: i64) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM url u
            LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
            WHERE u.run = ? AND u.role = 2 AND s.last_ok IS NULL)",
        [run],
        |row| row.get(0),
    )
}
