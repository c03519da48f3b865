//! Why the contents of a file could not be made.

use std::io;

use crate::store::StoreError;

/// Why the contents of one file could not be made; the directory knows its name.
#[derive(Debug)]
pub(in crate::report) enum Fault {
    /// The file cannot take them.
    Io(io::Error),
    /// The store cannot give them.
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

/// The system's error behind one of the library, whose own way to it forgets of which kind that was: a closed pipe
/// is none to complain about, a full disk is.
pub fn io_error(fault: ::csv::Error) -> io::Error {
    match fault.into_kind() {
        ::csv::ErrorKind::Io(fault) => fault,
        other => io::Error::other(format!("{other:?}")),
    }
}
