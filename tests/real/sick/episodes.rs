//! Failures that begin and end together: of a section, of a host.

use std::time::Duration;

use super::behaviour::{down_by_turns, error, fine};
use super::origin::Origin;
use super::run::{Run, audit};
use super::sections::failures;
use super::site::Site;
use super::want::{Wants, wrong};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Whether a text has a number of seconds in this range, such as `30 s` or `29.6 s`.
fn says_seconds(text: &str, range: std::ops::RangeInclusive<f64>) -> bool {
    let words: Vec<_> = text.split([' ', '(', ')', ',', ';', ':']).collect();
    words.windows(2).any(|pair| {
        let number = pair[0].parse::<f64>();
        number.is_ok_and(|n| range.contains(&n))
            && matches!(pair[1].trim_end_matches('.'), "s" | "seconds")
    })
}

#[test]
#[ignore = "takes minutes"]
fn a_section_that_comes_and_goes_is_one_finding_with_its_rhythm() {
    let site = Site::new()
        .section("guides", 60, &fine())
        .section("tickets", 60, &down_by_turns(s(0)..s(30), s(60)))
        .section("shop", 236, &fine());
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("section down 30 s, up 30 s", &run);
    wants.every_page_fetched();
    wants.none("pages with an impossible verdict", &wrong(&run));
    let come_and_go = run.verdicts("/tickets/", "intermittent");
    let caught = 60 - run.verdicts("/tickets/", "ok");
    wants.that("pages are caught failing", caught >= 30, caught);
    let instead = format!("{come_and_go} of {caught} caught");
    wants.that(
        "pages caught are intermittent",
        come_and_go * 10 >= caught * 9,
        instead,
    );
    let found = failures(&run);
    wants.that("one finding", found.len() == 1, found.join("; "));
    let about = found.iter().find(|text| text.contains("/tickets/"));
    let rhythm = about.is_some_and(|text| says_seconds(text, 20.0..=70.0));
    wants.that("it names the rhythm", rhythm, found.join("; "));
    wants.end();
}

/// 300 pages of a host that is down as a whole at times.
fn host_down(down: std::ops::Range<Duration>, period: Duration) -> Run {
    let site = Site::new()
        .section("guides", 100, &fine())
        .section("shop", 100, &fine())
        .section("help", 96, &fine())
        .host(move |request| {
            let nanos = request.at.as_nanos() % period.as_nanos();
            let phase = Duration::from_nanos(nanos as u64);
            down.contains(&phase).then(|| error(502))
        });
    audit(&Origin::serve(site), &[])
}

/// What is wanted of an audit of a host that is down as a whole for seconds.
fn one_host_finding<'a>(scenario: &'static str, run: &'a Run, verdicts: &[&str]) -> Wants<'a> {
    let mut wants = Wants::of(scenario, run);
    wants.every_page_fetched();
    let urls = run.truths.iter().map(|(url, _)| url);
    let judged = urls.filter_map(|url| run.page(url));
    let odd: Vec<_> = judged
        .filter(|row| !verdicts.contains(&row["Verdict"].as_str()))
        .map(|row| format!("{} {}", row["Address"], row["Verdict"]))
        .collect();
    wants.none("pages with a wrong verdict", &odd);
    let found = failures(run);
    wants.that("one finding", found.len() == 1, found.join("; "));
    let host = run.findings.iter().any(|row| row["Scope"] == "host");
    wants.that("it is about the host", host, found.join("; "));
    wants
}

#[test]
#[ignore = "takes minutes"]
fn a_deploy_is_one_finding_about_the_host() {
    let run = host_down(s(8)..s(28), Duration::from_hours(1));
    let mut wants = one_host_finding("deploy: all 502 for 20 s", &run, &["ok", "transient"]);
    let caught = run.truths.len() - run.verdicts("/", "ok");
    wants.that("the deploy is noticed", caught > 0, "no page failed");
    wants.at_most("failed requests", 12, run.failed_requests());
    wants.all_within(Duration::from_mins(4));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_crash_loop_is_one_finding_about_the_host() {
    let run = host_down(s(10)..s(15), s(30));
    let verdicts = ["ok", "transient", "intermittent"];
    let mut wants = one_host_finding("crash loop: 5 s down in 30", &run, &verdicts);
    let caught = run.truths.len() - run.verdicts("/", "ok");
    wants.that("the loop is noticed", caught > 0, "no page failed");
    wants.at_most("failed requests", 30, run.failed_requests());
    wants.all_within(Duration::from_mins(4));
    wants.end();
}
