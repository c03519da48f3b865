//! Makes an audit, from its order to its end.

use crate::crawl::{Ended, Observer, Stop, StopLevel};
use crate::store::{RunRow, RunState, Store, StoreError};

use super::crawl::offline::Offline;
use super::crawl::{Crawled, crawl};
use super::deliver::{Delivered, deliver};
use super::error::AuditError;
use super::order::{Checked, Order, Remembered, Work};
use super::starts::Away;

/// The result of an audit, complete or not.
#[derive(Debug)]
pub struct Audited {
    /// The run.
    pub run: RunRow,
    /// How the crawl ended.
    pub ended: Ended,
    /// The first start URL that redirects to another site.
    pub away: Option<Away>,
    /// The loss of the network, if that ended the crawl.
    pub offline: Option<Offline>,
    /// The delivered results; `None` if the run has not ended and they are delivered later.
    pub delivered: Option<Delivered>,
}

/// Makes an audit. The observer is dropped when the crawl is over, before anything is compared or written.
pub async fn make<O: Observer + Sync + 'static>(
    order: Checked,
    observer: O,
    stop: Stop,
) -> Result<Audited, AuditError> {
    let Checked { order, baseline } = order;
    let Order {
        work,
        asked,
        remembered,
        store,
    } = order;
    let told = stop.clone();
    let store = store.of_crawl(move || told.level() != StopLevel::Run);
    let crawled = match work {
        Work::Deliver(run) => {
            drop(observer);
            Crawled::of_stored(*run)
        }
        Work::Crawl(order) => {
            let kept = match remembered {
                Remembered::WithRun => asked.text(&store),
                Remembered::ByCaller => None,
            };
            crawl(*order, kept, store.clone(), observer, stop).await?
        }
    };
    let Crawled { run, ended, away } = crawled;
    let is_over = matches!(ended, Ended::Finished | Ended::Incomplete);
    let offline = Offline::of(&store, run.id, ended)?;
    let mut delivered = None;
    if is_over || remembered == Remembered::WithRun {
        let run = run.clone();
        // On a thread of its own, so that signals are handled meanwhile.
        let deliver = move || deliver(&store, &run, &asked, baseline);
        delivered = match tokio::task::spawn_blocking(deliver).await {
            Ok(made) => Some(made?),
            Err(fault) => std::panic::resume_unwind(fault.into_panic()),
        };
    }
    Ok(Audited {
        run,
        ended,
        away,
        offline,
        delivered,
    })
}

/// Records that the results of an audit were reported: nothing of a finished run is left to deliver.
pub fn settle(store: &Store, run: &RunRow) -> Result<(), StoreError> {
    if run.state == RunState::Finished {
        store.set_asked(run.id, None)?;
    }
    Ok(())
}
