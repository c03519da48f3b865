//! The port through which the runner has audits made.

use std::future::Future;
use std::path::PathBuf;

use crate::assess::GateResult;
use crate::crawl::{Ended, Stop};
use crate::model::Zone;
use crate::report::Brief;
use crate::store::RunId;

use crate::schedule::event::RunOutcome;

/// Makes the audits of projects.
pub trait Auditor: Send + Sync + 'static {
    /// Makes an audit to its end, exports included, or until it is told to stop.
    fn audit(
        &self,
        order: AuditOrder,
        stop: Stop,
    ) -> impl Future<Output = Result<AuditMade, Unmade>> + Send;
}

/// An audit to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditOrder {
    /// Of this project.
    pub project: String,
    /// What is to be done.
    pub work: AuditWork,
    /// Where its exports go; `{run}` stands for the number of the run.
    pub out: Option<PathBuf>,
    /// The time zone of times in texts for people.
    pub zone: Zone,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditWork {
    /// A new run, which is called by this token.
    New(String),
    /// The run goes on where it was interrupted; of one that is finished the exports are written.
    Resume(RunId),
    /// What failed in a run is asked again, in this pass and no further one.
    Recheck(RunId, u8),
}

/// Why an audit was not made, in one line: our own trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// The same again would come to the same.
    Fault(String),
    /// This machine has no network. It can go on when there is one.
    Offline(String),
}

/// An audit that was made, or interrupted.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditMade {
    /// Its run.
    pub run: RunId,
    /// How it ended. What follows counts only if it is finished.
    pub ended: Ended,
    /// What became of it.
    pub outcome: RunOutcome,
    /// Whether the site could not be audited for a reason that may pass within minutes.
    pub may_pass: bool,
    /// Its gates.
    pub gates: Vec<GateResult>,
    /// Pages with a 5xx that had none in its baseline; `None` without a baseline.
    pub new_5xx: Option<u64>,
    /// What it has to say.
    pub brief: Box<Brief>,
    /// The directory of its exports.
    pub out: Option<PathBuf>,
    /// The exports that were written.
    pub files: Vec<PathBuf>,
}
