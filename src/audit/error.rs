//! Errors of an audit: failures of this program or machine, never of the site.

use std::error::Error;
use std::fmt;

use crate::crawl::{CrawlError, SiteError};
use crate::fetch::FetchSetupError;
use crate::logs::LogsError;
use crate::report::ReportError;
use crate::store::{RunId, RunState, Store, StoreError};

use super::baseline::BaselineError;

/// The error that an audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The fetcher cannot be built.
    #[error(transparent)]
    Fetcher(#[from] FetchSetupError),
    /// The exports cannot be written; nothing was done.
    #[error(transparent)]
    Out(ReportError),
    /// The baseline cannot be used.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// The server logs cannot be read.
    #[error("{}", with_flag(.0))]
    Logs(#[source] LogsError),
    /// The requested results that are stored with a run cannot be read.
    #[error("{0}")]
    Kept(String),
    /// The crawl started and broke off.
    #[error(transparent)]
    BrokenOff(#[from] BrokenOff),
    /// The store failed before or after the crawl.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The run is stored, and its exports could not be written.
    #[error("run {run} could not be exported")]
    Export {
        /// The run.
        run: RunId,
        /// The error.
        source: ReportError,
    },
}

/// A crawl that broke off, with the part that can be resumed.
#[derive(Debug)]
pub struct BrokenOff {
    /// The error.
    pub fault: CrawlFault,
    /// The part that can be resumed.
    pub left: Left,
}

/// The reason why a crawl broke off.
#[derive(Debug, thiserror::Error)]
pub enum CrawlFault {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The crawl failed.
    #[error(transparent)]
    Crawl(#[from] CrawlError),
    /// There were too few open files for requests.
    #[error(
        "too many open files on this machine for a minute; allow more with `ulimit -n`, or open \
         fewer requests with --concurrency"
    )]
    OutOfFiles,
}

/// The run that remains of a crawl that broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// No run that can be resumed.
    Nothing,
    /// A run that can be resumed.
    Run(RunId),
    /// The newest run, which cannot be read as long as the error lasts.
    Newest,
}

impl Left {
    /// Returns what remains of the run with this token, whose number may be known.
    pub(super) fn of(store: &Store, token: &str, known: Option<RunId>) -> Left {
        match store.run(token) {
            Ok(run) if run.state != RunState::Finished => Left::Run(run.id),
            Ok(_) | Err(StoreError::NoRun(_)) => Left::Nothing,
            Err(_) => known.map_or(Left::Newest, Left::Run),
        }
    }
}

impl fmt::Display for BrokenOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

// Its text is that of its fault, so its source is the fault's, too.
impl Error for BrokenOff {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}

/// Returns an error about logs with the flag that it is about, unless it names one itself.
fn with_flag(fault: &LogsError) -> String {
    match fault {
        LogsError::Format(fault) => fault.clone(),
        _ => format!("--logs: {fault}"),
    }
}
