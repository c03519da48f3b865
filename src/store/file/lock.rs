//! Locks: one process at a time writes a run, or works on a project of the schedule. The lock is the
//! operating system's lock on an empty file beside the database, named after the run. It ends with its
//! process, however that ends. The file exists while the run is written; after a killed process it stays for
//! the next one.
//!
//! Taking a lock never waits: it is free, or another process holds it.
//!
//! The directory may hold files of other programs. So lock names are distinctive, nothing is written to a
//! lock, and links and non-empty files are left alone.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::identity::Identity;
use super::open::Store;
use crate::store::error::{StoreError, StoreFault};
use crate::store::runs::id::RunId;

/// Attempts at a lock file that disappears while it is taken (ours). For each of them another process would
/// have to take and drop the lock between our open and our lock.
const TRIES: usize = 100;

/// The right to write a run, or to work on a project, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    /// Holds the lock while it is open.
    _file: File,
}

impl Store {
    /// Takes the lock of a run, unless another process holds it.
    pub fn lock_run(&self, run: RunId) -> Result<RunLock, StoreError> {
        RunLock::take(self, &format!("run{run}"))?.ok_or(StoreError::RunBusy(run))
    }

    /// Takes the lock of a project. Returns `None` if another process holds it. The project's name must be a
    /// valid file name.
    pub fn lock_project(&self, project: &str) -> Result<Option<RunLock>, StoreError> {
        RunLock::take(self, &format!("project-{project}"))
    }
}

impl RunLock {
    /// Returns `None` if another process holds the lock.
    fn take(store: &Store, what: &str) -> Result<Option<RunLock>, StoreError> {
        let path = lock_path(store, what);
        let fault = |source| StoreError::Open {
            path: path.clone(),
            source,
        };
        for _ in 0..TRIES {
            let file = match open(&path, store.path()) {
                // Its holder removed it between our lookup and our open.
                Err(StoreFault::System(gone)) if gone.kind() == io::ErrorKind::NotFound => continue,
                opened => opened.map_err(fault)?,
            };
            match file.try_lock() {
                // The previous holder may have removed the file since we opened it.
                Ok(()) if Identity::of(&path) == Identity::of_open(&file) => {
                    return Ok(Some(RunLock { path, _file: file }));
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => return Err(fault(StoreFault::System(source))),
            }
        }
        Ok(None)
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Only where files have an identity: elsewhere two processes could lock two files of the same name. A
        // file that cannot be removed does no harm.
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Opens a lock file, creating it if needed.
fn open(path: &Path, database: &Path) -> Result<File, StoreFault> {
    match create(path, database) {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
        made => return made.map_err(StoreFault::System),
    }
    let mut options = File::options();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        // NONBLOCK: a named pipe with this name must not make us wait for its other end.
        (rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK).bits() as i32,
    );
    let file = match options.read(true).write(true).open(path) {
        Err(_) if path.is_symlink() => return Err(StoreFault::NoLock),
        opened => opened.map_err(StoreFault::System)?,
    };
    let known = file.metadata().map_err(StoreFault::System)?;
    if known.is_file() && known.len() == 0 {
        Ok(file)
    } else {
        Err(StoreFault::NoLock)
    }
}

/// Creates a lock file for the users who may write the database. Other users could otherwise block
/// a run with it.
#[cfg(unix)]
fn create(path: &Path, database: &Path) -> io::Result<File> {
    use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};

    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let shared = std::fs::metadata(database)?;
    let writers = shared.mode() & 0o222;
    // If its group is not the database's, only the owner may use it.
    if writers & 0o022 != 0 && fchown(&file, None, Some(shared.gid())).is_ok() {
        file.set_permissions(std::fs::Permissions::from_mode(
            writers | writers << 1 | 0o600,
        ))?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn create(path: &Path, _database: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
}

/// Returns the path of a lock: `runs.db-gatecrawl-run1.lock` for `runs.db`.
fn lock_path(store: &Store, what: &str) -> PathBuf {
    let mut path = store.path().as_os_str().to_owned();
    path.push(format!("-gatecrawl-{what}.lock"));
    path.into()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn a_run_has_one_writer_at_a_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let (one, two) = (RunId(1), RunId(2));
        let lock = store.lock_run(one).expect("free");
        assert!(matches!(store.lock_run(one), Err(StoreError::RunBusy(_))));
        store.lock_run(two).expect("another run");
        drop(lock);
        store.lock_run(one).expect("free again");
    }

    #[test]
    fn a_lock_that_is_being_released_is_never_shared() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let (holders, taken) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        let Ok(lock) = store.lock_run(RunId(1)) else {
                            continue;
                        };
                        assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                        std::thread::yield_now();
                        holders.fetch_sub(1, Ordering::SeqCst);
                        taken.fetch_add(1, Ordering::SeqCst);
                        drop(lock);
                    }
                });
            }
        });
        assert!(taken.into_inner() > 0);
        assert!(!lock_path(&store, "run1").exists(), "it litters");
    }

    #[test]
    fn a_file_of_the_user_is_not_used_as_a_lock() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("Cargo")).expect("a store");
        let theirs = dir.path().join("Cargo.lock");
        std::fs::write(&theirs, "version = 4").expect("written");
        drop(store.lock_run(RunId(1)).expect("free"));
        assert_eq!(std::fs::read(&theirs).expect("there"), b"version = 4");
        // Even with a lock's own name.
        let named = lock_path(&store, "run1");
        std::fs::write(&named, "mine").expect("written");
        assert!(is_no_lock(&store), "taken");
        assert_eq!(std::fs::read(&named).expect("there"), b"mine");
    }

    fn is_no_lock(store: &Store) -> bool {
        matches!(
            store.lock_run(RunId(1)),
            Err(StoreError::Open {
                source: StoreFault::NoLock,
                ..
            })
        )
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_never_follows_a_link_or_waits_for_a_pipe() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let named = lock_path(&store, "run1");
        for target in ["empty", "none"] {
            let target = dir.path().join(target);
            if target.ends_with("empty") {
                std::fs::write(&target, "").expect("written");
            }
            std::os::unix::fs::symlink(&target, &named).expect("linked");
            assert!(is_no_lock(&store), "followed");
            assert_eq!(target.exists(), target.ends_with("empty"));
            std::fs::remove_file(&named).expect("removed");
        }
        let made = std::process::Command::new("mkfifo").arg(&named).status();
        if made.is_ok_and(|status| status.success()) {
            assert!(is_no_lock(&store), "a pipe");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_processes_that_may_write_the_database_can_hold_its_locks() {
        use std::os::unix::fs::PermissionsExt;

        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        let store = Store::open(&path).expect("a store");
        for (database, lock) in [
            (0o600, 0o600),
            (0o644, 0o600),
            (0o660, 0o660),
            (0o666, 0o666),
        ] {
            let mode = std::fs::Permissions::from_mode(database);
            std::fs::set_permissions(&path, mode).expect("set");
            let held = store.lock_run(RunId(1)).expect("free");
            let known = std::fs::metadata(&held.path).expect("there");
            assert_eq!(known.permissions().mode() & 0o777, lock, "{database:o}");
        }
    }

    #[test]
    fn a_project_has_one_lock_at_a_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let lock = store.lock_project("shop").expect("read").expect("free");
        assert!(store.lock_project("shop").expect("read").is_none());
        assert!(store.lock_project("blog").expect("read").is_some());
        drop(lock);
        assert!(store.lock_project("shop").expect("read").is_some());
    }
}
