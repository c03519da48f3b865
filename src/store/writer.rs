//! The one thread that writes. It takes whatever is waiting, stores it in one transaction and then
//! says what is safe: a lease is settled only after that, so a killed process repeats the requests
//! that were open and loses nothing.

use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::change::Change;
use super::desk::Desk;
use super::error::{StoreError, StoreFault};
use super::file::Store;
use super::runs::RunId;

/// Changes that may wait for the writer; beyond it the crawl waits for the disk.
const QUEUE: usize = 256;

/// Most changes in one transaction.
const BATCH: usize = 256;

/// A transaction with fewer changes waits once for company: each writes whole pages of the file.
const COMPANY: usize = 32;

/// How long. It delays an answer's settlement, so a host with few open requests that answers within
/// a millisecond is asked some hundred times a second at most.
const PATIENCE: Duration = Duration::from_millis(4);

/// A handle to the thread that writes one run.
#[derive(Debug)]
pub struct Writer {
    changes: mpsc::Sender<(Change, u64)>,
    stored: mpsc::UnboundedReceiver<u64>,
    thread: JoinHandle<Result<(), StoreError>>,
}

impl Writer {
    /// Starts writing a run, whose lock the caller holds.
    pub fn start(store: &Store, run: RunId) -> Result<Writer, StoreError> {
        let (changes, waiting) = mpsc::channel(QUEUE);
        let (acknowledge, stored) = mpsc::unbounded_channel();
        let mut desk = Desk::open(store, run)?;
        let connection = store.connect_patiently()?;
        let owned = store.clone();
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || {
                write_all(connection, &mut desk, waiting, &acknowledge)
                    .map_err(|source| owned.fault(source))
            })
            .map_err(|fault| store.failed(StoreFault::Thread(fault)))?;
        Ok(Writer {
            changes,
            stored,
            thread,
        })
    }

    /// Hands over a change; `mark` comes back from [`Writer::stored`] once it is safe. Waits while
    /// the disk is behind. False if the writer has stopped: [`Writer::close`] tells why.
    pub async fn send(&self, change: Change, mark: u64) -> bool {
        self.changes.send((change, mark)).await.is_ok()
    }

    /// The mark of the next change that is safe; none if the writer has stopped.
    pub async fn stored(&mut self) -> Option<u64> {
        self.stored.recv().await
    }

    /// Stores what is waiting and ends.
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

fn write_all(
    mut connection: Connection,
    desk: &mut Desk,
    mut waiting: mpsc::Receiver<(Change, u64)>,
    acknowledge: &mpsc::UnboundedSender<u64>,
) -> rusqlite::Result<()> {
    let mut changes = Vec::with_capacity(BATCH);
    let mut marks = Vec::with_capacity(BATCH);
    while let Some(first) = waiting.blocking_recv() {
        changes.push(first);
        gather(&mut changes, &mut waiting);
        if changes.len() < COMPANY {
            std::thread::park_timeout(PATIENCE);
            gather(&mut changes, &mut waiting);
        }
        let tx = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for (change, mark) in changes.drain(..) {
            desk.apply(&tx, change)?;
            marks.push(mark);
        }
        tx.commit()?;
        for mark in marks.drain(..) {
            // The crawl may have ended meanwhile; what it sent is stored all the same.
            let _ = acknowledge.send(mark);
        }
    }
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize;")
}

/// Takes what is waiting, as far as a transaction takes it.
fn gather(changes: &mut Vec<(Change, u64)>, waiting: &mut mpsc::Receiver<(Change, u64)>) {
    while changes.len() < BATCH
        && let Ok(next) = waiting.try_recv()
    {
        changes.push(next);
    }
}
