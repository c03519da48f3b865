//! The stored state of a URL.

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

/// The state of a URL in a run, as the column `url.state` has it. Statements name it by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum UrlState {
    /// It waits for its first request, or for another one.
    Queued = 1,
    /// It was requested, and waits for nothing.
    Settled = 2,
    /// It was left out, for a reason.
    Skipped = 3,
}

impl ToSql for UrlState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok((*self as i64).into())
    }
}

impl FromSql for UrlState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<UrlState> {
        match value.as_i64()? {
            1 => Ok(UrlState::Queued),
            2 => Ok(UrlState::Settled),
            3 => Ok(UrlState::Skipped),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}
