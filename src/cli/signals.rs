//! Signals that stop a crawl: Ctrl-C, SIGTERM, a closed terminal. The first stops it in order, the second at once, the
//! third waits for nothing.

use tokio::sync::watch;

use crate::crawl::StopLevel;

use crate::terminal::streams::People;

/// Turns signals into stop levels for as long as it is polled. Returns at the third signal; without signals it waits
/// forever.
pub(super) async fn listen(switch: watch::Sender<StopLevel>, people: People) {
    let Ok(mut signals) = Signals::new() else {
        return std::future::pending().await;
    };
    signals.next().await;
    // Fails only if the crawl is over.
    let _ = switch.send(StopLevel::Drain);
    people.say("stopping: waiting for open requests; press Ctrl-C again to stop at once");
    signals.next().await;
    let _ = switch.send(StopLevel::Now);
    people.say("stopping at once: concluding what was fetched");
    signals.next().await;
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// Absent if the parent process ignores SIGHUP.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: if hang_up_is_ignored() {
                None
            } else {
                Some(signal(SignalKind::hangup())?)
            },
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = async {
                match &mut self.hang_up {
                    Some(hang_up) => _ = hang_up.recv().await,
                    None => std::future::pending().await,
                }
            } => {}
        }
    }
}

/// Returns whether SIGHUP is ignored, as `nohup` does: a handler of ours would undo that. Known only where `/proc`
/// exists (proc(5), `SigIgn`).
#[cfg(unix)]
fn hang_up_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit is signal 1, which is SIGHUP.
    mask.is_some_and(|mask| mask & 1 == 1)
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
