//! Times in the future: this machine's clock was ahead when they were noted. A project that was served in ten years would
//! not be due again before. Pure: the time is handed in.

use crate::model::Moment;
use crate::store::ScheduleState;

use crate::schedule::project::Project;

/// What is remembered of a project with the times of a clock that was ahead put back to now; none if all is in order.
///
/// A clock that is put back by less than it takes until the project is due changes nothing: what was served just now
/// must not be due once more.
pub(super) fn mended(
    project: &Project,
    state: &ScheduleState,
    now: Moment,
) -> Option<ScheduleState> {
    let due = project.timing.after(now)?;
    let sane = |at: Moment| if at > due { now } else { at };
    let mut mended = state.clone();
    mended.since = sane(state.since);
    mended.served = state.served.map(sane);
    if let Some(last) = &mut mended.last {
        last.ended = sane(last.ended);
    }
    (mended != *state).then_some(mended)
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
    fn times_of_a_clock_that_was_ahead_are_put_back() {
        let years = Duration::from_hours(24 * 3_650);
        let mended = mended(&hourly(), &state(years), NOW);
        assert_eq!(mended, Some(state(Duration::ZERO)));
    }

    #[test]
    fn a_clock_that_is_put_back_a_little_serves_nothing_twice() {
        let project = hourly();
        let due = project.timing.after(NOW).expect("a next one").since(NOW);
        for ahead in [Duration::ZERO, Duration::from_secs(1), due] {
            assert_eq!(mended(&project, &state(ahead), NOW), None, "{ahead:?}");
        }
        assert!(mended(&project, &state(due + Duration::from_millis(1)), NOW).is_some());
    }
}
