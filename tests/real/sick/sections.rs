//! Sections that are broken as a whole, and pages that are broken here and there.

use std::time::Duration;

use super::behaviour::{
    FINE, always, always_after, announced, broken_with_gzip, fine, fine_after, once,
    unavailable_soon,
};
use super::origin::Origin;
use super::record::seen_by_nginx;
use super::run::{Run, Target, audit, audit_for, audit_target};
use super::site::Site;
use super::want::Wants;
use crate::crawler::Workdir;
use crate::nginx;

/// All findings, in words.
pub(crate) fn findings(run: &Run) -> Vec<String> {
    let rows = run.findings.iter();
    rows.map(|row| format!("{} {}: {}", row["Rule"], row["Subject"], row["Evidence"]))
        .collect()
}

#[test]
#[ignore = "takes minutes"]
fn a_dead_directory_does_not_slow_the_rest() {
    let site = Site::new()
        .section("guides", 16, &fine())
        .section("orders", 40, &always(502))
        .section("shop", 300, &fine());
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("a dead directory of 40 in 360", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("persistent", 40, run.verdicts("/orders/", "persistent"));
    wants.crawl_within(Duration::from_secs(90));
    wants.all_within(Duration::from_mins(6));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn every_page_behind_a_dead_backend_is_confirmed_within_the_budget() {
    // As behind nginx with `proxy_connect_timeout 15s`, its backend gone without a word.
    let dead = always_after(504, Duration::from_secs(15));
    let site = Site::new()
        .section("guides", 400, &fine())
        .section("account", 34, &dead)
        .section("shop", 712, &fine());
    let origin = Origin::serve(site);
    // 34 pages at 15 s a request may make the crawl longer than others.
    let limit = Duration::from_mins(30);
    let mut run = audit_for(&Workdir::new(), Target::of(&origin), &[], limit);
    run.seen = origin.seen();
    let mut wants = Wants::of("34 behind a dead backend in 1,150", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("persistent", 34, run.verdicts("/account/", "persistent"));
    let passes = run.all.saturating_sub(run.crawl());
    // The waits of `quick`, the budgets of passes and of experiments.
    let most = Duration::from_secs(75 + 600 + 60);
    let instead = format!("{passes:?}");
    wants.that("passes within the budget", passes <= most, instead);
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn faults_at_random_on_a_flat_site_get_their_true_verdicts_at_full_pace() {
    let mut behaviours = vec![fine(); 172];
    for kind in [always(502), always(504), always(500)] {
        behaviours.extend(vec![kind; 14]);
    }
    behaviours.extend(vec![unavailable_soon("Retry-After: 30\r\n"); 13]);
    behaviours.extend(vec![once(502); 12]);
    fastrand::Rng::with_seed(23).shuffle(&mut behaviours);
    let mut site = Site::new();
    for (n, behaviour) in behaviours.into_iter().enumerate() {
        site = site.page(&format!("/infoschema-{n}-table.html"), behaviour);
    }
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("67 random faults in 240 flat", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.crawl_within(Duration::from_secs(75));
    wants.end();
}

/// 3,000 pages; with a fault, one of the first answers a single 503.
fn fast_site(faulty: bool) -> Run {
    let instant = fine_after(Duration::ZERO);
    let mut pages = vec![instant.clone(); 2_999 - 4];
    if faulty {
        pages[20] = once(503);
    }
    let site = Site::new()
        .home(instant)
        .section("help", 2, &fine_after(Duration::ZERO))
        .mixed_section("shop", pages);
    audit(&Origin::serve(site), &["--rate", "0", "-c", "16"])
}

#[test]
#[ignore = "takes minutes"]
fn one_single_503_does_not_slow_a_fast_crawl() {
    let healthy = fast_site(false).crawl();
    let run = fast_site(true);
    let mut wants = Wants::of("one 503 in 3,000 fast pages", &run);
    wants.every_page_fetched();
    wants.truth();
    // 4 s where a healthy crawl takes 0.5 s; a program that is not optimised takes longer for both.
    wants.crawl_within(healthy + Duration::from_millis(3_500));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn a_section_of_nginx_under_maintenance_is_told_from_the_healthy_pages() {
    let names = |folder: &str, count: usize| -> Vec<String> {
        (1..=count).map(|n| format!("{folder}/{n}.html")).collect()
    };
    let (shop, help) = (names("shop", 24), names("help", 26));
    let server = nginx::start("", |dir| {
        let pages = dir.join("pages");
        let links = |names: &[String]| -> Vec<String> {
            names.iter().map(|name| format!("/{name}")).collect()
        };
        let page = |name: &str, to: &[String]| {
            let to: Vec<_> = to.iter().map(String::as_str).collect();
            nginx::page(&pages, name, &to);
        };
        let home = ["/index/shop.html".to_owned(), "/index/help.html".to_owned()];
        page("index.html", &home);
        page("index/shop.html", &links(&shop));
        page("index/help.html", &links(&help));
        for name in shop.iter().chain(&help) {
            page(name, &[]);
        }
        let root = pages.display();
        let server = format!(
            "root {root};\nlocation /shop/ {{ add_header Retry-After 3600 always; return 503; }}"
        );
        (String::new(), server)
    });
    let maintained = announced("").truth;
    let healthy = ["", "index/shop.html", "index/help.html"];
    let healthy = healthy.into_iter().map(str::to_owned).chain(help);
    let with = |name: String, truth| (server.url(&format!("/{name}")), truth);
    let truths = healthy.map(|name| with(name, FINE));
    let truths = truths.chain(shop.into_iter().map(|name| with(name, maintained)));
    let target = Target {
        start: server.url("/"),
        truths: truths.collect(),
    };
    let mut run = audit_target(&Workdir::new(), target, &[]);
    run.seen = seen_by_nginx(&server);
    let mut wants = Wants::of("nginx section in maintenance", &run);
    wants.every_page_fetched();
    wants.truth();
    wants.exactly("skipped URLs", 0, run.skipped.len());
    let about_it = |row: &&crate::crawler::Row| row["Cause"].contains("maintenance");
    let found = run.findings.iter().filter(about_it).count();
    wants.that("maintenance is found", found > 0, findings(&run).join("; "));
    wants.end();
}

#[test]
#[ignore = "takes minutes"]
fn pages_that_break_under_compression_only_are_found_by_experiment() {
    let site =
        Site::new()
            .section("guides", 57, &fine())
            .section("reports", 60, &broken_with_gzip());
    let run = audit(&Origin::serve(site), &[]);
    let mut wants = Wants::of("60 pages broken with gzip", &run);
    wants.every_page_fetched();
    wants.truth();
    let experiments = run.attempts.iter();
    let helped = experiments
        .filter(|row| row["Purpose"].starts_with("probe:") && row["Status Code"] == "200")
        .filter(|row| row["Address"].contains("/reports/"))
        .count();
    wants.that(
        "an experiment without compression",
        helped > 0,
        "none was fine",
    );
    let told = run.findings.iter().any(|row| {
        let evidence = row["Evidence"].to_lowercase();
        evidence.contains("compress") || evidence.contains("gzip")
    });
    wants.that("a finding that says so", told, findings(&run).join("; "));
    wants.end();
}
