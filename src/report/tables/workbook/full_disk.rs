//! Handles a full disk in rust_xlsxwriter. If a row does not fit on the disk, the library panics, and its archive
//! reports an error while it is dropped. Here the panic becomes an ordinary error, reported once.

use std::any::Any;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread;

use crate::report::files::fault::Fault;

/// Writes a workbook. Turns a panic about a file into an error; any other panic continues.
pub(super) fn as_error(make: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    let usual = Arc::new(panic::take_hook());
    let (shown, here) = (Arc::clone(&usual), thread::current().id());
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here || !is_about_a_file(info.payload()) {
            shown(info);
        }
    }));
    let ended = panic::catch_unwind(AssertUnwindSafe(make));
    panic::set_hook(Box::new(move |info| usual(info)));
    ended.unwrap_or_else(|payload| {
        if !is_about_a_file(payload.as_ref()) {
            panic::resume_unwind(payload);
        }
        let what = "no room for the temporary files of its sheets, which are beside it";
        Err(io::Error::new(io::ErrorKind::StorageFull, what).into())
    })
}

/// Returns whether a panic is about a file: the library unwraps the system's error.
fn is_about_a_file(payload: &(dyn Any + Send)) -> bool {
    let text = payload.downcast_ref::<String>();
    text.is_some_and(|text| text.contains("Os { code: "))
}

/// A writer that ignores errors while a panic unwinds.
pub(super) struct Calm<W>(pub(super) W);

impl<W: Write> Write for Calm<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if thread::panicking() {
            return Ok(bytes.len());
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if thread::panicking() {
            return Ok(());
        }
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_an_error_and_any_other_panic_continues() {
        let full = || Err::<(), _>(io::Error::from_raw_os_error(28));
        let fault = as_error(|| {
            full().unwrap();
            Ok(())
        });
        assert!(
            matches!(fault, Err(Fault::Io(fault)) if fault.kind() == io::ErrorKind::StorageFull)
        );
        let mistake = panic::catch_unwind(|| as_error(|| panic!("a mistake")));
        assert!(mistake.is_err());
    }
}
