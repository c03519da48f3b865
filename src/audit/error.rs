//! Why an audit could not be made: our own trouble, never the site's.

use std::error::Error;
use std::fmt;

use crate::crawl::{CrawlError, SiteError};
use crate::fetch::FetchSetupError;
use crate::report::ReportError;
use crate::store::{RunId, RunState, Store, StoreError};

use super::baseline::BaselineError;

/// Why an audit could not be made.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The fetcher cannot be built.
    #[error(transparent)]
    Fetcher(#[from] FetchSetupError),
    /// There is no place for the exports; nothing was done.
    #[error(transparent)]
    Out(ReportError),
    /// The baseline cannot be used.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// What is kept with a run cannot be read.
    #[error("{0}")]
    Kept(String),
    /// The crawl was begun and broke off.
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
        /// Why.
        source: ReportError,
    },
}

/// A crawl that broke off: why, and what is left of it.
#[derive(Debug)]
pub struct BrokenOff {
    /// Why.
    pub fault: CrawlFault,
    /// What can go on.
    pub left: Left,
}

/// Why a crawl broke off.
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
        "too many open files on this machine for a minute; allow more with `ulimit -n`, or ask for less at a time with --concurrency"
    )]
    OutOfFiles,
}

/// What a crawl that broke off leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// No run that could go on.
    Nothing,
    /// A run that can go on.
    Run(RunId),
    /// The newest run, which cannot be read as long as the trouble lasts.
    Newest,
}

impl Left {
    /// What is left of the run with this name, whose number may be known.
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

// What it says is its fault's own text, so its cause is the fault's, too.
impl Error for BrokenOff {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.fault.source()
    }
}
