//! Files that hold secrets, or may: who can read them, and what is said of those that everybody can.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{assert_silent, plain_canary};
use crate::cli::{Desk, output};
use crate::origin::Origin;

fn mode(desk: &Desk, file: &str) -> u32 {
    let file = fs::metadata(desk.path().join(file)).expect(file);
    file.permissions().mode() & 0o777
}

fn write(desk: &Desk, file: &str, text: &str, mode: u32) {
    let path = desk.path().join(file);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("ours");
}

#[tokio::test]
async fn a_database_is_made_for_its_owner_alone() {
    let origin = Origin::start().await;
    origin.page("/", "<p>home");
    let desk = Desk::new();
    let said = desk.run(&["audit", &origin.url("/"), "--no-sitemap"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert_eq!(mode(&desk, "runs.db"), 0o600);
    // Whoever shares it says so once.
    let path = desk.path().join("runs.db");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("ours");
    desk.run(&["audit", &origin.url("/"), "--no-sitemap"]).await;
    assert_eq!(mode(&desk, "runs.db"), 0o640);
}

#[tokio::test]
async fn an_edited_configuration_keeps_its_permissions() {
    for known in [0o600, 0o640, 0o644] {
        let desk = Desk::new();
        write(&desk, "gatecrawl.toml", "rate = 5\n", known);
        let add = [
            "schedule",
            "add",
            "shop",
            "a.example",
            "--schedule",
            "@daily",
        ];
        for args in [&add[..], &["schedule", "remove", "shop"]] {
            let said = desk.run(args).await;
            assert_eq!(said.code, Some(0), "{}", said.err);
            assert_eq!(mode(&desk, "gatecrawl.toml"), known);
        }
        assert!(!desk.path().join("gatecrawl.toml.new").exists());
    }
}

#[tokio::test]
async fn a_file_of_secrets_that_everybody_may_read_is_named() {
    let origin = Origin::start().await;
    origin.page("/", "<p>home");
    let home = origin.url("/");
    let secret = plain_canary("perm");
    let cases = [
        (
            "gatecrawl.toml",
            format!("cookie = \"a={secret}\"\n"),
            &["audit", &home][..],
        ),
        (
            "gatecrawl.toml",
            format!("proxy = \"http://u:{secret}@{}\"\n", origin.address()),
            &["audit", &home, "--retries", "0", "--confirm", "none"],
        ),
        (
            "gatecrawl.toml",
            format!(
                "[project.a]\nurl = \"a.example\"\nschedule = \"@daily\"\nbasic-auth = \"u:{secret}\"\n"
            ),
            &["schedule", "check"],
        ),
        (
            "cookies.txt",
            format!("Cookie: a={secret}\n"),
            &["audit", &home, "--cookie-file", "cookies.txt"],
        ),
    ];
    for (file, text, args) in cases {
        for (known, expected) in [(0o644, true), (0o640, false)] {
            let desk = Desk::new();
            write(&desk, file, &text, known);
            let said = output(desk.command(args)).await;
            let told = String::from_utf8_lossy(&said.stderr).into_owned();
            let words = format!("{file} holds secrets and everybody on this machine may read it");
            assert_eq!(told.contains(&words), expected, "{args:?}: {told}");
            assert_silent(file, &said, &["perm"]);
        }
    }
    let desk = Desk::new();
    write(
        &desk,
        "gatecrawl.toml",
        "rate = 5\nurl = \"a.example\"\n",
        0o644,
    );
    let said = desk.run(&["audit", &home]).await;
    assert!(!said.err.contains("holds secrets"), "{}", said.err);
}
