//! A URL that was not fetched.

use crate::model::SkipReason;

use super::row::{ReadRow, TypedRow, Unreadable};
use crate::store::tables::skipped::{ADDRESS, DETAIL, FOUND_ON, REASON};
use crate::store::tables::table::Table;

/// A URL that was not fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct SkippedRow {
    /// The URL in readable form.
    pub address: String,
    /// The reason.
    pub reason: SkipReason,
    /// Details about this URL; may be empty.
    pub detail: String,
    /// Where it was found; may be empty.
    pub found_on: String,
}

impl ReadRow for SkippedRow {
    const TABLE: Table = Table::Skipped;

    fn read(row: TypedRow<'_>) -> Result<SkippedRow, Unreadable> {
        Ok(SkippedRow {
            address: row.text(&ADDRESS),
            reason: row.name(&REASON, SkipReason::from_name)?,
            detail: row.text(&DETAIL),
            found_on: row.text(&FOUND_ON),
        })
    }
}
