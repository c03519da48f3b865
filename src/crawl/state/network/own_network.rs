//! A crawl's knowledge about this machine's own network, and how strongly a silent attempt is
//! evidence against it.

use crate::model::{Attempt, CrawlUrl, Layer, Moment, Outcome, Purpose, Silence};
use crate::policy::{Doubt, NetworkSign, OutageWatch};

use super::answered::Answered;
use crate::crawl::state::effect::Returned;

/// The knowledge about our own network.
#[derive(Debug)]
pub(in crate::crawl::state) struct OwnNetwork {
    pub(super) watch: OutageWatch,
    pub(in crate::crawl::state) answered: Answered,
    /// Behind a proxy, all connections go to the proxy.
    pub(super) proxied: bool,
    /// Results that wait for a decision, and when they ended. There are at most as many as requests
    /// may be open.
    pub(in crate::crawl::state) waiting: Vec<(Returned, Moment)>,
    /// The attempt that raised the suspicion.
    pub(in crate::crawl::state) suspect: Option<(CrawlUrl, Outcome)>,
    /// The evidence that our own network is the reason.
    pub(super) silence: Silence,
}

impl OwnNetwork {
    pub(in crate::crawl::state) fn new(proxied: bool, now: Moment) -> OwnNetwork {
        OwnNetwork {
            watch: OutageWatch::new(now),
            answered: Answered::default(),
            proxied,
            waiting: Vec::new(),
            suspect: None,
            silence: Silence::default(),
        }
    }

    /// Returns when the next check with witnesses is due, if there can be any.
    pub(super) fn check_at(&self, open: bool) -> Option<Moment> {
        let open = open && !self.answered.is_empty();
        self.watch.check_at(open)
    }

    /// Marks an attempt that failed because there was no network: it is not evidence.
    pub(in crate::crawl::state) fn mark_discarded(&self, attempt: &mut Attempt) {
        let ended = attempt.started + attempt.timings.total;
        let answered = attempt.timings.first_byte.is_some();
        let sign = NetworkSign::of(attempt.outcome, answered, self.proxied);
        let clear = sign == NetworkSign::Answer;
        if !clear && self.watch.covers(attempt.started, ended) {
            attempt.purpose = Purpose::Outage;
        }
    }

    /// Returns how strongly such an attempt is evidence against our own network. No attempt is if
    /// only this machine answered. If nothing ever answered, an attempt is if it looks like a
    /// machine without any network.
    pub(super) fn doubt(&self, url: &CrawlUrl, outcome: Outcome) -> Doubt {
        if NetworkSign::of(outcome, false, self.proxied) != NetworkSign::Silence {
            return Doubt::None;
        }
        let unreached = outcome.layer() == Layer::Dns || outcome == Outcome::ConnectUnreachable;
        match (self.watch.ever_answered(), self.answered.is_empty()) {
            (true, false) if self.answered.knows(url) => Doubt::Strong,
            (true, false) => Doubt::Weak,
            (false, _) if unreached || self.proxied => Doubt::Strong,
            _ => Doubt::None,
        }
    }
}
