//! A shortage of open files. A request that gets no socket waits until other requests close theirs.
//! If that takes too long, the problem is local and ends the crawl.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// Pause between two attempts to get a socket.
const PAUSE: Duration = Duration::from_secs(1);

/// Maximum number of attempts to get a socket while no request gets one. Idle connections are closed long before, and
/// so are those that wait for a slow answer.
const TRIES: u32 = 60;

/// Notifies its waiters of a long shortage.
#[derive(Debug, Default)]
pub(in crate::fetch) struct Files {
    starved: Notify,
    /// Whether the warning was logged.
    warned: AtomicBool,
    /// Number of connections that requests opened.
    opened: AtomicU64,
}

/// The wait of one request for a file.
#[derive(Debug, Default)]
pub(super) struct Shortage {
    tries: u32,
    /// The number of opened connections at the first of these tries.
    opened: u64,
}

impl Files {
    /// Notes that a request opened a connection.
    pub(super) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for a file to become free. Returns false after the last attempt. A request whose files others
    /// took begins to count again: it gets one when they are done.
    pub(super) async fn wait(&self, shortage: &mut Shortage) -> bool {
        let opened = self.opened.load(Ordering::Relaxed);
        if opened != shortage.opened {
            *shortage = Shortage { tries: 0, opened };
        }
        if shortage.tries >= TRIES {
            self.starved.notify_one();
            // The notified waiter ends the crawl now, and this task with it.
            sleep(PAUSE).await;
            return false;
        }
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "too many open files on this machine: requests wait for up to {TRIES} s until some are \
                 closed; allow more with `ulimit -n`, or lower --concurrency"
            );
        }
        shortage.tries += 1;
        sleep(PAUSE).await;
        true
    }

    pub(super) async fn starved(&self) {
        self.starved.notified().await;
    }
}

/// Returns whether this process, or this machine, can open no more files (EMFILE and ENFILE, for
/// which Rust has no kinds; their numbers are those of every Unix).
pub(in crate::fetch) fn lacks_files(fault: &io::Error) -> bool {
    matches!(fault.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_lasting_shortage_is_reported() {
        let (files, mut shortage) = (Files::default(), Shortage::default());
        for _ in 0..TRIES {
            assert!(files.wait(&mut shortage).await);
        }
        assert!(files.starved().now_or_never().is_none());
        assert!(!files.wait(&mut shortage).await);
        assert!(files.starved().now_or_never().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_waits_for_as_long_as_others_get_files() {
        let (files, mut shortage) = (Files::default(), Shortage::default());
        for _ in 0..5 {
            files.opened();
            for _ in 0..TRIES {
                assert!(files.wait(&mut shortage).await);
            }
        }
        assert!(!files.wait(&mut shortage).await);
    }
}
