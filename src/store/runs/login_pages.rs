//! Start pages and redirect targets that ask for a password. The table is created when it is first needed, so
//! that older files gain it.

use rusqlite::{Connection, Transaction};

use crate::store::rows::ids::UrlId;
use crate::store::runs::id::RunId;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS login_page (
    run INTEGER NOT NULL,
    url INTEGER NOT NULL,
    PRIMARY KEY (run, url)
) WITHOUT ROWID";

/// Records that a page asks for a password.
pub(in crate::store) fn store(
    tx: &Transaction<'_>,
    run: RunId,
    url: UrlId,
) -> rusqlite::Result<()> {
    tx.execute(TABLE, [])?;
    tx.execute(
        "INSERT OR IGNORE INTO login_page (run, url) VALUES (?, ?)",
        (run, url),
    )
    .map(|_| ())
}

/// Returns whether a page asks for a password.
pub(in crate::store) fn is_one(
    connection: &Connection,
    run: RunId,
    url: UrlId,
) -> rusqlite::Result<bool> {
    if !are_known(connection)? {
        return Ok(false);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM login_page WHERE run = ? AND url = ?)";
    connection.query_row(sql, (run, url), |row| row.get(0))
}

/// Returns whether the file has records of such pages.
pub(in crate::store) fn are_known(connection: &Connection) -> rusqlite::Result<bool> {
    connection.table_exists(None, "login_page")
}

/// Deletes the records of a run.
pub(in crate::store) fn forget_run(tx: &Transaction<'_>, run: RunId) -> rusqlite::Result<()> {
    tx.execute(TABLE, [])?;
    tx.execute("DELETE FROM login_page WHERE run = ?", [run])
        .map(|_| ())
}
