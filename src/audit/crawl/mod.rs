//! Builds the parts of a crawl: the only place that names its concrete types.

pub(super) mod network;
pub(super) mod offline;
mod passes;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::crawl::{self, Clock, Ended, Observer, Parts, Site, Start, Stop};
use crate::fetch::HttpFetcher;
use crate::frontier::LocalFrontier;
use crate::machine::{most_open, wall_clock};
use crate::model::CrawlPlan;
use crate::store::{NewRun, RunId, RunRow, RunState, Store, StoreError};

use super::error::{AuditError, BrokenOff, CrawlFault, Left};
use super::order::{CrawlOrder, RunOrder, label};
use super::starts::{Away, Starts};
use network::settings;

/// Maximum exchanges of one lease: a robots.txt with its redirects.
const EXCHANGES: u32 = 6;

/// Maximum time that an exchange may take besides its first-byte limit, storing it included.
const EXCHANGE: Duration = Duration::from_mins(3);

/// A run that was crawled.
pub(super) struct Crawled {
    /// The run as it is stored.
    pub(super) run: RunRow,
    pub(super) ended: Ended,
    pub(super) away: Option<Away>,
}

impl Crawled {
    /// Returns a run that was crawled before.
    pub(super) fn of_stored(run: RunRow) -> Crawled {
        Crawled {
            ended: match run.state {
                RunState::Finished => Ended::Finished,
                RunState::Incomplete => Ended::Incomplete,
                RunState::Running | RunState::Interrupted => Ended::Interrupted,
            },
            run,
            away: None,
        }
    }
}

/// Crawls. Stores the requested results with the run, if given.
pub(super) async fn crawl<O: Observer + Sync + 'static>(
    mut order: CrawlOrder,
    kept: Option<String>,
    store: Store,
    observer: O,
    stop: Stop,
) -> Result<Crawled, AuditError> {
    passes::plan(&mut order.plan, &order.run, &store)?;
    let site = Arc::new(Site::new(order.plan)?);
    // Before the run is recorded: invalid settings leave no run behind.
    let settings = settings(&site, order.network, order.run.token());
    let fetcher = Arc::new(HttpFetcher::new(settings)?);
    let token = order.run.token().to_owned();
    let recorded = Arc::new(OnceLock::new());
    let begun = Begun {
        order: order.run,
        kept,
        recorded: Arc::clone(&recorded),
        site,
        fetcher,
        store: store.clone(),
    };
    let mut starts = Starts::new(observer, Arc::clone(&begun.site));
    // A task of its own: its visits then wake it without waking another thread.
    let crawl = tokio::spawn(async move {
        let crawled = begun.crawl(&mut starts, stop).await;
        (crawled, starts.away())
    });
    let (crawled, away) = match crawl.await {
        Ok(done) => done,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    };
    let (run, ended) = crawled.map_err(|fault| BrokenOff {
        fault,
        left: Left::of(&store, &token, recorded.get().copied()),
    })?;
    Ok(Crawled { run, ended, away })
}

/// The parts of a crawl that was built, before and while it runs.
struct Begun {
    order: RunOrder,
    kept: Option<String>,
    /// The number of the run, once it is recorded.
    recorded: Arc<OnceLock<RunId>>,
    site: Arc<Site>,
    fetcher: Arc<HttpFetcher>,
    store: Store,
}

impl Begun {
    /// Crawls. Returns the stored run and how it ended.
    async fn crawl<O: Observer>(
        self,
        observer: O,
        stop: Stop,
    ) -> Result<(RunRow, Ended), CrawlFault> {
        let Begun {
            order,
            kept,
            recorded,
            site,
            fetcher,
            store,
        } = self;
        let (run, start) = record(order, &site.plan, &store)?;
        let _ = recorded.set(run.id);
        if kept.is_some() {
            store.set_asked(run.id, kept.as_deref())?;
        }
        let pace = crawl::first_pace(&site.plan.pace);
        let parts = Parts {
            fetcher: Arc::clone(&fetcher),
            open: most_open(),
            frontier: LocalFrontier::new(pace, lease_time(&site.plan)),
            store: store.clone(),
            observer,
            clock: Clock::starting_at(wall_clock()),
            dice: fastrand::Rng::new(),
            stop,
        };
        let ended = tokio::select! {
            biased;
            // First, so that no conclusion is drawn from requests that could not be made.
            () = fetcher.starved() => return Err(CrawlFault::OutOfFiles),
            ended = crawl::run(site, run.id, start, parts) => ended?,
        };
        Ok((store.run_by_id(run.id)?, ended))
    }
}

/// Records a new run, or opens the stored one that is resumed.
fn record(order: RunOrder, plan: &CrawlPlan, store: &Store) -> Result<(RunRow, Start), StoreError> {
    match order {
        RunOrder::New { token, seeds } => {
            let run = store.create_run(&NewRun {
                token: &token,
                site: &label(&plan.scope.seeds),
                plan,
                started: wall_clock(),
            })?;
            Ok((store.run_by_id(run)?, Start::Fresh(seeds)))
        }
        RunOrder::Resume(run) | RunOrder::Recheck(run, _) => Ok((*run, Start::Resume)),
    }
}

/// Returns the time after which an unsettled lease expires: longer than any lease that uses up every limit of its
/// exchanges, and at least a quarter of an hour. A series of experiments begins no exchange after ten minutes, so
/// it ends before that.
fn lease_time(plan: &CrawlPlan) -> Duration {
    (plan.requests.first_byte + EXCHANGE) * EXCHANGES
}
