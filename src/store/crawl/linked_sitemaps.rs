//! Pages that were requested as sitemaps: robots.txt or a guess named them, they answer HTML, and a page
//! links to them.

use std::collections::BTreeMap;

use crate::model::{CrawlUrl, Outcome, Role};

use crate::store::conclude::graph::each_page;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

/// A page that was requested as a sitemap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedSitemap {
    /// The URL.
    pub url: CrawlUrl,
    /// Clicks from a seed, by the first page that links to it.
    pub depth: u32,
}

impl Store {
    /// Returns the pages of a run that are still stored as sitemaps.
    pub fn linked_sitemaps(&self, run: RunId) -> Result<Vec<LinkedSitemap>, StoreError> {
        let connection = self.connect()?;
        let fault = |source| self.fault(source);
        let files: Vec<(UrlId, String)> = list(
            &connection,
            "SELECT u.id, u.address FROM sitemap_file f
             JOIN url u ON u.run = f.run AND u.id = f.url
             WHERE f.run = ?1 AND f.format IS NULL AND u.role = ?2 AND u.state = 2
                AND (SELECT a.outcome FROM evidence a WHERE a.run = u.run AND a.url = u.id
                    ORDER BY a.number DESC LIMIT 1) = ?3",
            (run, Role::Sitemap.code(), Outcome::OkHtml.code()),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .map_err(fault)?;
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let mut linked_by: BTreeMap<UrlId, Option<UrlId>> =
            files.iter().map(|(id, _)| (*id, None)).collect();
        each_page(&connection, run, 0, |page, links| {
            for link in links.filter(|it| it.nature.kind.is_hyperlink() && it.nature.follow) {
                if let Some(first) = linked_by.get_mut(&link.target) {
                    first.get_or_insert(page);
                }
            }
            Ok(())
        })
        .map_err(fault)?;
        let mut found = Vec::new();
        for (id, address) in files {
            let Some(page) = linked_by.get(&id).copied().flatten() else {
                continue;
            };
            let clicks: Option<u32> = connection
                .query_row(
                    "SELECT found_depth FROM url WHERE run = ? AND id = ?",
                    (run, page),
                    |row| row.get(0),
                )
                .map_err(fault)?;
            let url = self.stored_url(&address)?;
            let depth = clicks.unwrap_or(0) + 1;
            found.push(LinkedSitemap { url, depth });
        }
        Ok(found)
    }
}
