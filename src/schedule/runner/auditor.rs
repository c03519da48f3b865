//! The port through which the runner makes audits.

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
    /// Makes an audit to its end, including exports, or until a stop is requested.
    fn audit(
        &self,
        order: AuditOrder,
        stop: Stop,
    ) -> impl Future<Output = Result<AuditMade, Unmade>> + Send;
}

/// An order for an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditOrder {
    /// The project.
    pub project: String,
    /// The work.
    pub work: AuditWork,
    /// The directory of the exports; `{run}` stands for the number of the run.
    pub out: Option<PathBuf>,
    /// The time zone of times in texts for people.
    pub zone: Zone,
}

/// The work of an audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditWork {
    /// A new run with this token.
    New(String),
    /// Continues an interrupted run; only writes the exports of a finished one.
    Resume(RunId),
    /// Requests the failed URLs of a run again, in this pass only.
    Recheck(RunId, u8),
}

/// Why an audit could not be made for a local reason, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// Another try would fail as well.
    Fault(String),
    /// This machine has no network. The audit can continue when there is one.
    Offline(String),
}

/// An audit that was made or interrupted.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditMade {
    /// The run.
    pub run: RunId,
    /// How the run ended. The other fields count only if it is finished.
    pub ended: Ended,
    /// The result of the run.
    pub outcome: RunOutcome,
    /// Whether the site could not be audited for a reason that may pass within minutes.
    pub may_pass: bool,
    /// The results of the gates.
    pub gates: Vec<GateResult>,
    /// Pages with a 5xx that had none in the baseline; `None` without a baseline.
    pub new_5xx: Option<u64>,
    /// The short account of the run.
    pub brief: Box<Brief>,
    /// The directory of the exports.
    pub out: Option<PathBuf>,
    /// The exports that were written.
    pub files: Vec<PathBuf>,
}
