//! Ctrl-C and its kin: the first asks the crawl to end in order, the second to end now, the third
//! waits for nothing.

use tokio::sync::watch;

use crate::crawl::StopLevel;

use super::streams::People;

/// Turns signals into stop levels for as long as it is polled. Returns at the third; without
/// signals it waits for ever.
pub(super) async fn listen(switch: watch::Sender<StopLevel>, people: People) {
    let Ok(mut signals) = Signals::new() else {
        return std::future::pending().await;
    };
    signals.next().await;
    // Nobody is left to stop if the crawl is over.
    let _ = switch.send(StopLevel::Drain);
    people.say("stopping: waiting for open requests; once more to stop at once");
    signals.next().await;
    let _ = switch.send(StopLevel::Now);
    people.say("stopping at once: what was fetched is being counted");
    signals.next().await;
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
