//! What the runner tells: everything that others may want to send, count or show, as one closed enum.
//! Who listens is handed in; the runner does not know who it is.
//!
//! An event is told *before* the runner notes that it is done with its cause. So a process that is
//! killed in between tells it again: an event is told at least once, and [`Event::key`] is the same
//! each time. Whoever must not repeat it remembers the key.

use std::path::PathBuf;

use crate::assess::GateResult;
use crate::model::Moment;
use crate::report::Brief;
use crate::store::RunId;

/// Something that happened to the projects.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A run of a project began, or goes on after the runner was stopped.
    RunStarted {
        /// Its name in the configuration.
        project: String,
        /// When it should have begun.
        due: Moment,
        /// When it began, or goes on.
        at: Moment,
        /// It goes on with what an interrupted run left.
        resumed: bool,
    },
    /// A run was made to its end, and its exports are written.
    RunEnded(RunEnded),
    /// A run could not be made: our own trouble, such as a full disk, or a configuration that cannot
    /// be carried out.
    RunFailed {
        /// Its name in the configuration.
        project: String,
        /// When the run should have begun.
        due: Moment,
        /// When it failed.
        at: Moment,
        /// Why, in one line.
        why: String,
    },
    /// A run, or a recheck, cannot be made now: this machine has no network, or the site's robots.txt cannot be read. It
    /// is made later by itself.
    PutOff {
        /// Its name in the configuration.
        project: String,
        /// When it is tried again, if the runner runs by then.
        again: Moment,
        /// What shows that, in one line.
        why: String,
    },
    /// URLs of a run that failed were asked again, minutes to days after it. The run's verdicts
    /// and scores are concluded anew.
    Rechecked {
        /// Its name in the configuration.
        project: String,
        /// The run that they failed in.
        run: RunId,
        /// Which time this was, from 1.
        step: u8,
        /// When it was over.
        at: Moment,
        /// URLs whose last attempt before had failed, and whose last one now did not.
        recovered: Vec<String>,
        /// URLs whose last attempt failed, whether or not there was time to ask them.
        failing: Vec<String>,
        /// When those are asked the next time; absent after the last time.
        next: Option<Moment>,
    },
    /// How much there is to do, told when it changes.
    Queue {
        /// When it was counted.
        at: Moment,
        /// Runs and rechecks under way.
        running: usize,
        /// Those that are due and wait for a place or for their host.
        waiting: usize,
        /// When the next one is due; absent if there is none.
        next: Option<Moment>,
    },
}

/// A run that was made to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEnded {
    /// Its name in the configuration.
    pub project: String,
    /// Its number in the database.
    pub run: RunId,
    /// When it should have begun.
    pub due: Moment,
    /// When it was over.
    pub at: Moment,
    /// What became of it.
    pub outcome: RunOutcome,
    /// Its gates (`fail-on`), in the order of the configuration.
    pub gates: Vec<GateResult>,
    /// What it has to say.
    pub brief: Box<Brief>,
    /// The directory of its exports; absent without `out`.
    pub out: Option<PathBuf>,
    /// The exports that were written.
    pub files: Vec<PathBuf>,
}

/// What became of a run that was made to its end, the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// All gates held.
    Done,
    /// A gate could not be decided: too little evidence.
    GateUndecided,
    /// A gate failed.
    GateFailed,
    /// The site could not be audited at all, and why.
    NoAudit(String),
}

/// Is told what happens, in the order in which it happens, on the runner's own task: it must not
/// wait, and its own trouble is its own affair. What takes time belongs in a queue.
pub trait Listener: Send {
    /// Takes note of an event.
    fn hear(&mut self, event: &Event);
}

impl Event {
    /// What this is an event of, the same if it is told again: `shop/run/7/ended`. Absent where a
    /// repetition is no mistake.
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

/// Nobody listens.
impl Listener for () {
    fn hear(&mut self, _: &Event) {}
}

/// Both listen.
impl<A: Listener, B: Listener> Listener for (A, B) {
    fn hear(&mut self, event: &Event) {
        self.0.hear(event);
        self.1.hear(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_again_has_the_same_key() {
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
