//! What is wrong with a text is said without the secret in it, wherever it was typed.

use std::fs;

use super::{adding, assert_clean, assert_silent, core};
use crate::cli::{Workdir, output};
use crate::origin::Origin;

/// At most this many bytes of a message that says nothing.
const SHORT: usize = 10;

async fn assert_told(workdir: &Workdir, args: &[&str]) {
    let said = output(workdir.command(args)).await;
    assert_ne!(said.status.code(), Some(0), "{args:?}");
    assert!(said.stderr.len() > SHORT, "{args:?}");
    assert_silent(&args.join(" "), &said, &["word"]);
}

#[tokio::test]
async fn no_message_quotes_a_login_that_was_typed() {
    let (workdir, word) = (Workdir::new(), core("word"));
    let url = format!("https://u:{word}@127.0.0.1:9/");
    let broken = format!("https://u:{word}@ bad/");
    let bare = format!("u:{word}@h");
    for (flag, value) in [
        ("--resolve", &format!("{bare}:443:1.2.3.4")),
        ("--host", &bare),
        ("--proxy", &bare),
        ("--proxy", &format!("http://u:{word}@h:1:2")),
        ("--sitemap", &broken),
        ("--header", &word),
        ("--header", &format!("Connection: {word}")),
        ("--cookie", &format!("a={word}\u{1}")),
        ("--cookie-file", &format!("a={word}")),
        ("--url-list", &url),
        ("--map", &url),
        ("--baseline", &url),
    ] {
        assert_told(&workdir, &["audit", "127.0.0.1:9", flag, value]).await;
    }
    for args in [
        &[url.as_str()][..],
        &["audit", &format!("https://u:pa/{word}@h/")],
        &["audit", &broken],
        &["audit", &url, "--retries", "0", "--confirm", "none"],
        &["links", &bare],
        &["sitemap", &bare],
        &["robots", &bare, "/"],
        &["links", &broken],
        &["check", &broken],
        &["report", "--url", &broken],
        &["runs", "show", &url],
        &["compare", &url, &url],
        &["explain", &url],
    ] {
        assert_told(&workdir, args).await;
    }
    fs::write(
        workdir.path().join("urls.txt"),
        format!("Address,Title\n{broken},x\nu:{word}@h,y\n"),
    )
    .expect("a list");
    assert_told(&workdir, &["audit", "--url-list", "urls.txt"]).await;
    assert_clean(workdir.path(), &["urls.txt"], &["word"]);
}

#[tokio::test]
async fn no_secret_is_put_into_the_configuration_by_a_command() {
    let (workdir, word) = (Workdir::new(), core("word"));
    let url = format!("https://u:{word}@a.example/");
    let (quoted, unquoted) = (format!("cookie = \"{word}\""), format!("cookie: {word}"));
    let proxy = format!("http://u:{word}@p.example:1");
    for (url, more) in [
        (url.as_str(), &[][..]),
        ("a.example", &["--set", &quoted]),
        ("a.example", &["--set", &unquoted]),
        ("a.example", &["--", "--cookie", &word]),
        ("a.example", &["--", "--proxy", &proxy]),
    ] {
        assert_told(&workdir, &adding(url, more)).await;
    }
    assert!(!workdir.path().join("gatecrawl.toml").exists());
    // What is no secret is taken.
    let more = ["--", "--proxy", "http://p.example:1"];
    let said = workdir.run(&adding("a.example", &more)).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        workdir
            .read("gatecrawl.toml")
            .contains("http://p.example:1")
    );
}

#[tokio::test]
async fn no_message_quotes_a_secret_of_the_configuration() {
    let word = core("word");
    let origin = Origin::start().await;
    origin.page("/", "<p>home");
    let home = origin.url("/");
    let project = "[project.shop]\nurl = 'a.example'\nschedule = '@daily'\n";
    for lines in [
        format!("header = {word}"),
        format!("header = {{ a = '{word}' }}"),
        format!("cookie = ['{word}']"),
        format!("basic-auth = '{word}' x"),
        format!("proxy = 'u:{word}@p'"),
        format!("resolve = ['u:{word}@x:1:1.1.1.1']"),
        format!("host = ['u:{word}@x']"),
        format!("sitemap = ['https://u:{word}@ b']"),
        format!("notify = 'https://hooks/{word}'"),
        format!("[project.shop.notify]\nslack = 'https://hooks/{word}'"),
        format!("[project.shop.notify]\nwebhook = ['https://hooks/{word}']"),
        format!("[[project.shop.notify.slack]]\nurl = 'https://hooks/{word}'"),
        format!("[[project.shop.notify.slack]]\nurl-env = 'https://hooks/{word}'"),
        format!("[[project.shop.notify.teams]]\nurl-file = '{word}'"),
        format!("[[project.shop.notify.webhook]]\nurl = 'hooks/{word}'"),
        format!("[[project.shop.notify.webhook]]\nurl = 'https://a/'\nsecret = '{word}'"),
        format!("[[project.shop.notify.webhook]]\nurl = 'https://a/'\nsecret-file = '{word}'"),
        format!("[smtp]\nhost = 'h'\nfrom = 'a@b.example'\npassword = '{word}'"),
        format!("[smtp]\nhost = 'h'\nfrom = 'a@b.example'\npassword-file = ['{word}']"),
        format!("smtp = 'smtp://u:{word}@h'"),
    ] {
        let workdir = Workdir::new();
        fs::write(
            workdir.path().join("gatecrawl.toml"),
            format!("{project}{lines}\n"),
        )
        .expect("a file");
        assert_told(&workdir, &["schedule", "notify-test", "shop"]).await;
        for args in [
            &["schedule", "check"][..],
            &["schedule", "list"],
            // One that is answered: how a dead host is told from a dead network takes a second.
            &[
                "audit",
                &home,
                "--no-sitemap",
                "--confirm",
                "none",
                "--rate",
                "0",
            ],
        ] {
            let said = output(workdir.command(args)).await;
            assert_silent(&format!("{lines}: {args:?}"), &said, &["word"]);
        }
    }
}
