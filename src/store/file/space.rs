//! Disk space: the size of the file, and the free space on its disk.

use std::path::Path;
use std::{fs, io};

use super::open::Store;
use crate::store::error::StoreError;

impl Store {
    /// Returns the size of the file in bytes, including the log beside it once that is written back.
    pub fn size(&self) -> Result<u64, StoreError> {
        let connection = self.connect()?;
        let ask = |what: &str| -> rusqlite::Result<i64> {
            connection.query_row(&format!("PRAGMA {what}"), [], |row| row.get(0))
        };
        let pages = ask("page_count").and_then(|pages| Ok(pages * ask("page_size")?));
        let bytes = pages.map_err(|source| self.fault(source))?;
        Ok(bytes.unsigned_abs())
    }

    /// Returns whether the file takes at least this many bytes.
    pub fn takes(&self, bytes: u64) -> Result<bool, StoreError> {
        // If the file and its log are smaller on disk, there is no need to open it.
        Ok(self.on_disk() >= bytes && self.size()? >= bytes)
    }

    fn on_disk(&self) -> u64 {
        let mut log = self.path().as_os_str().to_owned();
        log.push("-wal");
        let files = [self.path(), Path::new(&log)].into_iter();
        // A file whose size is unknown may be large.
        files
            .map(|file| match fs::metadata(file) {
                Ok(seen) => seen.len(),
                Err(fault) if fault.kind() == io::ErrorKind::NotFound => 0,
                Err(_) => u64::MAX / 2,
            })
            .sum()
    }

    /// Returns the free bytes on its disk, if the system reports them.
    pub fn free_space(&self) -> Option<u64> {
        free_space(self.path())
    }
}

/// Returns the free bytes on the disk of a file, which need not exist yet. `None` if the system does not
/// report them.
pub fn free_space(path: &Path) -> Option<u64> {
    let mut places = path.ancestors().filter(|place| place.exists());
    // A name without a folder is in the current directory.
    free_at(places.next().unwrap_or(Path::new(".")))
}

#[cfg(unix)]
fn free_at(place: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(place).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(not(unix))]
fn free_at(_: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_has_a_size_and_free_space_works_for_files_that_do_not_exist_yet() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("runs.db");
        let store = Store::open(&path).expect("made");
        let size = store.size().expect("read");
        assert!(size > 10_000, "{size}");
        assert!(store.takes(size).expect("read"));
        assert!(!store.takes(size + 1).expect("read"));
        if cfg!(unix) {
            assert!(store.free_space().is_some_and(|bytes| bytes > 0));
            assert!(free_space(&dir.path().join("no/such/runs.db")).is_some());
            assert!(free_space(Path::new("no-such.db")).is_some());
        }
    }
}
