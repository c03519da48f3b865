//! The crawler's own network gone in mid-crawl.

use std::time::{Duration, Instant};

use crate::crawler::{Audit, Row, Workdir, read};
use crate::netns::{PROXY, SITE, UNKEPT, Wire};
use crate::server::{note, pause};

const PAGES: usize = 150;

/// Begins a crawl of both of the site's addresses, and lets it get on for a while.
fn begin(workdir: &Workdir, wire: &Wire, more: &[&str]) -> Audit {
    let seeds = SITE.map(|address| format!("http://{address}/"));
    let [first, second] = seeds.each_ref().map(String::as_str);
    let args = [first, second, "--no-sitemap", "--rate", "40", "-c", "4"];
    let audit = workdir.begin(&[&args[..], more].concat());
    wire.wait_for(60);
    audit
}

fn wait_until_said(audit: &Audit, words: &str) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !audit.said().contains(words) {
        let said = audit.said();
        assert!(Instant::now() < deadline, "never said {words}: {said}");
        pause(Duration::from_millis(50));
    }
}

/// All pages of so many hosts are there and fine, and what was lost counts nowhere. Returns how much
/// was.
fn nothing_is_held_against_the_site(workdir: &Workdir, hosts: usize) -> usize {
    let pages = workdir.rows("pages.csv");
    assert_eq!(pages.len(), hosts * PAGES);
    let fine = |row: &Row| {
        ["Status Code", "Verdict", "Attempts"].map(|name| row[name].clone()) == ["200", "ok", "1"]
    };
    let others: Vec<_> = pages.iter().filter(|row| !fine(row)).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(workdir.rows("server_errors.csv").is_empty());
    let attempts = workdir.rows("attempts.csv");
    let lost = attempts.iter().filter(|row| row["Purpose"] == "outage");
    let lost = lost.count();
    assert!(lost > 0, "the outage was not noticed");
    // robots.txt of each is an attempt too.
    assert_eq!(attempts.len(), hosts * (PAGES + 1) + lost);
    let evidence = workdir.finding("own_outage")["Evidence"].clone();
    note(&evidence);
    assert!(evidence.contains(&format!("{lost} attempt")), "{evidence}");
    lost
}

#[test]
fn a_cable_that_is_pulled_and_put_back_leaves_no_trace_on_the_site() {
    let wire = Wire::new("cable", PAGES);
    let workdir = Workdir::inside(&wire.here);
    let audit = begin(&workdir, &wire, &[]);
    wire.cut();
    wait_until_said(&audit, "this machine has no network since");
    pause(Duration::from_secs(10));
    wire.mend();
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    assert!(ended.said.contains("this machine has network again"));
    let lost = nothing_is_held_against_the_site(&workdir, 2);
    assert!(lost <= 16, "{lost} attempts for eight open requests");
    let evidence = &workdir.finding("own_outage")["Evidence"];
    assert!(
        evidence.contains("no route to the requested hosts"),
        "{evidence}"
    );
}

#[test]
fn a_network_that_ends_behind_the_next_machine_is_known_by_its_witnesses() {
    let wire = Wire::new("beyond", PAGES);
    let workdir = Workdir::inside(&wire.here);
    let audit = begin(&workdir, &wire, &[]);
    wire.take(&SITE);
    wait_until_said(&audit, "this machine has no network since");
    wire.give(&SITE);
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    nothing_is_held_against_the_site(&workdir, 2);
    let evidence = &workdir.finding("own_outage")["Evidence"];
    let silent = format!("hosts {} no longer answer", SITE.join(", "));
    assert!(evidence.contains(&silent), "{evidence}");
}

#[test]
fn a_proxy_that_is_gone_is_no_fault_of_the_site() {
    let wire = Wire::new("proxy", PAGES);
    let workdir = Workdir::inside(&wire.here);
    let proxy = format!("http://{}:{PROXY}", SITE[0]);
    let args = ["http://site.test/", "--no-sitemap", "--rate", "40"];
    let audit = workdir.begin(&[&args[..], &["-c", "4", "--proxy", &proxy]].concat());
    wire.wait_for(40);
    wire.take(&SITE);
    wait_until_said(&audit, "the proxy does not answer");
    wire.give(&SITE);
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    nothing_is_held_against_the_site(&workdir, 1);
}

#[test]
fn where_another_host_answers_the_silent_one_is_blamed() {
    let wire = Wire::new("one", PAGES);
    let workdir = Workdir::inside(&wire.here);
    let audit = begin(&workdir, &wire, &["--no-adapt", "--retries", "0"]);
    wire.take(&SITE[1..]);
    pause(Duration::from_secs(8));
    wire.give(&SITE[1..]);
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    let failed = workdir.rows("server_errors.csv");
    assert!(!failed.is_empty());
    let silent = |row: &Row| row["Address"].contains(SITE[1]);
    assert!(failed.iter().all(silent), "{failed:?}");
    let attempts = workdir.rows("attempts.csv");
    assert!(attempts.iter().all(|row| row["Purpose"] != "outage"));
}

#[test]
fn a_crawl_that_is_killed_without_a_network_goes_on_with_one() {
    let wire = Wire::new("killed", PAGES);
    let workdir = Workdir::inside(&wire.here);
    let audit = begin(&workdir, &wire, &[]);
    wire.cut();
    wait_until_said(&audit, "this machine has no network since");
    // What was lost is stored by then.
    pause(Duration::from_secs(1));
    audit.kill();
    wire.mend();
    let ended = workdir.audit(&["--resume"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    nothing_is_held_against_the_site(&workdir, 2);
}

#[test]
fn a_crawl_that_begins_without_a_network_says_that_it_is_not_the_site() {
    let wire = Wire::new("never", 2);
    wire.cut();
    let workdir = Workdir::inside(&wire.here);
    let site = format!("http://{}/", SITE[0]);
    let began = Instant::now();
    let ended = workdir.audit(&[&site]);
    assert_eq!(ended.status.code(), Some(3), "{}", ended.said);
    assert!(began.elapsed() < Duration::from_secs(10));
    let said = "this machine has no network: the system has no route";
    assert!(ended.said.contains(said), "{}", ended.said);
    wire.mend();
    let ended = workdir.audit(&["--resume"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
}

/// A wire with a name server, and a crawl by name that asks it again every few seconds.
fn begin_by_name(test: &str) -> (Wire, Workdir, Audit) {
    let mut wire = Wire::new(test, PAGES);
    wire.serve_names();
    let workdir = Workdir::inside(&wire.here);
    let site = format!("http://site.test:{UNKEPT}/");
    let args = [&site, "--no-sitemap", "--rate", "12", "-c", "4"];
    let audit = workdir.begin(&args);
    wire.wait_for(20);
    (wire, workdir, audit)
}

#[test]
fn a_name_server_that_is_gone_while_the_site_is_there_is_no_fault_of_the_site() {
    let (wire, workdir, audit) = begin_by_name("names");
    wire.take(&SITE[1..]);
    wait_until_said(&audit, "this machine has no network since");
    wire.give(&SITE[1..]);
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    nothing_is_held_against_the_site(&workdir, 1);
    let evidence = &workdir.finding("own_outage")["Evidence"];
    let silent = format!("name server {} no longer resolves names", SITE[1]);
    assert!(evidence.contains(&silent), "{evidence}");
}

#[test]
fn names_that_cannot_be_asked_for_for_want_of_open_files_wait_for_them() {
    let (_wire, workdir, audit) = begin_by_name("files");
    audit.allow_files(4);
    // Longer than a name is remembered.
    pause(Duration::from_secs(8));
    audit.allow_files(1024);
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    let attempts = workdir.rows("attempts.csv");
    assert_eq!(attempts.len(), PAGES + 1, "with robots.txt");
    let answered = |row: &Row| ["200", "404"].contains(&row["Status Code"].as_str());
    assert!(attempts.iter().all(answered));
    assert!(ended.said.contains("requests wait for up to 60 s"));
}

#[test]
#[ignore = "takes ten minutes: cargo test --test real -- --ignored ten_minutes"]
fn a_crawl_without_a_network_for_ten_minutes_ends_with_our_own_failure() {
    let wire = Wire::new("long", PAGES);
    let workdir = Workdir::inside(&wire.here);
    let audit = begin(&workdir, &wire, &[]);
    wire.cut();
    let began = Instant::now();
    let ended = audit.wait();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.said);
    let took = began.elapsed().as_secs();
    assert!((590..660).contains(&took), "{took} s");
    assert!(ended.said.contains("`gatecrawl audit --resume 1"));
    wire.mend();
    let ended = workdir.audit(&["--resume"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    nothing_is_held_against_the_site(&workdir, 2);
}

#[test]
fn a_scheduled_run_that_finds_no_network_is_put_off_and_goes_on() {
    let wire = Wire::new("put-off", 3);
    let workdir = Workdir::inside(&wire.here);
    let config = format!(
        "format = 'csv'\nconfirm = 'none'\nno-probe = true\n[project.shop]\nurl = 'http://{}/'\n\
         schedule = 'monthly on 1 04:00'\ntimezone = 'UTC'\nout = 'reports/{{run}}'\n",
        SITE[0]
    );
    workdir.write("gatecrawl.toml", &config);
    let run = |more: &[&str]| {
        let mut program = workdir.program("schedule");
        program.args(["run", "--once"]).args(more);
        let output = program.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        note(&said);
        (output.status.code(), said)
    };
    wire.cut();
    let (code, said) = run(&["--now", "shop"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("shop: postponed, this machine has no network"),
        "{said}"
    );
    wire.mend();
    let (code, said) = run(&[]);
    assert_eq!(code, Some(0), "{said}");
    let pages = read(&workdir.file("reports/1/pages.csv"));
    assert_eq!(pages.len(), 3, "the same run");
}
