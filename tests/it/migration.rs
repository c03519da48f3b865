//! A database of the first program: the current one brings it up to date and uses it, also if it was
//! killed meanwhile.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::cli::Workdir;
use crate::origin::Origin;

/// How many times the migration is killed, at moments spread over the time that it takes.
const KILLS: u32 = 40;

/// Attempts that are added to the database, so that its migration takes a while.
const MORE: u32 = 2_000;

/// Writes a database of the first program for a site at this port.
fn first_database(workdir: &Workdir, port: u16) {
    let old = Connection::open(workdir.path().join("old.db")).expect("made");
    let dump = include_str!("../../fixtures/databases/first_program.sql");
    old.execute_batch(&dump.replace("@PORT@", &port.to_string()))
        .expect("filled");
    begin_again(workdir);
}

/// Puts the old database in place of the current one.
fn begin_again(workdir: &Workdir) {
    for companion in ["runs.db-wal", "runs.db-shm"] {
        let _ = fs::remove_file(workdir.path().join(companion));
    }
    fs::copy(
        workdir.path().join("old.db"),
        workdir.path().join("runs.db"),
    )
    .expect("copied");
}

fn list_runs(workdir: &Workdir) -> Command {
    let mut command = workdir.command(&["runs", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The version of the schema, and whether SQLite finds the file sound.
fn state_of(workdir: &Workdir) -> (i64, String) {
    let file = Connection::open(workdir.path().join("runs.db")).expect("opened");
    let read = |sql| file.query_row(sql, [], |row| row.get(0)).expect("read");
    let sound = file
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("checked");
    (read("PRAGMA user_version"), sound)
}

#[test]
fn a_migration_that_is_killed_leaves_a_readable_database() {
    let workdir = Workdir::new();
    first_database(&workdir, 80);
    let old = Connection::open(workdir.path().join("old.db")).expect("opened");
    old.execute_batch(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MORE})
         INSERT INTO attempt (run, url, number, pass, purpose, started, outcome, total_us, bytes, reused, in_flight)
            SELECT 1, 1, 100 + i, 1, 'crawl', i, 30, 0, 0, 0, 1 FROM n"
    ))
    .expect("filled");
    drop(old);
    begin_again(&workdir);
    let began = Instant::now();
    let whole = list_runs(&workdir).output().expect("a program");
    let took = began.elapsed();
    assert!(whole.status.success(), "{whole:?}");
    assert!(String::from_utf8_lossy(&whole.stdout).contains("http://127.0.0.1:80"));
    let (newest, _) = state_of(&workdir);
    assert!(newest > 1);

    let mut old = 0;
    for kill in 0..KILLS {
        begin_again(&workdir);
        let mut child = list_runs(&workdir).spawn().expect("a program");
        #[expect(
            clippy::disallowed_methods,
            reason = "a real process is killed at a real moment"
        )]
        std::thread::sleep(took.max(Duration::from_millis(10)) * kill / KILLS);
        child.kill().expect("killed");
        child.wait().expect("ended");
        let (version, sound) = state_of(&workdir);
        assert!(
            version == 1 || version == newest,
            "half a migration: {version}"
        );
        assert_eq!(sound, "ok");
        old += u32::from(version == 1);
        let listed = list_runs(&workdir).output().expect("a program");
        assert_eq!(listed.stdout, whole.stdout, "killed {kill} of {KILLS}");
    }
    assert!(old > 0, "no kill came before the end of the migration");
}

#[tokio::test]
async fn the_first_programs_runs_are_listed_exported_compared_and_resumed() {
    let origin = Origin::start().await;
    let paths = (0..8).map(|number| format!("/p{number}"));
    let links: Vec<String> = paths
        .clone()
        .map(|path| format!("<a href={path}>{path}</a>"))
        .collect();
    let links = links.concat();
    origin.page("/", &format!("<p>home {links}<a href=/bad>bad</a>"));
    for path in paths {
        origin.page(&path, &format!("<p>page {path}"));
    }
    origin.page("/bad", "<p>fine by now");
    let workdir = Workdir::new();
    first_database(&workdir, origin.address().port());

    let listed = workdir.run(&["runs"]).await;
    assert!(
        listed.out.contains("interrupted") && listed.out.contains("finished"),
        "{listed:?}"
    );

    // Scores of the first model stay what they were, with the bands of that model.
    assert!(
        listed.out.contains("36.8 all but blocked, v1"),
        "{listed:?}"
    );
    assert!(listed.out.contains("5.9 medium risk, v1"), "{listed:?}");

    let reported = workdir
        .run(&["report", "1", "-f", "csv,json,md,html", "-o", "old"])
        .await;
    assert_eq!(reported.code, Some(0), "{reported:?}");
    let summary = workdir.read("old/summary.json");
    assert!(
        summary.contains("\"gatecrawl score v1\"") && summary.contains("36.7879"),
        "{summary}"
    );
    let page = workdir.read("old/report.html");
    assert!(page.contains("0–40 all but blocked"), "the bands of v1");
    assert_eq!(workdir.read("old/pages.csv").lines().count(), 1 + 10);
    assert!(workdir.read("old/server_errors.csv").contains("/bad,"));

    let resumed = workdir
        .run(&["audit", "--resume", "2", "-o", "new", "--rate", "0"])
        .await;
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert!(
        resumed.err.contains("10 of 10 known pages fetched"),
        "{resumed:?}"
    );

    let compared = workdir.run(&["compare", "1", "2"]).await;
    assert_eq!(compared.code, Some(0), "{compared:?}");
    assert!(compared.out.contains("/bad"), "{compared:?}");
    assert!(
        compared.out.contains("different models (v1 and v2)"),
        "{compared:?}"
    );
    let score = compared
        .out
        .lines()
        .find(|line| line.contains("Crawlability "));
    assert!(
        score.is_some_and(
            |line| line.contains("36.8") && line.contains("of two models, not comparable")
        ),
        "{compared:?}"
    );
    let mixed = workdir.run(&["runs"]).await;
    assert!(
        mixed.err.contains("marked v1 follow an earlier model"),
        "{mixed:?}"
    );
    // A summary.json of the first model is no better as a baseline.
    let listed = workdir.run(&["compare", "old/summary.json", "2"]).await;
    assert_eq!(listed.code, Some(0), "{listed:?}");
    assert!(
        listed.out.contains("different models (v1 and v2)"),
        "{listed:?}"
    );
}
