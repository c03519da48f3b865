//! The list of runs.

use std::time::Duration;

use rusqlite::{OptionalExtension, Params, Row};

use crate::model::{CrawlPlan, Moment};

use super::id::RunId;
use crate::store::error::{StoreError, StoreFault};
use crate::store::file::open::Store;
use crate::store::file::schema::NOTICES;
use crate::store::rows::links::key;
use crate::store::rows::row::{count, list, named};

/// A new run.
#[derive(Clone, Debug)]
pub struct NewRun<'a> {
    /// The token sent with every request as `X-Gatecrawl-Run`.
    pub token: &'a str,
    /// The site or list of the run, for people.
    pub site: &'a str,
    /// Its plan.
    pub plan: &'a CrawlPlan,
    /// When it began.
    pub started: Moment,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// In progress, or killed.
    Running,
    /// Everything was fetched, or excluded by the user's limits.
    Finished,
    /// Stopped by its user, or because of a local outage.
    Interrupted,
    /// Ended, but a host of the site was given up and its pages were not requested.
    Incomplete,
}

/// A stored run.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its number.
    pub id: RunId,
    /// The token sent with every request as `X-Gatecrawl-Run`.
    pub token: String,
    /// The site or list of the run, for people.
    pub site: String,
    /// Its plan.
    pub plan: CrawlPlan,
    /// The program's version.
    pub version: String,
    /// When it began.
    pub started: Moment,
    /// When it ended.
    pub ended: Option<Moment>,
    /// Time in which no process worked on it, between an interruption and the next start.
    pub idle: Duration,
    /// Its state.
    pub state: RunState,
}

impl RunRow {
    /// Returns the time that processes worked on it, if it ended.
    pub fn took(&self) -> Option<Duration> {
        let whole = self.ended?.since(self.started);
        Some(whole.saturating_sub(self.idle))
    }
}

const COLUMNS: &str = "id, token, site, plan, version, started, ended, state, idle_ms";

/// Tables with rows of a run. Rows of `page_links` contain the run in their key.
const TABLES: [&str; 26] = [
    "text",
    "url",
    "attempt",
    "outage",
    "error_body",
    "page",
    "assessment",
    "cluster",
    "trial",
    "measure",
    "deduction",
    "part",
    "finding",
    "finding_cluster",
    "finding_url",
    "error_link",
    "redirect_end",
    "robots_txt",
    "sitemap_file",
    "invalid_link",
    "notice",
    "told_event",
    "run_traffic",
    "page_traffic",
    "log_line",
    "log_hit",
];

impl RunState {
    /// Returns the stored name.
    pub const fn name(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Finished => "finished",
            RunState::Interrupted => "interrupted",
            RunState::Incomplete => "incomplete",
        }
    }

    /// Returns whether the run ended and covers every reachable part of the site.
    pub const fn has_ended(self) -> bool {
        matches!(self, RunState::Finished | RunState::Incomplete)
    }

    fn from_name(name: &str) -> Option<RunState> {
        let all = [
            RunState::Running,
            RunState::Finished,
            RunState::Interrupted,
            RunState::Incomplete,
        ];
        all.into_iter().find(|state| state.name() == name)
    }
}

impl Store {
    /// Records the start of a run.
    pub fn create_run(&self, run: &NewRun<'_>) -> Result<RunId, StoreError> {
        let plan = serde_json::to_string(run.plan)
            .map_err(|fault| self.failed(StoreFault::System(fault.into())))?;
        self.write(|tx| {
            tx.execute(
                "INSERT INTO run (token, site, plan, version, started, state)
                 VALUES (?, ?, ?, ?, ?, ?)",
                (
                    run.token,
                    run.site,
                    plan,
                    env!("CARGO_PKG_VERSION"),
                    run.started.millis(),
                    RunState::Running.name(),
                ),
            )?;
            Ok(RunId(tx.last_insert_rowid()))
        })
    }

    /// Records that a run starts or continues. Adds the idle time since its end, or since its last
    /// attempt if the process was killed.
    pub fn begin_run(&self, run: RunId, now: Moment) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE run SET state = ?2, ended = NULL, idle_ms = idle_ms + max(0, ?3 - coalesce(ended,
                    (SELECT max(started + total_us / 1000) FROM attempt WHERE run = ?1), ?3))
                 WHERE id = ?1",
                (run, RunState::Running.name(), now.millis()),
            )
            .map(drop)
        })
    }

    /// Records how a run ended, and when.
    pub fn end_run(&self, run: RunId, state: RunState, ended: Moment) -> Result<(), StoreError> {
        self.write(|tx| {
            tx.execute(
                "UPDATE run SET state = ?, ended = ? WHERE id = ?",
                (state.name(), ended.millis(), run),
            )
            .map(drop)
        })
    }

    /// Returns all runs, the newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM run ORDER BY id DESC");
        let runs =
            self.read(|connection| list(connection, &sql, [], |row| Ok(self.run_row(row))))?;
        runs.into_iter().collect()
    }

    /// Returns the run that began last, or `None` if there is no run.
    pub fn newest_run(&self) -> Result<Option<RunRow>, StoreError> {
        self.first("true", [])
    }

    /// Returns the run with this number or token.
    pub fn run(&self, name: &str) -> Result<RunRow, StoreError> {
        self.first("CAST(id AS TEXT) = ?1 OR token = ?1", [name])?
            .ok_or_else(|| StoreError::NoRun(name.to_owned()))
    }

    /// Returns the run with this number.
    pub fn run_by_id(&self, id: RunId) -> Result<RunRow, StoreError> {
        self.first("id = ?1", [id])?
            .ok_or_else(|| StoreError::NoRun(id.to_string()))
    }

    /// Returns the newest run that matches a condition.
    fn first(&self, condition: &str, params: impl Params) -> Result<Option<RunRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM run WHERE {condition} ORDER BY id DESC LIMIT 1");
        self.read(|connection| {
            connection
                .query_row(&sql, params, |row| Ok(self.run_row(row)))
                .optional()
        })?
        .transpose()
    }

    /// Returns the newest run that is not finished or has pending outputs.
    pub fn unfinished_run(&self) -> Result<Option<RunRow>, StoreError> {
        let finished = RunState::Finished.name();
        self.first("state <> ?1 OR asked IS NOT NULL", [finished])
    }

    /// Deletes a run and everything that belongs to it.
    pub fn delete_run(&self, run: RunId) -> Result<(), StoreError> {
        let _lock = self.lock_run(run)?;
        let mut connection = self.connect()?;
        let mut delete = || -> rusqlite::Result<()> {
            let tx = connection.transaction()?;
            // A freed number is given to the next run. Events recorded for the deleted run must not
            // suppress notifications about the next one.
            tx.execute_batch(NOTICES)?;
            for table in TABLES {
                tx.execute(&format!("DELETE FROM {table} WHERE run = ?"), [run])?;
            }
            tx.execute(
                "DELETE FROM page_links WHERE page BETWEEN ? AND ?",
                (key(run, 0), key(run, u32::MAX)),
            )?;
            crate::store::schedule::state::forget_run(&tx, run)?;
            super::login_pages::forget_run(&tx, run)?;
            tx.execute("DELETE FROM run WHERE id = ?", [run])?;
            tx.commit()
        };
        delete().map_err(|source| self.fault(source))
    }

    fn run_row(&self, row: &Row<'_>) -> Result<RunRow, StoreError> {
        let read = || -> rusqlite::Result<Result<RunRow, String>> {
            let id = row.get(0)?;
            let plan = match serde_json::from_str(row.get_ref(3)?.as_str()?) {
                Ok(plan) => plan,
                Err(fault) => return Ok(Err(format!("cannot read the plan of run {id}: {fault}"))),
            };
            Ok(Ok(RunRow {
                id: RunId(id),
                token: row.get(1)?,
                site: row.get(2)?,
                plan,
                version: row.get(4)?,
                started: Moment::from_millis(row.get(5)?),
                ended: row.get::<_, Option<i64>>(6)?.map(Moment::from_millis),
                state: named(row, 7, RunState::from_name)?,
                idle: Duration::from_millis(count(row, 8)?),
            }))
        };
        let run = read().map_err(|source| self.fault(source))?;
        run.map_err(|what| self.damaged(what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CrawlUrl;

    #[test]
    fn an_unknown_state_of_a_run_is_damage() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let url = CrawlUrl::parse("https://a.example/").expect("a URL");
        let run = store.create_run(&NewRun {
            token: "a",
            site: "https://a.example",
            plan: &CrawlPlan::usual(vec![url]),
            started: Moment::default(),
        });
        let run = run.expect("a run");
        assert_eq!(store.run_by_id(run).expect("read").state, RunState::Running);
        store
            .write(|tx| tx.execute("UPDATE run SET state = 'finnished'", []))
            .expect("written");
        let fault = store.run_by_id(run).expect_err("a damaged row");
        assert!(fault.to_string().contains("runs.db"), "{fault}");
    }
}
