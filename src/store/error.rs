//! What can go wrong with the file of the runs.

use std::io;
use std::path::PathBuf;

use super::file::steps::SCHEMA;
use super::runs::id::RunId;

/// Why the store could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file, or one beside it, cannot be opened or made.
    #[error("could not open database {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: StoreFault,
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
    /// The file may be read at most.
    #[error("database {} cannot be written to; make it and its directory writable, or copy it and name the copy with --db", .0.display())]
    ReadOnly(PathBuf),
    /// There is no such run.
    #[error("no run {0:?}; `gatecrawl runs` lists them")]
    NoRun(String),
    /// Another process is writing this run.
    #[error("run {0} is under way in another process")]
    RunBusy(RunId),
    /// Something failed once the file was open.
    #[error("database {}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What.
        #[source]
        source: StoreFault,
    },
}

impl StoreError {
    /// Whether the same may succeed a moment later.
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

/// What went wrong beneath. It ends the chain of causes: SQLite's errors have their own words for
/// themselves as their causes.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// What SQLite says.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// What the operating system says.
    #[error("{0}")]
    System(io::Error),
    /// Something of somebody else has the name of a lock.
    #[error(
        "this is not an empty file, as locks of gatecrawl are; move it away or name another database with --db"
    )]
    NoLock,
    /// The name is that of a link to nowhere.
    #[error("it is a link to a file that is not there; remove the link or name another with --db")]
    Dangling,
    /// The thread that writes could not start.
    #[error("could not start the thread that writes: {0}")]
    Thread(io::Error),
    /// The disk takes no more: that of the file, or that of SQLite's temporary files.
    #[error("no space left on its disk or on that of temporary files; make room there")]
    Full,
    /// The process, or the machine, may open no more files.
    #[error("too many open files on this machine; allow more with `ulimit -n`")]
    OutOfFiles,
    /// Somebody took the file away while it was in use.
    #[error(
        "it was removed or replaced while it was in use, and what was written since is lost; begin anew"
    )]
    Gone,
    /// The file does not have our tables, or not all of their columns.
    #[error(
        "its tables are not those of this gatecrawl ({0}): another version wrote it, or it is damaged; name another with --db"
    )]
    Tables(String),
    /// What the file has makes no sense.
    #[error("it is damaged ({what}); `sqlite3 {} .recover` may save what can be read; name another with --db meanwhile", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}
