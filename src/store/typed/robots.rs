//! The robots.txt of a host.

use crate::model::RobotsAccess;

use super::row::{ReadRow, TypedRow, Unreadable};
use crate::store::tables::robots::{
    ACCESS, CRAWL_DELAY, HOST, PROBLEMS, RULES, SITEMAPS, STATUS, STATUS_CODE,
};
use crate::store::tables::table::Table;

/// The robots.txt of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct RobotsRow {
    /// The origin.
    pub host: String,
    /// The last status; 0 without an answer.
    pub status: u16,
    /// The reason phrase, or the error.
    pub status_text: String,
    /// The access that it allows.
    pub access: RobotsAccess,
    /// Number of rules.
    pub rules: u64,
    /// Number of sitemaps that it names.
    pub sitemaps: u64,
    /// Crawl delay in seconds.
    pub crawl_delay: Option<f64>,
    /// Problems, one per line; may be empty.
    pub problems: String,
}

impl ReadRow for RobotsRow {
    const TABLE: Table = Table::Robots;

    fn read(row: TypedRow<'_>) -> Result<RobotsRow, Unreadable> {
        Ok(RobotsRow {
            host: row.text(&HOST),
            status: row.status(&STATUS_CODE),
            status_text: row.text(&STATUS),
            access: row.name(&ACCESS, RobotsAccess::from_name)?,
            rules: row.count(&RULES),
            sitemaps: row.count(&SITEMAPS),
            crawl_delay: row.real(&CRAWL_DELAY),
            problems: row.text(&PROBLEMS),
        })
    }
}
