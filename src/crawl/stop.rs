//! How a crawl is told to end early.

use tokio::sync::watch;

use crate::model::Moment;

use super::clock::Clock;

/// How urgent it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Go on.
    #[default]
    Run,
    /// Begin no request; wait for those that are open.
    Drain,
    /// Wait for nothing.
    Now,
}

/// The crawl's end of the switch.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<StopLevel>);

/// A switch and what it stops.
pub fn stop_switch() -> (watch::Sender<StopLevel>, Stop) {
    let (sender, receiver) = watch::channel(StopLevel::Run);
    (sender, Stop(receiver))
}

impl Stop {
    /// How urgent it is now.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Waits until a moment; false if a request must not be begun then, as the crawl was told to end.
    pub(super) async fn pause(&mut self, clock: &Clock, until: Moment) -> bool {
        while self.level() == StopLevel::Run {
            if clock.now() >= until {
                return true;
            }
            tokio::select! {
                () = clock.sleep_until(until) => {}
                () = self.changed() => {}
            }
        }
        false
    }

    /// Waits until it becomes more urgent; for ever, if nobody holds the switch any more.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
