//! Open files of which there are not enough: a request that gets no socket waits until others have
//! given theirs back. If that takes too long it is our own trouble and ends the crawl.

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
pub(super) struct Files(Notify);

impl Files {
    /// Waits for a file to become free; false if that was tried often enough.
    pub(super) async fn wait(&self, tries: u32) -> bool {
        if tries >= TRIES {
            self.0.notify_one();
            // Whoever waits for it ends the crawl now, and with it this.
            sleep(PAUSE).await;
            return false;
        }
        sleep(PAUSE).await;
        true
    }

    pub(super) async fn starved(&self) {
        self.0.notified().await;
    }
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
