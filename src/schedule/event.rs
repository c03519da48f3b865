//! The events of the runner that others send, count or show. The runner does not know its listeners.
//!
//! The runner sends an event *before* it stores that the cause is done. If the process is killed in between, it
//! sends the event again. So each event is sent at least once, always with the same [`Event::key`]. A listener
//! that must not repeat an event stores its key.

use std::path::PathBuf;

use crate::assess::GateResult;
use crate::model::Moment;
use crate::report::Brief;
use crate::store::RunId;

/// What happened to a project or to the queue.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A run of a project began, or continues after the runner was stopped.
    RunStarted {
        /// The project's name in the configuration.
        project: String,
        /// When the run should have begun.
        due: Moment,
        /// When the run began or continued.
        at: Moment,
        /// Whether an interrupted run continues.
        resumed: bool,
    },
    /// A run ended, and its exports are written.
    RunEnded(RunEnded),
    /// A run could not be made for a local reason, such as a full disk or an invalid configuration.
    RunFailed {
        /// The project's name in the configuration.
        project: String,
        /// When the run should have begun.
        due: Moment,
        /// When it failed.
        at: Moment,
        /// Why, in one line.
        why: String,
    },
    /// A run or recheck was postponed: this machine has no network, or the site's robots.txt cannot be read.
    PutOff {
        /// The project's name in the configuration.
        project: String,
        /// When the run or recheck is tried again, if the runner runs by then.
        again: Moment,
        /// The reason, in one line.
        why: String,
    },
    /// Failed URLs of a run were requested again, minutes to days later. The run's verdicts and scores are
    /// recomputed.
    Rechecked {
        /// The project's name in the configuration.
        project: String,
        /// The run in which the URLs failed.
        run: RunId,
        /// The number of this recheck, from 1.
        step: u8,
        /// When it ended, the run or the recheck.
        at: Moment,
        /// URLs whose last attempt before it failed and whose last attempt now did not, without the lost ones.
        recovered: Vec<String>,
        /// Those of them that are missing, refused or redirected to where they are not.
        lost: Vec<String>,
        /// URLs whose last attempt failed, whether or not there was time to request them.
        failing: Vec<String>,
        /// When these URLs are requested next; absent after the last recheck.
        next: Option<Moment>,
    },
    /// The length of the queue, sent when it changes.
    Queue {
        /// When the queue was counted.
        at: Moment,
        /// Runs and rechecks in progress.
        running: usize,
        /// Due runs and rechecks that wait because enough others run, or because their host is taken.
        waiting: usize,
        /// When the next run or recheck is due; absent if there is none.
        next: Option<Moment>,
    },
}

/// A run that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnded {
    /// The project's name in the configuration.
    pub project: String,
    /// The run's number in the database.
    pub run: RunId,
    /// When the run should have begun.
    pub due: Moment,
    /// When it ended, the run or the recheck.
    pub at: Moment,
    /// The result of the run.
    pub outcome: RunOutcome,
    /// The gates (`fail-on`), in the order of the configuration.
    pub gates: Vec<GateResult>,
    /// The short account of the run.
    pub brief: Box<Brief>,
    /// The directory of the exports; absent without `out`.
    pub out: Option<PathBuf>,
    /// The exports that were written.
    pub files: Vec<PathBuf>,
}

/// The result of a run that ended, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// All gates held.
    Done,
    /// A gate could not be decided: too little evidence.
    GateUndecided,
    /// A gate failed.
    GateFailed,
    /// The site could not be audited; contains the reason.
    NoAudit(String),
}

/// A receiver of events, in their order, on the runner's own task. It must not wait and handles its own errors.
/// Slow work belongs in a queue.
pub trait Listener: Send {
    /// Receives an event.
    fn receive(&mut self, event: &Event);
}

impl Event {
    /// Returns the identity of the event, such as `shop/run/7/ended`: it is the same if the event is sent again.
    /// Returns `None` for events that do no harm if they are received twice.
    pub fn key(&self) -> Option<String> {
        match self {
            Event::RunEnded(ended) => Some(format!("{}/run/{}/ended", ended.project, ended.run)),
            Event::RunFailed { project, due, .. } => {
                Some(format!("{project}/due/{}/failed", due.millis()))
            }
            Event::Rechecked {
                project, run, step, ..
            } => Some(format!("{project}/run/{run}/recheck/{step}")),
            Event::RunStarted { .. } | Event::PutOff { .. } | Event::Queue { .. } => None,
        }
    }
}

/// Ignores all events.
impl Listener for () {
    fn receive(&mut self, _: &Event) {}
}

/// Passes events to both.
impl<A: Listener, B: Listener> Listener for (A, B) {
    fn receive(&mut self, event: &Event) {
        self.0.receive(event);
        self.1.receive(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_sent_again_has_the_same_key() {
        let failed = |at| Event::RunFailed {
            project: "shop".to_owned(),
            due: Moment::from_millis(7),
            at: Moment::from_millis(at),
            why: String::new(),
        };
        assert_eq!(failed(8).key(), Some("shop/due/7/failed".to_owned()));
        assert_eq!(failed(9).key(), failed(8).key());
    }
}
