//! What is said when a crawl is over: whether the site is well, in ten seconds of reading.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::store::{RunRow, RunState, RunSummary, StatusClasses, WorstPage};

use super::text::{count, duration, number};

/// How many of the worst pages are named.
pub(super) const WORST: u32 = 10;

/// A run as people are told about it.
#[derive(Debug)]
pub(super) struct Told<'a> {
    pub(super) run: &'a RunRow,
    pub(super) summary: &'a RunSummary,
    pub(super) worst: &'a [WorstPage],
    /// The exports that were written.
    pub(super) files: &'a [PathBuf],
    /// Where the run is kept.
    pub(super) database: String,
    pub(super) color: bool,
}

/// The summary, ending in a line break.
pub(super) fn summary(told: &Told<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(told, &mut out);
    out
}

fn write(told: &Told<'_>, out: &mut String) -> std::fmt::Result {
    let (run, summary) = (told.run, told.summary);
    let counts = summary.counts;
    let took = run.ended.map(|ended| duration(ended.since(run.started)));
    let took = took.unwrap_or_else(|| "unknown time".to_owned());
    let state = match run.state {
        RunState::Finished => "",
        RunState::Interrupted => ", interrupted",
        RunState::Running => ", not finished",
    };
    let head = format!(
        "{}: {} in {took}{state}",
        run.site,
        count(counts.fetched, "page")
    );
    writeln!(out, "{}\n", paint(&head, BOLD, told.color))?;
    writeln!(out, "  Coverage   {}", coverage(summary))?;
    writeln!(
        out,
        "  Status     {}",
        classes(&summary.classes, told.color)
    )?;
    writeln!(out, "  Verdicts   {}", tally(&summary.by_verdict))?;
    let requests = count(counts.attempts, "request");
    writeln!(
        out,
        "  Requests   {requests}, {} of them retries",
        number(summary.retries)
    )?;
    if !told.worst.is_empty() {
        writeln!(
            out,
            "\n  Worst pages (status, failed attempts, links to it)"
        )?;
        for page in told.worst {
            writeln!(out, "    {}", worst(page, told.color))?;
        }
    }
    writeln!(out)?;
    if let Some(dir) = told.files.first().and_then(|file| file.parent()) {
        let files = count(told.files.len() as u64, "file");
        writeln!(out, "  Exports    {} ({files})", dir.display())?;
    }
    writeln!(out, "  Database   {}, run {}", told.database, run.id)
}

fn coverage(summary: &RunSummary) -> String {
    let counts = summary.counts;
    let share = match counts.known {
        0 => String::new(),
        known => format!(" ({:.1} %)", counts.fetched as f64 * 100.0 / known as f64),
    };
    let mut text = format!(
        "{} of {} fetched{share}",
        number(counts.fetched),
        count(counts.known, "known page")
    );
    if !summary.skipped.is_empty() {
        let _ = write!(text, "; not fetched: {}", tally(&summary.skipped));
    }
    text
}

/// Names with their numbers, the greatest first.
fn tally(numbers: &std::collections::BTreeMap<String, u64>) -> String {
    let mut numbers: Vec<_> = numbers.iter().collect();
    numbers.sort_by_key(|(_, value)| std::cmp::Reverse(**value));
    let texts = numbers
        .iter()
        .map(|(name, value)| format!("{} {}", number(**value), name.replace('_', " ")));
    match texts.collect::<Vec<_>>().join(", ") {
        text if text.is_empty() => "none".to_owned(),
        text => text,
    }
}

fn classes(classes: &StatusClasses, color: bool) -> String {
    let parts = [
        (classes.success, "2xx", GREEN),
        (classes.redirect, "3xx", PLAIN),
        (classes.client_error, "4xx", YELLOW),
        (classes.server_error, "5xx", RED),
        (classes.other, "other", YELLOW),
        (classes.none, "without answer", RED),
    ];
    let shown = parts
        .iter()
        .filter(|(pages, name, _)| *pages > 0 || *name == "5xx");
    let texts = shown.map(|(pages, name, style)| {
        let style = if *pages > 0 { style } else { PLAIN };
        paint(&format!("{} {name}", number(*pages)), style, color)
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn worst(page: &WorstPage, color: bool) -> String {
    let status = match page.status {
        0 => "---".to_owned(),
        status => status.to_string(),
    };
    let attempts = format!("{}/{}", page.failed, page.attempts);
    let what = if page.status == 0 {
        format!(" ({})", page.outcome)
    } else {
        String::new()
    };
    format!(
        "{} {attempts:>5} {:>6}  {:<12} {}{what}",
        paint(&status, RED, color),
        number(page.inlinks),
        page.verdict,
        page.address,
    )
}

const PLAIN: &str = "";
const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// The text in an ANSI style, if colours are wanted.
fn paint(text: &str, style: &str, color: bool) -> String {
    if color && !style.is_empty() {
        format!("\x1b[{style}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}
