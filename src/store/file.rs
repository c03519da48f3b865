//! The database file: opened, checked, brought up to date.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::runs::RunId;
use crate::model::{LinkKind, Outcome, Position, Role, SkipReason};

/// Version of the schema, in `PRAGMA user_version`.
const SCHEMA: i64 = 1;

/// Marks our files, in `PRAGMA application_id`: "GTCR".
const APPLICATION: i64 = 0x4754_4352;

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(5);

/// The file in which runs are kept.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
}

/// Why the store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("could not open database {}: {source}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The file belongs to something else.
    #[error("{} is not a gatecrawl database; name another with --db", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer version.
    #[error("{} was written by a newer gatecrawl (schema {found}, this one knows {SCHEMA}); update gatecrawl or name another with --db", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: i64,
    },
    /// Another process is writing.
    #[error("database {} is locked by another process; wait for it or name another with --db", .0.display())]
    Locked(PathBuf),
    /// A read or write failed.
    #[error("database {}: {source}", path.display())]
    Sql {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// There is no such run.
    #[error("no run {0:?}; `gatecrawl runs` lists them")]
    NoRun(String),
    /// Another process is writing this run.
    #[error("run {0} is under way in another process")]
    RunBusy(RunId),
    /// The file that says who writes a run cannot be made.
    #[error("could not lock {}: {source}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// A stored value makes no sense.
    #[error("database {}: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
}

impl Store {
    /// Opens the file, making it first if it is not there.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let store = Store {
            path: path.to_owned(),
        };
        let mut connection = store.connect()?;
        store.prepare(&mut connection)?;
        Ok(store)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new connection. Each has its own view of the data, as of the start of its statements.
    pub(super) fn connect(&self) -> Result<Connection, StoreError> {
        let open = |source| StoreError::Open {
            path: self.path.clone(),
            source,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(open)?;
        connection.busy_timeout(BUSY).map_err(open)?;
        connection.set_prepared_statement_cache_capacity(64);
        // WAL: readers see a consistent state while the crawl writes. NORMAL: a killed process
        // loses nothing that was committed; a power cut may lose the last moments, never more.
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = NORMAL;
                 PRAGMA cache_size = -65536;
                 PRAGMA temp_store = FILE;",
            )
            .map_err(|source| self.fault(source))?;
        Ok(connection)
    }

    /// Puts a name and advice to what SQLite says.
    pub(super) fn fault(&self, source: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode;
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked(self.path.clone())
            }
            Some(ErrorCode::NotADatabase) => StoreError::Foreign(self.path.clone()),
            _ => StoreError::Sql {
                path: self.path.clone(),
                source,
            },
        }
    }

    pub(super) fn damaged(&self, what: impl Into<String>) -> StoreError {
        StoreError::Damaged {
            path: self.path.clone(),
            what: what.into(),
        }
    }

    fn prepare(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let pragma = |name: &str| -> Result<i64, StoreError> {
            connection
                .query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))
                .map_err(|source| self.fault(source))
        };
        let (application, version) = (pragma("application_id")?, pragma("user_version")?);
        match (application, version) {
            (APPLICATION, SCHEMA) => return Ok(()),
            (APPLICATION, found) if found > SCHEMA => {
                return Err(StoreError::Newer {
                    path: self.path.clone(),
                    found,
                });
            }
            (0, 0) if pragma("schema_version")? == 0 => {}
            _ => return Err(StoreError::Foreign(self.path.clone())),
        }
        create(connection).map_err(|source| self.fault(source))
    }
}

fn create(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let made: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if made == SCHEMA {
        // Another process was faster.
        return Ok(());
    }
    tx.execute_batch(include_str!("schema.sql"))?;
    tx.execute_batch(include_str!("views.sql"))?;
    for outcome in Outcome::ALL {
        tx.execute(
            "INSERT INTO outcome VALUES (?, ?, ?)",
            (outcome.code(), outcome.id(), outcome.is_failure()),
        )?;
    }
    let name = |table: &str, code: u8, name: &str| {
        tx.execute(&format!("INSERT INTO {table} VALUES (?, ?)"), (code, name))
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
    tx.pragma_update(None, "application_id", APPLICATION)?;
    tx.pragma_update(None, "user_version", SCHEMA)?;
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_made_and_opened_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        Store::open(&path).expect("made");
        Store::open(&path).expect("opened again");
    }

    #[test]
    fn foreign_and_newer_files_are_left_alone() {
        let dir = tempfile::tempdir().expect("a directory");
        let text = dir.path().join("notes.txt");
        std::fs::write(&text, "not a database, but long enough to look at").expect("written");
        assert!(matches!(Store::open(&text), Err(StoreError::Foreign(_))));

        let other = dir.path().join("other.db");
        let connection = Connection::open(&other).expect("made");
        connection
            .execute_batch("CREATE TABLE t (x)")
            .expect("made");
        assert!(matches!(Store::open(&other), Err(StoreError::Foreign(_))));

        let newer = dir.path().join("newer.db");
        Store::open(&newer).expect("made");
        let connection = Connection::open(&newer).expect("opened");
        connection
            .pragma_update(None, "user_version", SCHEMA + 1)
            .expect("set");
        assert!(matches!(Store::open(&newer), Err(StoreError::Newer { .. })));
    }
}
