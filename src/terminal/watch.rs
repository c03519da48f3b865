//! Reads the crawl's events for the progress line and the log.

use crate::crawl::{Event, Observer};
use crate::model::{Attempt, CrawlUrl, HostKey, Moment, Role};
use crate::policy::BreakerChange;

use super::progress::Progress;
use super::text::count;

/// A reader of a crawl's events.
pub(crate) struct Watch {
    progress: Progress,
}

impl Watch {
    pub(crate) fn new(progress: Progress) -> Watch {
        Watch { progress }
    }
}

impl Observer for Watch {
    fn see(&mut self, event: &Event<'_>) {
        self.progress.see(event);
        match event {
            Event::Attempted {
                url,
                role,
                attempt,
                again,
            } => log(url, *role, attempt, *again),
            Event::Skipped { url, skip } => {
                let (reason, detail) = (skip.reason.name(), skip.detail.as_str());
                tracing::debug!(%url, reason, detail, "skipped {url}: {reason}");
            }
            Event::Robots { host, access } => {
                let access = access.name();
                tracing::info!(%host, access, "robots.txt of {host}: {access}");
            }
            Event::Paced { host, pace } => {
                let (open, interval_ms) = (pace.open, pace.interval.as_millis() as u64);
                tracing::debug!(%host, open, interval_ms, "pace of {host}: {open} open");
            }
            Event::Breaker { host, change } => note(host, *change),
            Event::Confirming {
                pass,
                starts,
                failing,
                left_out,
                is_late,
                ..
            } => {
                let urls = count(*failing as u64, "failing URL");
                let which = if *is_late {
                    ", first seen failing during an earlier pass,"
                } else {
                    ""
                };
                tracing::info!(
                    pass, %starts, failing, left_out,
                    "pass {pass} requests {urls}{which} again at {starts}"
                );
            }
            Event::Watching { pages, until } => {
                let n = count(*pages as u64, "page");
                tracing::info!(pages, %until, "watching {n} in parts of the site that go down and come back, until {until}");
            }
            Event::Doubting { pages } => {
                let n = count(*pages as u64, "page");
                tracing::info!(
                    pages,
                    "requesting {n} again that look lost and were fine in the run before"
                );
            }
            Event::Sampling { pages } => {
                let n = count(*pages as u64, "page");
                tracing::info!(pages, "sample: requesting {n} that never failed once more");
            }
            Event::Experimenting { clusters, urls, .. } => {
                let (n, kinds) = (count(*urls as u64, "URL"), count(*clusters as u64, "kind"));
                tracing::info!(
                    clusters,
                    urls,
                    "experiments: requesting {n} of {kinds} of failure in other ways"
                );
            }
            Event::ExperimentRequest {
                url, experiment, ..
            } => {
                let way = experiment.way();
                tracing::debug!(%url, experiment = experiment.name(), "experiment with {url}: {way}");
            }
            Event::Outage {
                since,
                ended: None,
                silence,
            } => {
                tracing::warn!(%since, %silence, "this machine has no network since {since}; waiting: {silence}");
            }
            Event::Outage {
                since,
                ended: Some(ended),
                ..
            } => {
                tracing::warn!(%since, %ended, "this machine has network again at {ended}");
            }
            Event::Awaited { .. } | Event::Gauge(_) => {}
        }
    }
}

fn note(host: &HostKey, change: BreakerChange) {
    match change {
        BreakerChange::Suspected => {
            tracing::info!(%host, "{host}: everything fails in a row; requesting a control");
        }
        BreakerChange::Cleared => {
            tracing::info!(%host, "{host}: the control is fine, so pages fail and not the host");
        }
        BreakerChange::Opened(until) => {
            tracing::warn!(%host, %until, "{host} is down; paused until {until}");
        }
        BreakerChange::Closed => tracing::info!(%host, "{host} is up again"),
        BreakerChange::GaveUp => tracing::warn!(%host, "{host} is down; given up"),
    }
}

fn log(url: &CrawlUrl, role: Role, attempt: &Attempt, again: Option<Moment>) {
    let outcome = attempt.outcome.id();
    let (role, status) = (role.name(), attempt.status.unwrap_or(0));
    let duration_ms = attempt.timings.total.as_millis() as u64;
    let again = again.map(|moment| moment.to_string()).unwrap_or_default();
    if !attempt.purpose.is_evidence() {
        let purpose = attempt.purpose.name();
        tracing::info!(%url, role, purpose, outcome, status, duration_ms, "{purpose} {url}: {outcome}");
    } else if attempt.outcome.is_failure() {
        tracing::info!(%url, role, outcome, status, duration_ms, again, "failed {url}: {outcome}");
    } else {
        tracing::debug!(%url, role, outcome, status, duration_ms, "fetched {url}: {outcome}");
    }
}
