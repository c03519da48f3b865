//! The background work of the runner: notifications and metrics. Neither can delay or end the runner.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::crawl::{Stop, StopLevel, stop_switch};
use crate::machine;
use crate::measure::{Board, Place, Push, push, serve};
use crate::schedule::Measured;
use crate::schedule::notify::{Channels, EventRecorder, Notifier};
use crate::store::Store;

use crate::settings::failure::Failure;
use crate::terminal::streams::People;

/// Time between two counts of waiting notifications, and between two pushes of metrics.
const ROUND: Duration = Duration::from_mins(1);

/// Maximum wait at the end for notifications and metrics that are being sent or still wait.
const LONGEST: Duration = Duration::from_secs(45);

/// The background work of the runner.
pub(super) struct Background {
    measured: Measured,
    notifier: Arc<Notifier>,
    tasks: JoinSet<()>,
    end: watch::Sender<StopLevel>,
}

impl Background {
    /// Starts the background work: notifications through these channels, and metrics of these projects, served at an
    /// address if one is named.
    pub(super) async fn start(
        store: &Store,
        channels: BTreeMap<String, Channels>,
        projects: &[String],
        (metrics, people): (Option<Place>, &People),
    ) -> Result<Background, Failure> {
        let measured = Measured {
            store: store.clone(),
            board: Board::default(),
        };
        measured.start(projects)?;
        let notifier = Notifier::new(store.clone(), channels).map_err(Failure::own)?;
        let environment = |name: &str| std::env::var(name).ok();
        let receiver = Push::from_environment(&environment, machine::wall_clock());
        let receiver = receiver.map_err(|fault| Failure::usage(fault.to_string()))?;
        let (end, ended) = stop_switch();
        let mut tasks = JoinSet::new();
        if let Some(place) = metrics {
            let served = serve(place, measured.board.clone(), over(&ended)).await;
            let (address, work) =
                served.map_err(|fault| Failure::usage(crate::settings::failure::chain(&fault)))?;
            people.mention(format!("metrics at http://{address}/metrics"));
            tasks.spawn(work);
        }
        let notifier = Arc::new(notifier);
        let (theirs, stop) = (Arc::clone(&notifier), over(&ended));
        tasks.spawn(async move { theirs.run(machine::wall_clock, stop).await });
        tasks.spawn(rounds(measured.clone(), receiver, ended));
        Ok(Background {
            measured,
            notifier,
            tasks,
            end,
        })
    }

    /// Returns the listeners to the runner's events.
    pub(super) fn listener(&self) -> (EventRecorder, Measured) {
        (self.notifier.recorder(), self.measured.clone())
    }

    /// Ends the background work within [`LONGEST`].
    pub(super) async fn finish(mut self) {
        self.end().await;
    }

    /// Ends the background work after all due notifications were sent or tried: with `--once` the next run may be far
    /// away.
    pub(super) async fn finish_and_send(mut self) {
        self.end().await;
        let notifier = Arc::clone(&self.notifier);
        let rest = async move { notifier.deliver(&machine::wall_clock).await };
        match tokio::time::timeout(LONGEST, rest).await {
            Ok(Ok(_)) => {}
            Ok(Err(fault)) => tracing::warn!("notifications are left for the next start: {fault}"),
            Err(_) => tracing::warn!("notifications are left for the next start"),
        }
    }

    async fn end(&mut self) {
        // Fails only if all tasks have ended.
        let _ = self.end.send(StopLevel::Drain);
        let tasks = &mut self.tasks;
        let rest = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LONGEST, rest).await.is_err() {
            tracing::warn!(
                "a receiver of notifications or metrics does not answer; stopped without it"
            );
        }
    }
}

/// Counts notifications and pushes metrics every [`ROUND`], and once more at the end.
async fn rounds(measured: Measured, receiver: Option<Push>, mut stop: Stop) {
    loop {
        let is_last = tokio::select! {
            () = tokio::time::sleep(ROUND) => false,
            () = stop.changed() => true,
        };
        if let Err(fault) = measured.count_notices() {
            tracing::warn!("metrics of notifications are old: {fault}");
        }
        if let Some(receiver) = &receiver
            && let Err(fault) =
                push(receiver, &measured.board.metrics(), machine::wall_clock()).await
        {
            tracing::warn!("{fault}");
        }
        if is_last {
            return;
        }
    }
}

/// Returns a future that waits for the end.
fn over(ended: &Stop) -> impl Future<Output = ()> + Send + use<> {
    let mut ended = ended.clone();
    async move { ended.changed().await }
}
