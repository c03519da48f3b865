//! Whose fault is it that nothing answers: the site's or our own network's? Several attempts in a
//! row that end in silence raise the suspicion; whoever answered before is then asked whether he
//! still does, and that decides. Until then such attempts wait, so that nothing has to be undone.
//!
//! Listening, then suspecting, then listening again because the site is at fault; or out, until
//! anything answers.

mod sound;

use std::time::Duration;

use crate::model::{Moment, Network};

pub use sound::Sound;

/// Silent attempts in a row that are suspicious at once, as many as make a host's breaker doubt it.
const SILENT: u32 = 5;

/// How long a silent attempt waits for company.
const COMPANY: Duration = Duration::from_secs(1);

/// Open requests that all hang are suspicious after this: they may hang for longer than the outage.
const QUIET: Duration = Duration::from_secs(10);

/// How long a witness is believed that the network is there: doubled from the first to the longest
/// as long as nobody else answers, so that a dead site is no burden to those who are asked about it.
const FIRST_BELIEF: Duration = Duration::from_secs(2);
const LONGEST_BELIEF: Duration = Duration::from_mins(1);

/// Time between two questions whether the network is back: doubled from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Longest outage that is waited for, as long as a host of the site may hold up the crawl.
const PATIENCE: Duration = Duration::from_mins(10);

/// How far an attempt without a clear answer speaks against our own network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Not at all, unless others do.
    None,
    /// Its host may never have been there, so that it is not counted.
    Weak,
    /// Its host was there before.
    Strong,
}

/// What is to be done with an attempt that brought no clear answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Silent {
    /// It counts: the site is at fault.
    Counts,
    /// It waits until it is known.
    Waits,
    /// It does not count: the network was gone.
    Lost,
}

/// What became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutageChange {
    /// Nothing new.
    Same,
    /// The site is at fault: what waits counts.
    Theirs,
    /// There has been no network since then: what waits does not count.
    Began(Moment),
    /// There is a network again, after none since then.
    Ended(Moment),
}

/// Listens for the silence of everybody.
#[derive(Clone, Debug)]
pub struct OutageWatch {
    state: State,
    /// When something answered last; at first, when the crawl began.
    heard: Moment,
    /// Whether anything answered at all.
    ever: bool,
    /// When the question was put last.
    asked: Moment,
    /// Whether its answer is awaited.
    asking: bool,
    /// How long the next witness is believed.
    belief: Duration,
    /// When the first outage was noticed since anything answered. That a witness does is no answer:
    /// a network that comes and goes must not hold up a crawl for ever.
    gone: Option<Moment>,
    /// The last outage that is over.
    last: Option<(Moment, Moment)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Silence before `believed` is the site's.
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
    /// A crawl begins.
    pub fn new(now: Moment) -> OutageWatch {
        OutageWatch {
            state: State::Listening { believed: now },
            heard: now,
            ever: false,
            asked: now,
            asking: false,
            belief: FIRST_BELIEF,
            gone: None,
            last: None,
        }
    }

    /// Whether anything answered at all.
    pub fn ever_heard(&self) -> bool {
        self.ever
    }

    /// Whether nothing more is to be asked of any host for now.
    pub fn holds_up(&self) -> bool {
        match self.state {
            State::Listening { .. } => false,
            State::Suspecting { silent, .. } => silent >= SILENT || self.asking,
            State::Out { .. } => true,
        }
    }

    /// Whether the outage lasts longer than anybody waits; one that the crawl began in is not
    /// waited for at all.
    pub fn is_hopeless(&self, now: Moment) -> bool {
        let waited = self.gone.map(|gone| now.since(gone));
        let is_out = matches!(self.state, State::Out { .. });
        is_out && (!self.ever || waited.is_some_and(|waited| waited >= PATIENCE))
    }

    /// Whether there was no network at some moment of this span.
    pub fn covers(&self, from: Moment, until: Moment) -> bool {
        let over = self
            .last
            .is_some_and(|(began, ended)| from <= ended && until >= began);
        over || matches!(self.state, State::Out { began, .. } if until >= began)
    }

    /// Takes in that something answered.
    pub fn on_answer(&mut self, now: Moment) -> OutageChange {
        self.heard = now;
        self.ever = true;
        self.belief = FIRST_BELIEF;
        self.gone = None;
        match self.state {
            // Who answers now says nothing of a minute later, as little as a witness does.
            State::Listening { believed } => {
                self.listen(believed.min(now + FIRST_BELIEF), OutageChange::Same)
            }
            State::Suspecting { .. } => self.listen(now, OutageChange::Theirs),
            State::Out { began, .. } => self.end(began, now),
        }
    }

    /// Takes in an attempt that began then and ended now without a clear answer.
    pub fn on_silence(&mut self, started: Moment, doubt: Doubt, now: Moment) -> Silent {
        if self.covers(started, now) {
            return Silent::Lost;
        }
        let counts = u32::from(doubt == Doubt::Strong);
        match &mut self.state {
            State::Listening { believed } => {
                if doubt == Doubt::None || now < *believed {
                    return Silent::Counts;
                }
                self.state = State::Suspecting {
                    since: now,
                    silent: counts,
                };
            }
            State::Suspecting { silent, .. } => *silent += counts,
            State::Out { .. } => return Silent::Lost,
        }
        Silent::Waits
    }

    /// When whoever answered before is to be asked whether he still does. `open` tells whether
    /// answers are awaited.
    pub fn ask_at(&self, open: bool) -> Option<Moment> {
        if self.asking {
            return None;
        }
        match self.state {
            State::Listening { .. } => {
                (open && self.ever).then(|| self.heard.max(self.asked) + QUIET)
            }
            // Where nothing ever answered there is nothing to wait for.
            State::Suspecting { since, silent } if silent >= SILENT || !self.ever => Some(since),
            State::Suspecting { since, .. } => Some(since + COMPANY),
            State::Out { next, .. } => Some(next),
        }
    }

    /// The question is put.
    pub fn on_asking(&mut self, now: Moment) {
        self.asked = now;
        self.asking = true;
    }

    /// Takes in the answer to the question.
    pub fn on_network(&mut self, network: &Network, now: Moment) -> OutageChange {
        self.asking = false;
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
            // What was heard meanwhile says more.
            _ if down && (!self.ever || self.heard < self.asked) => {
                let began = self.heard;
                self.gone.get_or_insert(now);
                self.state = State::Out {
                    began,
                    next: now + FIRST_PAUSE,
                    pause: FIRST_PAUSE * 2,
                };
                OutageChange::Began(began)
            }
            // Nor does that tell of a silence that began after what was heard: it is asked about anew.
            State::Suspecting { .. } if down => OutageChange::Same,
            State::Suspecting { .. } => {
                let believed = now + self.belief;
                self.belief = (self.belief * 2).min(LONGEST_BELIEF);
                self.listen(believed, OutageChange::Theirs)
            }
            State::Listening { .. } => OutageChange::Same,
        }
    }

    fn listen(&mut self, believed: Moment, change: OutageChange) -> OutageChange {
        self.state = State::Listening { believed };
        change
    }

    fn end(&mut self, began: Moment, now: Moment) -> OutageChange {
        self.heard = now;
        self.last = Some((began, now));
        self.listen(now, OutageChange::Ended(began))
    }
}

#[cfg(test)]
mod tests;
