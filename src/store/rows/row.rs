//! Helpers for rows that every reader and writer of the store needs.

use rusqlite::types::Type;
use rusqlite::{Connection, Error, Params, Row};

use serde::Serialize;

use crate::model::SkipReason;

/// Returns the codes of a run's limits and of further reasons, as a SQL list.
pub(in crate::store) fn limits_and(further: &[SkipReason]) -> String {
    let reasons = SkipReason::LIMITS.iter().chain(further);
    let codes: Vec<String> = reasons.map(|reason| reason.code().to_string()).collect();
    codes.join(", ")
}

/// Collects all rows of a query.
pub(in crate::store) fn list<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare(sql)?.query_map(params, read)?.collect()
}

/// Reads a count.
pub(in crate::store) fn count(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    row.get(at).map(i64::unsigned_abs)
}

/// Reads the value of a stored name. An unknown name means that the file is damaged.
pub(in crate::store) fn named<T>(
    row: &Row<'_>,
    at: usize,
    value: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let name = row.get_ref(at)?.as_str()?;
    value(name).ok_or_else(|| {
        let what = format!("unknown name {name:?}");
        Error::FromSqlConversionFailure(at, Type::Text, what.into())
    })
}

/// Inserts a row, each value beside the name of its column. Columns filled by a query stand at the end; in
/// the query, `?1` is the first value.
macro_rules! insert {
    ($tx:expr, $verb:literal, $first:ident: $value:expr $(, $column:ident: $other:expr)* $(,)?
        $(; $queried:ident: $query:literal)?) => {
        $tx.prepare_cached(concat!(
            $verb, " (", stringify!($first) $(, ", ", stringify!($column))* $(, ", ", stringify!($queried))?,
            ") VALUES (?" $(, ", ?", $crate::store::rows::row::insert!(@drop $column))* $(, ", ", $query)?, ")"
        ))?
        .execute(rusqlite::params![$value $(, $other)*])
    };
    (@drop $column:ident) => {
        ""
    };
}

pub(in crate::store) use insert;

/// Renders a value of ours as JSON, which never fails.
pub(in crate::store) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
