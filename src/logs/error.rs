//! Errors of reading logs.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::store::StoreError;

/// The error that logs could not be read.
#[derive(Debug, Error)]
pub enum LogsError {
    /// A file or directory could not be read.
    #[error("could not read {path}")]
    Read {
        /// Its path.
        path: PathBuf,
        /// The reason.
        #[source]
        source: io::Error,
    },
    /// A directory has no files, or a pattern matches none.
    #[error("{0}: {1}")]
    NoFile(String, &'static str),
    /// A line format cannot be used: the flag, its value and the reason.
    #[error("{0}")]
    Format(String),
    /// A crawl takes no logs from a pipe: they are read when it is over, maybe after a resumption.
    #[error("name files; logs of an audit cannot come from stdin")]
    Stdin,
    /// A list of a bot's IP addresses cannot be used.
    #[error("--bot-ranges {path}: {why}")]
    Ranges {
        /// Its path.
        path: PathBuf,
        /// The reason.
        why: String,
    },
    /// The log run could not be read or stored.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process stored something at the same time.
    #[error(
        "another process added to the log run of {0} meanwhile; nothing was stored, run the command again"
    )]
    Busy(String),
}
