//! Repairs stored times that lie in the future because this machine's clock was ahead when they were stored. A project
//! whose last run is stored ten years ahead would not be due for ten years. Pure: the time is an argument.

use crate::model::Moment;
use crate::store::ScheduleState;

use crate::schedule::project::Project;

/// Returns a project's state with future times set back to now, or `None` if no time is in the future.
///
/// A clock that is set back by less than the time until the project is due changes nothing: a run just served
/// must not be due again.
pub(super) fn repaired(
    project: &Project,
    state: &ScheduleState,
    now: Moment,
) -> Option<ScheduleState> {
    let due = project.timing.after(now)?;
    let sane = |at: Moment| if at > due { now } else { at };
    let mut repaired = state.clone();
    repaired.since = sane(state.since);
    repaired.served = state.served.map(sane);
    if let Some(last) = &mut repaired.last {
        last.ended = sane(last.ended);
    }
    (repaired != *state).then_some(repaired)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::schedule::project::read;
    use crate::store::{LastRun, RunId};

    const NOW: Moment = Moment::from_millis(1_800_000_000_000);

    fn hourly() -> Project {
        let table = "schedule = 'hourly'\ntimezone = 'UTC'".parse();
        read("shop", &table.expect("a table")).expect("a project")
    }

    fn state(ahead: Duration) -> ScheduleState {
        let at = NOW + ahead;
        ScheduleState {
            served: Some(at),
            last: Some(LastRun {
                run: RunId(1),
                ended: at,
                step: 0,
                pass: None,
            }),
            ..ScheduleState::new(at)
        }
    }

    #[test]
    fn times_of_a_clock_that_was_ahead_are_set_back() {
        let years = Duration::from_hours(24 * 3_650);
        let repaired = repaired(&hourly(), &state(years), NOW);
        assert_eq!(repaired, Some(state(Duration::ZERO)));
    }

    #[test]
    fn a_clock_that_is_set_back_a_little_serves_nothing_twice() {
        let project = hourly();
        let due = project.timing.after(NOW).expect("a next one").since(NOW);
        for ahead in [Duration::ZERO, Duration::from_secs(1), due] {
            assert_eq!(repaired(&project, &state(ahead), NOW), None, "{ahead:?}");
        }
        assert!(repaired(&project, &state(due + Duration::from_millis(1)), NOW).is_some());
    }
}
