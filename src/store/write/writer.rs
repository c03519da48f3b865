//! The writer thread. It takes all waiting changes, stores them in one transaction and then
//! acknowledges them. A lease is settled only after that, so a killed process repeats the requests
//! that were open and loses nothing.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::change::Change;
use super::state::WriterState;
use super::stored::StoredUrls;
use crate::store::error::{StoreError, StoreFault};
use crate::store::file::open::Store;
use crate::store::file::pool::Pooled;
use crate::store::file::turn::{Turn, is_busy};
use crate::store::runs::id::RunId;

/// Changes that may wait for the writer. Beyond it the crawl waits for the disk.
const QUEUE: usize = 256;

/// Bytes of waiting changes, including those of the current transaction: pages may have fifty
/// thousand links each. A larger change takes all of it alone.
const ROOM: usize = 16 << 20;

/// Maximum number of changes in one transaction.
const BATCH: usize = 256;

/// A transaction with fewer changes waits once for more, because each transaction writes whole pages
/// of the file. Larger batches save nothing per page, and hosts would wait longer for the next
/// request.
const SMALL_BATCH: usize = 8;

/// How long the writer waits for further changes. This delays each answer's settlement. So a host
/// that answers within a millisecond gets at most a few hundred requests per second for each open
/// request.
const PATIENCE: Duration = Duration::from_millis(1);

/// A handle to the writer thread of one run.
#[derive(Debug)]
pub struct Writer {
    changes: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    stored: mpsc::UnboundedReceiver<u64>,
    urls: StoredUrls,
    thread: JoinHandle<Result<(), StoreError>>,
}

/// A change on its way to the disk.
#[derive(Debug)]
struct Waiting {
    change: Change,
    mark: u64,
    /// Released when the change is dropped.
    _room: OwnedSemaphorePermit,
}

impl Writer {
    /// Starts the writer of a run, whose lock the caller holds.
    pub fn start(store: &Store, run: RunId) -> Result<Writer, StoreError> {
        let (changes, waiting) = mpsc::channel(QUEUE);
        let (acknowledge, stored) = mpsc::unbounded_channel();
        let mut state = WriterState::open(store, run)?;
        let urls = state.urls.clone();
        let mut transactions = Transactions {
            connection: store.connect()?,
            turn: store.turn.clone(),
        };
        let owned = store.clone();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || write_all(&owned, &mut transactions, &mut state, waiting, &acknowledge))
            .map_err(|fault| store.failed(StoreFault::Thread(fault)))?;
        Ok(Writer {
            changes,
            room: Arc::new(Semaphore::new(ROOM)),
            stored,
            urls,
            thread,
        })
    }

    /// Sends a change; [`Writer::stored`] returns `mark` once it is safe. Waits while the disk is
    /// behind. Returns false if the writer has stopped; [`Writer::close`] returns the error.
    pub async fn send(&self, change: Change, mark: u64) -> bool {
        let weight = change.weight().min(ROOM) as u32;
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(weight).await else {
            return false;
        };
        let waiting = Waiting {
            change,
            mark,
            _room: room,
        };
        self.changes.send(waiting).await.is_ok()
    }

    /// Returns the URLs of the run, including those of changes in progress.
    pub fn urls(&self) -> StoredUrls {
        self.urls.clone()
    }

    /// Returns the mark of the next change that is safe, or `None` if the writer has stopped.
    pub async fn stored(&mut self) -> Option<u64> {
        self.stored.recv().await
    }

    /// Returns whether it has stopped; [`Writer::close`] returns the error.
    pub fn has_stopped(&self) -> bool {
        self.changes.is_closed()
    }

    /// Stores the waiting changes and ends.
    pub async fn close(self) -> Result<(), StoreError> {
        drop(self.changes);
        let ended = tokio::task::spawn_blocking(move || self.thread.join()).await;
        match ended {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        }
    }
}

/// The thread's means of writing.
#[derive(Debug)]
struct Transactions {
    connection: Pooled,
    turn: Turn,
}

fn write_all(
    store: &Store,
    transactions: &mut Transactions,
    state: &mut WriterState,
    mut waiting: mpsc::Receiver<Waiting>,
    acknowledge: &mpsc::UnboundedSender<u64>,
) -> Result<(), StoreError> {
    let mut changes = Vec::with_capacity(BATCH);
    let mut marks = Vec::with_capacity(BATCH);
    while let Some(first) = waiting.blocking_recv() {
        changes.push(first);
        gather(&mut changes, &mut waiting);
        if changes.len() < SMALL_BATCH {
            std::thread::park_timeout(PATIENCE);
            gather(&mut changes, &mut waiting);
        }
        write_some(transactions, state, &mut changes, &mut marks)
            .map_err(|source| store.fault(source))?;
        // Changes to a file that was removed or replaced will be lost, so none of them is safe.
        store.check_in_place()?;
        for mark in marks.drain(..) {
            // The crawl may have ended already; its changes are still stored.
            let _ = acknowledge.send(mark);
        }
    }
    // Helps later readers. Skipped while another process writes.
    let tidied = "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize;";
    match transactions.connection.execute_batch(tidied) {
        Err(fault) if !is_busy(&fault) => Err(store.fault(fault)),
        _ => Ok(()),
    }
}

/// Stores changes in one transaction, and collects their marks.
fn write_some(
    transactions: &mut Transactions,
    state: &mut WriterState,
    changes: &mut Vec<Waiting>,
    marks: &mut Vec<u64>,
) -> rusqlite::Result<()> {
    let tx = transactions.turn.begin(&transactions.connection)?;
    for waiting in changes.drain(..) {
        state.apply(&tx, waiting.change)?;
        marks.push(waiting.mark);
    }
    tx.commit()
}

/// Takes waiting changes, up to the size of a transaction.
fn gather(changes: &mut Vec<Waiting>, waiting: &mut mpsc::Receiver<Waiting>) {
    while changes.len() < BATCH
        && let Ok(next) = waiting.try_recv()
    {
        changes.push(next);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::model::{Admission, CrawlPlan, CrawlUrl, Moment, Role};
    use crate::store::{NewRun, Seed};

    const RUN: RunId = RunId(1);

    /// A database that another process is writing: no disk is slower.
    struct Slow {
        _dir: tempfile::TempDir,
        store: Store,
        other: Pooled,
    }

    impl Slow {
        fn new() -> Slow {
            let dir = tempfile::tempdir().expect("a directory");
            let store = Store::open(&dir.path().join("runs.db")).expect("made");
            let run = store.create_run(&NewRun {
                token: "t",
                site: "http://site.test",
                plan: &CrawlPlan::usual(Vec::new()),
                started: Moment::default(),
            });
            assert_eq!(run.expect("created"), RUN);
            let other = store.connect().expect("opened");
            other.execute_batch("BEGIN IMMEDIATE").expect("begun");
            Slow {
                _dir: dir,
                store,
                other,
            }
        }

        fn ends(&self) {
            self.other.execute_batch("COMMIT").expect("ended");
        }

        fn stored(&self) -> u64 {
            let mut count = 0;
            let each = &mut |_| count += 1;
            let all = self.store.next_known_urls(RUN, &mut 0, u32::MAX, each);
            all.expect("read");
            count
        }
    }

    /// The content of each change: a number of new URLs of some length.
    #[derive(Clone, Copy)]
    struct Load {
        urls: u64,
        length: usize,
    }

    impl Load {
        fn change(self, number: u64) -> Change {
            let path = "x".repeat(self.length);
            let seed = |n| Seed {
                url: CrawlUrl::parse(&format!("http://site.test/{number}/{n}/{path}"))
                    .expect("a URL"),
                admission: Admission::Fetch(Role::Page),
                named: false,
            };
            Change::Seeds((0..self.urls).map(seed).collect())
        }

        fn weight(self) -> usize {
            self.change(0).weight()
        }

        /// Sends changes until the writer makes the crawl wait. Returns how many it accepted.
        fn fill(self, writer: &Writer) -> u64 {
            let taken = |mark: &u64| {
                let sent = writer.send(self.change(*mark), *mark);
                // Without the runtime's own task budget, which would end the loop early.
                tokio::task::unconstrained(sent).now_or_never()
            };
            let refused = (0..u64::MAX).find(|mark| taken(mark) != Some(true));
            refused.expect("an end")
        }

        /// Ends the slow phase: waiting senders continue, and everything is stored and acknowledged
        /// in order.
        async fn finish(self, slow: &Slow, mut writer: Writer, taken: u64) {
            assert!(writer.stored.try_recv().is_err(), "stored already?");
            let waits = writer.send(self.change(taken), taken);
            let ((), went_on) = tokio::join!(async { slow.ends() }, waits);
            assert!(went_on);
            for mark in 0..=taken {
                assert_eq!(writer.stored().await, Some(mark));
            }
            writer.close().await.expect("stored");
            assert_eq!(slow.stored(), (taken + 1) * self.urls);
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nothing_is_acknowledged_in_a_file_that_was_removed() {
        let slow = Slow::new();
        let mut writer = Writer::start(&slow.store, RUN).expect("started");
        std::fs::remove_file(slow.store.path()).expect("removed");
        slow.ends();
        let load = Load { urls: 1, length: 9 };
        assert!(writer.send(load.change(0), 0).await);
        assert_eq!(writer.stored().await, None);
        let fault = writer.close().await.expect_err("lost");
        let gone = matches!(
            fault,
            StoreError::Failed {
                source: StoreFault::Gone,
                ..
            }
        );
        assert!(gone, "{fault:?}");
    }

    #[tokio::test]
    async fn a_slow_disk_makes_the_crawl_wait_and_loses_nothing() {
        let slow = Slow::new();
        let writer = Writer::start(&slow.store, RUN).expect("started");
        let load = Load { urls: 1, length: 9 };
        let taken = load.fill(&writer);
        let most = QUEUE + BATCH;
        assert!((QUEUE..=most).contains(&(taken as usize)), "{taken}");
        load.finish(&slow, writer, taken).await;
    }

    #[tokio::test]
    async fn the_queue_to_a_slow_disk_is_bounded_in_bytes() {
        let slow = Slow::new();
        let writer = Writer::start(&slow.store, RUN).expect("started");
        let load = Load {
            urls: 2_000,
            length: 1_900,
        };
        let taken = load.fill(&writer);
        assert_eq!(taken as usize, ROOM / load.weight());
        load.finish(&slow, writer, taken).await;
    }

    #[tokio::test]
    async fn a_change_larger_than_the_room_is_stored_alone() {
        let slow = Slow::new();
        let writer = Writer::start(&slow.store, RUN).expect("started");
        let load = Load {
            urls: 20_000,
            length: 1_900,
        };
        assert!(load.weight() > ROOM);
        let taken = load.fill(&writer);
        assert_eq!(taken, 1);
        load.finish(&slow, writer, taken).await;
    }
}
