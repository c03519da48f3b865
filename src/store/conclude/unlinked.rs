//! Finds pages that lost their links. A run that starts from pages of an earlier one may find no
//! links to some of them: no chain of links from a seed or from a page in a sitemap. Such pages may
//! still link to each other. Two runs prove a removed link only if the new run could read every
//! page that linked there before; behind a page that fails now, nothing is known.

use std::collections::HashSet;

use rusqlite::{Connection, Transaction};

use crate::store::compare::sights::Known;
use crate::store::rows::ids::UrlId;
use crate::store::rows::links::{key, unpack};
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

/// Pages that a run took from an earlier one, and whether any link reaches them.
#[derive(Debug)]
pub(in crate::store) struct Reach(Vec<(UrlId, bool)>);

impl Reach {
    /// Follows the links of a run, of all kinds, if the run took pages from an earlier one.
    pub(in crate::store) fn read(connection: &Connection, run: RunId) -> rusqlite::Result<Reach> {
        let ids = |condition: &str| -> rusqlite::Result<Vec<UrlId>> {
            let sql = format!("SELECT id FROM url WHERE run = ? AND {condition} ORDER BY id");
            list(connection, &sql, [run], |row| row.get(0))
        };
        let known = ids("known > 0")?;
        if known.is_empty() {
            return Ok(Reach(Vec::new()));
        }
        let roots = ids("(seed = 1 OR in_sitemap = 1)")?;
        let mut reached = Marks::default();
        for root in &roots {
            reached.set(*root);
        }
        follow(connection, run, roots, |target| reached.set(target))?;
        let known = known.into_iter().map(|page| (page, reached.has(page)));
        Ok(Reach(known.collect()))
    }

    /// Stores the result with the URLs.
    pub(in crate::store) fn store(&self, tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
        let mut update = tx.prepare("UPDATE url SET known = ?3 WHERE run = ?1 AND id = ?2")?;
        for (page, reached) in &self.0 {
            update.execute((run, page, if *reached { 1 } else { 2 }))?;
        }
        Ok(())
    }
}

/// Pages of an old run that a new one may have missed because it could not read the pages that link
/// to them.
#[derive(Debug)]
pub(in crate::store) struct Hidden {
    /// By `url.id` of the old run.
    behind: Marks,
    /// Whether a sitemap could not be read.
    sitemaps: bool,
}

impl Hidden {
    /// Collects the pages behind the `unread` pages of the old run: their link targets, and the
    /// targets of those that are `unreached`. Nothing in the new run links to `unreached` pages.
    /// `sitemaps` says whether the new run could not read a sitemap.
    pub(in crate::store) fn behind(
        connection: &Connection,
        run: RunId,
        unread: Vec<UrlId>,
        unreached: &HashSet<UrlId>,
        sitemaps: bool,
    ) -> rusqlite::Result<Hidden> {
        let mut behind = Marks::default();
        follow(connection, run, unread, |target| {
            behind.set(target) && unreached.contains(&target)
        })?;
        Ok(Hidden { behind, sitemaps })
    }

    /// Returns whether a page had links before and has none now.
    pub(in crate::store) fn has_lost_links(&self, was: &Known, is: &Known) -> bool {
        let is_hidden = self.behind.has(was.id) || (self.sitemaps && was.in_sitemap);
        is.unreached && !was.unreached && !is_hidden
    }
}

/// Passes the targets of all links of these pages to the callback, and continues with each target
/// for which it returns true.
fn follow(
    connection: &Connection,
    run: RunId,
    mut pages: Vec<UrlId>,
    mut follows: impl FnMut(UrlId) -> bool,
) -> rusqlite::Result<()> {
    let mut links_of = connection.prepare("SELECT links FROM page_links WHERE page = ?")?;
    while let Some(page) = pages.pop() {
        let mut rows = links_of.query([key(run, page)])?;
        let Some(row) = rows.next()? else { continue };
        let targets = unpack(row.get_ref(0)?.as_blob()?).map(|link| link.target);
        pages.extend(targets.filter(|target| follows(*target)));
    }
    Ok(())
}

/// A mark for each URL, by number.
#[derive(Debug, Default)]
struct Marks(Vec<bool>);

impl Marks {
    /// Marks a URL. Returns whether it was unmarked before.
    fn set(&mut self, url: UrlId) -> bool {
        let at = url as usize;
        if self.0.len() <= at {
            self.0.resize(at + 1, false);
        }
        !std::mem::replace(&mut self.0[at], true)
    }

    fn has(&self, url: UrlId) -> bool {
        self.0.get(url as usize).is_some_and(|mark| *mark)
    }
}

/// Returns whether a run took pages from an earlier one that no link reaches.
pub(in crate::store) fn has_unreached(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM url WHERE run = ? AND known = 2)",
        [run],
        |row| row.get(0),
    )
}

/// Returns whether a run could not read one of its sitemaps.
pub(in crate::store) fn lacks_sitemap(
    connection: &Connection,
    run: RunId,
) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM url u
            LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
            WHERE u.run = ? AND u.role = 2 AND s.last_ok IS NULL)",
        [run],
        |row| row.get(0),
    )
}
