//! Detects whether a path still names the file that was opened. SQLite continues to write to a file that was
//! removed or replaced, and all of it is lost on close.

use std::fs::{File, Metadata};
use std::path::Path;

/// The identity of a file on this machine, independent of its name. `None` if there is no file, and on
/// systems that do not report one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// Returns the identity of the file that has this name now.
    pub(in crate::store) fn of(path: &Path) -> Identity {
        Identity(device_and_inode(std::fs::metadata(path).ok().as_ref()))
    }

    /// Returns the identity of an open file, even if its name changed.
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
