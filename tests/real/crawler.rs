//! The program under test, and its exports.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::netns;
use crate::program;
use crate::server::{note, pause};

/// A row of an export, by column.
pub(crate) type Row = HashMap<String, String>;

/// A place for runs and exports.
#[derive(Debug)]
pub(crate) struct Workdir {
    dir: TempDir,
    /// The network namespace that the program runs in, if it is not the test's own.
    namespace: Option<String>,
    /// A file of authorities that are trusted besides the usual ones.
    trusted: Option<PathBuf>,
    /// A file that the program takes for the system's hosts file.
    hosts: Option<PathBuf>,
}

/// An audit under way. It is killed if its test forgets it.
#[derive(Debug)]
pub(crate) struct Audit {
    child: Child,
    errors: PathBuf,
}

/// What is left of an audit.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    /// The most memory it had at a time, in KiB.
    pub(crate) peak_kib: u64,
    pub(crate) said: String,
}

impl Workdir {
    pub(crate) fn new() -> Workdir {
        Workdir {
            dir: tempfile::tempdir().expect("a directory"),
            namespace: None,
            trusted: None,
            hosts: None,
        }
    }

    /// A place for runs that are made in a network namespace.
    pub(crate) fn inside(namespace: &str) -> Workdir {
        Workdir {
            namespace: Some(namespace.to_owned()),
            ..Workdir::new()
        }
    }

    /// A workdir whose programs read this hosts file in place of the system's.
    pub(crate) fn knowing(hosts: PathBuf) -> Workdir {
        Workdir {
            hosts: Some(hosts),
            ..Workdir::new()
        }
    }

    /// A workdir that trusts an authority, whose certificate is written into its directory.
    pub(crate) fn trusting(certificate: &str) -> Workdir {
        let mut workdir = Workdir::new();
        workdir.trusted = Some(workdir.write("authority.pem", certificate));
        workdir
    }

    /// Writes a file into its directory.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.file(name);
        std::fs::write(&file, text).expect("a writable directory");
        file
    }

    /// A file in its directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Begins the crawl of `gatecrawl audit`, without what follows it.
    pub(crate) fn begin(&self, args: &[&str]) -> Audit {
        let crawl = [
            "--confirm",
            "none",
            "--no-probe",
            "--sample",
            "0",
            "--format",
            "csv",
        ];
        self.start(&[args, &crawl].concat())
    }

    pub(crate) fn start(&self, args: &[&str]) -> Audit {
        let errors = self.dir.path().join("stderr.txt");
        let file = std::fs::File::create(&errors).expect("a file");
        let child = self
            .program("audit")
            .args(args)
            .args(["--overwrite", "--out"])
            .arg(self.exports())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the program starts");
        Audit { child, errors }
    }

    /// Runs another command to its end. Returns what it said, to machines and to people.
    pub(crate) fn said(&self, command: &str, args: &[&str]) -> String {
        let output = self.program(command).args(args).output();
        let output = output.expect("the program starts");
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }

    /// A command of the program, on this workdir's runs.
    pub(crate) fn program(&self, command: &str) -> Command {
        let program = program::path();
        let mut program = match (&self.namespace, &self.hosts) {
            (Some(name), _) => netns::inside(name, &program),
            (None, Some(hosts)) => with_hosts(hosts, &program),
            (None, None) => Command::new(program),
        };
        program
            .arg(command)
            // Nothing of the caller's settings: only what the test says.
            .env_clear()
            .env("HOME", self.dir.path())
            .env("GATECRAWL_DB", self.database())
            .envs(self.trusted.iter().map(|file| ("SSL_CERT_FILE", file)))
            .current_dir(self.dir.path())
            .stdin(Stdio::null());
        program
    }

    /// Makes an audit from beginning to end, with what follows the crawl.
    pub(crate) fn whole_audit(&self, args: &[&str]) -> Ended {
        self.start(&[args, &["--format", "csv,json"]].concat())
            .wait()
    }

    /// What an audit amounts to.
    pub(crate) fn summary(&self) -> Value {
        let text = std::fs::read_to_string(self.exports().join("summary.json"));
        serde_json::from_str(&text.expect("a readable export")).expect("JSON")
    }

    /// The finding of a rule.
    pub(crate) fn finding(&self, rule: &str) -> Row {
        let mut rows = self.rows("findings.csv");
        let rules: Vec<_> = rows.iter().map(|row| row["Rule"].clone()).collect();
        rows.retain(|row| row["Rule"] == rule);
        assert_eq!(rows.len(), 1, "{rule} among {rules:?}");
        rows.remove(0)
    }

    /// Pages with one of these verdicts.
    pub(crate) fn pages_that_are(&self, verdicts: &[&str]) -> usize {
        let rows = self.rows("pages.csv");
        let with = |row: &&Row| verdicts.contains(&row["Verdict"].as_str());
        rows.iter().filter(with).count()
    }

    /// Makes the crawl of an audit from beginning to end.
    pub(crate) fn audit(&self, args: &[&str]) -> Ended {
        self.begin(args).wait()
    }

    /// An export.
    pub(crate) fn rows(&self, name: &str) -> Vec<Row> {
        read(&self.exports().join(name))
    }

    /// The row of pages.csv that is about an address.
    pub(crate) fn page(&self, address: &str) -> Row {
        let mut rows = self.rows("pages.csv");
        rows.retain(|row| row["Address"] == address);
        assert_eq!(rows.len(), 1, "rows of {address}");
        rows.remove(0)
    }

    /// The attempts at an address, in order.
    pub(crate) fn attempts(&self, address: &str) -> Vec<Row> {
        let mut rows = self.rows("attempts.csv");
        rows.retain(|row| row["Address"] == address);
        rows
    }

    /// Where exports are.
    pub(crate) fn exports(&self) -> PathBuf {
        self.dir.path().join("exports")
    }

    /// Where runs are.
    pub(crate) fn database(&self) -> PathBuf {
        self.dir.path().join("runs.db")
    }
}

impl Audit {
    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        let status_file = format!("/proc/{}/status", self.child.id());
        let mut peak_kib = 0;
        loop {
            // A high-water mark, so the last look before the end has it.
            if let Some(peak) = peak_of(&status_file) {
                peak_kib = peak;
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                let said = std::fs::read_to_string(&self.errors).expect("a readable file");
                // Shown if the test fails.
                note(&format!("{status}, {peak_kib} KiB\n{said}"));
                return Ended {
                    status,
                    peak_kib,
                    said,
                };
            }
            pause(Duration::from_millis(5));
        }
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.errors).expect("a readable file")
    }

    /// Allows it so many open files from now on, with as many as it likes if it asks.
    pub(crate) fn allow_files(&self, files: u32) {
        let pid = format!("--pid={}", self.child.id());
        let mut prlimit = Command::new("prlimit");
        prlimit.args([&pid, &format!("--nofile={files}:4096")]);
        assert!(prlimit.status().expect("prlimit").success());
    }

    /// Kills it without a warning.
    pub(crate) fn kill(mut self) {
        let running = self.child.try_wait().expect("a child").is_none();
        assert!(running, "it had ended before it was killed");
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program for which another file is the system's hosts file. Only root may do that.
fn with_hosts(hosts: &Path, program: &Path) -> Command {
    let mut command = Command::new("/usr/bin/unshare");
    command
        .args(["--mount", "/bin/sh", "-c"])
        .arg("/bin/mount --bind \"$0\" /etc/hosts && exec \"$@\"")
        .arg(hosts)
        .arg(program);
    command
}

fn peak_of(status_file: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status_file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

pub(crate) fn read(file: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(file).expect("a readable export");
    reader
        .deserialize()
        .map(|row| row.expect("a valid row"))
        .collect()
}

/// A number in a cell.
pub(crate) fn number(cell: &str) -> f64 {
    cell.parse()
        .unwrap_or_else(|_| panic!("{cell:?} is no number"))
}
