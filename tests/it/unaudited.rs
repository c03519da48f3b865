//! Runs that say nothing about their site, and gates that cannot be decided: what the program says,
//! and its exit code.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use gatecrawl::model::{CrawlUrl, Moment, Skip, SkipReason};
use gatecrawl::store::{Change, RunState, Store, Writer};
use serde_json::Value;

use crate::answer::{Answer, html, ok, raw, redirect, status};
use crate::cli::{Said, Workdir, signal};
use crate::origin::Origin;

/// Audits an origin with a gate that would hold if nothing were known.
async fn audit(workdir: &Workdir, origin: &Origin, more: &[&str]) -> Said {
    let url = origin.url("/");
    let args = ["audit", &url, "--retries", "0", "--rate", "0", "-o", "out"];
    workdir.run(&[&args[..], more].concat()).await
}

async fn serving(answers: &[(&str, Answer)]) -> Origin {
    let origin = Origin::start().await;
    for (path, answer) in answers {
        origin.script(path, [answer.clone()]);
    }
    origin
}

fn gates(workdir: &Workdir) -> Vec<String> {
    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    let gates = summary["gates"].as_array().expect("a list");
    gates
        .iter()
        .map(|gate| gate["result"].as_str().expect("a ruling").to_owned())
        .collect()
}

/// What a site answers, further arguments, and what is said of the answer and advised.
type Case<'a> = (&'a [(&'a str, Answer)], &'a [&'a str], &'a str, &'a str);

#[tokio::test]
async fn a_start_page_that_is_no_page_ends_the_audit_with_3_and_says_what_to_try() {
    let form = html(200, "<form><input type='password' name=p></form>");
    let cases: [Case<'_>; 13] = [
        (
            &[("/", status(401))],
            &[],
            "answers 401 Unauthorized",
            "--basic-auth USER:PASSWORD",
        ),
        (
            &[("/", status(401))],
            &["--basic-auth", "me:wrong"],
            "answers 401 Unauthorized",
            "not accepted",
        ),
        (
            &[("/", status(403))],
            &[],
            "answers 403 Forbidden",
            "--user-agent",
        ),
        (&[], &[], "answers 404 Not Found", "check the URL"),
        (&[("/", status(410))], &[], "answers 410", "check the URL"),
        (
            &[("/", status(429))],
            &[],
            "answers 429 Too Many Requests",
            "--rate 1",
        ),
        (
            &[("/", status(503))],
            &[],
            "answers 503 Service Unavailable",
            "gatecrawl check http://",
        ),
        (
            &[("/", redirect(302, "/login")), ("/login", form.clone())],
            &[],
            "redirects to a login form, ",
            "--cookie",
        ),
        (
            &[("/", form.clone())],
            &[],
            "is a login form that leads to no other page",
            "--cookie",
        ),
        (
            &[("/", form.clone())],
            &["--cookie", "sid=old"],
            "is a login form that leads to no other page",
            "not accepted",
        ),
        (
            &[("/", redirect(302, "/welcome")), ("/welcome", form)],
            &[],
            "redirects to a login form, ",
            "--cookie",
        ),
        (
            &[("/", redirect(301, "/new"))],
            &[],
            "which answers 404 Not Found",
            "check the URL",
        ),
        (
            &[("/", redirect(302, "http://sso.example/start"))],
            &[],
            "redirects to another site, http://sso.example/start",
            "--cookie",
        ),
    ];
    for case in cases {
        is_no_audit(case).await;
    }
}

#[tokio::test]
async fn a_part_of_a_start_page_is_no_start_page() {
    let truncated =
        raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<p>");
    let cache = "a cache in front of the site may be at fault";
    let cases: [Case<'_>; 3] = [
        (
            &[("/", status(206))],
            &[],
            "answers 206 Partial Content",
            cache,
        ),
        (
            &[("/", status(304))],
            &[],
            "answers 304 Not Modified",
            cache,
        ),
        (
            &[("/", truncated)],
            &[],
            "answers 200 OK, but ",
            "gatecrawl check http://",
        ),
    ];
    for case in cases {
        is_no_audit(case).await;
    }
}

/// Audits a site that cannot be audited.
async fn is_no_audit((answers, more, answered, advice): Case<'_>) {
    let (origin, workdir) = (serving(answers).await, Workdir::new());
    let gate = ["--fail-on", "persistent > 9"];
    let said = audit(&workdir, &origin, &[&gate[..], more].concat()).await;
    assert_eq!(said.code, Some(3), "{answered}: {}", said.err);
    let site = origin.url("");
    let line = said.err.lines().last().expect("a line");
    let begin = format!("could not audit {site}: the start page {site}/ ");
    assert!(line.starts_with(&begin), "{line}");
    assert!(line.contains(answered), "{answered}: {line}");
    assert!(line.contains(advice), "{advice}: {line}");
    assert_eq!(gates(&workdir), ["undecided"], "{answered}");
    let report = workdir.read("out/report.html");
    assert!(!report.contains("All is well"), "{answered}");
}

#[tokio::test]
async fn a_dead_home_page_of_a_site_that_answers_is_a_finding() {
    let (origin, workdir) = (serving(&[("/", status(500))]).await, Workdir::new());
    let pages = (0..10).map(|n| format!("/blog/{n}"));
    let listed = pages.map(|path| {
        origin.page(&path, "<p>A page with some words.</p>");
        format!("<url><loc>{}</loc></url>", origin.url(&path))
    });
    let map = format!("<urlset>{}</urlset>", listed.collect::<String>());
    origin.script(
        "/sitemap.xml",
        [ok(&map).header("content-type", "application/xml")],
    );
    let more = ["--confirm", "1s", "--no-probe", "--sample", "0"];
    let decided = [&more[..], &["--fail-on", "persistent > 9"]].concat();
    let said = audit(&workdir, &origin, &decided).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(!said.err.contains("could not audit"), "{}", said.err);
    assert_eq!(gates(&workdir), ["held"]);
    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    let first = summary["findings"][0]["subject"].as_str();
    assert_eq!(first, Some(origin.url("/").as_str()));
    let failed = [&more[..], &["--fail-on", "5xx > 0"]].concat();
    let said = audit(&workdir, &origin, &[&failed[..], &["--overwrite"]].concat()).await;
    assert_eq!(said.code, Some(10), "{}", said.err);
}

#[tokio::test]
async fn every_report_says_that_robots_txt_forbids_the_start_page() {
    let forbidden = ok("User-agent: *\nDisallow: /\n").header("content-type", "text/plain");
    let (origin, workdir) = (serving(&[("/robots.txt", forbidden)]).await, Workdir::new());
    let said = audit(&workdir, &origin, &["-f", "html,md"]).await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    let expected = "No page could be fetched: the start page";
    for report in ["out/report.md", "out/report.html"] {
        let report = workdir.read(report);
        assert!(report.contains(expected), "{report}");
        assert!(report.contains("is forbidden by robots.txt"), "{report}");
    }
}

#[tokio::test]
async fn a_start_page_that_nobody_answers_for_says_what_to_check() {
    let workdir = Workdir::new();
    // The discard port: nothing listens there.
    let args = ["audit", "https://127.0.0.1:9/", "--retries", "0", "-q"];
    let said = workdir.run(&args).await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    for part in ["connection refused", "http:// instead of https://"] {
        assert!(said.err.contains(part), "{}", said.err);
    }
    let more = ["--ignore-robots", "--basic-auth", "a:b"];
    let said = workdir.run(&[&args[..], &more].concat()).await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("does not answer"), "{}", said.err);
}

#[tokio::test]
async fn a_form_for_customers_on_every_page_hides_none_of_them() {
    let page = "<form><input type=password></form><a href='/a'>a</a>";
    let origin = serving(&[
        ("/", redirect(302, "/en/")),
        ("/en/", ok(page)),
        ("/a", ok(page)),
    ])
    .await;
    let said = audit(&Workdir::new(), &origin, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    // Not even if all that it links to fails, or if it was asked for by name.
    let origin = serving(&[("/", ok(page)), ("/a", status(500))]).await;
    let said = audit(&Workdir::new(), &origin, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let origin = serving(&[("/login", ok("<p><input type=password>"))]).await;
    let workdir = Workdir::new();
    fs::write(workdir.path().join("urls.txt"), origin.url("/login")).expect("a list");
    let said = workdir.run(&["audit", "--url-list", "urls.txt"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[tokio::test]
async fn one_start_page_that_answers_is_enough() {
    let origin = serving(&[("/", status(404)), ("/b", ok("<p>fine"))]).await;
    let workdir = Workdir::new();
    let list = format!("{}\n{}\n", origin.url("/"), origin.url("/b"));
    fs::write(workdir.path().join("urls.txt"), list).expect("a list");
    let said = workdir.run(&["audit", "--url-list", "urls.txt"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    origin.script("/b", [status(403)]);
    let said = workdir
        .run(&["audit", "--url-list", "urls.txt", "-q"])
        .await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    let expected = "none of 2 start pages answers with a page; the first, ";
    assert!(said.err.contains(expected), "{}", said.err);
    // A list of pages that failed is checked again to see whether they still do.
    origin.script("/", [status(502)]);
    let args = [
        "audit",
        "--url-list",
        "urls.txt",
        "-q",
        "--confirm",
        "none",
        "--no-probe",
    ];
    let said = workdir.run(&args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[tokio::test]
async fn without_confirmation_a_gate_on_verdicts_is_undecided() {
    let origin = serving(&[
        ("/", ok("<a href='/bad'>x</a> <p>home")),
        ("/bad", status(502)),
    ])
    .await;
    let workdir = Workdir::new();
    let said = audit(&workdir, &origin, &["--fail-on", "persistent > 0", "-q"]).await;
    assert_eq!(said.code, Some(4), "{}", said.err);
    let expected =
        "undecided: --fail-on 'persistent > 0' (persistent is 0 to 1: 1 page is unconfirmed)";
    assert!(said.err.contains(expected), "{}", said.err);
    // What does not depend on it is decided.
    for (gate, code) in [("persistent > 1", 0), ("5xx > 0", 10)] {
        let more = ["--fail-on", gate, "--overwrite"];
        let said = audit(&workdir, &origin, &more).await;
        assert_eq!(said.code, Some(code), "{gate}: {}", said.err);
    }
}

#[tokio::test]
async fn an_incomplete_run_is_listed_as_such_and_resumed() {
    let origin = serving(&[
        ("/", ok("<a href='/a'>a</a> <a href='/b'>b</a> <p>home")),
        ("/a", ok("<p>fine")),
        ("/b", ok("<p>fine")),
    ])
    .await;
    let workdir = Workdir::new();
    let said = audit(&workdir, &origin, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    // As if the host had been given up before `/b`.
    let store = Store::open(&workdir.path().join("runs.db")).expect("a store");
    let run = store.newest_run().expect("read").expect("a run").id;
    let writer = Writer::start(&store, run).expect("started");
    let url = CrawlUrl::parse(&origin.url("/b")).expect("a URL");
    let skip = Skip::new(SkipReason::HostDown, "gave up");
    assert!(writer.send(Change::Skipped(vec![(url, skip)]), 0).await);
    writer.close().await.expect("stored");
    let now = Moment::from_millis(2_000_000_000_000);
    store
        .end_run(run, RunState::Incomplete, now)
        .expect("marked");
    assert!(store.gave_up(run).expect("read"));
    let listed = workdir.run(&["runs"]).await;
    assert!(listed.out.contains(" incomplete "), "{}", listed.out);
    let before = origin.requests().len();
    let said = workdir.run(&["audit", "--resume"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let paths: Vec<_> = origin.requests().split_off(before);
    assert!(paths.iter().any(|seen| seen.path == "/b"), "{paths:?}");
    let listed = workdir.run(&["runs"]).await;
    assert!(listed.out.contains(" finished "), "{}", listed.out);
}

#[tokio::test]
async fn an_interrupted_run_holds_no_gate() {
    let links: Vec<String> = (0..30).map(|n| format!("<a href='/p{n}'>x</a>")).collect();
    let origin = serving(&[("/", ok(&format!("<p>home {}", links.concat())))]).await;
    let workdir = Workdir::new();
    let url = origin.url("/");
    let gates_given = ["--fail-on", "5xx > 0", "--fail-on", "5xx > 999"];
    let args = ["audit", &url, "--rate", "10", "--no-sitemap", "-o", "out"];
    let mut command = workdir.command(&[&args[..], &gates_given].concat());
    let child = command.stderr(Stdio::piped()).spawn().expect("a program");
    while origin.requests().len() < 5 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let said = signal(child, "-HUP").await;
    assert_eq!(said.code, Some(130), "{}", said.err);
    assert!(!said.err.contains("held"), "{}", said.err);
    for part in [
        "known pages were not requested)",
        "not > 999, but the run was interrupted",
        "`gatecrawl audit --resume 1",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    assert_eq!(gates(&workdir), ["undecided", "undecided"]);
}

#[tokio::test]
async fn a_scheduled_run_of_a_site_behind_a_login_is_no_audit() {
    let origin = serving(&[("/", status(401))]).await;
    let workdir = Workdir::new();
    let url = origin.url("/");
    let add = ["schedule", "add", "shop", &url, "--schedule", "@daily"];
    let said = workdir.run(&add).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let said = workdir
        .run(&["schedule", "run", "--once", "--now", "shop"])
        .await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("answers 401"), "{}", said.err);
}
