//! The next task of a project, and its time. Pure: the time is an argument, so tests run through a year in a
//! second.

use crate::model::Moment;
use crate::store::{LastRun, OpenRun, RunId, ScheduleState};

use crate::schedule::project::Project;

/// A task of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Continue an interrupted run.
    Resume(OpenRun),
    /// Make a run.
    Run {
        /// When the run should have begun.
        due: Moment,
    },
    /// Recheck the failed URLs of the last run.
    Recheck {
        /// The run whose URLs failed.
        run: RunId,
        /// When that run should have begun.
        due: Moment,
        /// Steps of the ladder that are done after this one.
        step: u8,
        /// The number of the pass, if the recheck already began.
        pass: Option<u8>,
    },
}

/// The next task of a project, or when there will be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// This task is due now.
    Now(Task),
    /// No task is due before this moment.
    At(Moment),
    /// No task is due for years.
    Never,
}

impl Task {
    /// When the run should have begun.
    pub fn due(&self) -> Moment {
        match self {
            Task::Resume(open) => open.due,
            Task::Run { due } | Task::Recheck { due, .. } => *due,
        }
    }
}

/// Returns a project's next task. If several times were missed, one run makes up for all of them.
pub fn next(project: &Project, state: &ScheduleState, now: Moment) -> Next {
    let (task, later) = task(project, state, now);
    let Some(task) = task else {
        return later.map_or(Next::Never, Next::At);
    };
    match project.quiet_end(now) {
        Some(end) => Next::At(end),
        None => Next::Now(task),
    }
}

/// Returns the due task, or when one will be due.
fn task(project: &Project, state: &ScheduleState, now: Moment) -> (Option<Task>, Option<Moment>) {
    if let Some(open) = &state.open {
        return (Some(Task::Resume(open.clone())), None);
    }
    let step = state.last.and_then(|last| step(project, last, now));
    // A step that began left its run unfinished: it continues at once.
    if let Some(begun @ Task::Recheck { pass: Some(_), .. }) = step {
        return (Some(begun), None);
    }
    if let Some(due) = missed(project, state, now) {
        return (Some(Task::Run { due }), None);
    }
    let next_run = project.timing.after(served(state).max(now));
    match step {
        None => (None, next_run),
        Some(step) if step.due() > now => {
            let due = step.due();
            (None, Some(next_run.map_or(due, |run| run.min(due))))
        }
        step => (step, None),
    }
}

/// Returns the due time of a run that was missed; of several, the last.
pub(super) fn missed(project: &Project, state: &ScheduleState, now: Moment) -> Option<Moment> {
    project.timing.last(served(state), now)
}

fn served(state: &ScheduleState) -> Moment {
    state.served.unwrap_or(state.since).max(state.since)
}

/// Returns the next step of the ladder; `None` after the last.
fn step(project: &Project, last: LastRun, now: Moment) -> Option<Task> {
    Some(Task::Recheck {
        run: last.run,
        due: project.ladder.next(last.ended, last.step)?,
        step: project.ladder.taken(last.ended, last.step, now),
        pass: last.pass,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::schedule::project::read;

    fn at(text: &str) -> Moment {
        let timestamp: jiff::Timestamp = text.parse().expect("a time");
        Moment::from_millis(timestamp.as_millisecond())
    }

    fn project(more: &str) -> Project {
        let text = format!("schedule = 'daily at 02:30'\ntimezone = 'Europe/Berlin'\n{more}");
        read("shop", &text.parse().expect("a table")).expect("a project")
    }

    fn since() -> ScheduleState {
        ScheduleState::new(at("2026-01-01T12:00:00Z"))
    }

    #[test]
    fn nothing_is_due_before_it_was_first_seen() {
        let expected = Next::At(at("2026-01-02T01:30:00Z"));
        assert_eq!(
            next(&project(""), &since(), at("2026-01-01T12:00:00Z")),
            expected
        );
    }

    #[test]
    fn missed_times_are_made_up_for_once() {
        let now = at("2026-01-09T12:00:00Z");
        let due = at("2026-01-09T01:30:00Z");
        assert_eq!(
            next(&project(""), &since(), now),
            Next::Now(Task::Run { due })
        );
        let served = ScheduleState {
            served: Some(due),
            ..since()
        };
        let tomorrow = at("2026-01-10T01:30:00Z");
        assert_eq!(next(&project(""), &served, now), Next::At(tomorrow));
    }

    #[test]
    fn quiet_hours_postpone_what_is_due() {
        let project = project("quiet-hours = '22:00-06:00'");
        let morning = at("2026-01-02T05:00:00Z");
        assert_eq!(
            next(&project, &since(), at("2026-01-02T01:30:00Z")),
            Next::At(morning)
        );
        let due = at("2026-01-02T01:30:00Z");
        assert_eq!(
            next(&project, &since(), morning),
            Next::Now(Task::Run { due })
        );
    }

    #[test]
    fn an_interrupted_run_comes_first() {
        let open = OpenRun {
            token: "abc".to_owned(),
            due: at("2026-01-02T01:30:00Z"),
            out: None,
        };
        let state = ScheduleState {
            open: Some(open.clone()),
            ..since()
        };
        let found = next(&project(""), &state, at("2026-03-01T00:00:00Z"));
        assert_eq!(found, Next::Now(Task::Resume(open)));
    }

    #[test]
    fn failed_urls_are_rechecked_between_two_runs() {
        let ended = at("2026-01-02T02:00:00Z");
        let state = |step, pass| ScheduleState {
            served: Some(at("2026-01-02T01:30:00Z")),
            last: Some(LastRun {
                run: RunId(7),
                ended,
                step,
                pass,
            }),
            ..since()
        };
        let first = ended + Duration::from_mins(15);
        assert_eq!(next(&project(""), &state(0, None), ended), Next::At(first));
        let recheck = |step, pass| {
            Next::Now(Task::Recheck {
                run: RunId(7),
                due: first,
                step,
                pass,
            })
        };
        assert_eq!(next(&project(""), &state(0, None), first), recheck(1, None));
        let much_later = ended + Duration::from_hours(7);
        assert_eq!(
            next(&project(""), &state(0, None), much_later),
            recheck(3, None)
        );
        assert_eq!(
            next(&project(""), &state(0, Some(4)), ended),
            recheck(1, Some(4))
        );
        let much_later_still = ended + Duration::from_hours(48);
        assert!(matches!(
            next(&project(""), &state(0, Some(4)), much_later_still),
            Next::Now(Task::Recheck { pass: Some(4), .. })
        ));
        // The next run comes before a step that did not begin. If nothing fails, there is no step.
        let tomorrow = at("2026-01-03T01:30:00Z");
        assert_eq!(
            next(&project(""), &state(0, None), tomorrow),
            Next::Now(Task::Run { due: tomorrow })
        );
        assert_eq!(
            next(&project(""), &state(u8::MAX, None), much_later),
            Next::At(tomorrow)
        );
        let none = project("recheck = 'none'");
        assert_eq!(next(&none, &state(0, None), much_later), Next::At(tomorrow));
    }
}
