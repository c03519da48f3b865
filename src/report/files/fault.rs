//! The error of the contents of one file.

use std::io;

use crate::store::StoreError;

/// The error that the contents of one file could not be written. The directory adds the file's name.
#[derive(Debug)]
pub(in crate::report) enum Fault {
    /// The file could not be written.
    Io(io::Error),
    /// The store could not be read.
    Store(StoreError),
}

impl From<io::Error> for Fault {
    fn from(fault: io::Error) -> Fault {
        Fault::Io(fault)
    }
}

impl From<::csv::Error> for Fault {
    fn from(fault: ::csv::Error) -> Fault {
        Fault::Io(io_error(fault))
    }
}

impl From<rust_xlsxwriter::XlsxError> for Fault {
    fn from(fault: rust_xlsxwriter::XlsxError) -> Fault {
        use rust_xlsxwriter::XlsxError::{IoError, TempFileError};
        Fault::Io(match fault {
            IoError(fault) | TempFileError(_, fault) => fault,
            other => io::Error::other(other),
        })
    }
}

impl From<serde_json::Error> for Fault {
    fn from(fault: serde_json::Error) -> Fault {
        Fault::Io(fault.into())
    }
}

impl From<StoreError> for Fault {
    fn from(fault: StoreError) -> Fault {
        Fault::Store(fault)
    }
}

/// Returns the system's error inside an error of the CSV library. The library's own conversion loses the kind, which
/// matters: a closed pipe is not reported, a full disk is.
pub fn io_error(fault: ::csv::Error) -> io::Error {
    match fault.into_kind() {
        ::csv::ErrorKind::Io(fault) => fault,
        other => io::Error::other(format!("{other:?}")),
    }
}
