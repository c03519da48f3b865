//! A page, resource or external link that failed at least once.

use crate::assess::Verdict;
use crate::model::{Causes, Moment, Outcome, Role};

use super::row::{ReadRow, TypedRow, Unreadable};
use crate::store::tables::pages::{
    ADDRESS, ATTEMPTS, ERROR_SOURCE, FAILED_ATTEMPTS, FINDINGS, FIRST_FAILED, FOUND_ON,
    LAST_FAILED, LAST_OK, OUTCOME, PROBABLE_CAUSE, RESPONSE_TIME, SCOPE, SECTION, STATUS,
    STATUS_CODE, URL_ENCODED_ADDRESS, VERDICT,
};
use crate::store::tables::table::Table;

/// A page, resource or external link that failed at least once.
#[derive(Clone, Debug, PartialEq)]
pub struct FailingRow {
    /// The URL in readable form.
    pub address: String,
    /// The URL in the form that requests use.
    pub encoded: String,
    /// The last status; 0 without an answer.
    pub status: u16,
    /// The reason phrase, or the error.
    pub status_text: String,
    /// Seconds to the end of the last answer.
    pub response_time: f64,
    /// Its role in the crawl.
    pub role: Role,
    /// The verdict.
    pub verdict: Verdict,
    /// The last outcome.
    pub outcome: Option<Outcome>,
    /// All attempts.
    pub attempts: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Causes of the failure, as far as known.
    pub causes: Causes,
    /// The source of the error; empty if unknown.
    pub source: String,
    /// The section that it belongs to.
    pub section: String,
    /// Where it was found; may be empty.
    pub found_on: String,
    /// When it first failed.
    pub first_failed: Option<Moment>,
    /// When it last failed.
    pub last_failed: Option<Moment>,
    /// When it last succeeded.
    pub last_ok: Option<Moment>,
    /// Names of the findings that are about it, the worst first, with spaces between them.
    pub findings: String,
}

impl ReadRow for FailingRow {
    const TABLE: Table = Table::ServerErrors;

    fn read(row: TypedRow<'_>) -> Result<FailingRow, Unreadable> {
        Ok(FailingRow {
            address: row.text(&ADDRESS),
            encoded: row.text(&URL_ENCODED_ADDRESS),
            status: row.status(&STATUS_CODE),
            status_text: row.text(&STATUS),
            response_time: row.real(&RESPONSE_TIME).unwrap_or(0.0),
            role: row.name(&SCOPE, Role::from_name)?,
            verdict: row.name(&VERDICT, Verdict::from_name)?,
            outcome: row.named(&OUTCOME, Outcome::from_id)?,
            attempts: row.count(&ATTEMPTS),
            failed: row.count(&FAILED_ATTEMPTS),
            causes: row
                .named(&PROBABLE_CAUSE, Causes::from_text)?
                .unwrap_or_default(),
            source: row.text(&ERROR_SOURCE),
            section: row.text(&SECTION),
            found_on: row.text(&FOUND_ON),
            first_failed: row.time(&FIRST_FAILED)?,
            last_failed: row.time(&LAST_FAILED)?,
            last_ok: row.time(&LAST_OK)?,
            findings: row.text(&FINDINGS),
        })
    }
}
