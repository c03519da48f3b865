//! What is wrong with a text is said without the secret in it, wherever it was typed.

use std::fs;

use super::{assert_clean, assert_silent, core};
use crate::cli::{Desk, output};

/// At most this many bytes of a message that says nothing.
const SHORT: usize = 10;

async fn assert_told(desk: &Desk, args: &[&str]) {
    let said = output(desk.command(args)).await;
    assert_ne!(said.status.code(), Some(0), "{args:?}");
    assert!(said.stderr.len() > SHORT, "{args:?}");
    assert_silent(&args.join(" "), &said, &["word"]);
}

#[tokio::test]
async fn no_message_quotes_a_login_that_was_typed() {
    let (desk, word) = (Desk::new(), core("word"));
    let url = format!("https://u:{word}@127.0.0.1:9/");
    let broken = format!("https://u:{word}@ bad/");
    let bare = format!("u:{word}@h");
    let slash = format!("https://u:pa/{word}@h/");
    let resolve = format!("{bare}:443:1.2.3.4");
    let proxy = format!("http://u:{word}@h:1:2");
    let header = format!("Connection: {word}");
    let cookie = format!("a={word}\u{1}");
    let cookies = format!("a={word}");
    let audit = |more: [&'static str; 1]| ["audit", "127.0.0.1:9", more[0]];
    for args in [
        &[url.as_str()][..],
        &["audit", &slash],
        &["audit", &broken],
        &["audit", &url, "--retries", "0", "--confirm", "none"],
        &[&audit(["--resolve"])[..], &[&resolve]].concat(),
        &[&audit(["--host"])[..], &[&bare]].concat(),
        &[&audit(["--proxy"])[..], &[&bare]].concat(),
        &[&audit(["--proxy"])[..], &[&proxy]].concat(),
        &[&audit(["--sitemap"])[..], &[&broken]].concat(),
        &[&audit(["--header"])[..], &[&word]].concat(),
        &[&audit(["--header"])[..], &[&header]].concat(),
        &[&audit(["--cookie"])[..], &[&cookie]].concat(),
        &[&audit(["--cookie-file"])[..], &[&cookies]].concat(),
        &[&audit(["--url-list"])[..], &[&url]].concat(),
        &[&audit(["--map"])[..], &[&url]].concat(),
        &[&audit(["--baseline"])[..], &[&url]].concat(),
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
        assert_told(&desk, args).await;
    }
    fs::write(
        desk.path().join("urls.txt"),
        format!("a.example\n{broken}\n"),
    )
    .expect("a list");
    assert_told(&desk, &["audit", "--url-list", "urls.txt"]).await;
    assert_clean(desk.path(), &["urls.txt"], &["word"]);
}

#[tokio::test]
async fn no_secret_is_put_into_the_configuration_by_a_command() {
    let (desk, word) = (Desk::new(), core("word"));
    let url = format!("https://u:{word}@a.example/");
    let (quoted, unquoted) = (format!("cookie = \"{word}\""), format!("cookie: {word}"));
    let proxy = format!("http://u:{word}@p.example:1");
    let add = [
        "schedule",
        "add",
        "shop",
        "a.example",
        "--schedule",
        "@daily",
    ];
    for args in [
        &["schedule", "add", "shop", &url, "--schedule", "@daily"][..],
        &[&add[..], &["--set", &quoted]].concat(),
        &[&add[..], &["--set", &unquoted]].concat(),
        &[&add[..], &["--", "--cookie", &word]].concat(),
        &[&add[..], &["--", "--proxy", &proxy]].concat(),
    ] {
        assert_told(&desk, args).await;
    }
    assert!(!desk.path().join("gatecrawl.toml").exists());
    // What is no secret is taken.
    let said = desk
        .run(&[&add[..], &["--", "--proxy", "http://p.example:1"]].concat())
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(desk.read("gatecrawl.toml").contains("http://p.example:1"));
}

#[tokio::test]
async fn no_message_quotes_a_secret_of_the_configuration() {
    let word = core("word");
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
        let desk = Desk::new();
        fs::write(
            desk.path().join("gatecrawl.toml"),
            format!("{project}{lines}\n"),
        )
        .expect("a file");
        assert_told(&desk, &["schedule", "notify-test", "shop"]).await;
        for args in [
            &["schedule", "check"][..],
            &["schedule", "list"],
            &["audit", "127.0.0.1:9", "--retries", "0"],
        ] {
            let said = output(desk.command(args)).await;
            assert_silent(&format!("{lines}: {args:?}"), &said, &["word"]);
        }
    }
}
