//! Errors of the database file.

use std::io;
use std::path::PathBuf;

use super::file::steps::SCHEMA;
use super::runs::id::RunId;

/// Why the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file, or one beside it, cannot be opened or created.
    #[error("could not open database {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: StoreFault,
    },
    /// The file is not a gatecrawl database.
    #[error("{} is not a gatecrawl database; name another with --db", .0.display())]
    Foreign(PathBuf),
    /// The file was written by a newer version.
    #[error("{} was written by a newer gatecrawl (schema {found}, this one knows {SCHEMA}); update gatecrawl or name another with --db", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
    },
    /// Another process is writing.
    #[error("database {} is locked by another process; wait for it or name another with --db", .0.display())]
    Locked(PathBuf),
    /// The file is read-only.
    #[error("database {} cannot be written to; make it and its directory writable, or copy it and name the copy with --db", .0.display())]
    ReadOnly(PathBuf),
    /// There is no such run.
    #[error("no run {0:?}; `gatecrawl runs` lists them")]
    NoRun(String),
    /// Another process is writing this run.
    #[error("another process is writing run {0}; wait for it")]
    RunBusy(RunId),
    /// Something failed once the file was open.
    #[error("database {}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: StoreFault,
    },
}

impl StoreError {
    /// Returns whether the same operation may succeed a moment later.
    pub fn may_pass(&self) -> bool {
        match self {
            StoreError::Locked(_) => true,
            StoreError::Open { source, .. } | StoreError::Failed { source, .. } => matches!(
                source,
                StoreFault::Sqlite(_)
                    | StoreFault::System(_)
                    | StoreFault::Full
                    | StoreFault::OutOfFiles
            ),
            _ => false,
        }
    }
}

/// The underlying fault. It ends the chain of causes, because the causes of SQLite's errors only
/// repeat its messages.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// A message of SQLite.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// A message of the operating system.
    #[error("{0}")]
    System(io::Error),
    /// A lock's name belongs to a file of another program.
    #[error(
        "locks of gatecrawl are empty files, but this is something else; move it away or name another database with --db"
    )]
    NoLock,
    /// The name is a symbolic link without a target.
    #[error(
        "it is a link to a file that does not exist; remove the link or name another with --db"
    )]
    Dangling,
    /// The writer thread could not start.
    #[error(
        "could not start the thread that writes it: {0}; allow more processes with `ulimit -u`"
    )]
    Thread(io::Error),
    /// No space left on the disk of the file, or on that of SQLite's temporary files.
    #[error("no space left on its disk or on that of temporary files; make room there")]
    Full,
    /// The process, or the machine, reached its limit of open files.
    #[error("too many open files on this machine; allow more with `ulimit -n`")]
    OutOfFiles,
    /// The file was removed or replaced while it was in use.
    #[error(
        "it was removed or replaced while it was in use, and everything written since is lost; start the run again"
    )]
    Gone,
    /// The file lacks some of our tables or columns.
    #[error(
        "its tables are not those of this gatecrawl ({0}): another version wrote it, or it is damaged; name another with --db"
    )]
    Tables(String),
    /// The content of the file is invalid.
    #[error("it is damaged ({what}); `sqlite3 {} .recover` may save what can be read; name another with --db meanwhile", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The damage.
        what: String,
    },
}
