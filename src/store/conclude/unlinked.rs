//! Pages that lost their links. A run that starts from pages of an earlier one may find nothing
//! that leads to some of them: no chain of links from a seed or from a page that a sitemap lists,
//! though such pages may link to each other. Between two runs that says that links were removed
//! only if everything that led there before could be read again: behind a page that fails now,
//! nobody knows.

use std::collections::HashSet;

use rusqlite::{Connection, Transaction};

use crate::store::compare::sights::Known;
use crate::store::rows::ids::UrlId;
use crate::store::rows::links::{key, unpack};
use crate::store::rows::row::list;

/// Pages that a run had from an earlier one, and whether something of it leads to them.
#[derive(Debug)]
pub(in crate::store) struct Reach(Vec<(UrlId, bool)>);

impl Reach {
    /// Follows the links of a run, of whichever kind, if it had pages from an earlier one.
    pub(in crate::store) fn read(connection: &Connection, run: i64) -> rusqlite::Result<Reach> {
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

    /// Stores it with the URLs.
    pub(in crate::store) fn store(&self, tx: &Transaction<'_>, run: i64) -> rusqlite::Result<()> {
        let mut update = tx.prepare("UPDATE url SET known = ?3 WHERE run = ?1 AND id = ?2")?;
        for (page, reached) in &self.0 {
            update.execute((run, page, if *reached { 1 } else { 2 }))?;
        }
        Ok(())
    }
}

/// Pages of an old run that a new one may not have found because it could not read what led there.
#[derive(Debug)]
pub(in crate::store) struct Hidden {
    /// By `url.id` of the old run.
    behind: Marks,
    /// Whether a sitemap could not be read.
    sitemaps: bool,
}

impl Hidden {
    /// What lies behind `unread` pages of the old run: what they lead to and, of that, what pages
    /// lead to that nothing of the new run leads to, the `unreached` ones. `sitemaps` says whether
    /// the new run could not read a sitemap.
    pub(in crate::store) fn behind(
        connection: &Connection,
        run: i64,
        (unread, unreached): (Vec<UrlId>, &HashSet<UrlId>),
        sitemaps: bool,
    ) -> rusqlite::Result<Hidden> {
        let mut behind = Marks::default();
        follow(connection, run, unread, |target| {
            behind.set(target) && unreached.contains(&target)
        })?;
        Ok(Hidden { behind, sitemaps })
    }

    /// Whether nothing leads to a page any more that something led to before.
    pub(in crate::store) fn has_lost_links(&self, was: &Known, is: &Known) -> bool {
        let is_hidden = self.behind.has(was.id) || (self.sitemaps && was.in_sitemap);
        is.unreached && !was.unreached && !is_hidden
    }
}

/// Hands over the targets of all links of these pages, and of those targets for which it returns
/// true.
fn follow(
    connection: &Connection,
    run: i64,
    mut pages: Vec<UrlId>,
    mut goes_on: impl FnMut(UrlId) -> bool,
) -> rusqlite::Result<()> {
    let mut links_of = connection.prepare("SELECT links FROM page_links WHERE page = ?")?;
    while let Some(page) = pages.pop() {
        let mut rows = links_of.query([key(run, page)])?;
        let Some(row) = rows.next()? else { continue };
        let targets = unpack(row.get_ref(0)?.as_blob()?).map(|link| link.target);
        pages.extend(targets.filter(|target| goes_on(*target)));
    }
    Ok(())
}

/// A mark for each URL, by its number.
#[derive(Debug, Default)]
struct Marks(Vec<bool>);

impl Marks {
    /// Marks a URL; whether it was not before.
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

/// Whether a run has pages from an earlier one to which nothing of it leads.
pub(in crate::store) fn has_unreached(connection: &Connection, run: i64) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM url WHERE run = ? AND known = 2)",
        [run],
        |row| row.get(0),
    )
}

/// Whether a run could not read one of its sitemaps.
pub(in crate::store) fn lacks_sitemap(connection: &Connection, run: i64) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM url u
            LEFT JOIN assessment s ON s.run = u.run AND s.url = u.id
            WHERE u.run = ? AND u.role = 2 AND s.last_ok IS NULL)",
        [run],
        |row| row.get(0),
    )
}
