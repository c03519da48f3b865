//! A database of an earlier version, brought up to date when it is opened.

use rusqlite::{Connection, TransactionBehavior};

use super::error::StoreError;
use super::file::Store;

/// All views, among them that of the attempts that count.
const VIEWS: &str = include_str!("views.sql");

/// Where the view of the attempts that count begins.
const EVIDENCE: &str = "CREATE VIEW evidence AS";

impl Store {
    /// Makes the attempts of samples count, which earlier versions did not have.
    pub(super) fn upgrade(&self) -> Result<(), StoreError> {
        let mut connection = self.connect()?;
        count_samples(&mut connection).map_err(|source| self.fault(source))
    }
}

fn count_samples(connection: &mut Connection) -> rusqlite::Result<()> {
    let Some(wanted) = evidence() else {
        return Ok(());
    };
    if is_current(connection)? {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    if !is_current(&tx)? {
        tx.execute_batch("DROP VIEW evidence")?;
        tx.execute_batch(wanted)?;
    }
    tx.commit()
}

/// Whether the view counts samples, or is not there at all: then reading says that it is missing.
fn is_current(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT NOT EXISTS (SELECT 1 FROM sqlite_master
            WHERE type = 'view' AND name = 'evidence' AND sql NOT LIKE '%''sample''%')",
        [],
        |row| row.get(0),
    )
}

/// The statement that makes the view.
fn evidence() -> Option<&'static str> {
    let start = VIEWS.find(EVIDENCE)?;
    let length = VIEWS[start..].find(';')?;
    Some(&VIEWS[start..=start + length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_database_of_an_earlier_version_samples_count_once_it_is_opened() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        let store = Store::open(&path).expect("made");
        let connection = store.connect().expect("opened");
        let insert = |purpose: &str, number: u32| {
            let sql =
                "INSERT INTO attempt (run, url, number, pass, purpose, started, outcome, total_us,
                    bytes, reused, in_flight)
                 VALUES (1, 1, ?, 1, ?, 0, 1, 0, 0, 0, 1)";
            connection.execute(sql, (number, purpose)).expect("stored");
        };
        insert("crawl", 1);
        insert("sample", 2);
        insert("outage", 3);
        let old = "DROP VIEW evidence; CREATE VIEW evidence AS
            SELECT * FROM attempt WHERE purpose IN ('crawl', 'retry', 'confirm')";
        connection.execute_batch(old).expect("as it was");
        let count = |store: &Store| -> u32 {
            let connection = store.connect().expect("opened");
            let sql = "SELECT count(*) FROM evidence";
            connection
                .query_row(sql, [], |row| row.get(0))
                .expect("counted")
        };
        assert_eq!(count(&store), 1);
        let store = Store::open(&path).expect("opened again");
        assert_eq!(count(&store), 2);
        Store::open(&path).expect("and again");
    }
}
