//! Puts what the runner tells up on the board that monitoring reads.

use crate::measure::{Board, metrics_of_run};
use crate::store::{RunId, RunRow, Store, StoreError};

use super::event::{Event, Listener, RunOutcome};

/// Keeps a board up to date.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Where runs are stored.
    pub store: Store,
    /// What is kept up to date.
    pub board: Board,
}

impl Measured {
    /// Puts up what is stored, for the time before the first event: the last ended run of each
    /// project, by its name and the site that its runs are stored under.
    pub fn start(&self, projects: &[(String, String)]) -> Result<(), StoreError> {
        let runs = self.store.runs()?;
        for (project, site) in projects {
            let last = |run: &&RunRow| run.site == *site && run.state.has_ended();
            if let Some(run) = runs.iter().find(last) {
                self.put(project, run.id)?;
            }
        }
        self.board.put_notices(self.store.notice_counts()?);
        Ok(())
    }

    /// Counts messages to people anew; for whoever sends them, after each round.
    pub fn count_notices(&self) -> Result<(), StoreError> {
        self.board.put_notices(self.store.notice_counts()?);
        Ok(())
    }

    fn put(&self, project: &str, run: RunId) -> Result<(), StoreError> {
        let run = self.store.run_by_id(run)?;
        self.board
            .put_run(project, metrics_of_run(&self.store, &run, project)?);
        Ok(())
    }

    /// Reads a run beside the runner's task: a big one takes a while.
    fn put_soon(&self, project: &str, run: RunId) {
        let (measured, project) = (self.clone(), project.to_owned());
        tokio::task::spawn_blocking(move || {
            if let Err(fault) = measured.put(&project, run) {
                tracing::warn!(%project, "metrics of {project} are old: {fault}");
            }
        });
    }
}

impl Listener for Measured {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::RunEnded(ended) => {
                self.board
                    .count_run(&ended.project, outcome(&ended.outcome));
                self.put_soon(&ended.project, ended.run);
            }
            Event::Rechecked { project, run, .. } => self.put_soon(project, *run),
            Event::RunFailed { project, .. } => self.board.count_run(project, "failed"),
            Event::Queue {
                running, waiting, ..
            } => self.board.put_queue(*running, *waiting),
            Event::RunStarted { .. } | Event::PutOff { .. } => {}
        }
    }
}

fn outcome(outcome: &RunOutcome) -> &'static str {
    match outcome {
        RunOutcome::Done => "done",
        RunOutcome::GateUndecided => "gate_undecided",
        RunOutcome::GateFailed => "gate_failed",
        RunOutcome::NoAudit(_) => "no_audit",
    }
}
