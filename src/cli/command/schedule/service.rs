//! Messages to a service manager (sd_notify(3)). The runner's clock sends the signs of life: a runner that reads the
//! clock regularly is alive.

use std::time::Duration;

use crate::crawl::Stop;
use crate::machine;
use crate::model::Moment;
use crate::schedule::{Clock, Event, Listener};

/// Maximum wait before the clock is read again, because it may be set and the machine may sleep.
const LOOK: Duration = Duration::from_secs(30);

/// The clock of the runner: the time of day.
pub(super) struct Wall {
    longest: Duration,
}

impl Wall {
    pub(super) fn new() -> Wall {
        // Half of the watchdog's timeout, as sd_watchdog_enabled(3) recommends.
        let watchdog = watchdog().map(|most| most / 2);
        Wall {
            longest: watchdog.map_or(LOOK, |most| most.min(LOOK)),
        }
    }
}

impl Clock for Wall {
    fn now(&self) -> Moment {
        machine::wall_clock()
    }

    async fn sleep_until(&mut self, moment: Moment) {
        say("WATCHDOG=1");
        let left = moment.since(self.now()).min(self.longest);
        // Moments are whole milliseconds.
        tokio::time::sleep(left + Duration::from_millis(1)).await;
    }
}

/// Reports the number of running and waiting runs.
pub(super) struct Status;

impl Listener for Status {
    fn receive(&mut self, event: &Event) {
        if let Event::Queue {
            running,
            waiting,
            next,
            ..
        } = event
        {
            let next = next.map(|at| format!(", next at {at}")).unwrap_or_default();
            say(&format!(
                "STATUS={running} under way, {waiting} waiting{next}"
            ));
        }
    }
}

/// Reports that the runner is ready, and later that it ends.
pub(super) fn ready(mut stop: Stop) {
    say("READY=1");
    tokio::spawn(async move {
        stop.changed().await;
        say("STOPPING=1");
    });
}

/// Sends a message. Does nothing without a service manager.
#[cfg(unix)]
fn say(text: &str) {
    let _ = sd_notify::notify(&[sd_notify::NotifyState::Custom(text)]);
}

#[cfg(not(unix))]
fn say(_: &str) {}

/// Returns how long the service manager waits for a sign of life; `None` if it expects none.
#[cfg(unix)]
fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

#[cfg(not(unix))]
fn watchdog() -> Option<Duration> {
    None
}
