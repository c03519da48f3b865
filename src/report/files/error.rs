//! Errors of writing the exports.

use std::io;
use std::path::PathBuf;

use crate::store::StoreError;

use super::browser::NAMES;
use super::format::Format;

/// The error that the exports could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no such format.
    #[error("no export format {0:?}; known are {known}", known = Format::ALL.map(Format::name).join(", "))]
    UnknownFormat(String),
    /// The directory holds a file that is not an export.
    #[error("{} holds {name:?}, which is not an export of gatecrawl; name an empty directory with --out, or write beside it with --overwrite", dir.display())]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The name of that file.
        name: String,
    },
    /// The path is not a directory, or not a file.
    #[error("{} is in the way; move it, or name another directory with --out", .0.display())]
    InTheWay(PathBuf),
    /// The file system failed.
    #[error("could not write {}", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The logo cannot be shown.
    #[error("could not use the logo {}", path.display())]
    Logo {
        /// Its file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing on this machine prints a PDF.
    #[error("pdf needs Chromium or Chrome, and PATH has none of {}; install one, or print report.html from any browser", NAMES.join(", "))]
    NoBrowser,
    /// The run cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}
