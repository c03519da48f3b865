//! Pages that look lost in a run and were fine in the one before.

use rusqlite::Connection;

use crate::assess::has_login_words;
use crate::model::{CrawlUrl, Role};
use crate::policy::{MOST_DOUBTED, REFUSALS};

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

/// A page or sitemap that may be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubted {
    /// The URL.
    pub url: CrawlUrl,
    /// Page or sitemap.
    pub role: Role,
    /// Clicks from a seed when it was found.
    pub depth: Option<u32>,
    /// Consecutive redirects that led to it.
    pub hops: u8,
}

struct Row {
    address: String,
    role: Role,
    depth: Option<u32>,
    hops: u8,
    /// Where it redirects to, if it does.
    target: Option<String>,
}

impl Store {
    /// Returns the start pages, sitemaps and pages of a run that are refused, missing, hidden by noindex or redirected
    /// to the home page or a login, and were fine in the run with which it will be compared.
    pub fn doubted(&self, run: RunId) -> Result<Vec<Doubted>, StoreError> {
        let Some(before) = self.run_before(&self.run_by_id(run)?)? else {
            return Ok(Vec::new());
        };
        let mut doubted = Vec::new();
        for row in self.read(|connection| rows(connection, run, before.id))? {
            let url = self.stored_url(&row.address)?;
            let target = row.target.as_deref().map(|target| self.stored_url(target));
            let is_elsewhere = |target: CrawlUrl| {
                target != target.host_key().home_page() && !has_login_words(target.as_str())
            };
            if target.transpose()?.is_some_and(is_elsewhere) {
                continue;
            }
            let Row {
                role, depth, hops, ..
            } = row;
            doubted.push(Doubted {
                url,
                role,
                depth,
                hops,
            });
            if doubted.len() == MOST_DOUBTED {
                break;
            }
        }
        Ok(doubted)
    }
}

fn rows(connection: &Connection, run: RunId, before: RunId) -> rusqlite::Result<Vec<Row>> {
    let refusals: Vec<String> = REFUSALS.iter().map(ToString::to_string).collect();
    let refusals = refusals.join(", ");
    let last = |url: &str| {
        format!(
            "(SELECT a.status FROM evidence a WHERE a.run = {url}.run AND a.url = {url}.id
                ORDER BY a.number DESC LIMIT 1)"
        )
    };
    let (is, was) = (last("u"), last("o"));
    let sql = format!(
        "WITH lost AS MATERIALIZED (
            SELECT u.id, u.address, u.role, u.seed, u.found_depth, u.hops, t.address AS target
            FROM url u LEFT JOIN page p ON p.run = u.run AND p.url = u.id
                LEFT JOIN url t ON t.run = p.run AND t.id = p.redirect
            WHERE u.run = ?1 AND u.state = 2 AND u.role IN (2, 3)
                AND (p.redirect IS NOT NULL OR p.indexability = 'noindex' OR {is} IN ({refusals})))
        SELECT l.address, l.role, l.found_depth, l.hops, l.target FROM lost l
            JOIN url o ON o.run = ?2 AND o.address = l.address AND o.role = l.role
            LEFT JOIN page q ON q.run = o.run AND q.url = o.id
        WHERE o.state = 2 AND q.redirect IS NULL AND q.indexability IS NOT 'noindex'
            AND {was} BETWEEN 200 AND 299
        ORDER BY l.seed DESC, l.role, l.id"
    );
    list(connection, &sql, (run, before), |row| {
        Ok(Row {
            address: row.get(0)?,
            role: row.get(1)?,
            depth: row.get(2)?,
            hops: row.get(3)?,
            target: row.get(4)?,
        })
    })
}
