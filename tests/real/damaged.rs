//! A database that is no good: damaged, cut off, somebody else's, newer, in use.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::origin::{page, serve};
use crate::program::{Said, command, end, run};
use crate::server::{note, pause};

const WITHIN: Duration = Duration::from_mins(1);

/// How many damaged copies are tried, half of them cut off or with holes.
const COPIES: u64 = 60;

fn site() -> String {
    let at = serve(|path, line| {
        let number: usize = path.trim_start_matches('/').parse().unwrap_or_default();
        let next = (number < 60).then(|| format!("<a href='/{}'>next</a>", number + 1));
        page(line, &format!("page {number} {}", next.unwrap_or_default()))
    });
    format!("http://{at}/0")
}

fn audit(home: &Path, start: &str, db: &str) -> Said {
    end(begin(home, start, db), WITHIN)
}

fn begin(home: &Path, start: &str, db: &str) -> Child {
    let crawl = ["--rate", "0", "--confirm", "none", "--no-probe"];
    let args = [&["audit", start, "--db", db], &crawl[..]].concat();
    command(home, &args).spawn().expect("starts")
}

/// A directory with a database that has a finished run, and the site.
fn stored() -> (TempDir, String) {
    let (home, start) = (tempfile::tempdir().expect("a directory"), site());
    assert_eq!(audit(home.path(), &start, "runs.db").code, Some(0));
    (home, start)
}

/// The program's answer is an error in one line with this code, which names the file and what to do.
fn check(said: &Said, code: i32, file: &str, advice: &str) {
    assert_eq!(said.code, Some(code), "{said:?}");
    let line = said.error();
    assert!(line.contains(file) && line.contains(advice), "{line}");
}

#[test]
fn what_is_no_database_of_ours_is_named_and_left_alone() {
    let (home, start) = stored();
    let put = |name: &str, bytes: &[u8]| fs::write(home.path().join(name), bytes).expect("written");
    let sound = fs::read(home.path().join("runs.db")).expect("read");
    put(
        "notes.txt",
        b"shopping: bread, butter and whatever else there is on the list for this week",
    );
    put("newer.db", &sound);
    let newer = Connection::open(home.path().join("newer.db")).expect("opens");
    newer.pragma_update(None, "user_version", 999).expect("set");
    drop(newer);
    let foreign = Connection::open(home.path().join("foreign.db")).expect("opens");
    foreign
        .execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1)")
        .expect("made");
    drop(foreign);
    for (name, advice) in [
        ("notes.txt", "name another with --db"),
        ("newer.db", "update gatecrawl"),
        ("foreign.db", "name another with --db"),
    ] {
        let before = fs::read(home.path().join(name)).expect("read");
        check(&audit(home.path(), &start, name), 2, name, advice);
        for args in [&["runs"][..], &["report", "--out", "out"]] {
            let said = run(
                command(home.path(), &[args, &["--db", name]].concat()),
                WITHIN,
            );
            check(&said, 2, name, advice);
        }
        let after = fs::read(home.path().join(name)).expect("read");
        assert!(before == after, "{name} was changed");
    }
    // An empty file is nobody's.
    put("empty.db", b"");
    let said = run(command(home.path(), &["runs", "--db", "empty.db"]), WITHIN);
    check(&said, 2, "empty.db", "creates one");
    assert_eq!(audit(home.path(), &start, "empty.db").code, Some(0));
}

#[test]
fn a_damaged_database_never_makes_a_panic_or_a_hang_and_says_what_to_do() {
    let (home, start) = stored();
    let file = home.path().join("runs.db");
    let unfinished = Connection::open(&file).expect("opens");
    let half = "UPDATE run SET state = 'interrupted'; UPDATE url SET state = 1 WHERE id > 30";
    unfinished.execute_batch(half).expect("changed");
    drop(unfinished);
    let sound = fs::read(file).expect("read");
    let (mut said_so, mut went_well) = (0, 0);
    for seed in 0..COPIES {
        let mut dice = fastrand::Rng::with_seed(seed);
        let mut bytes = sound.clone();
        match seed % 4 {
            0 => bytes.truncate(dice.usize(1..sound.len())),
            1 => {
                let from = dice.usize(0..sound.len());
                let end = (from + dice.usize(512..65_536)).min(sound.len());
                bytes[from..end].fill(0);
            }
            _ => {
                for _ in 0..1 << dice.usize(0..12) {
                    bytes[dice.usize(0..sound.len())] = dice.u8(..);
                }
            }
        }
        let file = home.path().join("damaged.db");
        fs::write(&file, &bytes).expect("written");
        let reads: [&[&str]; 3] = [
            &["runs"],
            &[
                "report",
                "--format",
                "csv,json,html",
                "--out",
                "out",
                "--overwrite",
            ],
            &["compare", "1", "1"],
        ];
        for args in reads {
            let said = run(
                command(home.path(), &[args, &["--db", "damaged.db"]].concat()),
                WITHIN,
            );
            assert!(
                matches!(said.code, Some(0..=2)),
                "seed {seed}, {args:?}: {said:?}"
            );
            assert!(!said.err.contains("panicked"), "seed {seed}: {said:?}");
            if said.code == Some(0) {
                went_well += 1;
                continue;
            }
            said_so += 1;
            let line = said.error();
            assert!(
                line.contains("damaged.db") || line.contains("no run"),
                "seed {seed}: {line}"
            );
            let blames_others = ["locked", "neither a run", "writable"];
            let blamed = blames_others.iter().find(|words| line.contains(**words));
            assert_eq!(blamed, None, "seed {seed}: {line}");
            let names_damage = line.contains("is damaged") && line.contains("damaged.db .recover`");
            assert!(
                names_damage || !line.contains("malformed"),
                "seed {seed}: {line}"
            );
        }
        let said = if seed % 2 == 0 {
            let args = ["audit", "--resume", "1", "--rate", "0"];
            run(
                command(home.path(), &[&args[..], &["--db", "damaged.db"]].concat()),
                WITHIN,
            )
        } else {
            audit(home.path(), &start, "damaged.db")
        };
        // What could be read of a run may leave nothing to audit.
        assert!(matches!(said.code, Some(0..=3)), "seed {seed}: {said:?}");
        assert!(!said.err.contains("panicked"), "seed {seed}: {said:?}");
        for name in ["damaged.db", "damaged.db-wal", "damaged.db-shm"] {
            let _ = fs::remove_file(home.path().join(name));
        }
    }
    note(&format!(
        "{said_so} said so, {went_well} read what they needed"
    ));
    assert!(said_so > COPIES as usize && went_well > 0);
}

#[test]
fn a_crawl_waits_for_whoever_else_writes() {
    let (home, start) = stored();
    let other = Connection::open(home.path().join("runs.db")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("begun");
    let child = begin(home.path(), &start, "runs.db");
    pause(Duration::from_secs(8));
    other.execute_batch("COMMIT").expect("ended");
    let said = end(child, WITHIN);
    assert_eq!(said.code, Some(0));
    assert!(said.took < Duration::from_secs(30), "{said:?}");
}

#[test]
fn two_audits_share_a_database() {
    let (home, start) = stored();
    let both: Vec<_> = (0..2)
        .map(|_| begin(home.path(), &start, "runs.db"))
        .collect();
    for child in both {
        assert_eq!(end(child, WITHIN).code, Some(0));
    }
    let connection = Connection::open(home.path().join("runs.db")).expect("opens");
    let pages: Vec<i64> = connection
        .prepare("SELECT count(*) FROM url WHERE state = 2 GROUP BY run")
        .and_then(|mut counts| counts.query_map([], |row| row.get(0))?.collect())
        .expect("counted");
    assert_eq!(pages.len(), 3);
    assert!(pages.iter().all(|count| *count == pages[0]), "{pages:?}");
}
