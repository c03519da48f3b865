//! State of the schedule that survives restarts. For each project it holds the last work and the
//! work in progress, and the runs and files that it made.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, Row};

use crate::model::Moment;

use crate::store::error::StoreError;
use crate::store::file::open::Store;
use crate::store::rows::row::list;
use crate::store::runs::id::RunId;

const COLUMNS: &str = "since, served, token, due, out, run, ended, step, pass";

/// The stored state of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleState {
    /// When the project was first seen: nothing is due before.
    pub since: Moment,
    /// The last due time that was served.
    pub served: Option<Moment>,
    /// The run that is in progress or interrupted.
    pub open: Option<OpenRun>,
    /// The last run that ended.
    pub last: Option<LastRun>,
}

/// A run of the schedule that has not ended yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenRun {
    /// The run's token, which exists before its number.
    pub token: String,
    /// When it should have begun.
    pub due: Moment,
    /// The directory of its exports.
    pub out: Option<PathBuf>,
}

/// The last run of a project that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastRun {
    /// Its number.
    pub run: RunId,
    /// When it ended.
    pub ended: Moment,
    /// Number of completed steps of the confirmation ladder.
    pub step: u8,
    /// The pass of the step in progress.
    pub pass: Option<u8>,
}

/// A run that the schedule made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduledRun {
    /// Its number.
    pub run: RunId,
    /// When it should have begun.
    pub due: Moment,
    /// When it ended.
    pub ended: Moment,
    /// The directory of its exports.
    pub out: Option<PathBuf>,
    /// The exports that were written.
    pub files: Vec<PathBuf>,
    /// Pages with a 5xx that had none in the baseline, as its gates counted them; `None` without a baseline.
    pub new_5xx: Option<u64>,
}

impl ScheduleState {
    /// Returns the state of a project that is seen for the first time.
    pub fn new(since: Moment) -> ScheduleState {
        ScheduleState {
            since,
            served: None,
            open: None,
            last: None,
        }
    }
}

impl Store {
    /// Returns the stored state of a project, if there is any.
    pub fn schedule(&self, project: &str) -> Result<Option<ScheduleState>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM schedule WHERE project = ?");
        self.patiently(|connection| connection.query_row(&sql, [project], state).optional())
    }

    /// Stores the state of a project.
    pub fn set_schedule(&self, project: &str, state: &ScheduleState) -> Result<(), StoreError> {
        let open = state.open.as_ref();
        let last = state.last;
        let sql = format!(
            "INSERT OR REPLACE INTO schedule (project, {COLUMNS})
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        );
        let row = (
            project,
            state.since.millis(),
            state.served.map(Moment::millis),
            open.map(|open| &open.token),
            open.map(|open| open.due.millis()),
            open.and_then(|open| open.out.as_deref()).map(text),
            last.map(|last| last.run),
            last.map(|last| last.ended.millis()),
            last.map_or(0, |last| last.step),
            last.and_then(|last| last.pass),
        );
        self.patiently(|connection| connection.execute(&sql, row).map(drop))
    }

    /// Deletes the state of a project. Its runs stay.
    pub fn forget_schedule(&self, project: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM schedule WHERE project = ?";
        self.patiently(|connection| connection.execute(sql, [project]).map(drop))
    }

    /// Returns the runs that the schedule made for a project, the newest first.
    pub fn scheduled_runs(&self, project: &str) -> Result<Vec<ScheduledRun>, StoreError> {
        let sql = "SELECT run, due, ended, out, files, new_5xx FROM schedule_run
            WHERE project = ? ORDER BY run DESC";
        let made = |row: &Row<'_>| {
            let files: String = row.get(4)?;
            Ok(ScheduledRun {
                run: row.get(0)?,
                due: Moment::from_millis(row.get(1)?),
                ended: Moment::from_millis(row.get(2)?),
                out: row.get::<_, Option<String>>(3)?.map(PathBuf::from),
                // An unreadable list names no files that we may delete.
                files: serde_json::from_str(&files).unwrap_or_default(),
                new_5xx: row.get::<_, Option<i64>>(5)?.map(i64::unsigned_abs),
            })
        };
        self.patiently(|connection| list(connection, sql, [project], made))
    }

    /// Returns the project of a run, whether it ended or not; `None` if the schedule did not make it.
    pub(in crate::store) fn project_of(
        &self,
        run: RunId,
        token: &str,
    ) -> Result<Option<String>, StoreError> {
        let sql = "SELECT project FROM schedule_run WHERE run = ?1
            UNION ALL SELECT project FROM schedule WHERE token = ?2 LIMIT 1";
        self.read(|connection| {
            connection
                .query_row(sql, (run, token), |row| row.get(0))
                .optional()
        })
    }

    /// Replaces the number of new pages with a 5xx of a run that the schedule made.
    pub fn set_new_5xx(&self, run: RunId, pages: Option<u64>) -> Result<(), StoreError> {
        let sql = "UPDATE schedule_run SET new_5xx = ? WHERE run = ?";
        let row = (pages.map(|pages| pages as i64), run);
        self.patiently(|connection| connection.execute(sql, row).map(drop))
    }

    /// Records a run that the schedule made, or updates the record.
    pub fn add_scheduled_run(&self, project: &str, made: &ScheduledRun) -> Result<(), StoreError> {
        let files: Vec<String> = made.files.iter().map(|file| text(file)).collect();
        let files = serde_json::to_string(&files).unwrap_or_default();
        let sql =
            "INSERT OR REPLACE INTO schedule_run (run, project, due, ended, out, files, new_5xx)
             VALUES (?, ?, ?, ?, ?, ?, ?)";
        let row = (
            made.run,
            project,
            made.due.millis(),
            made.ended.millis(),
            made.out.as_deref().map(text),
            files,
            made.new_5xx.map(|pages| pages as i64),
        );
        self.patiently(|connection| connection.execute(sql, row).map(drop))
    }
}

/// Forgets a deleted run. Its number may be given to another run, which the schedule must neither
/// recheck nor delete.
pub(in crate::store) fn forget_run(connection: &Connection, run: RunId) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM schedule_run WHERE run = ?", [run])?;
    connection.execute("UPDATE schedule SET run = NULL WHERE run = ?", [run])?;
    Ok(())
}

fn state(row: &Row<'_>) -> rusqlite::Result<ScheduleState> {
    let moment = |at| -> rusqlite::Result<Option<Moment>> {
        Ok(row.get::<_, Option<i64>>(at)?.map(Moment::from_millis))
    };
    let (token, due, out): (Option<String>, _, Option<String>) =
        (row.get(2)?, moment(3)?, row.get(4)?);
    let (run, ended): (Option<i64>, _) = (row.get(5)?, moment(6)?);
    let (step, pass) = (row.get(7)?, row.get(8)?);
    Ok(ScheduleState {
        since: Moment::from_millis(row.get(0)?),
        served: moment(1)?,
        open: token.zip(due).map(|(token, due)| OpenRun {
            token,
            due,
            out: out.map(PathBuf::from),
        }),
        last: run.zip(ended).map(|(run, ended)| LastRun {
            run: RunId(run),
            ended,
            step,
            pass,
        }),
    })
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_state_is_read_back() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        assert_eq!(store.schedule("shop").expect("read"), None);
        let mut state = ScheduleState::new(Moment::from_millis(1));
        store.set_schedule("shop", &state).expect("written");
        assert_eq!(store.schedule("shop").expect("read"), Some(state.clone()));
        state.open = Some(OpenRun {
            token: "abc".to_owned(),
            due: Moment::from_millis(2),
            out: Some("reports/1".into()),
        });
        state.last = Some(LastRun {
            run: RunId(7),
            ended: Moment::from_millis(3),
            step: 2,
            pass: Some(5),
        });
        store.set_schedule("shop", &state).expect("written");
        assert_eq!(store.schedule("shop").expect("read"), Some(state));
        store.forget_schedule("shop").expect("forgotten");
        assert_eq!(store.schedule("shop").expect("read"), None);
    }

    #[test]
    fn runs_are_listed_by_project() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let made = |run| ScheduledRun {
            run: RunId(run),
            due: Moment::from_millis(run),
            ended: Moment::from_millis(run + 1),
            out: None,
            files: vec!["a.csv".into()],
            new_5xx: Some(1),
        };
        for (project, run) in [("shop", 1), ("blog", 2), ("shop", 3)] {
            store.add_scheduled_run(project, &made(run)).expect("noted");
        }
        let of_shop = || store.scheduled_runs("shop").expect("read");
        assert_eq!(of_shop(), [made(3), made(1)]);
        let mut state = ScheduleState::new(Moment::from_millis(1));
        state.last = Some(LastRun {
            run: RunId(3),
            ended: Moment::from_millis(3),
            step: 0,
            pass: None,
        });
        store.set_schedule("shop", &state).expect("written");
        store.delete_run(RunId(3)).expect("deleted");
        assert_eq!(of_shop(), [made(1)]);
        let state = store.schedule("shop").expect("read").expect("known");
        assert_eq!(state.last, None, "another run may have its number");
    }
}
