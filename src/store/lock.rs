//! One process at a time writes a run. The lock is the operating system's, on a small file beside
//! the database, so that it ends with its process, however that ends.

use std::fs::{File, TryLockError};
use std::path::PathBuf;

use super::file::{Store, StoreError};
use super::runs::RunId;

/// The right to write a run, until it is dropped.
#[derive(Debug)]
pub(super) struct RunLock {
    path: PathBuf,
    file: File,
}

impl RunLock {
    /// Takes the lock, unless another process has it.
    pub(super) fn take(store: &Store, run: RunId) -> Result<RunLock, StoreError> {
        let mut path = store.path().as_os_str().to_owned();
        path.push(format!("-run{run}.lock"));
        let path = PathBuf::from(path);
        let file = File::create(&path).map_err(|source| StoreError::Lock {
            path: path.clone(),
            source,
        })?;
        match file.try_lock() {
            Ok(()) => Ok(RunLock { path, file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::RunBusy(run)),
            Err(TryLockError::Error(source)) => Err(StoreError::Lock { path, source }),
        }
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // Removed while it is held: whoever finds the name gone makes a new file.
        let _ = std::fs::remove_file(&self.path);
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_one_writer_at_a_time() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let (one, two) = (RunId(1), RunId(2));
        let lock = RunLock::take(&store, one).expect("free");
        assert!(matches!(
            RunLock::take(&store, one),
            Err(StoreError::RunBusy(_))
        ));
        RunLock::take(&store, two).expect("another run");
        drop(lock);
        RunLock::take(&store, one).expect("free again");
    }
}
