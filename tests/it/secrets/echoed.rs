//! A site that repeats all that it is sent, wherever an answer can hold it.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{assert_clean, assert_silent, canary, plain_canary};
use crate::answer::{bytes, html, ok, redirect, status};
use crate::cli::{Workdir, output};
use crate::origin::Origin;

const NAMES: [&str; 6] = ["head", "pass", "cook", "file", "list", "line"];

/// What the program itself is given to read.
const OURS: [&str; 2] = ["cookies.txt", "urls.txt"];

fn secret(name: &str) -> String {
    // Cookies have no quotes or blanks, and URLs no brackets.
    if ["head", "pass"].contains(&name) {
        canary(name)
    } else {
        plain_canary(name)
    }
}

/// All secrets in one line, in the codings in which servers repeat them.
fn echo(names: &[&str]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let echoes = names.iter().map(|name| {
        let secret = secret(name);
        let is_login = ["pass", "list", "prox"].contains(name);
        let login = if is_login {
            STANDARD.encode(format!("me:{secret}"))
        } else {
            String::new()
        };
        let url = utf8_percent_encode(&secret, NON_ALPHANUMERIC);
        let json = serde_json::to_string(&secret).expect("JSON");
        format!("{} {url} {json} Basic {login}", escaped(&secret))
    });
    echoes.collect::<Vec<_>>().join(" ")
}

fn in_url() -> String {
    let all = NAMES.map(secret).join("/");
    utf8_percent_encode(&all, NON_ALPHANUMERIC).to_string()
}

/// All secrets with every character escaped, as URLs, HTML and JSON do it; servers need not, and may.
fn escaped() -> [String; 3] {
    let all = NAMES.map(secret).join("/");
    let each = |write: fn(u8) -> String| all.bytes().map(write).collect::<String>();
    [
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("&#{byte};")),
        each(|byte| format!("\\u{byte:04x}")),
    ]
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(text.as_bytes()).expect("memory has room");
    packer.finish().expect("memory has room")
}

/// A site that repeats what it is sent, and links to another one with it.
async fn parrot(away: &Origin) -> Origin {
    let origin = Origin::start().await;
    let (echo, url) = (echo(&NAMES), in_url());
    let [percent, references, json] = escaped();
    let links = format!(
        "<a href='/{percent}'>p</a><a href='/{references}'>r</a><a href='/wide'>{json}</a>\
         <a href='/bad'>{echo}</a><a href='/moved'>m</a><a href='/in/{url}?sid={url}'>x</a>\
         <a href='{}?sid={url}'>away</a><a href='http://[{url}'>broken</a><img src='/i/{url}' alt='a'>",
        away.url("/")
    );
    let home = format!("<title>{echo}</title><html lang='{url}'><h1>{echo}</h1><p>{echo}{links}");
    origin.script("/", [ok(&home).header("X-Robots-Tag", &url)]);
    origin.page("/listed", "<p>fine");
    let wide = utf16(&format!(
        "\u{feff}<title>{echo}</title><p>{echo}<a href='/w/{url}'>{echo}</a>"
    ));
    origin.script("/wide", [bytes(wide).header("Content-Type", "text/html")]);
    let map = format!(
        "<urlset><url><loc>{}</loc></url>",
        origin.url(&format!("/z/{url}"))
    );
    origin.script("/map.xml.gz", [bytes(gzip(&map))]);
    let bad = html(502, &format!("<title>502</title><p>{echo}"));
    let bad = [
        "Server",
        "Via",
        "X-Cache",
        "X-Request-Id",
        "Retry-After",
        "Set-Cookie",
    ]
    .into_iter()
    .fold(bad, |answer, name| answer.header(name, &echo));
    origin.script("/bad", [bad]);
    let moved =
        redirect(302, &format!("/to?sid={url}")).header("Refresh", &format!("1;url=/r/{url}"));
    origin.script("/moved", [moved]);
    let robots = format!(
        "User-agent: *\nDisallow: /no/{url}\n{echo}\nSitemap: {}?{url}\nSitemap: {}\n",
        origin.url("/map.xml"),
        origin.url("/map.xml.gz")
    );
    origin.script(
        "/robots.txt",
        [bytes(robots).header("Content-Type", "text/plain")],
    );
    origin
}

/// The program with all secrets.
async fn say(workdir: &Workdir, args: &[&str]) -> Output {
    let mut command = workdir.command(args);
    command
        .env("GATECRAWL_BASIC_AUTH", format!("me:{}", secret("pass")))
        .env("GATECRAWL_COOKIE", format!("a={}", secret("cook")))
        .env("GATECRAWL_HEADER", format!("X-Key: {}", secret("head")));
    output(command).await
}

fn workdir() -> Workdir {
    let workdir = Workdir::new();
    let cookies = format!(
        "127.0.0.1\tFALSE\t/\tFALSE\t0\tf\t{}\nCookie: l={}\n",
        secret("file"),
        secret("line")
    );
    fs::write(workdir.path().join("cookies.txt"), cookies).expect("cookies");
    workdir
}

#[tokio::test]
async fn what_a_site_repeats_of_secrets_comes_out_nowhere() {
    let away = Origin::start().await;
    let origin = parrot(&away).await;
    let workdir = workdir();
    let login = format!("://me:{}@", secret("list"));
    let list = format!(
        "{}\n{}\n",
        origin.url("/"),
        origin.url("/listed").replace("://", &login)
    );
    fs::write(workdir.path().join("urls.txt"), list).expect("a list");
    let (home, bad) = (origin.url("/"), origin.url("/bad"));
    let both = [&bad, &home]
        .map(|url| url.replace("://", &login))
        .join(" ");
    let common = "audit --url-list urls.txt --crawl --cookie-file cookies.txt --retries 0 --rate 0 --external --resources \
                  --select who=h1 --confirm 1s --fail-on 5xx>0";
    let formats = "csv,json,html,md,jsonl,xlsx,junit,screaming-frog";
    for call in [
        format!("{common} --overwrite -vv -o out -f {formats}"),
        format!("{common} -vv --log-format json"),
        format!("{common} --dry-run"),
        format!("report -f {formats} -o again"),
        format!("report --url {bad} --json"),
        "compare 1 2 --json".to_owned(),
        "compare 1 2 --csv".to_owned(),
        "runs show".to_owned(),
        "runs --json".to_owned(),
        format!("check {both} --cookie-file cookies.txt --attempts 1"),
        format!("check {both} --cookie-file cookies.txt --attempts 1 --json --as gatecrawl,chrome"),
    ] {
        let said = say(&workdir, &call.split_whitespace().collect::<Vec<_>>()).await;
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(
            matches!(said.status.code(), Some(0 | 1 | 10)),
            "{call}: {text}"
        );
        assert!(!said.stdout.is_empty() || !said.stderr.is_empty(), "{call}");
        assert_silent(&call, &said, &NAMES);
    }
    // So it was not for want of secrets.
    let mut bare = Vec::new();
    for seen in origin.requests() {
        assert_eq!(seen.header("x-key"), Some(secret("head").as_str()));
        assert!(seen.header("authorization").is_some(), "{}", seen.path);
        match seen.header("cookie") {
            Some(cookies) => assert!(cookies.contains(&secret("cook"))),
            None => bare.push(seen.path.clone()),
        }
    }
    // An experiment does without cookies: once in each audit for the page that fails.
    assert_eq!(bare, ["/bad", "/bad"]);
    let pages = workdir.read("out/pages.csv");
    for path in ["/[secret]/", "/wide", "/w/[secret]", "/z/[secret]"] {
        assert!(pages.contains(path), "{path}: {pages}");
    }
    assert_clean(workdir.path(), &OURS, &NAMES);
    let elsewhere = format!("{:?}", away.requests());
    assert!(
        elsewhere.contains("?sid=") && !elsewhere.contains("q7x"),
        "{elsewhere}"
    );
}

#[tokio::test]
async fn a_killed_audit_leaves_no_secret_behind() {
    let away = Origin::start().await;
    let origin = parrot(&away).await;
    origin.script("/listed", [ok("<p>late").after(Duration::from_mins(1))]);
    origin.script("/sitemap.xml", [status(404)]);
    let workdir = workdir();
    let mut command = workdir.command(&[
        "audit",
        &origin.url("/"),
        &origin.url("/listed"),
        "--retries",
        "0",
        "--rate",
        "0",
    ]);
    let spawned = command
        .env("GATECRAWL_BASIC_AUTH", format!("me:{}", secret("pass")))
        .stderr(Stdio::piped())
        .spawn();
    let mut child = spawned.expect("a program");
    let asked = async {
        while !origin.requests().iter().any(|seen| seen.path == "/bad") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let asked = tokio::time::timeout(Duration::from_mins(1), asked).await;
    asked.expect("it gets that far");
    child.kill().expect("alive");
    let said = child.wait_with_output().expect("an end");
    assert_silent("audit", &said, &["pass"]);
    let log = fs::metadata(workdir.path().join("runs.db-wal")).expect("what is not written back");
    assert!(log.len() > 0);
    assert_clean(workdir.path(), &OURS, &["pass"]);
}

#[tokio::test]
async fn the_password_of_a_proxy_comes_out_nowhere() {
    let proxy = Origin::start().await;
    let page = html(502, &echo(&["prox"])).header("Via", &echo(&["prox"]));
    proxy.script("http://site.example/", [page.clone()]);
    proxy.script("http://site.example/robots.txt", [status(404)]);
    let workdir = Workdir::new();
    let address = format!("http://me:{}@{}", secret("prox"), proxy.address());
    let audit = [
        "audit",
        "http://site.example/",
        "--retries",
        "0",
        "-vv",
        "-o",
        "out",
        "--confirm",
        "none",
    ];
    for args in [
        &audit[..],
        &["check", "http://site.example/", "--attempts", "1", "--json"],
    ] {
        let mut command = workdir.command(args);
        command.env("GATECRAWL_PROXY", &address);
        let said = output(command).await;
        assert!(!said.stdout.is_empty() || !said.stderr.is_empty());
        assert_silent(args[0], &said, &["prox"]);
    }
    let login = format!(
        "Basic {}",
        STANDARD.encode(format!("me:{}", secret("prox")))
    );
    let seen = proxy.requests();
    assert!(seen.len() > 1);
    assert!(
        seen.iter()
            .all(|seen| seen.header("proxy-authorization") == Some(login.as_str()))
    );
    assert!(workdir.read("out/pages.csv").contains("site.example"));
    assert_clean(workdir.path(), &[], &["prox"]);
}
