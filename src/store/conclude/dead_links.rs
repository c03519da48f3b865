//! Failing external links, and the pages that have them.

use std::collections::{HashMap, HashSet};

use rusqlite::Connection;

use crate::assess::diagnose::rules::{DeadLink, DeadLinks, is_dead};
use crate::model::{LinkKind, Outcome, Role, SkipReason};

use super::graph::each_page;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

/// Maximum number of counted failing links; about 300 bytes each.
const MOST_COUNTED: usize = 50_000;

/// Maximum number of links that are listed.
const MOST_NAMED: usize = 100;

/// Maximum number of pages listed for each link.
const MOST_PAGES: usize = 3;

/// A failing link, and the pages that have it.
struct Dead {
    link: DeadLink,
    first: Vec<UrlId>,
    /// The last page counted.
    last: UrlId,
}

/// Returns the failing external links of a run.
pub(super) fn dead_links(connection: &Connection, run: RunId) -> rusqlite::Result<DeadLinks> {
    let mut dead = failing(connection, run)?;
    if dead.is_empty() {
        return Ok(DeadLinks::default());
    }
    let elsewhere = redirecting(connection, run)?;
    let mut pages = 0;
    each_page(connection, run, 0, |page, links| {
        if elsewhere.contains(&page) {
            return Ok(());
        }
        let mut has_one = false;
        for link in links {
            let is_redirect = link.nature.kind == LinkKind::Redirect;
            if let Some(dead) = dead.get_mut(&link.target) {
                has_one |= dead.is_on(page, is_redirect);
            }
        }
        pages += u64::from(has_one);
        Ok(())
    })?;
    let mut linked: Vec<Dead> = dead
        .into_values()
        .filter(|dead| dead.link.pages > 0)
        .collect();
    linked.sort_by(|one, other| {
        let by_pages = other.link.pages.cmp(&one.link.pages);
        by_pages.then_with(|| one.link.address.cmp(&other.link.address))
    });
    Ok(DeadLinks {
        site: connection.query_row("SELECT site FROM run WHERE id = ?", [run], |row| row.get(0))?,
        urls: linked.len() as u64,
        pages,
        links: named(connection, run, linked)?,
    })
}

fn named(
    connection: &Connection,
    run: RunId,
    linked: Vec<Dead>,
) -> rusqlite::Result<Vec<DeadLink>> {
    let sql = "SELECT coalesce(readable, address) FROM url WHERE run = ? AND id = ?";
    let mut address = connection.prepare(sql)?;
    let mut links = Vec::new();
    for mut dead in linked.into_iter().take(MOST_NAMED) {
        for page in dead.first {
            let page = address.query_row((run, page), |row| row.get(0))?;
            dead.link.examples.push(page);
        }
        links.push(dead.link);
    }
    Ok(links)
}

/// Returns the external URLs that redirect. They link to their targets; the site does not.
fn redirecting(connection: &Connection, run: RunId) -> rusqlite::Result<HashSet<UrlId>> {
    let sql = "SELECT r.url FROM redirect_end r CROSS JOIN url u ON u.run = r.run AND u.id = r.url
        WHERE r.run = ? AND u.role = ?";
    let found: Vec<UrlId> = list(connection, sql, (run, Role::External.code()), |row| {
        row.get(0)
    })?;
    Ok(found.into_iter().collect())
}

/// Returns the failing external URLs, each judged by its last answer or by that of the end of its
/// redirects.
fn failing(connection: &Connection, run: RunId) -> rusqlite::Result<HashMap<UrlId, Dead>> {
    let mut statement = connection.prepare(
        "SELECT u.id, coalesce(u.readable, u.address), coalesce(e.readable, e.address), a.status, a.outcome,
            e.id <> u.id
         FROM url u
         LEFT JOIN redirect_end r ON r.run = u.run AND r.url = u.id AND r.ending IN ('final', 'not_fetched')
         CROSS JOIN url e ON e.run = u.run AND e.id = coalesce(r.last, u.id)
         LEFT JOIN attempt a ON a.run = e.run AND a.url = e.id
            AND a.number = (SELECT max(number) FROM evidence WHERE run = e.run AND url = e.id)
         WHERE u.run = ?1 AND u.role = ?2
            AND (u.reason = ?3 OR (u.state < 3 AND a.url IS NOT NULL))
         ORDER BY u.id",
    )?;
    let mut rows = statement.query((run, Role::External.code(), SkipReason::HostDown.code()))?;
    let mut dead = HashMap::new();
    while let Some(row) = rows.next()? {
        let status = row.get(3)?;
        let outcome = row.get::<_, Option<u8>>(4)?.and_then(Outcome::from_code);
        // A URL without an attempt belongs to a host that was given up.
        if !outcome.is_none_or(|outcome| is_dead(outcome, status)) || dead.len() == MOST_COUNTED {
            continue;
        }
        let redirects: bool = row.get(5)?;
        let link = DeadLink {
            address: row.get(1)?,
            end: redirects.then(|| row.get(2)).transpose()?,
            status,
            outcome,
            pages: 0,
            examples: Vec::new(),
        };
        let (first, last) = (Vec::new(), 0);
        dead.insert(row.get(0)?, Dead { link, first, last });
    }
    Ok(dead)
}

impl Dead {
    /// Records a link on a page of the site and returns whether it counts. A page that redirects into a
    /// failure has a finding of its own.
    fn is_on(&mut self, page: UrlId, is_redirect: bool) -> bool {
        if is_redirect && self.link.outcome.is_none_or(Outcome::is_failure) {
            return false;
        }
        if self.last != page {
            self.last = page;
            self.link.pages += 1;
            if self.first.len() < MOST_PAGES {
                self.first.push(page);
            }
        }
        true
    }
}
