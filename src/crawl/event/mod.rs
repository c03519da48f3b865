//! The events of a running crawl. Progress lines, logs and pages read them, and the forecast of the time left.

mod forecast;

use crate::model::{
    Attempt, CrawlUrl, Experiment, HostKey, Moment, Pace, RobotsAccess, Role, Silence, Skip,
};
use crate::policy::BreakerChange;

pub use forecast::{Forecast, Rest};

/// An event of a crawl.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// The request that has been open for the longest time: sent, and not answered. About once per second, right
    /// before the gauge; not if none is open.
    Awaited {
        /// Its URL.
        url: &'a CrawlUrl,
        /// When it was sent.
        since: Moment,
        /// Number of other open requests.
        others: usize,
    },
    /// An attempt was made.
    Attempted {
        /// The requested URL.
        url: &'a CrawlUrl,
        /// Its role in the crawl.
        role: Role,
        /// The attempt.
        attempt: &'a Attempt,
        /// When it is requested again, if it is.
        again: Option<Moment>,
    },
    /// A due URL was not requested.
    Skipped {
        /// The URL.
        url: &'a CrawlUrl,
        /// The reason.
        skip: &'a Skip,
    },
    /// A host's robots.txt is known.
    Robots {
        /// The origin.
        host: HostKey,
        /// `rules`, `allow_all` or `unreachable`.
        access: RobotsAccess,
    },
    /// A host has another pace from now on.
    Paced {
        /// The origin.
        host: HostKey,
        /// The pace.
        pace: Pace,
    },
    /// A host is suspected, paused, requested again, or given up.
    Breaker {
        /// The origin.
        host: HostKey,
        /// The change.
        change: BreakerChange,
    },
    /// Pages that look lost and were fine in the run before are about to be requested again.
    Doubting {
        /// The number of pages.
        pages: usize,
    },
    /// Pages that never failed are about to be requested once more.
    Sampling {
        /// The number of pages.
        pages: usize,
    },
    /// A confirmation pass is about to begin.
    Confirming {
        /// Its number: 2 for the first.
        pass: u8,
        /// When it begins.
        starts: Moment,
        /// When its time is over.
        ends_by: Moment,
        /// Failing URLs that it requests again.
        failing: usize,
        /// Failing URLs that are beyond the budget.
        left_out: usize,
        /// Whether all its failing URLs failed first after the passes had begun.
        is_late: bool,
    },
    /// Only the sentinels of a confirmation pass are left: pages of parts of the site that go down
    /// as a whole, which are requested every few seconds.
    Watching {
        /// The number of pages.
        pages: usize,
        /// The end: the next pass begins then, if there is one.
        until: Moment,
    },
    /// Experiments on failing URLs are about to begin. The attempts at a URL are reported when all
    /// of them are made.
    Experimenting {
        /// Kinds of failure.
        clusters: usize,
        /// URLs that represent them.
        urls: usize,
        /// When their time is over.
        ends_by: Moment,
    },
    /// A request of an experiment is next.
    ExperimentRequest {
        /// The URL.
        url: &'a CrawlUrl,
        /// How it is requested.
        experiment: Experiment,
        /// The moment.
        at: Moment,
    },
    /// This machine has no network, so nothing is requested; or the network is back.
    Outage {
        /// When something answered last.
        since: Moment,
        /// When something answered again; `None` at the beginning of the outage.
        ended: Option<Moment>,
        /// The evidence that the site is not the reason.
        silence: Silence,
    },
    /// The state of the crawl, about once per second.
    Gauge(Gauge),
}

/// The numbers of a crawl at one moment, published once a second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gauge {
    /// The crawl's clock.
    pub now: Moment,
    /// URLs that wait or are being fetched.
    pub pending: u64,
    /// When the last of them that waits can be requested at the earliest, at the hosts' paces.
    pub clear_by: Option<Moment>,
    /// Visits and series of experiments under way; some of them may wait for their turn.
    pub open: usize,
    /// Requests per second allowed for the host of the last request; `None` without a ceiling.
    pub rate: Option<f64>,
}

/// A reader of events. The dispatcher calls it, so it must not wait.
pub trait Observer: Send {
    /// Receives an event.
    fn see(&mut self, event: &Event<'_>);
}

impl<F: FnMut(&Event<'_>) + Send> Observer for F {
    fn see(&mut self, event: &Event<'_>) {
        self(event);
    }
}
