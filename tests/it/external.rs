//! Links to other sites: those that lead nowhere are a finding, and nobody else's fault is counted
//! into the scores.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::answer::{html, ok, redirect, status};
use crate::cli::Workdir;
use crate::origin::Origin;

/// A URL of a port that nobody listens on any more.
fn silent_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    format!("http://{address}/")
}

#[tokio::test]
async fn external_links_that_fail_are_a_finding_and_leave_the_scores_alone() {
    let (origin, other) = (Origin::start().await, Origin::start().await);
    other.page("/fine", "<p>fine");
    other.script("/gone", [status(404)]);
    other.script("/broken", [status(500)]);
    other.script("/private", [status(403)]);
    other.script("/moved", [redirect(301, "/gone")]);
    let links = |paths: &[&str]| {
        let links = paths.iter().map(|path| format!("<a href='{path}'>x</a> "));
        links.collect::<String>()
    };
    let to =
        ["fine", "gone", "broken", "private", "moved"].map(|path| other.url(&format!("/{path}")));
    let silent = silent_url();
    let mut all: Vec<&str> = to.iter().map(String::as_str).collect();
    all.extend([silent.as_str(), "/a"]);
    origin.script("/", [ok(&format!("<p>home {}", links(&all)))]);
    origin.script("/a", [html(200, &format!("<p>a {}", links(&[&to[1]])))]);
    let workdir = Workdir::new();
    let url = origin.url("/");
    let args = [
        "audit",
        &url,
        "--external",
        "--no-sitemap",
        "--retries",
        "0",
        "--rate",
        "0",
    ];
    let out = ["-o", "out", "-f", "csv,json,html,md"];
    let said = workdir.run(&[&args[..], &out].concat()).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.err.contains("External links that fail"),
        "{}",
        said.err
    );

    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    assert_eq!(summary["coverage"]["known"], 2);
    assert_eq!(summary["coverage"]["fetched"], 2);
    assert_eq!(summary["counts"]["by_status"], json!({ "200": 2 }));
    assert_eq!(
        summary["external_links"],
        json!({ "known": 6, "requested": 6 })
    );
    for words in [
        "2 of 2 known pages fetched (100 %)\n",
        "  External       6 of 6 links to other sites requested\n",
    ] {
        assert!(said.err.contains(words), "{}", said.err);
    }
    let found = summary["findings"].as_array().expect("a list");
    let rules: Vec<&Value> = found.iter().map(|found| &found["rule"]).collect();
    assert_eq!(rules, ["external_links"], "{found:?}");
    assert_eq!(found[0]["severity"], "warning");
    let text = found[0]["evidence"].to_string();
    let (gone, broken, moved) = (
        other.url("/gone"),
        other.url("/broken"),
        other.url("/moved"),
    );
    let site = origin.url("");
    for part in [
        "4 external links on 2 pages fail".to_owned(),
        format!("{gone} answers 404, linked from 2 pages, {site}/, {site}/a"),
        format!("{broken} answers 500, linked from 1 page, {site}/"),
        format!("{moved} redirects to {gone}, which answers 404, linked from 1 page, {site}/"),
        format!("{silent} does not answer (connection refused), linked from 1 page"),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    let lost = &summary["scores"]["deductions"];
    assert!(lost.as_array().is_some_and(Vec::is_empty), "{lost:#}");
    for report in ["out/report.html", "out/report.md"] {
        let report = workdir.read(report);
        assert!(!report.contains("All is well"));
        assert!(report.contains("External links that fail"));
    }
}
