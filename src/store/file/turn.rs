//! The wait for a turn to write while another process does, bounded in one place for all that a crawl writes: its pages,
//! its conclusions and its end.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

/// How long somebody at a terminal waits for another process that writes.
pub(in crate::store) const BUSY: Duration = Duration::from_secs(5);

/// How long a crawl waits: concluding a big run of the same file takes its time, and a crawl that can wait must not end
/// for it. Ours.
pub(in crate::store) const PATIENCE: Duration = Duration::from_mins(10);

/// How long it waits in all once it is told to end: what is not stored by then is requested or concluded again by
/// `--resume`. Ours.
const FAREWELL: Duration = Duration::from_secs(30);

/// Time between two looks whether another process is still to be waited for. Ours.
const LOOK: Duration = Duration::from_millis(250);

/// The turn to write, for which other processes are waited for.
#[derive(Clone)]
pub(in crate::store) struct Turn {
    /// Whether the crawl is told to end.
    is_ending: Arc<dyn Fn() -> bool + Send + Sync>,
    farewell: Duration,
    /// When the farewell is over.
    end: Arc<OnceLock<Instant>>,
}

impl Turn {
    /// Of a crawl that tells whether it is to end.
    pub(in crate::store) fn until(is_ending: impl Fn() -> bool + Send + Sync + 'static) -> Turn {
        Turn {
            is_ending: Arc::new(is_ending),
            farewell: FAREWELL,
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
        loop {
            match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
                Err(fault) if is_busy(&fault) && !self.is_over(since) => {}
                begun => return begun,
            }
        }
    }

    /// Whether a wait that began then is over. After the farewell each is as short as that of somebody at a terminal.
    fn is_over(&self, since: Instant) -> bool {
        let now = Instant::now();
        let is_past = (self.is_ending)() && now >= *self.end.get_or_init(|| now + self.farewell);
        now - since
            >= if is_past {
                BUSY.min(self.farewell)
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

/// Whether another process is writing.
pub(in crate::store) fn is_busy(fault: &rusqlite::Error) -> bool {
    fault.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::pool::Pooled;
    use super::*;
    use crate::model::Moment;
    use crate::store::Change;
    use crate::store::Store;
    use crate::store::StoreError;
    use crate::store::Writer;
    use crate::store::{RunId, RunState};

    const RUN: RunId = RunId(1);

    /// A database to which another process writes, as a crawl uses it.
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
            other
                .execute_batch(
                    "INSERT INTO run (id, token, site, plan, version, started, state)
                        VALUES (1, 'a', 'site.test', '{}', '0', 0, 'running');
                     INSERT INTO attempt (run, url, number, pass, purpose, started, outcome, total_us, bytes,
                            reused, in_flight)
                        VALUES (1, 1, 1, 1, 'crawl', 0, 1, 0, 0, 0, 1);
                     BEGIN IMMEDIATE",
                )
                .expect("begun");
            store.turn = Turn {
                farewell: Duration::from_millis(10),
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
    async fn nothing_that_a_crawl_writes_waits_longer_than_its_farewell() {
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
        // Nothing is lost: the same goes on.
        store.conclude(RUN).expect("concluded");
        locked.end().expect("ended");
    }

    #[test]
    fn a_crawl_that_is_not_told_to_end_waits_for_its_turn() {
        let looks = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&looks);
        let locked = Locked::new(move || count.fetch_add(1, Ordering::Relaxed) >= 3);
        assert!(is_locked(&locked.end()));
        assert!(looks.load(Ordering::Relaxed) > 3);
    }
}
