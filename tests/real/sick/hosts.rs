//! Hosts that are sick as a whole.

use std::time::Duration;

use super::behaviour::{error, fine, fine_after, on_a_failing_host};
use super::origin::Origin;
use super::request::Reply;
use super::run::{Run, audit, audit_list};
use super::site::Site;
use super::want::Wants;

/// Pages of a host that is sick as a whole.
const PAGES: usize = 60;

/// A site with a home page and these pages.
fn site() -> Site {
    Site::new().section("shop", PAGES - 2, &fine())
}

/// The site, with robots.txt and sitemap missing, and all else under this rule.
fn all(reply: Reply) -> Origin {
    let missing = ["/robots.txt", "/sitemap.xml"];
    Origin::serve(
        site().host(move |request| (!missing.contains(&request.path)).then(|| reply.clone())),
    )
}

/// The lines in which the program says why there is no audit.
fn reasons(run: &Run) -> Vec<&str> {
    let begins = ["could not audit ", "error: "];
    let lines = run.printed.lines();
    lines
        .filter(|line| begins.iter().any(|begin| line.starts_with(begin)))
        .collect()
}

/// What is wanted of an audit whose host gave nothing: spared, and said.
fn nothing_to_audit<'a>(scenario: &'static str, run: &'a Run) -> Wants<'a> {
    let mut wants = Wants::of(scenario, run);
    wants.exit(3);
    wants.exactly("lines that say why", 1, reasons(run).len());
    // On average one for each page, of which most are never requested.
    wants.at_most("requests", PAGES, run.requests());
    // Ten minutes of patience, requests that hang for half a minute, and the waits of passes.
    wants.all_within(Duration::from_mins(15));
    wants
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_is_all_503_is_spared() {
    let run = audit_list(&all(error(503)));
    let mut wants = nothing_to_audit("all 503, a list of 60", &run);
    let critical = run.findings.iter().any(|row| row["Severity"] == "critical");
    wants.that("a critical finding", critical, run.findings.len());
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_start_page_that_is_503_like_all_else_ends_the_audit() {
    let run = audit(&all(error(503)), &[]);
    let mut wants = nothing_to_audit("all 503, from the home page", &run);
    let line = reasons(&run).join(" / ");
    wants.that("it names 503", line.contains("503"), &line);
    wants.at_most("requests", 20, run.requests());
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_refuses_all_is_spared() {
    let run = audit_list(&Origin::refuse(site()));
    nothing_to_audit("all refused, a list of 60", &run).end();
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_hangs_is_spared() {
    let run = audit_list(&all(Reply::Hang));
    nothing_to_audit("all hang, a list of 60", &run).end();
}

#[test]
#[ignore = "takes minutes"]
fn a_slow_host_is_fetched_whole() {
    let slow = fine_after(Duration::from_secs(8));
    let site = Site::new()
        .home(slow.clone())
        .section("shop", PAGES - 2, &slow);
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("all slow: 8 s a page", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("failed requests", 0, run.failed_requests());
    wants.exit(0);
    // With eight open it takes a minute.
    wants.crawl_within(Duration::from_mins(2));
    wants.end();
}

/// 300 pages, of which none answers from the tenth second for three minutes.
fn three_minutes_away(origin: &Origin, scenario: &'static str) {
    let run = audit(origin, &[]);
    let mut wants = Wants::of(scenario, &run);
    wants.every_page_fetched();
    wants.truth();
    wants.at_most("failed requests", 60, run.failed_requests());
    wants.exactly("skipped URLs", 0, run.skipped.len());
    wants.all_within(Duration::from_mins(9));
    wants.end();
}

fn larger_site() -> Site {
    let page = on_a_failing_host(&["ok", "transient"]);
    let site = Site::new().section("guides", 100, &page);
    site.section("shop", 100, &page).section("help", 96, &page)
}

const AWAY: std::ops::Range<Duration> = Duration::from_secs(10)..Duration::from_secs(190);

#[test]
#[ignore = "takes minutes"]
fn a_host_that_refuses_for_three_minutes_is_fetched_whole() {
    let origin = Origin::serve(larger_site().refuses(AWAY));
    three_minutes_away(&origin, "refuses for 3 min in mid-crawl");
}

#[test]
#[ignore = "takes minutes"]
fn a_host_that_answers_503_for_three_minutes_is_fetched_whole() {
    let site = larger_site().host(|request| AWAY.contains(&request.at).then(|| error(503)));
    three_minutes_away(&Origin::serve(site), "all 503 for 3 min in mid-crawl");
}
