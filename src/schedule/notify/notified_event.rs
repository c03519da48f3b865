//! The part of an event that a notification needs, stored until the notification is written.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::report::Brief;
use crate::schedule::Event;
use crate::store::RunId;

/// The file that is attached to a mail.
const REPORT: &str = "report.html";

/// An event that people may be notified of. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum NotifiedEvent {
    /// A run ended.
    Ended {
        project: String,
        run: i64,
        at: i64,
        /// The short account of the run.
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

impl NotifiedEvent {
    /// Returns the part that a notification needs; `None` for events that nobody is notified of.
    pub(super) fn of(event: &Event) -> Option<NotifiedEvent> {
        match event {
            Event::RunEnded(ended) => {
                let is_report =
                    |file: &&PathBuf| file.file_name() == Some(Path::new(REPORT).as_os_str());
                Some(NotifiedEvent::Ended {
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
            } => Some(NotifiedEvent::Failed {
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
            } => Some(NotifiedEvent::Rechecked {
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
            NotifiedEvent::Ended { project, .. }
            | NotifiedEvent::Failed { project, .. }
            | NotifiedEvent::Rechecked { project, .. } => project,
        }
    }

    /// Returns the run of the event, if there is one.
    pub(super) fn run(&self) -> Option<RunId> {
        match self {
            NotifiedEvent::Ended { run, .. } | NotifiedEvent::Rechecked { run, .. } => {
                Some(RunId(*run))
            }
            NotifiedEvent::Failed { .. } => None,
        }
    }

    pub(super) fn at(&self) -> Moment {
        match self {
            NotifiedEvent::Ended { at, .. }
            | NotifiedEvent::Failed { at, .. }
            | NotifiedEvent::Rechecked { at, .. } => Moment::from_millis(*at),
        }
    }
}
