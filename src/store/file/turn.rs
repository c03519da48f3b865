//! The wait for other processes that write. All writes of a crawl share its bounds: pages, conclusions and
//! the end of the run.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

/// How long a command at a terminal waits for another process that writes.
pub(in crate::store) const BUSY: Duration = Duration::from_secs(5);

/// How long a crawl waits for another process that writes. Concluding a big run in the same file takes time, and a
/// crawl that can wait must not fail because of it. Ours.
pub(in crate::store) const PATIENCE: Duration = Duration::from_mins(10);

/// How long a crawl waits in all once it is ending. Data not stored by then is requested or computed again by
/// `--resume`. Ours.
const LAST_WAIT: Duration = Duration::from_secs(30);

/// Time between two checks of whether to continue waiting for another process. Ours.
const LOOK: Duration = Duration::from_millis(250);

/// The turn to write: waits for other processes.
#[derive(Clone)]
pub(in crate::store) struct Turn {
    /// Whether the crawl is ending.
    is_ending: Arc<dyn Fn() -> bool + Send + Sync>,
    /// How long a wait is not reported.
    unreported: Duration,
    last_wait: Duration,
    /// When the last wait of an ending crawl is over.
    end: Arc<OnceLock<Instant>>,
}

impl Turn {
    /// Creates the turn of a crawl that reports whether it is ending.
    pub(in crate::store) fn until(is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Turn {
        Turn {
            is_ending: Arc::new(is_ending),
            unreported: BUSY,
            last_wait: LAST_WAIT,
            end: Arc::default(),
        }
    }

    /// Begins a transaction, once no other process writes.
    pub(in crate::store) fn begin<'c>(
        &self,
        connection: &'c Connection,
    ) -> rusqlite::Result<Transaction<'c>> {
        connection.busy_timeout(LOOK)?;
        let since = Instant::now();
        let mut is_reported = false;
        loop {
            match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
                Err(fault) if is_busy(&fault) && !self.is_over(since) => {}
                begun => return begun,
            }
            if !is_reported && since.elapsed() >= self.unreported {
                let database = connection.path().unwrap_or_default();
                tracing::warn!(
                    database,
                    "waiting for another process that writes {database}"
                );
                is_reported = true;
            }
        }
    }

    /// Returns whether a wait that began at `since` is over. After the last wait, each wait is as short as
    /// that of a command at a terminal.
    fn is_over(&self, since: Instant) -> bool {
        let now = Instant::now();
        let is_past = (self.is_ending)() && now >= *self.end.get_or_init(|| now + self.last_wait);
        now - since
            >= if is_past {
                BUSY.min(self.last_wait)
            } else {
                PATIENCE
            }
    }
}

impl Default for Turn {
    fn default() -> Turn {
        Turn::until(|| false)
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

/// Returns whether another process is writing.
pub(in crate::store) fn is_busy(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::pool::Pooled;
    use super::*;
    use crate::model::{CrawlPlan, Moment};
    use crate::store::Change;
    use crate::store::Store;
    use crate::store::StoreError;
    use crate::store::Writer;
    use crate::store::{NewRun, RunId, RunState};

    const RUN: RunId = RunId(1);

    /// A store opened for a crawl while another connection holds the write lock.
    struct Locked {
        _dir: tempfile::TempDir,
        store: Store,
        other: Pooled,
    }

    impl Locked {
        fn new(is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Locked {
            let dir = tempfile::tempdir().expect("a directory");
            let mut store = Store::open(&dir.path().join("runs.db")).expect("made");
            let other = store.connect().expect("opened");
            let run = store.create_run(&NewRun {
                token: "a",
                site: "site.test",
                plan: &CrawlPlan::usual(Vec::new()),
                started: Moment::default(),
            });
            assert_eq!(run.expect("created"), RUN);
            other
                .execute_batch(
                    "INSERT INTO attempt (run, url, number, pass, purpose, started, outcome, total_us, bytes,
                            reused, in_flight)
                        VALUES (1, 1, 1, 1, 'crawl', 0, 1, 0, 0, 0, 1);
                     BEGIN IMMEDIATE",
                )
                .expect("begun");
            store.turn = Turn {
                last_wait: Duration::from_millis(10),
                ..Turn::until(is_ending)
            };
            Locked {
                _dir: dir,
                store,
                other,
            }
        }

        fn end(&self) -> Result<(), StoreError> {
            let ended = Moment::from_millis(1);
            self.store.end_run(RUN, RunState::Finished, ended)
        }
    }

    fn is_locked<T>(done: &Result<T, StoreError>) -> bool {
        matches!(done, Err(StoreError::Locked(_)))
    }

    #[tokio::test]
    async fn no_write_of_an_ending_crawl_waits_longer_than_its_last_wait() {
        let locked = Locked::new(|| true);
        let store = &locked.store;
        let writer = Writer::start(store, RUN).expect("started");
        assert!(writer.send(Change::Seeds(Vec::new()), 0).await);
        let waits = [
            writer.close().await,
            store.conclude(RUN),
            store.set_asked(RUN, Some("")),
            store.resume_passes(RUN).map(drop),
            locked.end(),
        ];
        assert!(waits.iter().all(is_locked), "{waits:?}");
        locked.other.execute_batch("COMMIT").expect("ended");
        // Nothing is lost: the same calls succeed later.
        store.conclude(RUN).expect("concluded");
        locked.end().expect("ended");
    }

    #[test]
    fn a_wait_for_another_process_is_reported_once() {
        let looks = AtomicU32::new(0);
        let mut locked = Locked::new(move || looks.fetch_add(1, Ordering::Relaxed) >= 3);
        locked.store.turn.unreported = Duration::ZERO;
        let log = tempfile::NamedTempFile::new().expect("a file");
        let lines = tracing_subscriber::fmt().with_writer(log.reopen().expect("opened"));
        tracing::subscriber::with_default(lines.finish(), || {
            assert!(is_locked(&locked.end()));
        });
        let log = std::fs::read_to_string(&log).expect("text");
        let reports = log.matches("waiting for another process that writes ");
        assert_eq!(reports.count(), 1, "{log}");
        assert!(log.contains("runs.db"), "{log}");
    }

    #[test]
    fn a_crawl_that_is_not_ending_waits_for_its_turn() {
        let looks = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&looks);
        let locked = Locked::new(move || count.fetch_add(1, Ordering::Relaxed) >= 3);
        assert!(is_locked(&locked.end()));
        assert!(looks.load(Ordering::Relaxed) > 3);
    }
}
