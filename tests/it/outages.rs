//! Audits of sites that are closed or cannot be reached: exit code, findings, and how little is asked.

use std::fs;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::answer::{hang, html, ok, status};
use crate::cli::{Said, Workdir, output};
use crate::origin::Origin;
use crate::tls::Authority;

/// Rules and causes of the findings of the last audit, in order.
fn findings(workdir: &Workdir) -> Vec<String> {
    let text = workdir.read("out/findings.csv");
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let rows = rows.records().map(|row| row.expect("valid CSV"));
    rows.map(|row| format!("{} {}", &row[0], &row[4]).trim().to_owned())
        .collect()
}

#[tokio::test]
async fn a_site_in_maintenance_is_asked_little_and_not_waited_for() {
    let origin = Origin::start().await;
    let closed = html(503, "<h1>Back soon</h1>").header("Retry-After", "3600");
    let paths: Vec<String> = (0..20).map(|n| format!("/p{n}")).collect();
    for path in paths
        .iter()
        .map(String::as_str)
        .chain(["/", "/sitemap.xml"])
    {
        origin.script(path, [closed.clone()]);
    }
    let workdir = Workdir::new();
    let list: Vec<String> = paths.iter().map(|path| origin.url(path) + "\n").collect();
    fs::write(workdir.path().join("urls.txt"), list.concat()).expect("a list");
    let (site, began) = (origin.url("/"), Instant::now());
    let wanted: [(&[&str], &[&str]); 2] = [
        (&[site.as_str()], &["host_maintenance maintenance"]),
        (
            &["--url-list", "urls.txt"],
            &["host_down", "host_maintenance maintenance"],
        ),
    ];
    for (what, expected) in wanted {
        let before = origin.requests().len();
        let audit = ["audit", "--confirm", "1s,2s", "-o", "out", "--overwrite"];
        let said = workdir.run(&[&audit, what].concat()).await;
        assert_eq!(said.code, Some(3), "{}", said.err);
        assert_eq!(findings(&workdir), expected);
        assert!(workdir.read("out/pages.csv").contains(",maintenance,"));
        let asked = origin.requests().len() - before;
        // Five pages in a row, one more with a control, robots.txt.
        assert!(asked <= 8, "{asked} requests");
    }
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn a_robots_txt_that_fails_is_the_first_finding_and_nothing_else_is_asked() {
    let origin = Origin::start().await;
    origin.script("/robots.txt", [status(502)]);
    origin.page("/", "<p>home");
    let workdir = Workdir::new();
    let said = workdir
        .run(&["audit", &origin.url("/"), "-o", "out", "-f", "csv,json"])
        .await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    let asked = origin.requests();
    assert!(
        asked.iter().all(|seen| seen.path == "/robots.txt"),
        "{asked:?}"
    );
    let found = workdir.read("out/findings.csv");
    assert!(
        found.contains("robots_unreachable,critical,host,"),
        "{found}"
    );
    assert!(
        found.contains("for the first 12 hours Google stops crawling"),
        "{found}"
    );
    let summary: serde_json::Value =
        serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    assert_eq!(summary["scores"]["crawlability"]["value"], 0.0, "{summary}");
}

/// An audit that takes an authority of the test's own for one of the world's.
async fn audit(workdir: &Workdir, authority: &Authority, url: &str) -> Said {
    let root = STANDARD.encode(&authority.root);
    let pem = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
    let file = workdir.path().join("root.pem");
    fs::write(&file, pem).expect("a certificate");
    let quick = ["--retries", "0", "--confirm", "none", "--timeout", "1s"];
    let args = ["audit", url, "--no-probe", "-o", "out", "--overwrite"];
    let mut command = workdir.command(&[&args[..], &quick].concat());
    command.env("SSL_CERT_FILE", file);
    Said::from(output(command).await)
}

#[tokio::test]
async fn each_way_of_being_out_of_reach_is_told() {
    let authority = Authority::named("Known");
    let expired = Origin::start_tls(authority.expired_server("localhost")).await;
    let other = Origin::start_tls(authority.server("example.org")).await;
    let silent = Origin::start().await;
    silent.script("/robots.txt", [hang()]);
    let cases = [
        (expired.url_as("localhost", "/"), "tls_expired", "tls"),
        (other.url_as("localhost", "/"), "tls_name", "tls"),
        // The discard port: nothing listens there.
        (
            "http://127.0.0.1:9/".to_owned(),
            "connect_refused",
            "upstream_down or firewall",
        ),
        (silent.url("/"), "ttfb_timeout", "upstream_timeout"),
    ];
    let workdir = Workdir::new();
    for (url, outcome, cause) in cases {
        let said = audit(&workdir, &authority, &url).await;
        assert_eq!(said.code, Some(3), "{outcome}: {}", said.err);
        let robots = workdir.read("out/robots.csv");
        assert!(
            robots.contains(&format!(",{outcome},")),
            "{outcome}: {robots}"
        );
        let found = findings(&workdir);
        // A server that accepts connections is there.
        let rule = match outcome {
            "ttfb_timeout" => "robots_unreachable",
            _ => "host_down",
        };
        assert!(
            found.contains(&format!("{rule} {cause}")),
            "{outcome}: {found:?}"
        );
        let of_tls = found.contains(&"tls_fault tls".to_owned());
        assert_eq!(of_tls, cause == "tls", "{outcome}: {found:?}");
    }
}

#[tokio::test]
async fn a_page_that_never_begins_to_answer_is_a_backend_that_is_too_slow() {
    let origin = Origin::start().await;
    origin.script("/", [ok("<p>home <a href='/slow'>slow</a>")]);
    origin.script("/slow", [hang()]);
    let workdir = Workdir::new();
    let args = [
        "audit",
        &origin.url("/"),
        "--timeout",
        "1s",
        "--retries",
        "0",
    ];
    let said = workdir.run(&[&args[..], &["-o", "out"]].concat()).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let pages = workdir.read("out/server_errors.csv");
    assert!(
        pages.contains(",ttfb_timeout,") && pages.contains(",upstream_timeout,"),
        "{pages}"
    );
    assert_eq!(findings(&workdir), ["unconfirmed_cluster upstream_timeout"]);
}
