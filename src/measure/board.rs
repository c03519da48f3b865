//! The newest metrics, kept in memory, so that a scrape reads no database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::NoticeCounts;

use super::metric::Metric;

/// The newest metrics, shared by writers and readers. Locked for short sections only.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Numbers>>);

#[derive(Debug, Default)]
struct Numbers {
    /// Metrics of the last run of each project.
    runs: BTreeMap<String, Vec<Metric>>,
    /// Number of runs that ended since the process began, by project and outcome.
    ended: BTreeMap<(String, &'static str), u64>,
    running: usize,
    waiting: usize,
    notices: BTreeMap<String, NoticeCounts>,
}

impl Board {
    /// Replaces the metrics of a project's last run.
    pub fn put_run(&self, project: &str, metrics: Vec<Metric>) {
        self.change(|numbers| {
            numbers.runs.insert(project.to_owned(), metrics);
        });
    }

    /// Counts a run that ended; `outcome` is one of a few fixed words.
    pub fn count_run(&self, project: &str, outcome: &'static str) {
        self.change(|numbers| {
            let key = (project.to_owned(), outcome);
            *numbers.ended.entry(key).or_default() += 1;
        });
    }

    /// Sets the number of running and of waiting runs.
    pub fn put_queue(&self, running: usize, waiting: usize) {
        self.change(|numbers| {
            numbers.running = running;
            numbers.waiting = waiting;
        });
    }

    /// Sets the counts of notifications.
    pub fn put_notices(&self, notices: BTreeMap<String, NoticeCounts>) {
        self.change(|numbers| numbers.notices = notices);
    }

    /// Returns all metrics in a fixed order; metrics with the same name stand together.
    pub fn metrics(&self) -> Vec<Metric> {
        let numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut metrics: Vec<Metric> = Vec::new();
        for metric in numbers.runs.values().flatten() {
            match metrics.iter_mut().find(|known| known.name == metric.name) {
                Some(known) => known.samples.extend_from_slice(&metric.samples),
                None => metrics.push(metric.clone()),
            }
        }
        metrics.extend(runner(&numbers));
        metrics.retain(|metric| !metric.samples.is_empty());
        metrics
    }

    fn change(&self, change: impl FnOnce(&mut Numbers)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn runner(numbers: &Numbers) -> Vec<Metric> {
    let mut ended = Metric::counter(
        "gatecrawl_runs",
        "{run}",
        "Runs that ended since the process began, by outcome",
    );
    for ((project, outcome), runs) in &numbers.ended {
        ended = ended.with(&[("project", project), ("outcome", outcome)], *runs as f64);
    }
    let mut notices = Metric::gauge(
        "gatecrawl_notifications",
        "{notification}",
        "Notifications of the last 90 days by state: pending, sent or given_up",
    );
    for (project, counts) in &numbers.notices {
        let states = [
            ("pending", counts.pending),
            ("sent", counts.sent),
            ("given_up", counts.given_up),
        ];
        for (state, number) in states {
            notices = notices.with(&[("project", project), ("state", state)], number as f64);
        }
    }
    let queue = Metric::gauge(
        "gatecrawl_queue_runs",
        "{run}",
        "Runs and rechecks that are under way (running) or due and not begun (waiting)",
    );
    let queue = queue
        .with(&[("state", "running")], numbers.running as f64)
        .with(&[("state", "waiting")], numbers.waiting as f64);
    let build = Metric::gauge(
        "gatecrawl_build_info",
        "1",
        "1, with the version as a label",
    );
    let build = build.with(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    vec![ended, queue, notices, build]
}
