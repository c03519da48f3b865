//! One crawl from its parts to its end.

use std::sync::Arc;

use crate::fetch::Fetcher;
use crate::frontier::{Frontier, Shelf};
use crate::store::{Addresses, RunId, RunState, Writer};

use super::dispatch::shelf::StoreShelf;
use super::dispatch::{Dispatcher, Storage};
use super::event::Observer;
use super::parts::{CrawlError, Ended, Parts, Start};
use super::site::Site;
use super::state::Disk;

/// Crawls a site until nothing is left or a stop is requested, then draws the conclusions that need
/// all of it.
pub async fn run<F, Q, O>(
    site: Arc<Site>,
    run: RunId,
    start: Start,
    parts: Parts<F, Q, O>,
) -> Result<Ended, CrawlError>
where
    F: Fetcher + 'static,
    Q: Frontier + 'static,
    O: Observer,
{
    let store = parts.store.clone();
    // Until all results of the run are stored, its end included.
    let _lock = store.lock_run(run)?;
    let clock = match store.last_attempt(run)? {
        Some(last) => parts.clock.no_earlier_than(last),
        None => parts.clock,
    };
    let parts = Parts { clock, ..parts };
    let was_finished = store.run_by_id(run)?.state == RunState::Finished;
    store.begin_run(run, parts.clock.now())?;
    if start == Start::Resume && !was_finished {
        store.requeue_given_up(run)?;
    }
    let disk = Disk::new(&store, site.plan.scope.max_disk)?;
    let writer = Writer::start(&store, run)?;
    let addresses = Addresses::new(&store, run, writer.urls());
    let shelf = Arc::new(StoreShelf::new(addresses, parts.clock));
    parts
        .frontier
        .use_shelf(Arc::clone(&shelf) as Arc<dyn Shelf>)
        .await?;
    let storage = Storage {
        run,
        writer,
        shelf,
        disk,
    };
    let mut dispatcher = Dispatcher::new(site, storage, parts);
    let ended = dispatcher.crawl(start).await;
    // Frees the crawl's state before the conclusions are drawn, because they take memory too.
    let writer = dispatcher.into_writer();
    // The writer's own error is more exact than "it is gone".
    writer.close().await?;
    let ended = match ended? {
        Ended::Finished if store.gave_up(run)? => Ended::Incomplete,
        ended => ended,
    };
    let state = match ended {
        Ended::Finished => RunState::Finished,
        Ended::Incomplete => RunState::Incomplete,
        // A further pass that could not be made does not make a complete run incomplete.
        Ended::Offline | Ended::NeverOnline if was_finished => {
            store.keep_reopened(run)?;
            RunState::Finished
        }
        Ended::Interrupted | Ended::Offline | Ended::NeverOnline => RunState::Interrupted,
    };
    let conclude = store.clone();
    match tokio::task::spawn_blocking(move || conclude.conclude(run)).await {
        Ok(result) => result?,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    }
    store.end_run(run, state, clock.now())?;
    Ok(ended)
}
