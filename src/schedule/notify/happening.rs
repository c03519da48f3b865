//! Of an event, what is told of it: kept in the database until it was put into words.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::report::Brief;
use crate::schedule::Event;
use crate::store::RunId;

/// The file that a mail takes along.
const REPORT: &str = "report.html";

/// What happened. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Happening {
    /// A run was made to its end.
    Ended {
        project: String,
        run: i64,
        at: i64,
        /// What the run has to say.
        brief: Box<Brief>,
        report: Option<PathBuf>,
    },
    /// A run could not be made.
    Failed {
        project: String,
        due: i64,
        at: i64,
        why: String,
    },
    /// Failing URLs were rechecked.
    Rechecked {
        project: String,
        run: i64,
        at: i64,
        recovered: Vec<String>,
        failing: u64,
        next: Option<i64>,
    },
}

impl Happening {
    /// Of an event; nothing of what nobody is told.
    pub(super) fn of(event: &Event) -> Option<Happening> {
        match event {
            Event::RunEnded(ended) => {
                let is_report =
                    |file: &&PathBuf| file.file_name() == Some(Path::new(REPORT).as_os_str());
                Some(Happening::Ended {
                    project: ended.project.clone(),
                    run: ended.run.0,
                    at: ended.at.millis(),
                    brief: ended.brief.clone(),
                    report: ended.files.iter().find(is_report).cloned(),
                })
            }
            Event::RunFailed {
                project,
                due,
                at,
                why,
            } => Some(Happening::Failed {
                project: project.clone(),
                due: due.millis(),
                at: at.millis(),
                why: why.clone(),
            }),
            Event::Rechecked {
                project,
                run,
                at,
                recovered,
                failing,
                next,
                ..
            } => Some(Happening::Rechecked {
                project: project.clone(),
                run: run.0,
                at: at.millis(),
                recovered: recovered.clone(),
                failing: failing.len() as u64,
                next: next.map(Moment::millis),
            }),
            Event::RunStarted { .. } | Event::PutOff { .. } | Event::Queue { .. } => None,
        }
    }

    pub(super) fn project(&self) -> &str {
        match self {
            Happening::Ended { project, .. }
            | Happening::Failed { project, .. }
            | Happening::Rechecked { project, .. } => project,
        }
    }

    /// The run that it is about.
    pub(super) fn run(&self) -> Option<RunId> {
        match self {
            Happening::Ended { run, .. } | Happening::Rechecked { run, .. } => Some(RunId(*run)),
            Happening::Failed { .. } => None,
        }
    }

    pub(super) fn at(&self) -> Moment {
        match self {
            Happening::Ended { at, .. }
            | Happening::Failed { at, .. }
            | Happening::Rechecked { at, .. } => Moment::from_millis(*at),
        }
    }
}
