//! Copies the runner's events to the board that monitoring reads.

use crate::measure::{Board, metrics_of_run};
use crate::store::{Store, StoreError};

use super::event::{Event, Listener, RunOutcome};

/// A listener that keeps the board of metrics up to date.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The store of the runs.
    pub store: Store,
    /// The board.
    pub board: Board,
}

impl Measured {
    /// Publishes the stored state before the first event: the last run of each project.
    pub fn start(&self, projects: &[String]) -> Result<(), StoreError> {
        for project in projects {
            self.put(project)?;
        }
        self.board.put_notices(self.store.notice_counts()?);
        Ok(())
    }

    /// Counts notifications again; the sender calls it after each delivery.
    pub fn count_notices(&self) -> Result<(), StoreError> {
        self.board.put_notices(self.store.notice_counts()?);
        Ok(())
    }

    /// Publishes the last run that the schedule made for a project. Other runs of the site are not the
    /// project's.
    fn put(&self, project: &str) -> Result<(), StoreError> {
        if let Some(made) = self.store.scheduled_runs(project)?.first() {
            let run = self.store.run_by_id(made.run)?;
            let metrics = metrics_of_run(&self.store, &run, project, made.new_5xx)?;
            self.board.put_run(project, metrics);
        }
        Ok(())
    }

    /// Reads a run on another task, because a large one takes a while.
    fn put_soon(&self, project: &str) {
        let (measured, project) = (self.clone(), project.to_owned());
        tokio::task::spawn_blocking(move || {
            if let Err(fault) = measured.put(&project) {
                tracing::warn!(%project, "metrics of {project} are old: {fault}");
            }
        });
    }
}

impl Listener for Measured {
    fn receive(&mut self, event: &Event) {
        match event {
            Event::RunEnded(ended) => {
                self.board
                    .count_run(&ended.project, outcome(&ended.outcome));
                self.put_soon(&ended.project);
            }
            Event::Rechecked { project, .. } => self.put_soon(project),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CrawlPlan, CrawlUrl, Moment};
    use crate::store::{NewRun, RunId, ScheduledRun};

    #[test]
    fn after_a_restart_a_project_has_the_numbers_of_its_own_last_run() {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a store");
        let url = CrawlUrl::parse("https://a.example/").expect("a URL");
        let run = |token| {
            let run = store.create_run(&NewRun {
                token,
                site: "https://a.example",
                plan: &CrawlPlan::usual(vec![url.clone()]),
                started: Moment::default(),
            });
            run.expect("a run")
        };
        let made = |run: RunId, new_5xx| ScheduledRun {
            run,
            due: Moment::default(),
            ended: Moment::default(),
            out: None,
            files: Vec::new(),
            new_5xx,
        };
        let (shop, blog, _manual) = (run("shop"), run("blog"), run("manual"));
        let note = |project, made| store.add_scheduled_run(project, &made).expect("noted");
        note("shop", made(shop, Some(2)));
        note("blog", made(blog, Some(7)));
        store.set_new_5xx(shop, Some(3)).expect("noted");

        let measured = Measured {
            store: store.clone(),
            board: Board::default(),
        };
        let projects = ["shop", "blog", "new"].map(str::to_owned);
        measured.start(&projects).expect("read");
        let metrics = measured.board.metrics();
        let new = (metrics.iter()).find(|metric| metric.name == "gatecrawl_run_new_5xx_pages");
        let samples = new.expect("a metric").samples.iter();
        let of_project = |(project, pages): (&str, f64)| (project.to_owned(), pages);
        let found: Vec<(String, f64)> = samples
            .map(|sample| of_project((sample.labels[0].1.as_str(), sample.value)))
            .collect();
        let expected = [("blog", 7.0), ("shop", 3.0)].map(of_project);
        assert_eq!(found, expected);
    }
}
