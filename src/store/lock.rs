//! One process at a time writes a run, or works on a project of the schedule. The lock is the operating system's, on a small file beside
//! the database that is named after the run, so that it ends with its process, however that ends.
//! The file is there while the run is written; after a killed process it stays for the next.
//!
//! A file must not lose its name between being opened and being locked, or two processes hold two
//! files of one name. So both happen, and it is removed, under the lock of one more file, which the
//! whole database has in common and which is never removed.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use super::error::{StoreError, StoreFault};
use super::file::Store;
use super::runs::RunId;

/// The right to write a run, or to work on a project, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    common: PathBuf,
    path: PathBuf,
    file: File,
}

impl Store {
    /// Takes the right to write a run, unless another process has it.
    pub fn lock_run(&self, run: RunId) -> Result<RunLock, StoreError> {
        RunLock::take(self, &format!("-run{run}.lock"))?.ok_or(StoreError::RunBusy(run))
    }

    /// Takes the right to work on a project of the schedule; none if another process has it. Its name
    /// must be fit for a file's.
    pub fn lock_project(&self, project: &str) -> Result<Option<RunLock>, StoreError> {
        RunLock::take(self, &format!("-project-{project}.lock"))
    }
}

impl RunLock {
    /// None if another process holds it.
    fn take(store: &Store, ending: &str) -> Result<Option<RunLock>, StoreError> {
        let common = beside(store, ".lock");
        let path = beside(store, ending);
        let fault = |path: &Path, source| StoreError::Open {
            path: path.to_owned(),
            source: StoreFault::System(source),
        };
        let _common = door(&common).map_err(|source| fault(&common, source))?;
        let file = File::create(&path).map_err(|source| fault(&path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(RunLock { common, path, file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(fault(&path, source)),
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Who cannot have the common lock leaves the file behind, which does no harm.
        if let Ok(_common) = door(&self.common) {
            let _ = std::fs::remove_file(&self.path);
            let _ = self.file.unlock();
        }
    }
}

/// The common lock, once it is free: nobody holds it for longer than it takes to open a file.
fn door(path: &Path) -> std::io::Result<File> {
    let file = File::create(path)?;
    file.lock()?;
    Ok(file)
}

fn beside(store: &Store, ending: &str) -> PathBuf {
    let mut path = store.path().as_os_str().to_owned();
    path.push(ending);
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
    fn whoever_comes_while_it_is_let_go_never_shares_it() {
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
        let path = beside(&store, "-run1.lock");
        assert!(!path.exists(), "it litters");
    }

    #[test]
    fn a_project_is_worked_on_once_at_a_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let lock = store.lock_project("shop").expect("asked").expect("free");
        assert!(store.lock_project("shop").expect("asked").is_none());
        assert!(store.lock_project("blog").expect("asked").is_some());
        drop(lock);
        assert!(store.lock_project("shop").expect("asked").is_some());
    }
}
