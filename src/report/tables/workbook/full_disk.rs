//! Handles a full disk in rust_xlsxwriter. If a row does not fit on the disk, the library panics, and its archive
//! reports an error while it is dropped. Here the panic becomes an ordinary error, reported once.

use std::any::Any;
use std::cell::Cell;
use std::io::{self, Write};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;
use std::thread;

use crate::report::files::fault::Fault;

thread_local! {
    /// Whether this thread writes a workbook.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// Set once, however many workbooks are written: a hook belongs to the whole process, and several threads may write.
static HOOK: Once = Once::new();

/// Writes a workbook. Turns a panic about a file into an error; any other panic continues.
pub(super) fn as_error(make: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !WRITING.get() || !is_about_a_file(info.payload()) {
                usual(info);
            }
        }));
    });
    WRITING.set(true);
    let ended = panic::catch_unwind(AssertUnwindSafe(make));
    WRITING.set(false);
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
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Barrier, mpsc};

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

    #[test]
    fn two_workbooks_at_a_time_leave_the_panics_of_their_threads_visible() {
        let shown = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&shown);
        panic::set_hook(Box::new(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        }));
        let begun = Barrier::new(2);
        let (first_ended, second) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| {
                let first = as_error(|| {
                    begun.wait();
                    begun.wait();
                    Ok(())
                });
                assert!(first.is_ok());
                first_ended.send(()).expect("the other thread waits");
                begun.wait();
                let late = panic::catch_unwind(|| panic!("{}", "Os { code: 28 }"));
                assert!(late.is_err());
            });
            begun.wait();
            let other = as_error(|| {
                begun.wait();
                second.recv().expect("the first ended");
                Ok(())
            });
            assert!(other.is_ok());
            begun.wait();
        });
        assert_eq!(shown.load(Ordering::Relaxed), 1);
    }
}
