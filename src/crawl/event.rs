//! What a crawl says while it runs. Progress lines, logs and pages are readers of it.

use crate::model::{
    Attempt, CrawlUrl, HostKey, Moment, Pace, Probe, RobotsAccess, Role, Silence, Skip,
};
use crate::policy::BreakerChange;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// An attempt was made.
    Attempted {
        /// What was asked for.
        url: &'a CrawlUrl,
        /// What it is to the crawl.
        role: Role,
        /// What happened.
        attempt: &'a Attempt,
        /// When it is asked for again, if it is.
        again: Option<Moment>,
    },
    /// A URL that was due was not asked for.
    Skipped {
        /// The URL.
        url: &'a CrawlUrl,
        /// Why.
        skip: &'a Skip,
    },
    /// A host's robots.txt is known.
    Robots {
        /// The origin.
        host: HostKey,
        /// `rules`, `allow_all` or `unreachable`.
        access: RobotsAccess,
    },
    /// A host is asked at another pace from now on.
    Paced {
        /// The origin.
        host: HostKey,
        /// The pace.
        pace: Pace,
    },
    /// A host is doubted, left alone, asked again, or not waited for any more.
    Breaker {
        /// The origin.
        host: HostKey,
        /// What changed.
        change: BreakerChange,
    },
    /// Pages that never failed are about to be requested once more.
    Sampling {
        /// How many.
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
        /// Failing URLs that it asks again.
        failing: usize,
        /// Failing URLs that the budget does not reach.
        left_out: usize,
        /// Whether all of them failed first after the passes had begun.
        is_late: bool,
    },
    /// A confirmation pass is done but for its sentinels: pages of parts of the site that go down as a whole, which
    /// are requested every few seconds.
    Watching {
        /// How many.
        pages: usize,
        /// Until when: the next pass begins then, if there is one.
        until: Moment,
    },
    /// Failing URLs are about to be asked in other ways. Their attempts are told when all of a URL
    /// are made.
    Experimenting {
        /// Kinds of failure.
        clusters: usize,
        /// URLs that stand for them.
        urls: usize,
        /// When their time is over.
        ends_by: Moment,
    },
    /// A request of an experiment is next.
    ExperimentRequest {
        /// The URL.
        url: &'a CrawlUrl,
        /// How it is requested.
        probe: Probe,
        /// When.
        at: Moment,
    },
    /// This machine has no network, so nothing is asked; or it has it again.
    Outage {
        /// When something answered last.
        since: Moment,
        /// When something answered again; none at its beginning.
        ended: Option<Moment>,
        /// What shows that it is not the site.
        silence: Silence,
    },
    /// How the crawl is doing; said about once a second.
    Gauge(Gauge),
}

/// How a crawl is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gauge {
    /// The crawl's clock.
    pub now: Moment,
    /// URLs that wait or are being fetched.
    pub pending: u64,
    /// Requests that are open.
    pub open: usize,
    /// Requests per second allowed for the host that was asked last; absent for no ceiling.
    pub rate: Option<f64>,
}

/// A reader of events. It is called from the dispatcher, so it must not wait.
pub trait Observer: Send {
    /// Takes notice.
    fn see(&mut self, event: &Event<'_>);
}

impl<F: FnMut(&Event<'_>) + Send> Observer for F {
    fn see(&mut self, event: &Event<'_>) {
        self(event);
    }
}
