//! The switch that ends a crawl early.

use tokio::sync::watch;

use crate::model::Moment;

use super::clock::Clock;

/// The urgency of a stop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopLevel {
    /// Continue.
    #[default]
    Run,
    /// Begin no request, and wait for the open ones.
    Drain,
    /// Wait for nothing.
    Now,
}

/// The crawl's end of the switch.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<StopLevel>);

/// Returns the two ends of a switch: the sender, and the receiver for the crawl.
pub fn stop_switch() -> (watch::Sender<StopLevel>, Stop) {
    let (sender, receiver) = watch::channel(StopLevel::Run);
    (sender, Stop(receiver))
}

impl Stop {
    /// Returns the current urgency.
    pub fn level(&self) -> StopLevel {
        *self.0.borrow()
    }

    /// Waits until a moment. Returns false if no request may begin then, because the crawl must
    /// end.
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

    /// Waits until the urgency increases, or for ever if the switch was dropped.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
