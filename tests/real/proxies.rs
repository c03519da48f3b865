//! nginx as a proxy whose upstream is dead, slow or too small.

use std::io::Read;
use std::net::SocketAddr;
use std::time::Duration;

use crate::crawler::{Workdir, number};
use crate::nginx::{log, log_of, page, start};
use crate::origin;
use crate::server::{Server, pause};

/// A port on which nobody listens: TCPMUX, below those that are given out.
const DEAD: &str = "127.0.0.1:1";

/// How far the clocks of two processes may disagree about a wait, in seconds.
const SLACK: f64 = 0.5;

/// nginx with a start page and a second page that both link to `/app`, which it passes on.
fn front(http: &str, proxy: &str) -> Server {
    start("", |dir| {
        page(dir, "www/index.html", &["/second.html", "/app"]);
        page(dir, "www/second.html", &["/app"]);
        let at = dir.display();
        let server = format!("root {at}/www;\nlocation /app {{ {proxy} }}");
        (http.to_owned(), server)
    })
}

#[test]
fn a_dead_upstream_is_502_after_three_attempts_with_growing_waits() {
    let nginx = front("", &format!("proxy_pass http://{DEAD};"));
    let workdir = Workdir::new();
    workdir.audit(&[&nginx.url("/"), "--no-sitemap"]);

    let app = nginx.url("/app");
    let row = workdir.page(&app);
    assert_eq!(row["Status Code"], "502");
    assert_eq!(row["Outcome"], "server_502");
    assert_eq!(row["Attempts"], "3");
    assert_eq!(row["502 Attempts"], "3");

    let attempts = workdir.attempts(&app);
    let purposes: Vec<_> = attempts.iter().map(|row| row["Purpose"].as_str()).collect();
    assert_eq!(purposes, ["crawl", "retry", "retry"]);
    assert_eq!(attempts[0]["Waited (ms)"], "");
    let log = log_of(&nginx, "/app");
    assert_eq!(log.len(), 3, "{log:?}");
    for (number_of_retry, longest) in [(1, 2.0), (2, 4.0)] {
        let waited = number(&attempts[number_of_retry]["Waited (ms)"]) / 1_000.0;
        assert!((0.0..longest + SLACK).contains(&waited), "{waited}");
        let seen = log[number_of_retry].ended - log[number_of_retry - 1].ended;
        assert!((seen - waited).abs() < SLACK, "{seen} against {waited}");
    }
    assert!(log.iter().all(|logged| logged.status == 502));
    assert!(log.iter().all(|logged| !logged.run.is_empty()));

    let mut sources: Vec<_> = workdir
        .rows("error_inlinks.csv")
        .into_iter()
        .map(|row| (row["Source"].clone(), row["Destination"].clone()))
        .collect();
    sources.sort();
    let links = ["/", "/second.html"].map(|path| (nginx.url(path), app.clone()));
    assert_eq!(sources, links);
}

/// A server that takes its time, or never answers at all.
fn slow(time: Option<Duration>) -> SocketAddr {
    origin::serve(move |_, line| match time {
        Some(time) => {
            pause(time);
            origin::page(line, "<title>at last</title>")
        }
        None => line.read(&mut [0]).map(drop),
    })
}

#[test]
fn a_silent_upstream_is_504() {
    let upstream = slow(None);
    let proxy = format!("proxy_read_timeout 1s; proxy_pass http://{upstream};");
    let nginx = front("", &proxy);
    let workdir = Workdir::new();
    workdir.audit(&[&nginx.url("/"), "--no-sitemap"]);

    let row = workdir.page(&nginx.url("/app"));
    assert_eq!(row["Status Code"], "504");
    assert_eq!(row["Outcome"], "server_504");
    // Slow to fail, so it is asked once more and not twice.
    assert_eq!(row["Attempts"], "2");
    assert!(number(&row["TTFB (ms)"]) >= 950.0, "{row:?}");
    let log = log_of(&nginx, "/app");
    let statuses: Vec<_> = log.iter().map(|logged| logged.status).collect();
    assert_eq!(statuses, [504, 504]);
    assert!(log.iter().all(|logged| logged.took >= 0.95), "{log:?}");
}

#[test]
fn an_upstream_for_one_request_at_a_time_refuses_the_others() {
    let upstream = slow(Some(Duration::from_secs(1)));
    let pages: Vec<String> = (0..8).map(|n| format!("/app/{n}")).collect();
    let nginx = start("", |dir| {
        let links: Vec<_> = pages.iter().map(String::as_str).collect();
        page(dir, "www/index.html", &links);
        let at = dir.display();
        (
            format!("upstream small {{ zone small 64k; server {upstream} max_conns=1; }}"),
            format!("root {at}/www;\nlocation /app {{ proxy_pass http://small; }}"),
        )
    });
    let workdir = Workdir::new();
    let url = nginx.url("/");
    workdir.audit(&[&url, "--no-sitemap", "--rate", "0"]);

    let asked: Vec<_> = log(&nginx)
        .into_iter()
        .filter(|logged| logged.target.starts_with("/app/"))
        .collect();
    let refused = asked.iter().filter(|logged| logged.status == 502).count();
    assert!(refused > 0, "{asked:?}");
    assert!(asked.iter().any(|logged| logged.status == 200), "{asked:?}");
    assert!(nginx.read("error.log").contains("no live upstreams"));

    let attempts: Vec<_> = workdir
        .rows("attempts.csv")
        .into_iter()
        .filter(|row| row["Address"].contains("/app/"))
        .collect();
    assert_eq!(attempts.len(), asked.len());
    let failed = attempts.iter().filter(|row| row["Status Code"] == "502");
    assert_eq!(failed.count(), refused);
}
