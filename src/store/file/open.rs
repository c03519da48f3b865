//! The database file: opened, checked, brought up to date.

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
use crate::store::error::{StoreError, StoreFault};

/// The file in which runs are kept.
#[derive(Clone, Debug)]
pub struct Store {
    path: PathBuf,
    /// The file that the first connection opened: another may have its name later.
    identity: Arc<OnceLock<Identity>>,
    pool: Pool,
    pub(in crate::store) turn: Turn,
}

impl Store {
    /// Opens the file, making it first if it is not there. A file that is not ours stays as it is.
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
        // Another process may have been faster.
        let made = match store.tables(Marks::of(&connection))? {
            Tables::None => create(&mut connection),
            Tables::Older => upgrade(&mut connection),
            Tables::OtherViews | Tables::Ready => Ok(()),
        };
        made.map_err(|source| store.fault(source))?;
        drop(connection);
        Ok(store)
    }

    /// Makes the views again for people who read the file with other programs. This program does not read
    /// them, so one that nobody may write to, or that somebody else is writing to, keeps them as they are.
    fn renew_views(&self) {
        if let Ok(mut connection) = self.connect_for(Duration::ZERO) {
            let _ = renew_views(&mut connection);
        }
    }

    /// Makes the file before SQLite does, for its owner alone: addresses of a site may hold tokens of its users. What
    /// SQLite keeps beside it has the same permissions. One that is there keeps its own, and what else is wrong is
    /// told by SQLite when it opens it; but it would follow a link to nowhere, and make the file for everybody.
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

    /// The file as SQLite is to call it: `:memory:` and `file:runs.db?mode=memory` are names like any other to us.
    fn plain_path(&self) -> PathBuf {
        Path::new(".").join(&self.path)
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection. Each has its own view of the data, as of the start of its statements.
    pub(in crate::store) fn connect(&self) -> Result<Pooled, StoreError> {
        self.connect_for(BUSY)
    }

    /// The same file for one crawl: once that is to end, other processes are waited for no longer than half a minute.
    #[must_use]
    pub fn of_crawl(&self, is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Store {
        Store {
            turn: Turn::until(is_ending),
            ..self.clone()
        }
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

    /// A connection for what is written on behalf of the schedule, whose statements wait as a crawl does.
    pub(in crate::store) fn connect_patiently(&self) -> Result<Pooled, StoreError> {
        self.connect_for(PATIENCE)
    }

    fn connect_for(&self, patience: Duration) -> Result<Pooled, StoreError> {
        // Before SQLite makes a file where there is none.
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
        // WAL: readers see a consistent state while the crawl writes. NORMAL: a killed process
        // loses nothing that was committed; a power cut may lose the last moments, never more.
        // A statement keeps its plan: otherwise what names `max` is prepared anew for each value.
        // A run is written and read nearly from its beginning to its end: what a cache of 16 MiB
        // does not have, the system's has. The log grows to 16 MiB before it is written back: each time
        // waits for the disk, and what is written often meanwhile is written back once.
        connection
            .busy_timeout(BUSY)
            .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true))
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

    /// That the file is still where it was: otherwise what is written is lost, and what is read is somebody else's.
    pub(in crate::store) fn check_in_place(&self) -> Result<(), StoreError> {
        match self.identity.get() {
            Some(opened) if Identity::of(&self.path) != *opened => {
                Err(self.failed(StoreFault::Gone))
            }
            _ => Ok(()),
        }
    }

    /// Says why the file, or one that belongs to it, could not be opened.
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

    /// Puts a name and advice to what SQLite says.
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
            // What we ask is right for the tables that we make.
            Some(ErrorCode::Unknown) => self.failed(StoreFault::Tables(what(&source))),
            _ => self.failed(StoreFault::Sqlite(source)),
        }
    }

    pub(in crate::store) fn failed(&self, source: StoreFault) -> StoreError {
        StoreError::Failed {
            path: self.path.clone(),
            source,
        }
    }

    pub(in crate::store) fn damaged(&self, what: impl Into<String>) -> StoreError {
        self.failed(StoreFault::Damaged {
            path: self.path.clone(),
            what: what.into(),
        })
    }

    /// What tables the file has, if it is there. It is only read, for it may be somebody else's.
    fn look(&self) -> Result<Tables, StoreError> {
        // Empty, or no plain file: SQLite has something to say of that when it opens it.
        if !std::fs::metadata(&self.path).is_ok_and(|file| file.is_file() && file.len() > 0) {
            return Ok(Tables::None);
        }
        let reader = self.open_to_look(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let marks = Marks::of(&reader);
        if marks.as_ref().err().is_some_and(is_half_written) {
            // Whoever made it was killed in the middle of that: it cannot be read before that is undone.
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

    /// What tables the file has, which may be none; an error if they are not ours.
    fn tables(&self, marks: rusqlite::Result<Marks>) -> Result<Tables, StoreError> {
        let marks = marks.map_err(|source| match source.sqlite_error_code() {
            // What SQLite keeps beside the file even to read it.
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

/// The tables of a file that is ours or may become so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tables {
    /// There are none.
    None,
    /// An earlier version of the program made them.
    Older,
    /// They are as they should be, but for the views.
    OtherViews,
    /// They are as they should be.
    Ready,
}

/// What a file tells of whose it is.
struct Marks {
    application: i64,
    version: i64,
    /// How often its tables were changed; never if it has none.
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

/// Whether a file has a journal beside it that must be undone by somebody who may write.
fn is_half_written(fault: &rusqlite::Error) -> bool {
    let code = fault.sqlite_error().map(|fault| fault.extended_code);
    code == Some(ffi::SQLITE_READONLY_ROLLBACK)
}

/// Whether SQLite could not open a file because no more may be open. It does not tell, but then nobody else can open
/// one either. Another file than the database is tried: to close that would end the locks that SQLite has on it.
fn lacks_files(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error_code() == Some(ErrorCode::CannotOpen)
        && cfg!(unix)
        && std::fs::File::open("/").is_err()
}

/// Whether a disk is full. What lies beside the file is enlarged by a call with an error of its own.
fn is_full(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error().is_some_and(|fault| {
        fault.code == ErrorCode::DiskFull || fault.extended_code == ffi::SQLITE_IOERR_SHMSIZE
    })
}

/// Whether the file is not what was written: SQLite cannot find its way in it, or what it finds is of
/// a type that we never stored.
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

/// What SQLite says, without the statement that it says it of.
fn what(fault: &rusqlite::Error) -> String {
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
    fn a_file_whose_maker_was_killed_half_way_is_made_anew() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        // As the switch to a write-ahead log leaves it when its journal cannot be removed any more.
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
        Store::open(&copy).expect("made anew");
        Store::open(&copy).expect("opened again");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_was_removed_or_replaced_is_neither_read_nor_made_again() {
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
    fn a_file_without_all_of_our_tables_is_said_to_be_of_another_version() {
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
        let said = source.to_string();
        assert!(
            said.contains("(no such table: evidence): another version"),
            "{said}"
        );
    }

    #[test]
    fn views_of_another_version_are_made_again_unless_somebody_is_writing() {
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
        let patience = |connection: Pooled| -> i64 {
            connection
                .query_row("PRAGMA busy_timeout", [], |row| row.get(0))
                .expect("read")
        };
        assert_eq!(patience(store.connect().expect("opened")), 5_000);
        let patient = store.connect_patiently().expect("opened");
        assert_eq!(patience(patient), 600_000);
    }
}
