//! The part of an event that a notification needs, stored until the notification is written.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::model::Moment;
use crate::report::Brief;
use crate::schedule::Event;
use crate::store::RunId;

/// The file that is attached to a mail.
const REPORT: &str = "report.html";

/// An event that people may be notified of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum NotifiedEvent {
    /// A run ended.
    Ended(RunEnded),
    /// A run could not be made.
    Failed(RunFailed),
    /// Failing URLs were rechecked.
    Rechecked(Rechecked),
}

/// What all events have. Times are milliseconds since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) project: String,
    /// The run, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<i64>,
    pub(super) at: i64,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunEnded {
    #[serde(flatten)]
    pub(super) head: Head,
    /// The short account of the run.
    pub(super) brief: Box<Brief>,
    pub(super) report: Option<PathBuf>,
}

/// A run that could not be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RunFailed {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) due: i64,
    pub(super) why: String,
}

/// A recheck of failing URLs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rechecked {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) recovered: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost: Vec<String>,
    pub(super) failing: u64,
    pub(super) next: Option<i64>,
}

impl NotifiedEvent {
    /// Returns the part that a notification needs; `None` for events that nobody is notified of.
    pub(super) fn of(event: &Event) -> Option<NotifiedEvent> {
        match event {
            Event::RunEnded(ended) => {
                let is_report =
                    |file: &&PathBuf| file.file_name() == Some(Path::new(REPORT).as_os_str());
                // A path that is not Unicode cannot be stored.
                let report = ended.files.iter().find(is_report);
                let report = report.filter(|file| file.to_str().is_some());
                Some(NotifiedEvent::Ended(RunEnded {
                    head: Head::of(&ended.project, Some(ended.run), ended.at),
                    brief: ended.brief.clone(),
                    report: report.cloned(),
                }))
            }
            Event::RunFailed {
                project,
                due,
                at,
                why,
            } => Some(NotifiedEvent::Failed(RunFailed {
                head: Head::of(project, None, *at),
                due: due.millis(),
                why: why.clone(),
            })),
            Event::Rechecked {
                project,
                run,
                at,
                recovered,
                lost,
                failing,
                next,
                ..
            } => Some(NotifiedEvent::Rechecked(Rechecked {
                head: Head::of(project, Some(*run), *at),
                recovered: recovered.clone(),
                lost: lost.clone(),
                failing: failing.len() as u64,
                next: next.map(Moment::millis),
            })),
            Event::RunStarted { .. } | Event::PutOff { .. } | Event::Queue { .. } => None,
        }
    }

    pub(super) fn head(&self) -> &Head {
        match self {
            NotifiedEvent::Ended(RunEnded { head, .. })
            | NotifiedEvent::Failed(RunFailed { head, .. })
            | NotifiedEvent::Rechecked(Rechecked { head, .. }) => head,
        }
    }
}

impl Head {
    fn of(project: &str, run: Option<RunId>, at: Moment) -> Head {
        Head {
            project: project.to_owned(),
            run: run.map(|run| run.0),
            at: at.millis(),
        }
    }

    /// Returns the run of the event, if there is one.
    pub(super) fn run(&self) -> Option<RunId> {
        self.run.map(RunId)
    }

    pub(super) fn at(&self) -> Moment {
        Moment::from_millis(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events that an earlier version stored are still sent.
    #[test]
    fn a_stored_event_has_one_flat_object() {
        let failed = NotifiedEvent::Failed(RunFailed {
            head: Head::of("shop", None, Moment::from_millis(6)),
            due: 5,
            why: "the disk is full".to_owned(),
        });
        let rechecked = NotifiedEvent::Rechecked(Rechecked {
            head: Head::of("shop", Some(RunId(7)), Moment::from_millis(6)),
            recovered: vec!["https://shop.example/".to_owned()],
            lost: Vec::new(),
            failing: 2,
            next: None,
        });
        for (event, stored) in [
            (
                failed,
                r#"{"Failed":{"project":"shop","at":6,"due":5,"why":"the disk is full"}}"#,
            ),
            (
                rechecked,
                r#"{"Rechecked":{"project":"shop","run":7,"at":6,"recovered":["https://shop.example/"],"failing":2,"next":null}}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&event).expect("JSON"), stored);
            let read: NotifiedEvent = serde_json::from_str(stored).expect("readable");
            assert_eq!(read, event);
        }
    }
}
