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
    /// The last status; 0 where there was no answer.
    pub status: u16,
    /// The reason phrase, or what went wrong.
    pub status_text: String,
    /// What it allows.
    pub access: RobotsAccess,
    /// Rules that it has.
    pub rules: u64,
    /// Sitemaps that it names.
    pub sitemaps: u64,
    /// Seconds between requests that it wants.
    pub crawl_delay: Option<f64>,
    /// What is wrong with it, a line each; may be empty.
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
