//! Reading rows: what every reader of the store needs.

use rusqlite::{Connection, Params, Row};

use crate::model::SkipReason;

/// The codes of the limits of a run and of further reasons, as SQL lists them.
pub(super) fn limits_and(further: &[SkipReason]) -> String {
    let reasons = SkipReason::LIMITS.iter().chain(further);
    let codes: Vec<String> = reasons.map(|reason| reason.code().to_string()).collect();
    codes.join(", ")
}

/// All rows of a query.
pub(super) fn list<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map(params, read)?.collect()
}

/// A number of things.
pub(super) fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get(at).map(i64::unsigned_abs)
}
