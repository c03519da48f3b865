//! What `tests/sick.sh` shows of a scenario: a line of its table, and a log with the details.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::run::Run;
use super::want::wrong;

/// Rows of a kind in a log.
const LONGEST: usize = 40;

/// Writes both files of a scenario, given what is broken of its wants.
pub(crate) fn write(scenario: &str, run: &Run, broken: &[String]) {
    let result = if broken.is_empty() {
        "ok".to_owned()
    } else {
        format!("FAILED: {}", broken.join(" | "))
    };
    let line = [
        scenario.to_owned(),
        format!("{} of {}", run.fetched(), run.truths.len()),
        verdicts(run),
        seconds(run.crawl()),
        seconds(run.stall()),
        seconds(run.all),
        run.requests().to_string(),
        result,
    ];
    // A result may quote what the program printed.
    let line = line.map(|cell| cell.split_whitespace().collect::<Vec<_>>().join(" "));
    put("tsv", scenario, &format!("{}\n", line.join("\t")));
    put("log", scenario, &details(run, broken));
}

fn verdicts(run: &Run) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (url, _) in &run.truths {
        let verdict = run.page(url).map_or("", |row| row["Verdict"].as_str());
        *counts.entry(verdict).or_default() += 1;
    }
    let mut parts = Vec::new();
    for (verdict, count) in counts {
        let name = if verdict.is_empty() { "none" } else { verdict };
        parts.push(format!("{count} {name}"));
    }
    format!("{} ({} wrong)", parts.join(", "), wrong(run).len())
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

fn details(run: &Run, broken: &[String]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "exit {:?}, stopped {}", run.code(), run.stopped);
    for want in broken {
        let _ = writeln!(text, "broken: {want}");
    }
    for wrong in wrong(run).iter().take(LONGEST) {
        let _ = writeln!(text, "wrong: {wrong}");
    }
    for row in run.skipped.iter().take(LONGEST) {
        let _ = writeln!(
            text,
            "skipped: {} {}: {}",
            row["Address"], row["Reason"], row["Detail"]
        );
    }
    for row in &run.findings {
        let _ = writeln!(
            text,
            "finding: {} {} {} {} {} {}: {}",
            row["Rule"],
            row["Severity"],
            row["Scope"],
            row["Subject"],
            row["Cause"],
            row["Confidence"],
            row["Evidence"]
        );
    }
    let _ = writeln!(
        text,
        "failed requests: {}, of them {} at healthy pages",
        run.failed_requests(),
        run.failed_at_healthy_pages()
    );
    let open = run.seen.iter().map(|seen| seen.open).max().unwrap_or(0);
    let _ = writeln!(text, "most requests open at the origin: {open}");
    let _ = writeln!(text, "{}", run.printed);
    text
}

/// Writes a file for `tests/sick.sh`.
fn put(kind: &str, scenario: &str, text: &str) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sick");
    fs::create_dir_all(&dir).expect("a folder");
    let words = scenario.split(|c: char| !c.is_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    let name = format!("{}.{kind}", words.join("-"));
    fs::write(dir.join(name), text).expect("written");
}
