//! Files that hold secrets, or may: who can read them, and what is said of those that everybody can.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{adding, assert_silent, plain_canary};
use crate::cli::{Workdir, output};
use crate::origin::Origin;

fn mode(workdir: &Workdir, file: &str) -> u32 {
    let file = fs::metadata(workdir.path().join(file)).expect(file);
    file.permissions().mode() & 0o777
}

fn set_mode(workdir: &Workdir, file: &str, mode: u32) {
    let mode = fs::Permissions::from_mode(mode);
    fs::set_permissions(workdir.path().join(file), mode).expect("ours");
}

fn write(workdir: &Workdir, file: &str, text: &str, mode: u32) {
    fs::write(workdir.path().join(file), text).expect("a file");
    set_mode(workdir, file, mode);
}

#[tokio::test]
async fn a_database_is_made_for_its_owner_alone() {
    let origin = Origin::start().await;
    origin.page("/", "<p>home");
    let workdir = Workdir::new();
    let home = origin.url("/");
    let audit = ["audit", &home, "--no-sitemap"];
    let said = workdir.run(&audit).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(mode(&workdir, "runs.db"), 0o600);
    // Whoever shares it says so once.
    set_mode(&workdir, "runs.db", 0o640);
    workdir.run(&audit).await;
    assert_eq!(mode(&workdir, "runs.db"), 0o640);
}

#[tokio::test]
async fn an_edited_configuration_keeps_its_permissions() {
    for known in [0o600, 0o640, 0o644] {
        let workdir = Workdir::new();
        write(&workdir, "gatecrawl.toml", "rate = 5\n", known);
        let remove = vec!["schedule", "remove", "shop"];
        for args in [adding("a.example", &[]), remove] {
            let said = workdir.run(&args).await;
            assert_eq!(said.code, Some(0), "{}", said.err);
            assert_eq!(mode(&workdir, "gatecrawl.toml"), known);
        }
        let left = fs::read_dir(workdir.path()).expect("read").count();
        assert_eq!(left, 1, "something is left beside it");
    }
}

#[tokio::test]
async fn a_file_of_secrets_that_everybody_may_read_is_named() {
    let origin = Origin::start().await;
    origin.page("/", "<p>home");
    let home = origin.url("/");
    let secret = plain_canary("perm");
    let proxy = format!("http://u:{secret}@{}", origin.address());
    let audit = [
        "audit",
        &home,
        "--no-sitemap",
        "--retries",
        "0",
        "--confirm",
        "none",
    ];
    let with_file = [&audit[..], &["--cookie-file", "cookies.txt"]].concat();
    let with_config = [&audit[..], &["--config", "gatecrawl.toml"]].concat();
    let project = "[project.a]\nurl = 'a.example'\nschedule = '@daily'";
    let ours = "gatecrawl.toml";
    let cases = [
        (ours, format!("cookie = 'a={secret}'\n"), &audit[..]),
        (ours, format!("proxy = '{proxy}'\n"), &with_config),
        (
            ours,
            format!("{project}\nbasic-auth = 'u:{secret}'\n"),
            &["schedule", "check"],
        ),
        ("cookies.txt", format!("Cookie: a={secret}\n"), &with_file),
    ];
    for (file, text, args) in cases {
        for (known, expected) in [(0o644, true), (0o640, false)] {
            let workdir = Workdir::new();
            write(&workdir, file, &text, known);
            let said = output(workdir.command(args)).await;
            let told = String::from_utf8_lossy(&said.stderr).into_owned();
            let words = format!("{file} holds secrets and everybody on this machine may read it");
            assert_eq!(told.contains(&words), expected, "{args:?}: {told}");
            assert_silent(file, &said, &["perm"]);
        }
    }
    let workdir = Workdir::new();
    write(&workdir, ours, "rate = 5\nurl = 'a.example'\n", 0o644);
    let said = workdir.run(&audit).await;
    assert!(!said.err.contains("holds secrets"), "{}", said.err);
}

#[tokio::test]
async fn a_database_is_a_file_of_the_name_that_is_given() {
    let origin = Origin::start().await;
    origin.page("/", "<p>home");
    let (workdir, home) = (Workdir::new(), origin.url("/"));
    for name in [":memory:", "file:own.db?mode=memory"] {
        let said = workdir
            .run(&["audit", &home, "--no-sitemap", "--db", name])
            .await;
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert_eq!(mode(&workdir, name), 0o600);
        let said = workdir.run(&["runs", "--db", name]).await;
        assert!(said.out.contains("127.0.0.1"), "{}{}", said.out, said.err);
    }
    // SQLite would make the file that it names, for everybody.
    std::os::unix::fs::symlink("away.db", workdir.path().join("link.db")).expect("a link");
    let said = workdir
        .run(&["audit", &home, "--no-sitemap", "--db", "link.db"])
        .await;
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(
        said.err.contains("a link to a file that does not exist"),
        "{}",
        said.err
    );
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    assert!(!workdir.path().join("away.db").exists());
    // One that leads to a file is followed.
    fs::write(workdir.path().join("away.db"), "").expect("a file");
    set_mode(&workdir, "away.db", 0o600);
    let said = workdir
        .run(&["audit", &home, "--no-sitemap", "--db", "link.db"])
        .await;
    assert_eq!((said.code, mode(&workdir, "away.db")), (Some(0), 0o600));
}
