//! The tables of the file, created once and upgraded from earlier versions. A new version only adds tables
//! and columns, so no row is rewritten. Views and the tables of names are recreated.

use std::collections::BTreeMap;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::steps::{SCHEMA, STEPS};
use crate::model::{LinkKind, Outcome, Position, Role, SearchFailure, SkipReason};
use crate::store::tables::table::Table;

/// Creates the tables of notifications if they do not exist yet.
pub(in crate::store) const NOTICES: &str = include_str!("notices.sql");

/// Creates the tables of the schedule if they do not exist yet.
const SCHEDULE: &str = include_str!("schedule.sql");

/// Creates the tables of log runs if they do not exist yet.
const LOGS: &str = include_str!("logs.sql");

/// Marks our files, in `PRAGMA application_id`: "GTCR".
pub(super) const APPLICATION: i64 = 0x4754_4352;

/// The attempts that count as evidence for conclusions about a URL. Experiments differ from the crawl's own
/// requests. Attempts during a local outage failed because this machine had no network.
const EVIDENCE: &str =
    "SELECT * FROM attempt WHERE purpose IN ('crawl', 'retry', 'confirm', 'sample')";

/// Creates all tables in an empty file, unless another process did so first.
pub(super) fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&tx)? >= SCHEMA {
        return Ok(());
    }
    tx.execute_batch(include_str!("schema.sql"))?;
    make_views(&tx)?;
    tx.execute_batch(NOTICES)?;
    tx.execute_batch(SCHEDULE)?;
    tx.execute_batch(LOGS)?;
    names(&tx)?;
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", SCHEMA)?;
    tx.commit()
}

/// Upgrades a file of an earlier version, unless another process did so first.
pub(super) fn upgrade(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&tx)?;
    if found >= SCHEMA {
        return Ok(());
    }
    for step in STEPS.iter().skip((found - 1).unsigned_abs() as usize) {
        tx.execute_batch(step)?;
    }
    make_views(&tx)?;
    tx.execute_batch(NOTICES)?;
    tx.execute_batch(SCHEDULE)?;
    tx.execute_batch(LOGS)?;
    names(&tx)?;
    tx.pragma_update(None, "user_version", SCHEMA)?;
    tx.commit()
}

/// Recreates the views, if they differ from those of this version of the program.
pub(super) fn renew_views(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if version(&tx)? == SCHEMA {
        make_views(&tx)?;
    }
    tx.commit()
}

/// Returns whether the views of the file are those of this version of the program.
pub(super) fn has_our_views(connection: &Connection) -> rusqlite::Result<bool> {
    let found: BTreeMap<String, String> = crate::store::rows::row::list(
        connection,
        "SELECT name, sql FROM sqlite_schema WHERE type = 'view'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?
    .into_iter()
    .collect();
    Ok(found == views())
}

/// Returns every view with its statement: the tables of the exports under their names, and the attempts that
/// count.
fn views() -> BTreeMap<String, String> {
    let tables = Table::ALL.map(|table| (table.name(), table.select()));
    tables
        .into_iter()
        .chain([("evidence", EVIDENCE.to_owned())])
        .map(|(name, rows)| (name.to_owned(), format!("CREATE VIEW {name} AS\n{rows}")))
        .collect()
}

fn make_views(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'view'";
    let old: Vec<String> = crate::store::rows::row::list(tx, sql, [], |row| row.get(0))?;
    for view in old {
        tx.execute_batch(&format!("DROP VIEW \"{view}\""))?;
    }
    views().values().try_for_each(|view| tx.execute_batch(view))
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Fills the tables that map numbers to names.
fn names(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    for outcome in Outcome::ALL {
        tx.execute(
            "INSERT OR REPLACE INTO outcome (code, id, failure, soft) VALUES (?, ?, ?, ?)",
            (
                outcome.code(),
                outcome.id(),
                outcome.is_failure(),
                outcome.search_failure() == SearchFailure::Soft,
            ),
        )?;
    }
    let name = |table: &str, code: u8, name: &str| {
        let sql = format!("INSERT OR REPLACE INTO {table} (code, name) VALUES (?, ?)");
        tx.execute(&sql, (code, name))
    };
    for role in Role::ALL {
        name("role", role.code(), role.name())?;
    }
    for reason in SkipReason::ALL {
        name("reason", reason.code(), reason.name())?;
    }
    for kind in LinkKind::ALL {
        name("kind", kind.code(), kind.name())?;
    }
    for position in (0..=6).map(Position::from_code) {
        name("position", position.code(), position.name())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::open::Store;
    use super::*;
    use crate::store::runs::id::RunId;

    #[test]
    fn a_file_of_an_earlier_version_is_upgraded_and_keeps_its_rows() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        let old = Connection::open(&path).expect("made");
        let dump = include_str!("../../../fixtures/databases/first_program.sql");
        old.execute_batch(&dump.replace("@PORT@", "80"))
            .expect("filled");
        old.execute_batch(
            "CREATE VIEW pages AS SELECT address FROM url;
             CREATE VIEW gone AS SELECT address FROM url;
             CREATE TABLE log_run (id INTEGER PRIMARY KEY, gone TEXT);
             CREATE TABLE log_url (run INTEGER NOT NULL, address BLOB NOT NULL);
             INSERT INTO url (run, id, address, host, section, folders, state, role, reason)
                VALUES (9, 1, 'http://h/a', 1, 1, 1, 3, 3, 1);
             INSERT INTO attempt (run, url, number, pass, purpose, started, outcome, total_us, bytes, reused, in_flight)
                VALUES (9, 1, 1, 1, 'crawl', 0, 30, 0, 0, 0, 1), (9, 1, 2, 1, 'retry', 0, 31, 0, 0, 0, 1);
             INSERT INTO cluster (run, number, host, section, outcome, urls, failures, source, cause, confidence,
                    evidence, advice)
                VALUES (9, 1, 'http://h', '/', 30, 1, 1, '', '', 0.5, '[]', '');
             INSERT INTO trial (run, cluster, probe, fine, tried, own_fine, own_tried)
                VALUES (9, 1, 'probe:http1', 1, 1, 0, 1);",
        )
        .expect("filled");
        drop(old);
        let store = Store::open(&path).expect("opened");
        let connection = store.connect().expect("connected");
        let (address, reason, found_on): (String, String, Option<String>) = connection
            .query_row(
                r#"SELECT "Address", "Reason", "Found On" FROM skipped WHERE "Address" = 'http://h/a'"#,
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .expect("a row");
        assert_eq!(
            (address.as_str(), reason.as_str()),
            ("http://h/a", "robots")
        );
        assert_eq!(found_on, None);
        let outcomes: Vec<String> = crate::store::rows::row::list(
            &connection,
            "SELECT o.id FROM attempt a JOIN outcome o ON o.code = a.outcome
             WHERE a.run = 9 ORDER BY a.number",
            [],
            |row| row.get(0),
        )
        .expect("read");
        assert_eq!(outcomes, ["reset_before_headers", "empty_reply"]);
        let summary = store.summary(RunId(9)).expect("read");
        assert_eq!(summary.experiments[0].outcome, Outcome::ResetBeforeHeaders);
        let version: i64 = connection
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .expect("a version");
        assert_eq!(version, SCHEMA);
        assert!(
            connection.prepare("SELECT * FROM gone").is_err(),
            "a view is left over"
        );
        let fresh = Store::open(&dir.path().join("fresh.db")).expect("made");
        let made = fresh.connect().expect("connected");
        let (upgraded, made) = (columns(&connection), columns(&made));
        let differ: Vec<&String> = upgraded.symmetric_difference(&made).collect();
        assert!(differ.is_empty(), "{differ:?}");
        drop(connection);
        Store::open(&path).expect("opened again");
    }

    /// Returns all columns of all tables and views.
    fn columns(connection: &Connection) -> BTreeSet<String> {
        let columns: Vec<String> = crate::store::rows::row::list(
            connection,
            "SELECT t.name || '.' || c.name || ' ' || c.type FROM sqlite_schema t
             JOIN pragma_table_info(t.name) c
             WHERE t.type IN ('table', 'view') AND t.name <> 'gone'",
            [],
            |row| row.get(0),
        )
        .expect("read");
        columns.into_iter().collect()
    }
}
