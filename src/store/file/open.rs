//! The database file: opening, checking and upgrading it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, ffi};

use super::identity::Identity;
use super::pool::{Pool, Pooled};
use super::schema::{APPLICATION, create, has_our_views, renew_views, upgrade};
use super::steps::SCHEMA;
use super::turn::BUSY;
use super::turn::{PATIENCE, Turn};
use crate::model::CrawlUrl;
use crate::store::error::{StoreError, StoreFault};

/// The database file of the runs.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    /// The file that the first connection opened. Another file may get its name later.
    identity: Arc<OnceLock<Identity>>,
    pool: Pool,
    pub(in crate::store) turn: Turn,
}

impl Store {
    /// Opens the file, creating it if needed. A file of another program stays unchanged.
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        let store = Store {
            path: path.to_owned(),
            identity: Arc::default(),
            pool: Pool::default(),
            turn: Turn::default(),
        };
        match store.look()? {
            Tables::Ready => return Ok(store),
            Tables::OtherViews => {
                store.renew_views();
                return Ok(store);
            }
            Tables::Older => {}
            Tables::None => store.make_private()?,
        }
        let mut connection = store.connect()?;
        // Another process may have created the tables first.
        let made = match store.tables(Marks::of(&connection))? {
            Tables::None => create(&mut connection),
            Tables::Older => upgrade(&mut connection),
            Tables::OtherViews | Tables::Ready => Ok(()),
        };
        made.map_err(|source| store.fault(source))?;
        drop(connection);
        Ok(store)
    }

    /// Recreates the views for people who read the file with other programs. This program does not read them.
    /// So a file that is read-only, or that another process writes, keeps its views.
    fn renew_views(&self) {
        if let Ok(mut connection) = self.connect_for(Duration::ZERO) {
            let _ = renew_views(&mut connection);
        }
    }

    /// Creates the file before SQLite does, readable by its owner only: URLs of a site may hold tokens
    /// of its users. SQLite's side files get the same permissions. An existing file keeps its own. Other
    /// faults are left to SQLite, which reports them on opening. Only a link without a target needs us:
    /// SQLite would follow it and create a file that all can read.
    fn make_private(&self) -> Result<(), StoreError> {
        let mut file = std::fs::OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
        let made = file.write(true).create_new(true).open(&self.path);
        let is_link = || std::fs::symlink_metadata(&self.path).is_ok_and(|it| it.is_symlink());
        if made.is_err() && is_link() && !self.path.exists() {
            return Err(self.unopened(StoreFault::Dangling));
        }
        Ok(())
    }

    /// Returns the path as SQLite must see it. `:memory:` and `file:runs.db?mode=memory` are ordinary names
    /// here.
    fn plain_path(&self) -> PathBuf {
        Path::new(".").join(&self.path)
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a connection. Each connection sees the data as of the start of its statements.
    pub(in crate::store) fn connect(&self) -> Result<Pooled, StoreError> {
        self.connect_for(BUSY)
    }

    /// Returns the same file for one crawl. Once the crawl is ending, it waits for other processes at most
    /// half a minute in all.
    #[must_use]
    pub fn of_crawl(&self, is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Store {
        Store {
            turn: Turn::until(is_ending),
            ..self.clone()
        }
    }

    /// Reads by one connection.
    pub(in crate::store) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.connect()?;
        work(&connection).map_err(|source| self.fault(source))
    }

    /// Writes in one transaction, once no other process writes.
    pub(in crate::store) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let connection = self.connect()?;
        let write = || {
            let tx = self.turn.begin(&connection)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        write().map_err(|source| self.fault(source))
    }

    /// Reads and writes for the schedule. Its statements wait as long as those of a crawl.
    pub(in crate::store) fn patiently<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connect_for(PATIENCE)?;
        work(&mut connection).map_err(|source| self.fault(source))
    }

    fn connect_for(&self, patience: Duration) -> Result<Pooled, StoreError> {
        // Checks before SQLite creates a file where there is none.
        self.check_in_place()?;
        let pooled = self.pool.take(|| self.new_connection())?;
        pooled
            .busy_timeout(patience)
            .map_err(|source| self.fault(source))?;
        Ok(pooled)
    }

    fn new_connection(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.plain_path(), flags)
            .map_err(|source| self.unopened_by(source))?;
        connection.set_prepared_statement_cache_capacity(64);
        // WAL: readers see a consistent state while the crawl writes. NORMAL: a killed process loses nothing
        // that was committed; a power cut may lose the last moments, never more. Statements keep their plan;
        // otherwise a query with `max` is prepared again for each value. A run is written and read almost
        // sequentially, so the system's cache serves what the cache of 16 MiB does not hold. The log grows to
        // 16 MiB before it is written back. Each write-back waits for the disk, and a page that changed
        // several times is then written once. Our tables have no triggers: those of a file from elsewhere, such
        // as a checkout, must not run.
        let set = |what, on| connection.set_db_config(what, on);
        connection
            .busy_timeout(BUSY)
            .and_then(|()| set(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true))
            .and_then(|_| set(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false))
            .and_then(|_| set(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false))
            .and_then(|_| {
                connection.execute_batch(
                    "PRAGMA journal_mode = WAL;
                     PRAGMA synchronous = NORMAL;
                     PRAGMA wal_autocheckpoint = 4096;
                     PRAGMA cache_size = -16384;
                     PRAGMA temp_store = FILE;",
                )
            })
            .map_err(|source| self.fault(source))?;
        self.identity.get_or_init(|| Identity::of(&self.path));
        Ok(connection)
    }

    /// Checks that the path still leads to the opened file. Otherwise writes are lost, and reads see another file.
    pub(in crate::store) fn check_in_place(&self) -> Result<(), StoreError> {
        match self.identity.get() {
            Some(opened) if Identity::of(&self.path) != *opened => {
                Err(self.failed(StoreFault::Gone))
            }
            _ => Ok(()),
        }
    }

    /// Returns the error for a file, or one beside it, that could not be opened.
    pub(super) fn unopened(&self, source: StoreFault) -> StoreError {
        StoreError::Open {
            path: self.path.clone(),
            source,
        }
    }

    fn unopened_by(&self, source: rusqlite::Error) -> StoreError {
        if lacks_files(&source) {
            return self.failed(StoreFault::OutOfFiles);
        }
        self.unopened(StoreFault::Sqlite(source))
    }

    /// Turns an error of SQLite into one with a name and advice.
    pub(in crate::store) fn fault(&self, source: rusqlite::Error) -> StoreError {
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                StoreError::Locked(self.path.clone())
            }
            Some(ErrorCode::NotADatabase) => StoreError::Foreign(self.path.clone()),
            Some(ErrorCode::ReadOnly) => StoreError::ReadOnly(self.path.clone()),
            _ if lacks_files(&source) => self.failed(StoreFault::OutOfFiles),
            _ if is_full(&source) => self.failed(StoreFault::Full),
            _ if is_damage(&source) => self.damaged(source.to_string()),
            // Our queries are correct for the tables that we create.
            Some(ErrorCode::Unknown) => self.failed(StoreFault::Tables(message(&source))),
            _ => self.failed(StoreFault::Sqlite(source)),
        }
    }

    pub(in crate::store) fn failed(&self, source: StoreFault) -> StoreError {
        StoreError::Failed {
            path: self.path.clone(),
            source,
        }
    }

    /// Reads a URL that the store wrote.
    pub(in crate::store) fn stored_url(&self, address: &str) -> Result<CrawlUrl, StoreError> {
        CrawlUrl::parse(address)
            .map_err(|_| self.damaged(format!("cannot read stored URL {address:?}")))
    }

    pub(in crate::store) fn damaged(&self, what: impl Into<String>) -> StoreError {
        self.failed(StoreFault::Damaged {
            path: self.path.clone(),
            what: what.into(),
        })
    }

    /// Returns which tables the file has, if it exists. Only reads it, because it may belong to another
    /// program.
    fn look(&self) -> Result<Tables, StoreError> {
        // An empty file or a special file: SQLite reports its error on opening.
        match std::fs::metadata(&self.path) {
            // SQLite would take it for empty and write into it.
            Ok(file) if file.is_file() && file.len() == 1 => {
                return Err(StoreError::Foreign(self.path.clone()));
            }
            Ok(file) if file.is_file() && file.len() > 0 => {}
            _ => return Ok(Tables::None),
        }
        let reader = self.open_to_look(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let marks = Marks::of(&reader);
        if marks.as_ref().err().is_some_and(is_half_written) {
            // The process that created it was killed half-way. It can be read only after the journal is
            // undone.
            let writer = self.open_to_look(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
            return self.tables(Marks::of(&writer));
        }
        self.tables(marks)
    }

    fn open_to_look(&self, access: OpenFlags) -> Result<Connection, StoreError> {
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.plain_path(), flags)
            .map_err(|source| self.unopened_by(source))?;
        connection
            .busy_timeout(BUSY)
            .map_err(|source| self.fault(source))?;
        Ok(connection)
    }

    /// Returns which tables the file has, perhaps none. Fails if another program made them.
    fn tables(&self, marks: rusqlite::Result<Marks>) -> Result<Tables, StoreError> {
        let marks = marks.map_err(|source| match source.sqlite_error_code() {
            // SQLite needs side files even to read it.
            Some(ErrorCode::CannotOpen) if !lacks_files(&source) => {
                StoreError::ReadOnly(self.path.clone())
            }
            _ => self.fault(source),
        })?;
        match (marks.application, marks.version) {
            (APPLICATION, SCHEMA) if marks.our_views => Ok(Tables::Ready),
            (APPLICATION, SCHEMA) => Ok(Tables::OtherViews),
            (APPLICATION, 1..SCHEMA) => Ok(Tables::Older),
            (APPLICATION, found) if found > SCHEMA => Err(StoreError::Newer {
                path: self.path.clone(),
                found,
            }),
            (0, 0) if marks.tables == 0 => Ok(Tables::None),
            _ => Err(StoreError::Foreign(self.path.clone())),
        }
    }
}

/// The tables of a file that is a database of gatecrawl or may become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tables {
    /// No tables.
    None,
    /// Tables of an earlier version of the program.
    Older,
    /// The current tables, with other views.
    OtherViews,
    /// The current tables and views.
    Ready,
}

/// Marks in the file that identify its program and version.
struct Marks {
    application: i64,
    version: i64,
    /// Number of changes to its tables; 0 if there are none.
    tables: i64,
    /// Whether its views are those of this version of the program.
    our_views: bool,
}

impl Marks {
    fn of(connection: &Connection) -> rusqlite::Result<Marks> {
        let pragma =
            |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
        Ok(Marks {
            application: pragma("application_id")?,
            version: pragma("user_version")?,
            tables: pragma("schema_version")?,
            our_views: has_our_views(connection)?,
        })
    }
}

/// Returns whether the file has a journal beside it that only a process with write access can undo.
fn is_half_written(fault: &rusqlite::Error) -> bool {
    let code = fault.sqlite_error().map(|fault| fault.extended_code);
    code == Some(ffi::SQLITE_READONLY_ROLLBACK)
}

/// Returns whether SQLite could not open a file because too many are open. SQLite does not report this, but
/// then no other open succeeds either. This opens another file than the database, because closing the
/// database would end SQLite's locks on it.
fn lacks_files(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error_code() == Some(ErrorCode::CannotOpen)
        && cfg!(unix)
        && std::fs::File::open("/").is_err()
}

/// Returns whether a disk is full. Growing a file beside the database fails with an error of its own.
fn is_full(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error().is_some_and(|fault| {
        fault.code == ErrorCode::DiskFull || fault.extended_code == ffi::SQLITE_IOERR_SHMSIZE
    })
}

/// Returns whether the file is damaged: SQLite cannot read its structure, or a value has a type that we never
/// store.
fn is_damage(fault: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    let cut_short = [ffi::SQLITE_IOERR_SHORT_READ, ffi::SQLITE_IOERR_CORRUPTFS];
    match fault {
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..) => true,
        _ => fault.sqlite_error().is_some_and(|fault| {
            fault.code == ErrorCode::DatabaseCorrupt || cut_short.contains(&fault.extended_code)
        }),
    }
}

/// Returns SQLite's message without the statement.
fn message(fault: &rusqlite::Error) -> String {
    match fault {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        fault => fault.to_string(),
    }
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
        std::fs::write(&text, "1").expect("written");
        assert!(matches!(Store::open(&text), Err(StoreError::Foreign(_))));
        assert_eq!(std::fs::read(&text).expect("read"), b"1");

        let other = dir.path().join("other.db");
        let connection = Connection::open(&other).expect("made");
        connection
            .execute_batch("CREATE TABLE t (x)")
            .expect("made");
        drop(connection);
        let before = std::fs::read(&other).expect("read");
        assert!(matches!(Store::open(&other), Err(StoreError::Foreign(_))));
        assert!(before == std::fs::read(&other).expect("read"), "changed");
        let names = std::fs::read_dir(dir.path()).expect("read").count();
        assert_eq!(names, 2, "something stands beside it");

        let newer = dir.path().join("newer.db");
        Store::open(&newer).expect("made");
        let connection = Connection::open(&newer).expect("opened");
        connection
            .pragma_update(None, "user_version", SCHEMA + 1)
            .expect("set");
        assert!(matches!(Store::open(&newer), Err(StoreError::Newer { .. })));
    }

    #[test]
    fn triggers_of_a_file_from_elsewhere_do_not_run() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        Store::open(&path).expect("made");
        let endless =
            "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x FROM n) SELECT count(*) FROM n";
        Connection::open(&path)
            .expect("opened")
            .execute_batch(&format!(
                "CREATE TRIGGER t AFTER INSERT ON run BEGIN {endless}; END"
            ))
            .expect("made");
        let store = Store::open(&path).expect("opened again");
        let row = "INSERT INTO run (id, token, site, plan, version, started, state)
            VALUES (1, 'a', 'site.test', '{}', '0', 0, 'running')";
        store.write(|tx| tx.execute_batch(row)).expect("written");
    }

    #[test]
    fn a_file_whose_creator_was_killed_half_way_is_created_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        // The state after the switch to a write-ahead log, when its journal could not be removed.
        let maker = Connection::open(&path).expect("made");
        let begin = "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; CREATE TABLE t (x);
                     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500)
                     INSERT INTO t SELECT randomblob(1000) FROM n";
        maker.execute_batch(begin).expect("begun");
        let copy = dir.path().join("killed.db");
        for end in ["", "-journal"] {
            let named = |path: &Path| PathBuf::from(format!("{}{end}", path.display()));
            std::fs::copy(named(&path), named(&copy)).expect("copied");
        }
        assert!(std::fs::metadata(&copy).expect("a file").len() > 0);
        Store::open(&copy).expect("created again");
        Store::open(&copy).expect("opened again");
    }

    #[cfg(unix)]
    #[test]
    fn a_removed_or_replaced_file_is_neither_read_nor_created_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        let gone = |store: &Store| {
            let fault = store.connect().err();
            matches!(
                fault,
                Some(StoreError::Failed {
                    source: StoreFault::Gone,
                    ..
                })
            )
        };
        let store = Store::open(&path).expect("made");
        drop(store.connect().expect("in place"));
        let other = dir.path().join("other.db");
        Store::open(&other).expect("made");
        std::fs::rename(&other, &path).expect("replaced");
        assert!(gone(&store), "replaced");
        std::fs::remove_file(&path).expect("removed");
        assert!(gone(&store), "removed");
        assert!(!path.exists(), "made again");
    }

    #[test]
    fn a_database_that_may_only_be_read_says_so() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("made");
        let connection = store.connect().expect("opened");
        connection
            .pragma_update(None, "query_only", true)
            .expect("set");
        let fault = connection
            .execute("DELETE FROM run", [])
            .expect_err("read only");
        assert!(matches!(store.fault(fault), StoreError::ReadOnly(_)));
    }

    #[test]
    fn a_file_without_all_of_our_tables_is_reported_as_another_version() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("made");
        let connection = store.connect().expect("opened");
        connection
            .execute_batch("DROP VIEW evidence")
            .expect("dropped");
        let fault = connection
            .prepare("SELECT * FROM evidence")
            .expect_err("no view");
        let StoreError::Failed { source, .. } = store.fault(fault) else {
            panic!("another fault");
        };
        let message = source.to_string();
        assert!(
            message.contains("(no such table: evidence): another version"),
            "{message}"
        );
    }

    #[test]
    fn views_of_another_version_are_recreated_unless_another_process_writes() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        let store = Store::open(&path).expect("made");
        let connection = store.connect().expect("opened");
        connection
            .execute_batch("DROP VIEW pages; CREATE VIEW pages AS SELECT 1 AS run")
            .expect("changed");
        let is_renewed = || connection.prepare("SELECT [Address] FROM pages").is_ok();
        connection.execute_batch("BEGIN IMMEDIATE").expect("begun");
        Store::open(&path).expect("opened though it is locked");
        connection.execute_batch("COMMIT").expect("ended");
        assert!(!is_renewed());
        Store::open(&path).expect("opened");
        assert!(is_renewed());
    }

    #[test]
    fn a_crawl_waits_longer_than_people_do() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("made");
        let patience = |connection: &Connection| {
            connection.query_row("PRAGMA busy_timeout", [], |row| row.get(0))
        };
        let usual: rusqlite::Result<i64> = patience(&store.connect().expect("opened"));
        assert_eq!(usual, Ok(5_000));
        let patient = store.patiently(|connection| patience(connection));
        assert_eq!(patient.expect("read"), 600_000);
    }
}
