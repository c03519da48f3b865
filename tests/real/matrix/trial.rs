//! One cell, started, audited and rated.

use std::any::Any;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use regex::Regex;

use super::cell::Cell;
use super::rating::{Rating, Said};
use super::stand;
use crate::crawler::Workdir;
use crate::sick::run::{Run, Target, audit_for};

/// No audit of a cell may take longer: it is interrupted then.
const LIMIT: Duration = Duration::from_mins(20);

/// Lines of each kind in the details.
const LONGEST: usize = 60;

/// What became of a cell.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) cell: Cell,
    pub(super) said: Said,
    /// Why it says nothing, if so: a server did not start, or the fault did not show.
    pub(super) broken: Option<String>,
    pub(super) took: Duration,
    pub(super) requests: usize,
    /// For whoever wants to know why.
    pub(super) details: String,
}

impl Trial {
    pub(super) fn verdict(&self) -> Rating {
        self.said.rate_verdict(&self.cell)
    }

    pub(super) fn cause(&self) -> Rating {
        self.said.rate_cause(&self.cell)
    }

    pub(super) fn product(&self) -> Rating {
        self.said.rate_product(&self.cell)
    }

    pub(super) fn finding(&self) -> Option<Rating> {
        self.said.rate_finding(&self.cell)
    }

    /// All that is rated.
    pub(super) fn ratings(&self) -> impl Iterator<Item = Rating> {
        let always = [self.verdict(), self.cause(), self.product()];
        always.into_iter().chain(self.finding())
    }
}

/// Starts a cell, audits it and says what came of it.
pub(super) fn of(cell: Cell) -> Trial {
    let tried = catch_unwind(AssertUnwindSafe(|| audit(&cell)));
    match tried {
        Ok((run, logs)) => judge(cell, &run, &logs),
        Err(panic) => Trial {
            cell,
            said: Said::default(),
            broken: Some(words_of(panic.as_ref())),
            took: Duration::ZERO,
            requests: 0,
            details: String::new(),
        },
    }
}

fn audit(cell: &Cell) -> (Run, String) {
    let stand = stand::start(cell);
    let mut workdir = Workdir::new();
    if !cell.hosts.is_empty() {
        workdir = Workdir::knowing(stand.write("hosts", &cell.hosts));
    }
    let target = Target {
        start: stand.start.clone(),
        truths: Vec::new(),
    };
    let flags: Vec<_> = cell.flags.iter().map(String::as_str).collect();
    let run = audit_for(&workdir, target, &flags, LIMIT);
    let logs = stand.logs();
    (run, logs)
}

fn judge(cell: Cell, run: &Run, logs: &str) -> Trial {
    let said = Said::of(&cell, &run.pages, &run.findings);
    let unseen = cell.log.iter().find(|pattern| {
        let pattern = Regex::new(pattern).expect("a pattern");
        !logs.lines().any(|line| pattern.is_match(line))
    });
    let broken = if run.stopped {
        Some("the audit did not end".to_owned())
    } else if said.pages == 0 {
        Some("no page that should fail was seen".to_owned())
    } else {
        unseen.map(|pattern| format!("no log says {pattern:?}"))
    };
    Trial {
        details: details(run, logs),
        said,
        broken,
        took: run.all,
        requests: run.attempts.len(),
        cell,
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let owned = panic.downcast_ref::<String>().cloned();
    let owned = owned.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
    owned.unwrap_or_else(|| "it panicked".to_owned())
}

fn details(run: &Run, logs: &str) -> String {
    let mut text = format!("exit {:?}\n", run.code());
    for row in &run.pages {
        let columns = [
            "Address",
            "Outcome",
            "Verdict",
            "Attempts",
            "Failed Attempts",
            "Probable Cause",
            "Cause Confidence",
            "Error Source",
            "TTFB (ms)",
        ];
        let cells = columns.map(|column| row[column].as_str());
        let _ = writeln!(text, "page: {}", cells.join(" | "));
    }
    for row in &run.findings {
        let columns = ["Rule", "Subject", "Cause", "Confidence", "Evidence"];
        let cells = columns.map(|column| row[column].as_str());
        let _ = writeln!(text, "finding: {}", cells.join(" | "));
    }
    for row in run.attempts.iter().filter(|row| row["Purpose"] != "crawl") {
        let columns = ["Address", "Purpose", "Pass", "Outcome", "TTFB (ms)"];
        let cells = columns.map(|column| row[column].as_str());
        let _ = writeln!(text, "attempt: {}", cells.join(" | "));
    }
    // What logs say first, and what they say last.
    let lines: Vec<_> = logs.lines().collect();
    let first = lines.iter().take(LONGEST);
    let last = lines
        .iter()
        .skip(LONGEST.max(lines.len().saturating_sub(LONGEST)));
    for line in first.chain(last) {
        let _ = writeln!(text, "log: {line}");
    }
    let _ = writeln!(text, "{}", run.printed);
    text
}
