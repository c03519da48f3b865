//! Server logs beside a crawl of the same site.

use std::fmt::Write as _;
use std::fs;

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use crate::answer::status;
use crate::cli::Workdir;
use crate::origin::Origin;

/// A home page with three pages: one is broken, one is broken for others only, one always fine.
async fn site() -> Origin {
    let origin = Origin::start().await;
    let links = ["/fine", "/broken", "/others"].map(|path| format!("<a href={path}>{path}</a>"));
    origin.page("/", &links.concat());
    origin.page("/fine", "fine");
    origin.page("/others", "fine for a crawl");
    origin.script("/broken", [status(502)]);
    origin
}

/// Returns a moment near now as a format writes it.
fn time(format: &str, seconds: i64) -> String {
    let moment = Timestamp::now() + seconds.seconds();
    moment.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/120 Safari/537.36";

/// Returns a line of `combined`, with the header of crawls at its end.
fn line(path: &str, status: u16, agent: &str, run: &str) -> String {
    let time = time("%d/%b/%Y:%H:%M:%S %z", 0);
    format!(
        "192.0.2.7 - - [{time}] \"GET {path} HTTP/1.1\" {status} 1 \"-\" \"{agent}\" run=\"{run}\"\n"
    )
}

/// Returns a record of nginx about a request that failed.
fn record(path: &str, client: &str, seconds: i64) -> String {
    let time = time("%Y/%m/%d %H:%M:%S", seconds);
    format!(
        "{time} [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: {client}, \
         server: shop, request: \"GET {path} HTTP/1.1\", upstream: \"http://127.0.0.1:1{path}\", host: \"shop\"\n"
    )
}

/// Requests of others: a browser that gets 502s from a page that is fine for the crawl, and from one that it does not know.
fn others() -> String {
    let mut log = String::new();
    for (path, code) in [("/fine", 200), ("/others", 502), ("/unknown", 502)] {
        log += &line(path, code, BROWSER, "-");
    }
    log
}

#[tokio::test]
async fn logs_are_compared_with_the_newest_crawl_of_the_site() {
    let (origin, dir) = (site().await, Workdir::new());
    let said = dir.run(&["audit", &origin.url("/"), "--no-sitemap"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mut access = others();
    let mut errors = String::new();
    let own = origin.requests();
    for seen in &own {
        let code = if seen.path == "/broken" { 502 } else { 200 };
        let header = |name| seen.header(name).expect("a header").to_owned();
        access += &line(
            &seen.path,
            code,
            &header("user-agent"),
            &header("x-gatecrawl-run"),
        );
        if code == 502 {
            // Not of this request.
            let _ = writeln!(
                errors,
                "{}",
                record("/others", "192.0.2.9", -600).trim_end()
            );
            errors += &record(&seen.path, "192.0.2.7", 0);
        }
    }
    fs::write(dir.path().join("access.log"), access).expect("written");
    fs::write(dir.path().join("error.log"), errors).expect("written");

    let said = dir
        .run(&["logs", "access.log", "error.log", "-o", "out", "--json"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let found: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(found["own_requests"], own.len());
    assert_eq!(
        (&found["requests"], &found["failed"]),
        (&3.into(), &2.into())
    );
    let crawl = &found["crawl"];
    let differences: Vec<String> = crawl["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|kind| {
            format!(
                "{} {} {}",
                kind["difference"], kind["urls"], kind["worst"][0]
            )
        })
        .collect();
    let url = |path| format!("{:?}", origin.url(path));
    let expected = [
        format!("\"only_others\" 1 {}", url("/others")),
        "\"not_crawled\" 1 \"/unknown\"".to_owned(),
        format!("\"not_requested\" 1 {}", url("/broken")),
    ];
    assert_eq!(differences, expected);
    assert_eq!(crawl["failed_attempts"], crawl["explained_attempts"]);
    assert_eq!(crawl["lines"][0], "error.log:2");
    let table = dir.read("out/log_vs_crawl.csv");
    let broken = table
        .lines()
        .find(|row| row.contains("/broken"))
        .expect("a row");
    assert!(broken.ends_with(",error.log:2"), "{broken}");

    // The lines are kept with the run, and prove its cause.
    let said = dir.run(&["report", "-f", "csv", "-o", "again"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let findings = dir.read("again/findings.csv");
    assert!(findings.contains("see line 2 of error.log"), "{findings}");
    // What was read once is not forgotten at the next call.
    let said = dir.run(&["logs", "access.log", "error.log"]).await;
    let own = own.len();
    for text in [
        format!("Own crawls     {own} requests of gatecrawl, left out of all counts"),
        format!(
            "1 URL fails for others but was fine for the crawl, such as {}",
            origin.url("/others")
        ),
        "such as error.log:2".to_owned(),
    ] {
        assert!(said.out.contains(&text), "{text}: {}", said.out);
    }
    // A run that logs know nothing of is joined only where it is named.
    let said = dir.run(&["logs", "--run", "7", "access.log"]).await;
    assert_eq!(said.code, Some(2), "{}", said.err);
    fs::write(
        dir.path().join("foreign.log"),
        line("/a", 200, BROWSER, "-"),
    )
    .expect("written");
    let said = dir.run(&["logs", "foreign.log"]).await;
    assert!(!said.out.contains("Crawl "), "{}", said.out);
    let said = dir
        .run(&["logs", "--run", "1", "--no-store", "foreign.log"])
        .await;
    assert!(
        said.out.contains("0 of 5 URLs are in the logs"),
        "{}",
        said.out
    );
}

#[tokio::test]
async fn logs_that_are_not_stored_need_no_database() {
    let dir = Workdir::new();
    fs::write(dir.path().join("access.log"), others()).expect("written");
    fs::write(dir.path().join("other.db"), "no database").expect("written");
    let said = dir
        .run(&["logs", "--no-store", "--db", "other.db", "access.log"])
        .await;
    assert_eq!(said.code, Some(0), "{}", said.err);
}

#[tokio::test]
async fn an_audit_with_logs_names_the_cause_by_its_line() {
    let (origin, dir) = (site().await, Workdir::new());
    let url = origin.url("/");
    let without = dir
        .run(&["audit", &url, "--no-sitemap", "-o", "without"])
        .await;
    assert_eq!(without.code, Some(0), "{}", without.err);
    let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    let access = others() + &line("/", 503, googlebot, "-");
    fs::write(dir.path().join("access.log"), access).expect("written");
    fs::write(
        dir.path().join("error.log"),
        record("/broken", "127.0.0.1", 1),
    )
    .expect("written");
    fs::write(
        dir.path().join("gatecrawl.toml"),
        "logs = [\"access.log\", \"error.log\"]\n",
    )
    .expect("written");
    let said = dir
        .run(&[
            "audit",
            &url,
            "--no-sitemap",
            "--retries",
            "0",
            "--fail-on",
            "googlebot-5xx > 0",
            "-o",
            "with",
        ])
        .await;
    assert_eq!(said.code, Some(10), "{}", said.err);
    assert!(
        said.err
            .contains("lines of the logs explain 1 of its 1 failed attempt"),
        "{}",
        said.err
    );
    let cause = |out: &str| {
        let findings = dir.read(&format!("{out}/findings.csv"));
        findings
            .lines()
            .find(|row| row.contains("broken"))
            .expect("a finding")
            .to_owned()
    };
    let (without, with) = (cause("without"), cause("with"));
    assert!(!without.contains("server's log"), "{without}");
    let line = "the server's log says a backend that is down for 1 of 1 failures, see line 1 of";
    assert!(with.contains(line), "{with}");
    assert!(with.contains(",upstream_down,"), "{with}");
    let report = dir.read("with/report.html");
    assert!(
        report.contains("see line 1 of"),
        "the report shows the line"
    );
    assert!(dir.read("with/log_vs_crawl.csv").contains(",only_others,"));
    assert!(
        dir.read("with/log_report.html")
            .contains("Lines of the logs explain 1 of its 1 failed attempt")
    );
    // So is a format that cannot be read.
    let before = origin.requests().len();
    let given = ["--logs", "access.log", "--line-format", "%h %q no time"];
    let said = dir.run(&[&["audit", &url][..], &given].concat()).await;
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert!(said.err.contains("--line-format \"%h"), "{}", said.err);
    // A missing log is told before anything is requested.
    let said = dir.run(&["audit", &url, "--logs", "none.log"]).await;
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert_eq!(origin.requests().len(), before);
}

#[tokio::test]
async fn pages_that_others_request_more_are_repaired_first() {
    let (origin, dir) = (Origin::start().await, Workdir::new());
    origin.page("/", "<a href=/a>a</a> <a href=/b>b</a>");
    for path in ["/a", "/b"] {
        origin.script(path, [status(500)]);
    }
    // A format that is not recognised.
    let mut log = String::new();
    for (path, times) in [("/", 20), ("/a", 1), ("/b", 99)] {
        let time = time("%Y-%m-%dT%H:%M:%SZ", -3_600);
        log += &format!("{BROWSER}|500|{path}|{time}\n").repeat(times);
    }
    fs::write(dir.path().join("own.log"), log).expect("written");
    fs::write(
        dir.path().join("nginx.conf"),
        "log_format own '$http_user_agent|$status|$uri|$time_iso8601';\n",
    )
    .expect("written");
    let audit = async |out: &str, more: &[&str]| {
        let url = origin.url("/");
        let args = [
            "audit",
            &url,
            "--no-sitemap",
            "--confirm",
            "none",
            "-o",
            out,
        ];
        let said = dir.run(&[&args[..], more].concat()).await;
        assert_eq!(said.code, Some(0), "{}", said.err);
        let table = dir.read(&format!("{out}/server_errors.csv"));
        let mut lines = table
            .lines()
            .map(|line| line.split(',').collect::<Vec<_>>());
        let heads = lines.next().expect("a header");
        let at = heads.iter().position(|head| *head == "Priority");
        let at = at.expect("a column");
        let rows = lines.map(|row| (row[0].to_owned(), row[at].parse::<f64>().expect("a number")));
        rows.collect::<Vec<_>>()
    };
    let without = audit("without", &[]).await;
    assert!((without[0].1 - without[1].1).abs() < 0.01, "{without:?}");
    let with = ["--logs", "own.log", "--nginx-conf", "nginx.conf"];
    let with = audit("with", &with).await;
    let factors: Vec<f64> = with.iter().map(|(_, now)| now / without[0].1).collect();
    assert_eq!(with[0].0, origin.url("/b"));
    // 1 + 2 ln(1 + hits) / ln(1 + most hits)
    for (factor, expected) in factors.iter().zip([3.0, 1.301]) {
        assert!((factor - expected).abs() < 0.01, "{factors:?}");
    }
    let summary: Value = serde_json::from_str(&dir.read("with/summary.json")).expect("JSON");
    let visits = &summary["traffic"];
    assert_eq!(
        (&visits["unit"], &visits["visits"]),
        (&json!("requests"), &json!(120.0))
    );
    assert_eq!(visits["clicks_at_risk"]["value"], 100.0, "{visits}");
    let report = dir.read("with/report.html");
    assert!(
        report.contains("about 100 requests a day at risk"),
        "{report}"
    );
    let table = dir.read("with/pages.csv");
    assert!(!table.contains("Clicks"), "{table}");
}
