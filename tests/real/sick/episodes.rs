//! Failures that begin and end together: of a section, of a host.

use std::ops::Range;
use std::time::Duration;

use regex::Regex;

use super::behaviour::{down_by_turns, error, fine, on_a_failing_host};
use super::origin::Origin;
use super::run::{Run, audit};
use super::sections::findings;
use super::site::Site;
use super::want::{Wants, wrong};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Whether a text names a rhythm with a time of 20 to 70 seconds: `every 60 s`, `down for 30 s`.
fn names_the_rhythm(text: &str) -> bool {
    let pattern = r"(?:every|each|down|up|period)(?: for| of)?(?: about)? (\d+(?:\.\d+)?) (s|m)\b";
    let pattern = Regex::new(pattern).expect("a pattern");
    pattern.captures_iter(text).any(|found| {
        let number: f64 = found[1].parse().expect("digits");
        let seconds = if &found[2] == "m" {
            number * 60.0
        } else {
            number
        };
        (20.0..=70.0).contains(&seconds)
    })
}

#[test]
#[ignore = "takes minutes"]
fn a_section_that_comes_and_goes_is_one_finding_with_its_rhythm() {
    // 500 pages take 50 s, so that the first pass meets the section down and up, and the second
    // pass, 15 s later, meets it down again.
    let site = Site::new()
        .section("tickets", 60, &down_by_turns(s(0)..s(30), s(60)))
        .section("guides", 200, &fine())
        .section("shop", 236, &fine());
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("section down 30 s, up 30 s", &run);
    wants.every_page_fetched();
    wants.none("pages with an impossible verdict", &wrong(&run));
    let come_and_go = run.verdicts("/tickets/", "intermittent");
    let caught = 60 - run.verdicts("/tickets/", "ok");
    wants.that("pages are caught failing", caught >= 10, caught);
    let instead = format!("{come_and_go} of {caught} caught");
    wants.that(
        "pages caught are intermittent",
        come_and_go * 10 >= caught * 9,
        instead,
    );
    let found = findings(&run);
    wants.that("one finding", found.len() == 1, found.join("; "));
    let about = found.iter().find(|text| text.contains("/tickets/"));
    let rhythm = about.is_some_and(|text| names_the_rhythm(text));
    wants.that("it names the rhythm", rhythm, found.join("; "));
    wants.end();
}

/// 300 pages of a host that is down as a whole at times, and the verdicts that are true of them.
fn host_down(down: Range<Duration>, period: Duration, verdicts: &'static [&'static str]) -> Run {
    let page = on_a_failing_host(verdicts);
    let site = Site::new()
        .section("guides", 100, &page)
        .section("shop", 100, &page)
        .section("help", 96, &page)
        .host(move |request| {
            let nanos = request.at.as_nanos() % period.as_nanos();
            let phase = Duration::from_nanos(nanos as u64);
            down.contains(&phase).then(|| error(502))
        });
    audit(&Origin::serve(site), &[])
}

/// What is wanted of an audit of a host that is down as a whole for seconds.
fn one_host_finding<'a>(scenario: &'static str, run: &'a Run) -> Wants<'a> {
    let mut wants = Wants::of(scenario, run);
    wants.every_page_fetched();
    wants.truth();
    let caught = run.truths.len() - run.verdicts("/", "ok");
    wants.that("the failures are noticed", caught > 0, "no page failed");
    let found = findings(run);
    wants.that("one finding", found.len() == 1, found.join("; "));
    let about_host = run.findings.iter().find(|row| row["Scope"] == "host");
    wants.that(
        "it is about the host",
        about_host.is_some(),
        found.join("; "),
    );
    let dated = about_host.is_some_and(|row| clock_times(&row["Evidence"]) >= 2);
    wants.that("it says from when to when", dated, found.join("; "));
    wants.all_within(Duration::from_mins(4));
    wants
}

/// How many times of day a text names, such as `14:05`.
fn clock_times(text: &str) -> usize {
    let pattern = Regex::new(r"\d\d:\d\d(:\d\d)?").expect("a pattern");
    pattern.find_iter(text).count()
}

#[test]
#[ignore = "takes minutes"]
fn a_deploy_is_one_finding_about_the_host() {
    let run = host_down(s(8)..s(28), Duration::from_hours(1), &["ok", "transient"]);
    let mut wants = one_host_finding("deploy: all 502 for 20 s", &run);
    wants.at_most("failed requests", 12, run.failed_requests());
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_crash_loop_is_one_finding_about_the_host() {
    let verdicts = &["ok", "transient", "intermittent"];
    let run = host_down(s(10)..s(15), s(30), verdicts);
    let mut wants = one_host_finding("crash loop: 5 s down in 30", &run);
    wants.at_most("failed requests", 30, run.failed_requests());
    wants.end();
}
