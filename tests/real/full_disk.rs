//! A disk that is full, in the middle of a crawl and when exports are written: a small file system of
//! its own, which only root may mount.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::crawler::read;
use crate::nginx::{log, page, start};
use crate::program::{Said, command, run};
use crate::server::{Server, note};

const PAGES: usize = 3_000;
const WITHIN: Duration = Duration::from_mins(2);
const CRAWL: [&str; 12] = [
    "--sample",
    "0",
    "--rate",
    "0",
    "--confirm",
    "none",
    "--no-probe",
    "--no-sitemap",
    "--format",
    "csv",
    // Otherwise a run leaves half of a disk free.
    "--max-disk",
    "1GB",
];

/// A small disk.
struct Disk(TempDir);

impl Disk {
    /// None where no file system may be mounted, which is said; in CI it is a failure.
    fn new(size: &str) -> Option<Disk> {
        let disk = Disk(tempfile::tempdir().expect("a directory"));
        if disk.mount(&format!("size={size}")) {
            return Some(disk);
        }
        assert!(std::env::var_os("CI").is_none(), "no disk can be mounted");
        note("LEFT OUT: no file system may be mounted here; run it as root");
        None
    }

    fn mount(&self, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(self.path());
        mount.status().is_ok_and(|status| status.success())
    }

    fn grow(&self, size: &str) {
        assert!(self.mount(&format!("remount,size={size}")), "not enlarged");
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Leaves no room on it.
    fn fill(&self) {
        use std::io::Write;
        let mut file = fs::File::create(self.file("filler")).expect("made");
        while file.write_all(&[0; 4096]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}

fn nginx() -> Server {
    start("", |dir| {
        for number in 0..PAGES {
            let children = (number * 10 + 1..number * 10 + 11).filter(|child| *child < PAGES);
            let links: Vec<_> = children.map(|child| format!("/{child}.html")).collect();
            let links: Vec<_> = links.iter().map(String::as_str).collect();
            page(dir, &format!("www/{number}.html"), &links);
        }
        (String::new(), format!("root {}/www;", dir.display()))
    })
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

fn audit(home: &Path, more: &[&str], db: &Path, out: &Path) -> Said {
    let kept = ["--db", text(db), "--out", text(out)];
    let args = [&["audit"], more, &kept, &CRAWL].concat();
    run(command(home, &args), WITHIN)
}

/// Goes on with the first run.
fn resume(home: &Path, db: &Path, out: &Path) -> Said {
    let kept = ["--db", text(db), "--out", text(out)];
    let args = ["audit", "--resume", "1", "--rate", "0", "--format", "csv"];
    run(command(home, &[&args[..], &kept].concat()), WITHIN)
}

#[test]
fn a_crawl_whose_disk_is_full_says_so_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::new("700k") else {
        return;
    };
    let nginx = nginx();
    let home = tempfile::tempdir().expect("a directory");
    let (db, out) = (disk.file("runs.db"), home.path().join("exports"));
    let start = nginx.url("/0.html");
    let said = audit(home.path(), &[&start], &db, &out);
    assert_eq!(said.code, Some(1));
    let line = said.error();
    assert!(
        line.starts_with(&format!("error: database {}: no space left", db.display())),
        "{line}"
    );
    let advice = format!(
        "`gatecrawl audit --resume 1 --db {}` continues",
        db.display()
    );
    assert!(line.ends_with(&advice), "{line}");

    let stored = || -> i64 {
        let connection = Connection::open(&db).expect("opens");
        let check: String = connection
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .expect("checked");
        assert_eq!(check, "ok");
        let count = connection.query_row("SELECT count(*) FROM attempt", [], |row| row.get(0));
        count.expect("counted")
    };
    // What is stored can be read while the disk is as full as before.
    let said = run(command(home.path(), &["runs", "--db", text(&db)]), WITHIN);
    assert_eq!(said.code, Some(0));
    let before = stored();
    assert!(before > 10, "{before}");

    disk.grow("64m");
    let said = resume(home.path(), &db, &out);
    assert_eq!(said.code, Some(0));
    let pages = read(&out.join("pages.csv"));
    assert_eq!(pages.len(), PAGES);
    assert!(pages.iter().all(|row| row["Status Code"] == "200"));
    let repeated = log(&nginx).len() as i64 - stored();
    note(&format!("{before} attempts before, {repeated} repeated"));
    assert!((0..=8).contains(&repeated), "{repeated} repeated");
}

#[test]
fn exports_that_find_no_room_leave_no_half_and_say_what_to_do() {
    let Some(disk) = Disk::new("256k") else {
        return;
    };
    let nginx = nginx();
    let home = tempfile::tempdir().expect("a directory");
    let db = home.path().join("runs.db");
    let full = disk.file("exports");
    fs::create_dir(&full).expect("made");
    disk.fill();
    let start = nginx.url("/0.html");
    let said = audit(home.path(), &[&start], &db, &full);
    assert_eq!(said.code, Some(1));
    let line = said.error();
    assert!(
        line.contains(&format!("could not write {}/", full.display())),
        "{line}"
    );
    assert!(
        line.contains("make room or name another directory with --out"),
        "{line}"
    );
    let advice = format!(
        "`gatecrawl report 1 --db {}` writes the files",
        db.display()
    );
    assert!(line.ends_with(&advice), "{line}");

    let formats = [
        "csv",
        "json",
        "html",
        "md",
        "jsonl",
        "xlsx",
        "junit",
        "screaming-frog",
    ];
    for format in formats {
        let args = [
            "report",
            "--db",
            text(&db),
            "--format",
            format,
            "--out",
            text(&full),
        ];
        let said = run(command(home.path(), &args), WITHIN);
        assert_eq!(said.code, Some(1), "{format}");
        let line = said.error();
        assert!(
            line.contains("make room or name another directory"),
            "{format}: {line}"
        );
        assert_eq!(
            fs::read_dir(&full).expect("read").count(),
            0,
            "{format} left something"
        );
    }
}

#[test]
fn what_may_only_be_read_is_said_before_anything_is_asked() {
    let Some(disk) = Disk::new("2m") else {
        return;
    };
    let nginx = nginx();
    let home = tempfile::tempdir().expect("a directory");
    let (db, out) = (disk.file("runs.db"), disk.file("exports"));
    let other = home.path().join("exports");
    let start = nginx.url("/0.html");
    let few = ["--max-pages", "20", &start];
    let audit = |db: &Path, out: &Path| audit(home.path(), &few, db, out);
    assert_eq!(audit(&db, &other).code, Some(0));
    assert!(disk.mount("remount,ro"), "not made read-only");
    let asked = log(&nginx).len();
    let before = fs::read(&db).expect("read");

    let said = audit(&db, &other);
    assert_eq!(said.code, Some(2));
    let line = said.error();
    assert!(
        line.contains(text(&db)) && line.contains("make it and its directory writable"),
        "{line}"
    );
    let said = audit(&disk.file("new.db"), &other);
    assert_eq!(said.code, Some(2));
    assert!(said.error().contains("new.db"), "{}", said.error());
    let said = audit(&home.path().join("runs.db"), &out);
    assert_eq!(said.code, Some(2));
    let line = said.error();
    assert!(
        line.contains(text(&out)) && line.contains("another directory with --out"),
        "{line}"
    );
    assert_eq!(log(&nginx).len(), asked);
    assert!(before == fs::read(&db).expect("read"), "changed");
}

#[test]
fn a_scheduled_run_whose_disk_is_full_is_told_and_neither_it_nor_the_next_is_lost() {
    let Some(disk) = Disk::new("700k") else {
        return;
    };
    let nginx = nginx();
    let home = tempfile::tempdir().expect("a directory");
    let config = format!(
        "db = '{}'\nformat = 'csv'\nconfirm = 'none'\nno-probe = true\nno-sitemap = true\nrate = 0\n\
         sample = 0\n[project.shop]\nurl = '{}'\nschedule = 'monthly on 1 04:00'\ntimezone = 'UTC'\n\
         out = 'reports/{{project}}-{{run}}'\n",
        disk.file("runs.db").display(),
        nginx.url("/0.html")
    );
    fs::write(home.path().join("gatecrawl.toml"), config).expect("written");
    let args = "schedule --config gatecrawl.toml run --once --now shop";
    let args: Vec<&str> = args.split(' ').collect();
    let said = run(command(home.path(), &args), WITHIN);
    assert_eq!(said.code, Some(1));
    let is_told = |line: &str| {
        line.contains("runs.db: no space left") && line.contains("`gatecrawl audit --resume 1")
    };
    assert!(said.err.lines().any(is_told), "{}", said.err);
    // The schedule's own note of it may find no room either, and is complained of in a line of its own.
    let was_noted = !said.err.lines().any(|line| line.starts_with("error: "));

    disk.grow("64m");
    let said = run(command(home.path(), &args), WITHIN);
    assert_eq!(said.code, Some(0));
    let reports = fs::read_dir(home.path().join("reports")).expect("reports");
    let reports: Vec<_> = reports.map(|entry| entry.expect("read").path()).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    let pages = read(&reports[0].join("pages.csv"));
    assert_eq!(pages.len(), PAGES);
    if was_noted {
        // What was told is not made again by itself, and goes on when it is asked to.
        let (db, out) = (disk.file("runs.db"), home.path().join("first"));
        let said = resume(home.path(), &db, &out);
        assert_eq!(said.code, Some(0));
        assert_eq!(read(&out.join("pages.csv")).len(), PAGES);
    } else {
        // What could not be noted was never ended, so the next call ends it.
        let line = "shop: continues an interrupted run";
        assert!(said.err.lines().any(|said| said == line), "{}", said.err);
    }
    let crawls = if was_noted { 2 } else { 1 };
    let repeated = log(&nginx).len() - crawls * (PAGES + 1);
    assert!(repeated <= 8, "{repeated} repeated");
}
