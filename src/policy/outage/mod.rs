//! Whether the site or our own network is at fault when nothing answers. Several attempts in a row
//! that end in silence raise the suspicion. A check then requests something from hosts that
//! answered before, and the result decides. Until then such attempts wait, so that nothing has to
//! be undone.
//!
//! Listening, then suspecting, then listening again because the site is at fault; or out, until
//! anything answers.

mod sound;

use std::time::Duration;

use crate::model::{Moment, Network};

pub use sound::NetworkSign;

/// Silent attempts in a row after which the network is checked at once; as many as make a host's breaker suspect it.
const SILENT: u32 = 5;

/// How long after the first silent attempt the network is checked, if fewer than [`SILENT`] were silent by then.
const COMPANY: Duration = Duration::from_secs(1);

/// Time without any answer, while requests are open, after which the network is checked: requests
/// may hang for longer than the outage.
const QUIET: Duration = Duration::from_secs(10);

/// How long a witness's answer proves that the network is there. The time doubles from the first to
/// the longest as long as nothing else answers: a dead site must not burden the witnesses.
const FIRST_BELIEF: Duration = Duration::from_secs(2);
const LONGEST_BELIEF: Duration = Duration::from_mins(1);

/// Time between two checks whether the network is back: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Maximum wait for the end of an outage, as long as a host of the site may hold up the crawl.
const PATIENCE: Duration = Duration::from_mins(10);

/// The evidence of an attempt without a clear answer against our own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Not at all, unless other attempts are.
    None,
    /// Its host may not exist, so that it is not counted.
    Weak,
    /// Its host existed before.
    Strong,
}

/// The treatment of an attempt without a clear answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceEffect {
    /// It counts: the site is at fault.
    Counts,
    /// It waits for the result of the check.
    Waits,
    /// It does not count: the network was gone.
    Discarded,
}

/// A change of what is known about the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageChange {
    /// Nothing new.
    Same,
    /// The site is at fault: waiting attempts count.
    SiteFault,
    /// There has been no network since this moment: waiting attempts do not count.
    Began(Moment),
    /// The network is back, after an outage since this moment.
    Ended(Moment),
}

/// The watch for a silence of all hosts.
#[derive(Clone, Debug)]
pub struct OutageWatch {
    state: State,
    /// When something answered last; at first, when the crawl began.
    answered_at: Moment,
    /// Whether anything answered at all.
    has_answered: bool,
    /// When the last check began.
    checked: Moment,
    /// Whether a check is under way.
    is_checking: bool,
    /// How long the next witness's answer is valid.
    belief: Duration,
    /// When the first outage was noticed since anything answered. A witness's answer does not reset
    /// this: a network that comes and goes must not hold up a crawl for ever.
    gone: Option<Moment>,
    /// The last finished outage.
    last: Option<(Moment, Moment)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The site causes silence before `believed`.
    Listening {
        believed: Moment,
    },
    Suspecting {
        since: Moment,
        silent: u32,
    },
    Out {
        began: Moment,
        next: Moment,
        pause: Duration,
    },
}

impl OutageWatch {
    /// Returns the watch of a crawl that begins now.
    pub fn new(now: Moment) -> OutageWatch {
        OutageWatch {
            state: State::Listening { believed: now },
            answered_at: now,
            has_answered: false,
            checked: now,
            is_checking: false,
            belief: FIRST_BELIEF,
            gone: None,
            last: None,
        }
    }

    /// Returns whether anything answered at all.
    pub fn ever_answered(&self) -> bool {
        self.has_answered
    }

    /// Returns whether all hosts must wait for now.
    pub fn holds_up(&self) -> bool {
        match self.state {
            State::Listening { .. } => false,
            State::Suspecting { silent, .. } => silent >= SILENT || self.is_checking,
            State::Out { .. } => true,
        }
    }

    /// Returns whether the outage lasts longer than the crawl waits. A crawl that began in an
    /// outage does not wait at all.
    pub fn is_hopeless(&self, now: Moment) -> bool {
        let waited = self.gone.map(|gone| now.since(gone));
        let is_out = matches!(self.state, State::Out { .. });
        is_out && (!self.has_answered || waited.is_some_and(|waited| waited >= PATIENCE))
    }

    /// Returns whether there was no network at some moment of this span.
    pub fn covers(&self, from: Moment, until: Moment) -> bool {
        let over = self
            .last
            .is_some_and(|(began, ended)| from <= ended && until >= began);
        over || matches!(self.state, State::Out { began, .. } if until >= began)
    }

    /// Records that something answered.
    pub fn on_answer(&mut self, now: Moment) -> OutageChange {
        self.answered_at = now;
        self.has_answered = true;
        self.belief = FIRST_BELIEF;
        self.gone = None;
        match self.state {
            // An answer now proves nothing about a minute later, as little as a witness's answer
            // does.
            State::Listening { believed } => {
                self.listen(believed.min(now + FIRST_BELIEF), OutageChange::Same)
            }
            State::Suspecting { .. } => self.listen(now, OutageChange::SiteFault),
            State::Out { began, .. } => self.end(began, now),
        }
    }

    /// Records an attempt that began then and ended now without a clear answer.
    pub fn on_silence(&mut self, started: Moment, doubt: Doubt, now: Moment) -> SilenceEffect {
        if self.covers(started, now) {
            return SilenceEffect::Discarded;
        }
        let counts = u32::from(doubt == Doubt::Strong);
        match &mut self.state {
            State::Listening { believed } => {
                if doubt == Doubt::None || now < *believed {
                    return SilenceEffect::Counts;
                }
                self.state = State::Suspecting {
                    since: now,
                    silent: counts,
                };
            }
            State::Suspecting { silent, .. } => *silent += counts,
            State::Out { .. } => return SilenceEffect::Discarded,
        }
        SilenceEffect::Waits
    }

    /// Returns when the next check of the network is due. `open` is true while requests are open.
    pub fn check_at(&self, open: bool) -> Option<Moment> {
        if self.is_checking {
            return None;
        }
        match self.state {
            State::Listening { .. } => {
                (open && self.has_answered).then(|| self.answered_at.max(self.checked) + QUIET)
            }
            // If nothing ever answered, there is nothing to wait for.
            State::Suspecting { since, silent } if silent >= SILENT || !self.has_answered => {
                Some(since)
            }
            State::Suspecting { since, .. } => Some(since + COMPANY),
            State::Out { next, .. } => Some(next),
        }
    }

    /// Records that a check began.
    pub fn on_check(&mut self, now: Moment) {
        self.checked = now;
        self.is_checking = true;
    }

    /// Records the result of a check.
    pub fn on_network(&mut self, network: &Network, now: Moment) -> OutageChange {
        self.is_checking = false;
        let down = matches!(network, Network::Down(_));
        match self.state {
            State::Out { began, pause, .. } if down => {
                self.state = State::Out {
                    began,
                    next: now + pause,
                    pause: (pause * 2).min(LONGEST_PAUSE),
                };
                OutageChange::Same
            }
            State::Out { began, .. } => self.end(began, now),
            // An answer during the check is better evidence.
            _ if down && (!self.has_answered || self.answered_at < self.checked) => {
                let began = self.answered_at;
                self.gone.get_or_insert(now);
                self.state = State::Out {
                    began,
                    next: now + FIRST_PAUSE,
                    pause: FIRST_PAUSE * 2,
                };
                OutageChange::Began(began)
            }
            // The check proves nothing about a silence that began after that answer: a new check
            // follows.
            State::Suspecting { .. } if down => OutageChange::Same,
            State::Suspecting { .. } => {
                let believed = now + self.belief;
                self.belief = (self.belief * 2).min(LONGEST_BELIEF);
                self.listen(believed, OutageChange::SiteFault)
            }
            State::Listening { .. } => OutageChange::Same,
        }
    }

    fn listen(&mut self, believed: Moment, change: OutageChange) -> OutageChange {
        self.state = State::Listening { believed };
        change
    }

    fn end(&mut self, began: Moment, now: Moment) -> OutageChange {
        self.answered_at = now;
        self.last = Some((began, now));
        self.listen(now, OutageChange::Ended(began))
    }
}

#[cfg(test)]
mod tests;
