//! Whether a path still names the file that was opened. SQLite goes on in a file that was removed or replaced, and
//! all that it writes is gone when it is closed.

use std::fs::{File, Metadata};
use std::path::Path;

/// What tells a file from every other one of the machine, whatever it is called. None where there is no file, and on
/// systems that do not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// That of the file that has this name now.
    pub(in crate::store) fn of(path: &Path) -> Identity {
        Identity(device_and_inode(std::fs::metadata(path).ok().as_ref()))
    }

    /// That of a file that is open, whatever became of its name.
    pub(super) fn of_open(file: &File) -> Identity {
        Identity(device_and_inode(file.metadata().ok().as_ref()))
    }
}

#[cfg(unix)]
fn device_and_inode(file: Option<&Metadata>) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let file = file?;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn device_and_inode(_file: Option<&Metadata>) -> Option<(u64, u64)> {
    None
}
