//! Pages that answer 503 with `Retry-After`: they hold up nobody else.

use std::time::Duration;

use super::behaviour::{announced, fine};
use super::origin::Origin;
use super::run::{Run, audit};
use super::site::Site;
use super::want::Wants;

/// Pages whose name says that they are under maintenance.
fn announcing(run: &Run) -> usize {
    let urls = run.truths.iter().map(|(url, _)| url);
    let sick = urls.filter(|url| url.contains("/orders/"));
    let reported = |url: &&String| {
        run.page(url)
            .is_some_and(|row| matches!(&*row["Verdict"], "persistent" | "unconfirmed"))
    };
    sick.filter(reported).count()
}

#[test]
#[ignore = "takes minutes"]
fn two_pages_that_announce_an_hour_hold_up_nobody() {
    let site = Site::new()
        .section("guides", 21, &fine())
        .section("orders", 2, &announced("Retry-After: 3600\r\n"))
        .section("shop", 59, &fine());
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("two pages announce an hour", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("pages reported", 2, announcing(&run));
    let named = run
        .findings
        .iter()
        .any(|row| row["Subject"].contains("/orders/"));
    wants.that("a finding about them", named, run.findings.len());
    wants.exactly("skipped URLs", 0, run.skipped.len());
    wants.exit(0);
    wants.all_within(Duration::from_mins(4));
    wants.end();
}

/// 205 pages, of which five answer `Retry-After: 120` and are found early.
fn five_of_205() -> Origin {
    let site = Site::new()
        .section("guides", 30, &fine())
        .section("orders", 5, &announced("Retry-After: 120\r\n"))
        .section("shop", 166, &fine());
    Origin::serve(site)
}

fn five_hold_up_nobody(scenario: &'static str, flags: &[&str]) {
    let run = audit(&five_of_205(), flags);
    let mut wants = Wants::of(scenario, &run);
    wants.every_page_fetched();
    wants.truth();
    let healthy = run.seen.iter().filter(|seen| seen.status == 200);
    let mut firsts = std::collections::HashMap::new();
    for seen in healthy {
        firsts.entry(&seen.path).or_insert(seen.at);
    }
    let last = firsts.values().max().copied().unwrap_or_default();
    let most = Duration::from_mins(1);
    let instead = format!("the last after {last:?}");
    wants.that("healthy pages requested within 60 s", last <= most, instead);
    wants.exactly("healthy pages", 200, firsts.len());
    wants.exactly("pages reported", 5, announcing(&run));
    wants.all_within(Duration::from_mins(3));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn five_pages_that_announce_two_minutes_hold_up_nobody_without_adaptation() {
    five_hold_up_nobody("five announce 2 min, no-adapt", &["--no-adapt"]);
}

#[test]
#[ignore = "takes minutes"]
fn five_pages_that_announce_two_minutes_hold_up_nobody() {
    five_hold_up_nobody("five announce 2 min", &[]);
}
