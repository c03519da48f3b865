//! The crawler killed at random moments, again and again, from its start to its last export: what was
//! stored stays, only what was open is asked again, and in the end everything is as if nothing had been.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension};
use tempfile::TempDir;

use crate::crawler::{Row, read};
use crate::origin::{page, serve};
use crate::program::command;
use crate::server::{note, pause};

const PAGES: usize = 400;
const CONCURRENCY: u64 = 4;

/// Longest time between a start and a kill: a few of those see the whole run.
const LONGEST: f64 = 1.5;

/// Longest undisturbed run.
const PATIENCE: Duration = Duration::from_mins(2);

/// How often the exports of one run are written under fire before the next run begins.
const REPORTS: u32 = 4;

/// Columns that tell of time, which is another each time.
const TIMES: [&str; 7] = [
    "Response Time",
    "Crawl Timestamp",
    "TTFB (ms)",
    "First Failed",
    "Last Failed",
    "Last OK",
    // It grows with the time for which a page was seen failing.
    "Risk Now",
];

/// Columns that tell how often a page was requested: a pass that was cut short is begun again, and makes its
/// looks, and those at controls, once more.
const LOOKS: [&str; 11] = [
    "Attempts",
    "Failed Attempts",
    "5xx Attempts",
    "502 Attempts",
    "Passes",
    "Error Rate Low 95%",
    "Error Rate High 95%",
    "Indexing Risk Low",
    "Indexing Risk High",
    "Priority",
    "Cause Confidence",
];

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_been() {
    under_fire(20, 1);
}

#[test]
#[ignore = "takes several minutes; `bash tests/kill.sh` runs it"]
fn two_hundred_kills_lose_nothing() {
    let number = |name: &str, usual| {
        let given = std::env::var(name).ok();
        given.map_or(usual, |text| text.parse().expect("a number"))
    };
    under_fire(number("KILLS", 200) as u32, number("SEED", 1));
}

/// A tree of pages with ten children each, in which a few always fail, and how often it was asked.
fn site() -> (String, Arc<AtomicU64>) {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let at = serve(move |path, line| {
        counter.fetch_add(1, Ordering::SeqCst);
        let number = path.trim_start_matches('/').parse::<usize>();
        match number {
            Ok(number) if number % 150 == 149 => line.write_all(
                b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno\n",
            ),
            Ok(number) if number < PAGES => {
                let children = (number * 10 + 1..number * 10 + 11).filter(|child| *child < PAGES);
                let links: Vec<_> = children
                    .map(|child| format!("<a href='/{child}'>page {child}</a>"))
                    .collect();
                page(line, &format!("<title>{number}</title>{}", links.concat()))
            }
            _ => line.write_all(
                b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            ),
        }
    });
    (format!("http://{at}/0"), asked)
}

/// A run and its exports, in a directory of their own.
struct Workdir(TempDir);

/// What is stored of a run.
#[derive(Clone, Copy, Debug, Default)]
struct Stored {
    urls: u64,
    settled: u64,
    attempts: u64,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Begin,
    GoOn,
    Report,
}

impl Workdir {
    fn new() -> Workdir {
        Workdir(tempfile::tempdir().expect("a directory"))
    }

    fn database(&self) -> PathBuf {
        self.0.path().join("runs.db")
    }

    fn exports(&self) -> PathBuf {
        self.0.path().join("exports")
    }

    fn next(&self) -> Next {
        let state = self.database().exists().then(|| {
            let connection = Connection::open(self.database()).expect("opens");
            let state = connection.query_row("SELECT state FROM run", [], |row| row.get(0));
            let state: Option<String> = state.optional().unwrap_or_default();
            state
        });
        match state.flatten().as_deref() {
            None => Next::Begin,
            Some("finished") => Next::Report,
            Some(_) => Next::GoOn,
        }
    }

    fn command(&self, next: Next, start: &str) -> Command {
        let open = CONCURRENCY.to_string();
        let pace = ["--rate", "0", "-c", &open];
        let plan = [
            "--no-probe",
            "--sample",
            "0",
            "--confirm",
            "1s",
            "--retries",
            "1",
            "--no-sitemap",
        ];
        let mut command = match next {
            Next::Begin => command(
                self.0.path(),
                &[&["audit", start][..], &plan, &pace].concat(),
            ),
            Next::GoOn => command(self.0.path(), &[&["audit", "--resume"][..], &pace].concat()),
            Next::Report => command(self.0.path(), &["report", "--overwrite"]),
        };
        command.args(["--format", "csv,json,html,xlsx", "--db"]);
        command
            .arg(self.database())
            .arg("--out")
            .arg(self.exports());
        command.stderr(std::process::Stdio::null());
        command
    }

    /// Looks at everything that a killed process left, and returns what is stored.
    fn verify(&self, before: Stored) -> Stored {
        if self.next() == Next::Begin {
            return before;
        }
        let connection = Connection::open(self.database()).expect("opens");
        let number = |sql: &str| -> u64 {
            let number: i64 = connection.query_row(sql, [], |row| row.get(0)).expect(sql);
            number.unsigned_abs()
        };
        let check: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("checked");
        assert_eq!(check, "ok");
        let now = Stored {
            urls: number("SELECT count(*) FROM url"),
            settled: number("SELECT count(*) FROM url WHERE state = 2"),
            attempts: number("SELECT count(*) FROM attempt"),
        };
        assert!(now.urls >= before.urls, "{before:?} {now:?}");
        assert!(now.attempts >= before.attempts, "{before:?} {now:?}");
        // A pass of confirmation opens what fails once more, which is three pages at most.
        assert!(now.settled + 3 >= before.settled, "{before:?} {now:?}");
        let bare = number(
            "SELECT count(*) FROM url WHERE state = 2 AND NOT EXISTS
                (SELECT 1 FROM attempt WHERE attempt.run = url.run AND attempt.url = url.id)",
        );
        assert_eq!(bare, 0, "settled without an attempt");
        self.verify_exports(now);
        now
    }

    /// What has its final name is whole.
    fn verify_exports(&self, stored: Stored) {
        let whole =
            |name: &str| -> Option<Vec<u8>> { std::fs::read(self.exports().join(name)).ok() };
        let rows = |name: &str| whole(name).map(|_| read(&self.exports().join(name)).len());
        assert!(rows("pages.csv").is_none_or(|rows| rows == PAGES));
        assert!(rows("attempts.csv").is_none_or(|rows| rows as u64 == stored.attempts));
        if let Some(bytes) = whole("summary.json") {
            serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON");
        }
        if let Some(bytes) = whole("report.html") {
            assert!(
                bytes.trim_ascii_end().ends_with(b"</html>"),
                "the page is cut off"
            );
        }
        if let Some(bytes) = whole("report.xlsx") {
            // The directory of a ZIP archive is at its end.
            let tail = &bytes[bytes.len().saturating_sub(22)..];
            assert!(tail.starts_with(b"PK\x05\x06"), "the workbook is cut off");
        }
    }
}

fn under_fire(kills: u32, seed: u64) {
    let (start, asked) = site();
    let undisturbed = Workdir::new();
    let mut whole = undisturbed.command(Next::Begin, &start);
    assert!(whole.status().expect("starts").success());
    let expected = without_times(&undisturbed.exports());
    assert_eq!(expected.len(), PAGES);

    let mut dice = fastrand::Rng::with_seed(seed);
    let mut killed: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut left, mut runs, mut repeated, mut most) = (kills, 0, 0, 0);
    while left > 0 {
        let workdir = Workdir::new();
        let before = asked.load(Ordering::SeqCst);
        let (mut stored, mut shots, mut reports, mut lost) = (Stored::default(), 0, 0, 0);
        loop {
            let next = workdir.next();
            if next == Next::Report && (reports == REPORTS || left == 0) {
                break;
            }
            reports += u32::from(next == Next::Report);
            let delay = match next {
                // They are written in some hundredths of a second.
                Next::Report => dice.f64() * LONGEST / 10.0,
                Next::Begin | Next::GoOn => dice.f64().powi(2) * LONGEST,
            };
            // A pass takes longer than a process mostly lives: some are spared, so that runs come to their end.
            let is_shot_at = left > 0 && dice.u8(..8) > 0;
            let delay = is_shot_at.then(|| Duration::from_secs_f64(delay));
            if shoot(workdir.command(next, &start), delay) {
                left -= 1;
                shots += 1;
                let when = match next {
                    Next::Report => "while it wrote exports",
                    Next::Begin => "in its first start",
                    Next::GoOn => "after it went on",
                };
                *killed.entry(when).or_default() += 1;
            }
            // What was open may still be on its way.
            pause(Duration::from_millis(30));
            stored = workdir.verify(stored);
            let now = asked.load(Ordering::SeqCst) - before - stored.attempts;
            most = most.max(now.saturating_sub(lost));
            lost = now;
        }
        assert!(
            workdir
                .command(Next::Report, &start)
                .status()
                .expect("starts")
                .success()
        );
        workdir.verify(stored);
        let found = without_times(&workdir.exports());
        for (address, row) in &expected {
            let found = found.get(address).expect(address);
            let mut kept = row.kept.clone();
            // A pass that is begun again and again may prove what one that nobody disturbed left open.
            if kept["Verdict"] == "unconfirmed" && found.kept["Verdict"] == "persistent" {
                kept.insert("Verdict".to_owned(), "persistent".to_owned());
            }
            assert_eq!(kept, found.kept, "{address}");
            // Which fine pages are controls of a pass depends on when it began.
            let is_fine = row.kept["Verdict"] == "ok";
            let (undisturbed, attempts) = (row.attempts, found.attempts);
            assert!(
                is_fine || undisturbed <= attempts,
                "{address}: {attempts} attempts, {undisturbed} undisturbed"
            );
        }
        assert_eq!(found.len(), expected.len());
        assert!(
            lost <= shots * CONCURRENCY,
            "{lost} repeated after {shots} kills"
        );
        repeated += lost;
        runs += 1;
    }
    note(&format!(
        "{kills} kills in {runs} runs of {PAGES} pages, seed {seed}: {killed:?}; {repeated} requests \
         repeated, {most} after one kill at most (open: {CONCURRENCY}); every run as the undisturbed one"
    ));
}

/// Starts it and kills it after a while; false if it had ended before, as it must without a shot.
fn shoot(mut command: Command, delay: Option<Duration>) -> bool {
    let mut child = command.spawn().expect("starts");
    let deadline = Instant::now() + delay.unwrap_or(PATIENCE);
    loop {
        if let Some(status) = child.try_wait().expect("a child") {
            assert!(status.success(), "{status}");
            return false;
        }
        if Instant::now() >= deadline {
            child.kill().expect("killed");
            child.wait().expect("ended");
            assert!(delay.is_some(), "it hangs");
            return true;
        }
        pause(Duration::from_millis(1));
    }
}

/// A row of pages.csv.
struct Page {
    /// What is the same in every run: not what tells of time, nor of how often it was requested.
    kept: BTreeMap<String, String>,
    /// A run that was killed makes no fewer than one that was not.
    attempts: usize,
}

/// The rows of pages.csv by address.
fn without_times(exports: &Path) -> BTreeMap<String, Page> {
    let page = |row: Row| {
        let attempts = row["Attempts"].parse().expect("digits");
        let is_left_out = |name: &str| TIMES.contains(&name) || LOOKS.contains(&name);
        let cells = row.into_iter();
        let kept = cells.filter(|(name, _)| !is_left_out(name)).collect();
        Page { kept, attempts }
    };
    let rows = read(&exports.join("pages.csv")).into_iter();
    rows.map(|row| (row["Address"].clone(), page(row)))
        .collect()
}
