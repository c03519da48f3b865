//! What a crawl knows of this machine's own network, and how far a silent attempt speaks against it.

use crate::model::{Attempt, CrawlUrl, Layer, Moment, Outcome, Purpose, Silence};
use crate::policy::{Doubt, OutageWatch, Sound};

use super::answered::Answered;
use crate::crawl::state::effect::Returned;

/// What is known of our own network.
#[derive(Debug)]
pub(in crate::crawl::state) struct OwnNetwork {
    pub(super) watch: OutageWatch,
    pub(in crate::crawl::state) answered: Answered,
    /// Behind a proxy nobody else is talked to.
    pub(super) proxied: bool,
    /// What waits to be judged, and when it ended. As many as may be open at most.
    pub(in crate::crawl::state) waiting: Vec<(Returned, Moment)>,
    /// What raised the suspicion.
    pub(in crate::crawl::state) suspect: Option<(CrawlUrl, Outcome)>,
    /// What showed that it is ours.
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

    /// When the witnesses are to be asked, if there can be any.
    pub(super) fn ask_at(&self, open: bool) -> Option<Moment> {
        let open = open && !self.answered.is_empty();
        self.watch.ask_at(open)
    }

    /// Marks an attempt that failed because there was no network: it is no evidence.
    pub(in crate::crawl::state) fn mark_discarded(&self, attempt: &mut Attempt) {
        let ended = attempt.started + attempt.timings.total;
        let clear = Sound::of(attempt.outcome, self.proxied) == Sound::Answer;
        if !clear && self.watch.covers(attempt.started, ended) {
            attempt.purpose = Purpose::Outage;
        }
    }

    /// How far such an attempt speaks against our own network. Nothing does where only this machine
    /// answered; where nothing ever did, what no network at all looks like.
    pub(super) fn doubt(&self, url: &CrawlUrl, outcome: Outcome) -> Doubt {
        if Sound::of(outcome, self.proxied) != Sound::Silence {
            return Doubt::None;
        }
        let unreached = outcome.layer() == Layer::Dns || outcome == Outcome::ConnectUnreachable;
        match (self.watch.ever_heard(), self.answered.is_empty()) {
            (true, false) if self.answered.knows(url) => Doubt::Strong,
            (true, false) => Doubt::Weak,
            (false, _) if unreached || self.proxied => Doubt::Strong,
            _ => Doubt::None,
        }
    }
}
