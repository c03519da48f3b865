//! Hosts that bear so much load and no more.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use regex::Regex;

use super::behaviour::{GOOD, error, fine_after, on_a_failing_host};
use super::origin::Origin;
use super::record::seen_by_nginx;
use super::request::{Reply, Request};
use super::run::{Run, Target, audit, audit_target};
use super::sections::findings;
use super::site::Site;
use super::want::Wants;
use crate::crawler::Workdir;
use crate::nginx;

/// Verdicts that are true of a page that is refused under load only.
const REFUSED: &[&str] = &["ok", "transient", "load_induced"];

/// Pages of the limited site, home page included.
const PAGES: usize = 100;

/// Audits nginx with `limit_req` at 5 requests a second, which answers this status beyond it.
fn limited(status: u16) -> Run {
    let server = nginx::start("", |dir| {
        let pages = dir.join("pages");
        let names: Vec<_> = (1..PAGES).map(|n| format!("shop/{n}.html")).collect();
        let links: Vec<_> = names.iter().map(|name| format!("/{name}")).collect();
        let links: Vec<_> = links.iter().map(String::as_str).collect();
        nginx::page(&pages, "index.html", &links);
        for name in &names {
            nginx::page(&pages, name, &["/"]);
        }
        let zone = "limit_req_zone $binary_remote_addr zone=each:1m rate=5r/s;".to_owned();
        let limit = format!(
            "root {};\nlimit_req zone=each burst=5 nodelay;\nlimit_req_status {status};",
            pages.display()
        );
        (zone, limit)
    });
    let refused = on_a_failing_host(REFUSED).truth;
    let mut truths = vec![(server.url("/"), refused)];
    let pages = (1..PAGES).map(|n| (server.url(&format!("/shop/{n}.html")), refused));
    truths.extend(pages);
    let target = Target {
        start: server.url("/"),
        truths,
    };
    let mut run = audit_target(&Workdir::new(), target, &[]);
    run.seen = seen_by_nginx(&server);
    run
}

/// Whether a text names a limit of about five requests a second: `5/s`, `5.2 requests/s`.
fn names_the_limit(text: &str) -> bool {
    let pattern = r"(\d+(?:\.\d+)?)(?:/s| requests?(?:/s| a second| per second))";
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).any(|found| {
        let number: f64 = found[1].parse().expect("digits");
        (3.5..=6.5).contains(&number)
    })
}

fn limit_is_found(scenario: &'static str, status: u16) {
    let run = limited(status);
    let mut wants = Wants::of(scenario, &run);
    wants.every_page_fetched();
    wants.truth();
    wants.at_most("failed requests", 6, run.failed_requests());
    let found = findings(&run);
    let named = found.iter().any(|text| names_the_limit(text));
    wants.that("a finding with the limit", named, found.join("; "));
    wants.all_within(Duration::from_mins(4));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_limit_of_five_requests_a_second_is_found_behind_503() {
    limit_is_found("nginx limit 5/s by 503", 503);
}

#[test]
#[ignore = "takes minutes"]
fn a_limit_of_five_requests_a_second_is_found_behind_429() {
    limit_is_found("nginx limit 5/s by 429", 429);
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_breaks_above_four_open_requests_is_spared_and_fetched_whole() {
    // Slow enough for more than four requests to be open at ten a second.
    let mut page = fine_after(Duration::from_millis(700));
    page.truth.verdicts = REFUSED;
    let site = Site::new()
        .section("shop", 66, &page)
        .host(|request| (request.open > 4).then(|| error(502)));
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("breaks above 4 open requests", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.at_most("failed requests", 4, run.failed_requests());
    wants.all_within(Duration::from_mins(4));
    wants.end();
}

/// A crawl that is allowed to be far too fast.
const FAST: &[&str] = &["--rate", "100", "--concurrency", "20"];

/// Audits 300 pages of a host that answers so once more requests than `bears` began within a second.
fn fast_audit(bears: usize, beyond: fn() -> Reply) -> Run {
    let begun = Mutex::new(VecDeque::new());
    let rule = move |request: &Request<'_>| {
        let mut begun = begun.lock().expect("no panic");
        begun.retain(|at| request.at.saturating_sub(*at) < Duration::from_secs(1));
        begun.push_back(request.at);
        (begun.len() > bears).then(beyond)
    };
    let page = on_a_failing_host(REFUSED);
    let site = Site::new().section("shop", 299, &page).host(rule);
    audit(&Origin::serve(site), FAST)
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_breaks_above_25_requests_a_second_is_spared_and_fetched_whole() {
    let run = fast_audit(25, || error(502));
    let mut wants = Wants::of("breaks above 25 requests a second", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.at_most("failed requests", 20, run.failed_requests());
    wants.all_within(Duration::from_mins(4));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_is_slow_above_ten_requests_a_second_is_spared_before_it_fails() {
    let run = fast_audit(10, || Reply::Page(100 * GOOD));
    let mut wants = Wants::of("slow above 10 requests a second", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("failed requests", 0, run.failed_requests());
    wants.all_within(Duration::from_mins(4));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_breaks_for_a_minute_in_mid_crawl_is_waited_for() {
    let down = Duration::from_secs(10)..Duration::from_secs(70);
    let page = on_a_failing_host(&["ok", "transient"]);
    let site = Site::new()
        .section("shop", 299, &page)
        .host(move |request| down.contains(&request.at).then(|| error(502)));
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("all 502 for a minute in mid-crawl", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.at_most("failed requests", 20, run.failed_requests());
    wants.all_within(Duration::from_mins(5));
    wants.end();
}
