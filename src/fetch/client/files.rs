//! Open files of which there are not enough: a request that gets no socket waits until others have
//! given theirs back. If that takes too long it is our own trouble and ends the crawl.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// How often it is tried again: idle connections are closed long before, and so is what waits for a
/// slow answer.
const TRIES: u32 = 60;

/// Tells those who wait for it when there are none for long.
#[derive(Debug, Default)]
pub(in crate::fetch) struct Files {
    starved: Notify,
    /// Whether it was said what is waited for.
    said: AtomicBool,
}

impl Files {
    /// Waits for a file to become free; false if that was tried often enough.
    pub(super) async fn wait(&self, tries: u32) -> bool {
        if tries >= TRIES {
            self.starved.notify_one();
            // Whoever waits for it ends the crawl now, and with it this.
            sleep(PAUSE).await;
            return false;
        }
        if !self.said.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "too many open files on this machine: requests wait for up to {TRIES} s until some are \
                 closed; `ulimit -n` allows more, and --concurrency asks for less at a time"
            );
        }
        sleep(PAUSE).await;
        true
    }

    pub(super) async fn starved(&self) {
        self.starved.notified().await;
    }
}

/// Whether this process, or this machine, may open no more files (EMFILE and ENFILE, which Rust has
/// no kinds for; their numbers are those of every Unix).
pub(in crate::fetch) fn lacks_files(fault: &io::Error) -> bool {
    matches!(fault.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_lasts_is_told() {
        let files = Files::default();
        for tries in 0..TRIES {
            assert!(files.wait(tries).await);
        }
        assert!(files.starved().now_or_never().is_none());
        assert!(!files.wait(TRIES).await);
        assert!(files.starved().now_or_never().is_some());
    }
}
