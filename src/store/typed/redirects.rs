//! Redirects, each with the end of its chain.

use crate::model::RedirectEnd;

use super::row::{ReadRow, TypedRow, Unreadable};
use crate::store::tables::redirects::{
    ADDRESS, ENDING, FINAL_ADDRESS, FINAL_STATUS_CODE, HOPS, INLINKS, STATUS_CODE,
};
use crate::store::tables::table::Table;

/// A redirect, and the end of its chain.
#[derive(Clone, Debug, PartialEq)]
pub struct RedirectRow {
    /// The URL in readable form.
    pub address: String,
    /// Its status; 0 without an answer.
    pub status: u16,
    /// Redirects from here to the end.
    pub hops: u64,
    /// The end of the chain.
    pub final_address: String,
    /// The status there; 0 without an answer.
    pub final_status: u16,
    /// How it ends.
    pub ending: RedirectEnd,
    /// Number of links to it, if they were counted.
    pub inlinks: Option<u64>,
}

impl ReadRow for RedirectRow {
    const TABLE: Table = Table::Redirects;

    fn read(row: TypedRow<'_>) -> Result<RedirectRow, Unreadable> {
        Ok(RedirectRow {
            address: row.text(&ADDRESS),
            status: row.status(&STATUS_CODE),
            hops: row.count(&HOPS),
            final_address: row.text(&FINAL_ADDRESS),
            final_status: row.status(&FINAL_STATUS_CODE),
            ending: row.name(&ENDING, RedirectEnd::from_name)?,
            inlinks: row.whole(&INLINKS),
        })
    }
}
