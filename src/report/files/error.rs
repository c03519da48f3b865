//! What can go wrong between the store and the files.

use std::io;
use std::path::PathBuf;

use crate::store::StoreError;

use super::format::Format;

/// Why the exports could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no such format.
    #[error("no export format {0:?}; known are {known}", known = Format::ALL.map(Format::name).join(", "))]
    UnknownFormat(String),
    /// The directory holds something that is no export.
    #[error("{} holds {name:?}, which is no export of gatecrawl; name an empty directory with --out, or write beside it with --overwrite", dir.display())]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// What was found in it.
        name: String,
    },
    /// Something that is no directory, or no file, has the name.
    #[error("{} is in the way; move it, or name another directory with --out", .0.display())]
    InTheWay(PathBuf),
    /// The file system refuses.
    #[error("could not write {}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The run cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
