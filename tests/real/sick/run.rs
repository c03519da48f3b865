//! Audits a sick site with the real program, and reads what it exported.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::behaviour::{FINE, Truth};
use super::origin::Origin;
use super::record::Seen;
use crate::crawler::{self, Row, Workdir};
use crate::program::signal;
use crate::server::pause;

/// No audit of this suite may take longer: it is interrupted then.
const LIMIT: Duration = Duration::from_mins(16);

/// Time that an interrupted audit has to write its exports.
const EXPORT_TIME: Duration = Duration::from_mins(1);

/// What an audit is pointed at, and the truth about it.
pub(crate) struct Target {
    /// The start page.
    pub(crate) start: String,
    /// Every page's full address, and what is true of it.
    pub(crate) truths: Vec<(String, Truth)>,
}

impl Target {
    /// A site that is served by this process.
    pub(crate) fn of(origin: &Origin) -> Target {
        let site = origin.site();
        let truths = site.truths();
        Target {
            start: origin.url("/"),
            truths: truths
                .map(|(path, truth)| (origin.url(path), truth))
                .collect(),
        }
    }
}

/// An audit that has ended.
pub(crate) struct Run {
    pub(crate) truths: Vec<(String, Truth)>,
    pub(crate) status: ExitStatus,
    /// Everything that it printed for people.
    pub(crate) printed: String,
    /// Wall time of the program.
    pub(crate) all: Duration,
    /// Whether it had to be interrupted.
    pub(crate) stopped: bool,
    pub(crate) pages: Vec<Row>,
    pub(crate) attempts: Vec<Row>,
    pub(crate) skipped: Vec<Row>,
    pub(crate) findings: Vec<Row>,
    pub(crate) summary: Value,
    /// What the origin recorded.
    pub(crate) seen: Vec<Seen>,
}

/// Audits a site that is served by this process, with default flags and these.
pub(crate) fn audit(origin: &Origin, flags: &[&str]) -> Run {
    let mut run = audit_target(&Workdir::new(), Target::of(origin), flags);
    run.seen = origin.seen();
    run
}

/// Audits exactly the pages of a site, named in a list.
pub(crate) fn audit_list(origin: &Origin) -> Run {
    let workdir = Workdir::new();
    let target = Target::of(origin);
    let mut list = String::new();
    for (url, _) in &target.truths {
        list.push_str(url);
        list.push('\n');
    }
    let file = workdir.write("urls.txt", &list);
    let args = ["--url-list".to_owned(), file.display().to_string()];
    let mut run = finish(&workdir, target.truths, begin(&workdir, &args), LIMIT);
    run.seen = origin.seen();
    run
}

/// Audits any target with default flags and these.
pub(crate) fn audit_target(workdir: &Workdir, target: Target, flags: &[&str]) -> Run {
    audit_for(workdir, target, flags, LIMIT)
}

/// Audits any target, and interrupts the audit after this time.
pub(crate) fn audit_for(workdir: &Workdir, target: Target, flags: &[&str], limit: Duration) -> Run {
    let mut args = vec![target.start];
    args.extend(flags.iter().map(|&flag| flag.to_owned()));
    finish(workdir, target.truths, begin(workdir, &args), limit)
}

fn printed(workdir: &Workdir) -> PathBuf {
    workdir.file("printed.txt")
}

fn begin(workdir: &Workdir, args: &[String]) -> (Child, Instant) {
    let file = std::fs::File::create(printed(workdir)).expect("a file");
    let mut program = workdir.program("audit");
    program
        .args(args)
        .arg("--out")
        .arg(workdir.exports())
        .arg("--overwrite")
        .arg("--db")
        .arg(workdir.database())
        .stdout(Stdio::null())
        .stderr(file);
    let started = Instant::now();
    (program.spawn().expect("the program starts"), started)
}

fn finish(
    workdir: &Workdir,
    truths: Vec<(String, Truth)>,
    (mut child, started): (Child, Instant),
    limit: Duration,
) -> Run {
    let status = wait(&mut child, started + limit);
    let stopped = status.is_none();
    let status = status.unwrap_or_else(|| {
        signal(&child, "INT");
        wait(&mut child, Instant::now() + EXPORT_TIME).unwrap_or_else(|| {
            child.kill().expect("killed");
            child.wait().expect("ended")
        })
    });
    let all = started.elapsed();
    let rows = |name: &str| {
        let file = workdir.exports().join(name);
        if file.exists() {
            crawler::read(&file)
        } else {
            Vec::new()
        }
    };
    let summary = std::fs::read_to_string(workdir.exports().join("summary.json"));
    Run {
        truths,
        status,
        printed: std::fs::read_to_string(printed(workdir)).expect("a readable file"),
        all,
        stopped,
        pages: rows("pages.csv"),
        attempts: rows("attempts.csv"),
        skipped: rows("skipped.csv"),
        findings: rows("findings.csv"),
        summary: summary.map_or(Value::Null, |text| {
            serde_json::from_str(&text).expect("JSON")
        }),
        seen: Vec::new(),
    }
}

/// Waits for its end until this moment.
fn wait(child: &mut Child, until: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            return Some(status);
        }
        if Instant::now() >= until {
            return None;
        }
        pause(Duration::from_millis(25));
    }
}

impl Run {
    /// The exit code.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// The row of a page.
    pub(crate) fn page(&self, url: &str) -> Option<&Row> {
        self.pages.iter().find(|row| row["Address"] == url)
    }

    /// Whether a page was requested, by the exports.
    pub(crate) fn is_fetched(&self, url: &str) -> bool {
        self.page(url)
            .is_some_and(|row| !matches!(row["Attempts"].as_str(), "" | "0"))
    }

    /// Pages of the site that were requested.
    pub(crate) fn fetched(&self) -> usize {
        let urls = self.truths.iter().map(|(url, _)| url);
        urls.filter(|url| self.is_fetched(url)).count()
    }

    /// Pages with this verdict whose address contains this text.
    pub(crate) fn verdicts(&self, part: &str, verdict: &str) -> usize {
        let rows = self.pages.iter();
        rows.filter(|row| row["Address"].contains(part) && row["Verdict"] == verdict)
            .count()
    }

    /// Requests that count for verdicts: no experiment, and none lost for a local reason.
    pub(crate) fn counted(&self) -> impl Iterator<Item = &Row> {
        let counts = |row: &&Row| {
            let purpose = row["Purpose"].as_str();
            !purpose.starts_with("probe:") && purpose != "outage"
        };
        self.attempts.iter().filter(counts)
    }

    /// Requests that failed in a way that search engines treat like a 5xx.
    pub(crate) fn failed_requests(&self) -> usize {
        self.counted().filter(|row| is_failure(row)).count()
    }

    /// Failed requests at pages that are fine in themselves: the crawl or the host was at fault.
    pub(crate) fn failed_at_healthy_pages(&self) -> usize {
        let healthy = |(_, truth): &&(String, Truth)| truth.verdicts == FINE.verdicts;
        let healthy = self.truths.iter().filter(healthy);
        let healthy: HashSet<_> = healthy.map(|(url, _)| url).collect();
        let failed = self.counted().filter(|row| is_failure(row));
        failed
            .filter(|row| healthy.contains(&row["Address"]))
            .count()
    }

    /// Starts of the requests of the first pass, in order.
    fn first_pass(&self) -> Vec<jiff::Timestamp> {
        let rows = self.attempts.iter();
        let rows = rows.filter(|row| row["Pass"] == "1" && !row["Purpose"].starts_with("probe:"));
        let mut starts: Vec<jiff::Timestamp> = rows
            .map(|row| row["Started"].parse().expect("a time"))
            .collect();
        starts.sort();
        starts
    }

    /// Time from the first request to the last of the first pass.
    pub(crate) fn crawl(&self) -> Duration {
        let starts = self.first_pass();
        match (starts.first(), starts.last()) {
            (Some(&first), Some(&last)) => between(first, last),
            _ => Duration::ZERO,
        }
    }

    /// The longest time without a request in the first pass.
    pub(crate) fn stall(&self) -> Duration {
        let starts = self.first_pass();
        let gaps = starts.windows(2).map(|pair| between(pair[0], pair[1]));
        gaps.max().unwrap_or_default()
    }

    /// Requests in all, as the origin saw them.
    pub(crate) fn requests(&self) -> usize {
        self.seen.len()
    }
}

/// Outcomes, or beginnings of them, that search engines do not treat like a 5xx.
const NO_FAILURES: [&str; 7] = [
    "ok_",
    "not_modified",
    "redirect",
    "soft_error_200",
    "too_large",
    "server_511",
    "client_",
];

/// Whether a request failed in a way that search engines treat like a 5xx.
pub(crate) fn is_failure(attempt: &Row) -> bool {
    let outcome = attempt["Outcome"].as_str();
    outcome == "client_429" || !NO_FAILURES.iter().any(|begin| outcome.starts_with(begin))
}

fn between(from: jiff::Timestamp, to: jiff::Timestamp) -> Duration {
    to.duration_since(from).unsigned_abs()
}
