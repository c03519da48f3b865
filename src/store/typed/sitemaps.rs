//! A sitemap or sitemap index.

use crate::model::Outcome;

use super::row::{ReadRow, TypedRow, Unreadable};
use crate::store::tables::sitemaps::{
    ADDRESS, ATTEMPTS, ENTRIES, FORMAT, FOUND_ON, OUTCOME, PROBLEMS, STATUS, STATUS_CODE,
};
use crate::store::tables::table::Table;

/// A sitemap or sitemap index.
#[derive(Clone, Debug, PartialEq)]
pub struct SitemapRow {
    /// The URL in readable form.
    pub address: String,
    /// The last status; 0 without an answer.
    pub status: u16,
    /// The reason phrase, or the error.
    pub status_text: String,
    /// The last outcome; absent if it was not requested.
    pub outcome: Option<Outcome>,
    /// All attempts.
    pub attempts: u64,
    /// Its format; may be empty.
    pub format: String,
    /// Number of URLs that it lists.
    pub entries: Option<u64>,
    /// Problems, one per line; may be empty.
    pub problems: String,
    /// Where it was found; empty if unknown.
    pub found_on: String,
}

impl ReadRow for SitemapRow {
    const TABLE: Table = Table::Sitemaps;

    fn read(row: TypedRow<'_>) -> Result<SitemapRow, Unreadable> {
        Ok(SitemapRow {
            address: row.text(&ADDRESS),
            status: row.status(&STATUS_CODE),
            status_text: row.text(&STATUS),
            outcome: row.named(&OUTCOME, Outcome::from_id)?,
            attempts: row.count(&ATTEMPTS),
            format: row.text(&FORMAT),
            entries: row.whole(&ENTRIES),
            problems: row.text(&PROBLEMS),
            found_on: row.text(&FOUND_ON),
        })
    }
}
