//! The links that lead to a failing URL.

use rusqlite::Connection;

use super::worst::WorstPage;
use crate::model::Position;
use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::ids::UrlId;
use crate::store::runs::id::RunId;

/// A link to a failing URL.
#[derive(Clone, Debug, PartialEq)]
pub struct LinkSource {
    /// The URL of the page that has it, in readable form.
    pub page: String,
    /// The URL of the page in the form that requests use.
    pub encoded: String,
    /// Its text; may be empty.
    pub anchor: String,
    /// Where on the page it is.
    pub position: Position,
}

impl Store {
    /// Returns the first link of each page that leads to a failing URL, of at most `most` pages, those found first
    /// before the others.
    pub fn sources(
        &self,
        run: RunId,
        page: &WorstPage,
        most: usize,
    ) -> Result<Vec<LinkSource>, StoreError> {
        self.read(|connection| sources(connection, (run, page.id), most))
    }
}

/// Reads only as many links as needed: links of one page follow each other, and a page may have a link on every page.
fn sources(
    connection: &Connection,
    target: (RunId, UrlId),
    most: usize,
) -> rusqlite::Result<Vec<LinkSource>> {
    let mut links = connection.prepare_cached(
        "SELECT l.source, coalesce(u.readable, u.address), u.address, coalesce(anchor.text, ''), l.position
         FROM error_link l CROSS JOIN url u ON u.run = l.run AND u.id = l.source
         LEFT JOIN text anchor ON anchor.run = l.run AND anchor.id = l.anchor
         WHERE l.run = ? AND l.target = ? ORDER BY l.number",
    )?;
    let mut rows = links.query(target)?;
    let (mut found, mut last) = (Vec::new(), None);
    while let Some(row) = rows.next()? {
        let source: UrlId = row.get(0)?;
        if last.replace(source) == Some(source) {
            continue;
        }
        if found.len() == most {
            break;
        }
        found.push(LinkSource {
            page: row.get(1)?,
            encoded: row.get(2)?,
            anchor: row.get(3)?,
            position: Position::from_code(row.get(4)?),
        });
    }
    Ok(found)
}
