//! Runs of one site compared: what broke, healed and flapped is known exactly.

use serde_json::Value;

use crate::answer::{ok, status};
use crate::cli::{Said, Workdir};
use crate::origin::Origin;

/// Pages that are always fine.
const STEADY: usize = 20;

/// A site whose home page links to all others.
async fn site(paths: &[&str]) -> Origin {
    let origin = Origin::start().await;
    let steady: Vec<String> = (0..STEADY).map(|n| format!("/steady/{n}")).collect();
    let all = steady
        .iter()
        .map(String::as_str)
        .chain(paths.iter().copied());
    let links: Vec<_> = all.map(|path| format!("<a href='{path}'>x</a>")).collect();
    origin.page("/", &format!("<p>home {}", links.concat()));
    for path in &steady {
        origin.page(path, "<p>fine");
    }
    origin
}

/// Serves these pages as fine and broken from now on.
fn serve(origin: &Origin, pages: &[(&str, bool)]) {
    for (path, fails) in pages {
        let answer = if *fails { status(502) } else { ok("<p>fine") };
        origin.script(path, [answer]);
    }
}

async fn audit(workdir: &Workdir, origin: &Origin, more: &[&str]) -> Said {
    let url = origin.url("/");
    let args = ["audit", &url, "--retries", "0", "--rate", "0", "--no-probe"];
    // No sample, and little time for second looks: what is compared is what the script says.
    let confirm = [
        "--confirm",
        "1s,2s",
        "--confirm-budget",
        "10s",
        "--sample",
        "0",
    ];
    let said = workdir.run(&[&args[..], &confirm, more].concat()).await;
    assert!(matches!(said.code, Some(0 | 10)), "{}", said.err);
    said
}

async fn compare(workdir: &Workdir, args: &[&str]) -> Value {
    let said = workdir.run(&[&["compare", "--json"], args].concat()).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

/// `change path` of every change, in order.
fn changes(found: &Value) -> Vec<String> {
    let pages = found["changes"].as_array().expect("a list").iter();
    let told = |page: &Value| {
        let address = page["address"].as_str().expect("an address");
        let path = address.splitn(4, '/').last().unwrap_or_default();
        format!("{} /{path}", page["change"].as_str().expect("a word"))
    };
    let mut all: Vec<String> = pages.map(told).collect();
    all.sort();
    all
}

#[tokio::test]
async fn pages_that_say_200_and_show_an_error_are_new_failures_and_fixed_when_mended() {
    let origin = site(&["/shop/1", "/shop/2"]).await;
    let workdir = Workdir::new();
    serve(&origin, &[("/shop/1", false), ("/shop/2", false)]);
    audit(&workdir, &origin, &[]).await;
    let error = ok("<h1>Error establishing a database connection</h1>");
    origin.script("/shop/1", [error.clone()]);
    origin.script("/shop/2", [error]);
    let gate = ["-o", "out", "--fail-on", "new-5xx > 0"];
    let said = audit(&workdir, &origin, &gate).await;
    let told = "Changes        2 new; 23 pages compared with run 1";
    assert!(said.err.contains(told), "{}", said.err);
    assert_eq!(
        changes(&compare(&workdir, &[]).await),
        ["new /shop/1", "new /shop/2"]
    );
    let failing = workdir.read("out/server_errors.csv");
    assert_eq!(failing.lines().count(), 3, "{failing}");
    serve(&origin, &[("/shop/1", false), ("/shop/2", false)]);
    audit(&workdir, &origin, &[]).await;
    assert_eq!(
        changes(&compare(&workdir, &[]).await),
        ["fixed /shop/1", "fixed /shop/2"]
    );
}

#[tokio::test]
async fn what_broke_healed_and_flapped_over_five_runs_is_told_exactly() {
    let origin = site(&["/breaks", "/heals", "/flaps", "/broken"]).await;
    let workdir = Workdir::new();
    let runs = [
        (false, true, false),
        (false, true, true),
        (false, true, false),
        (false, true, true),
        (true, false, true),
    ];
    for (run, (breaks, heals, flaps)) in runs.into_iter().enumerate() {
        let pages = [
            ("/breaks", breaks),
            ("/heals", heals),
            ("/flaps", flaps),
            ("/broken", true),
        ];
        serve(&origin, &pages);
        let last = ["-o", "out", "--fail-on", "new-5xx > 0"];
        let said = audit(&workdir, &origin, if run < 4 { &[] } else { &last }).await;
        if run == 4 {
            assert_eq!(said.code, Some(10), "{}", said.err);
            assert!(said.err.contains("new-5xx is 1, > 0"), "{}", said.err);
            let told = "Changes        1 new, 1 flapping, 1 fixed; 25 pages compared with run 4";
            assert!(said.err.contains(told), "{}", said.err);
        }
    }
    let expected = ["fixed /heals", "flapping /flaps", "new /breaks"];
    let found = compare(&workdir, &[]).await;
    assert_eq!(changes(&found), expected);
    assert_eq!(found["counts"]["unclear"], 0);
    assert_eq!(
        found["changes"][0]["evidence"],
        "failed 3 of 3 in 3 passes, was fine 1 of 1; error rate +100 points (95 %: +3 to +100)"
    );
    // With two and with three runs nothing is known to flap.
    assert_eq!(
        changes(&compare(&workdir, &["1", "2"]).await),
        ["new /flaps"]
    );
    assert_eq!(
        changes(&compare(&workdir, &["2", "3"]).await),
        ["fixed /flaps"]
    );
    assert_eq!(
        changes(&compare(&workdir, &["5", "5"]).await),
        ["flapping /flaps"]
    );

    let csv = workdir.read("out/compare.csv");
    let rows: Vec<&str> = csv.lines().collect();
    assert_eq!(rows.len(), 4, "{csv}");
    assert!(
        rows[1].starts_with(&format!("{},new,", origin.url("/breaks"))),
        "{csv}"
    );
    assert_eq!(workdir.run(&["compare", "--csv"]).await.out, csv);
    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    assert_eq!(summary["compare"]["counts"], found["counts"]);
    assert_eq!(summary["failing_pages"]["total"], 3);

    let said = workdir.run(&["compare"]).await;
    assert!(
        said.out.contains("1 new, 1 flapping, 1 fixed"),
        "{}",
        said.out
    );

    // The same from files: the summary and the database of another place.
    let other = Workdir::new();
    for (path, fails) in [("/breaks", false), ("/heals", true), ("/broken", false)] {
        serve(&origin, &[(path, fails)]);
    }
    audit(&other, &origin, &[]).await;
    let summary = workdir
        .path()
        .join("out/summary.json")
        .display()
        .to_string();
    let expected = ["fixed /breaks", "fixed /broken", "new /heals"];
    assert_eq!(changes(&compare(&other, &[&summary]).await), expected);
    let database = workdir.path().join("runs.db").display().to_string();
    assert_eq!(changes(&compare(&other, &[&database]).await), expected);
    let first = format!("{database}#1");
    let expected = ["fixed /broken", "new /flaps"];
    assert_eq!(changes(&compare(&other, &[&first, "1"]).await), expected);
    let report = ["report", "-o", "again", "--baseline", &summary];
    assert_eq!(other.run(&report).await.code, Some(0));
    assert_eq!(other.read("again/compare.csv").lines().count(), 4);

    history(&workdir, &origin).await;
}

/// What the five runs leave to look back on.
async fn history(workdir: &Workdir, origin: &Origin) {
    let (url, foreign) = (origin.url("/heals"), origin.url("/nowhere"));
    let told = workdir.run(&["report", "--url", &url, "--json"]).await;
    let told: Value = serde_json::from_str(&told.out).expect("JSON");
    assert_eq!(told["state"], "fine");
    assert_eq!(
        (&told["streak"], &told["longest_failing"]),
        (&1.into(), &4.into())
    );
    assert_eq!(told["runs"].as_array().map(Vec::len), Some(5));
    let told = workdir.run(&["report", "--url", &url]).await;
    assert!(
        told.out.contains("fine in the last run that requested it"),
        "{}",
        told.out
    );
    assert!(told.out.contains("failing 4 runs in a row"), "{}", told.out);
    // As an audit takes it.
    let bare = url.trim_start_matches("http://");
    let short = workdir.run(&["report", "--url", bare]).await;
    assert_eq!(short.out, told.out);
    let missing = workdir.run(&["report", "--url", &foreign]).await;
    assert_eq!(missing.code, Some(2));
    assert!(missing.err.contains("in no run of"), "{}", missing.err);

    let list = workdir.run(&["runs", "--json"]).await;
    let list: Value = serde_json::from_str(&list.out).expect("JSON");
    assert_eq!(list[0]["numbers"]["failing"], 3);
    let verdicts = [
        "persistent",
        "intermittent",
        "transient",
        "load_induced",
        "unconfirmed",
    ];
    let told = verdicts.map(|verdict| list[0]["numbers"][verdict].as_u64());
    assert_eq!(told.into_iter().flatten().sum::<u64>(), 3, "{list}");
    let list = workdir.run(&["runs"]).await;
    let newest = list.out.lines().nth(1).expect("a run");
    assert!(newest.contains("25        3"), "{}", list.out);
    assert!(newest.contains("57577"), "{}", list.out);
    let prune = ["runs", "prune", "--keep", "2"];
    let dry = workdir.run(&[&prune[..], &["--dry-run"]].concat()).await;
    assert_eq!(dry.out.lines().count(), 3, "{}", dry.out);
    let none = workdir
        .run(&[&prune[..], &["--site", "https://other.example"]].concat())
        .await;
    assert_eq!(none.code, Some(0));
    assert!(
        none.err.contains("no run of https://other.example"),
        "{}",
        none.err
    );
    let bare = origin.url("");
    let bare = bare.trim_start_matches("http://");
    let own = [&prune[..], &["--dry-run", "--site", bare]].concat();
    assert_eq!(workdir.run(&own).await.out, dry.out);
    let young = workdir
        .run(&[&prune[..], &["--older-than", "1d"]].concat())
        .await;
    assert_eq!(young.code, Some(0));
    assert_eq!(workdir.run(&["runs"]).await.out.lines().count(), 6);
    workdir.run(&prune).await;
    assert_eq!(workdir.run(&["runs"]).await.out.lines().count(), 3);
}

#[tokio::test]
async fn a_staging_site_is_compared_with_production() {
    let production = site(&["/a", "/b", "/old"]).await;
    serve(
        &production,
        &[("/a", false), ("/b", false), ("/old", false)],
    );
    let staging = site(&["/a", "/b", "/fresh"]).await;
    serve(&staging, &[("/a", false), ("/b", true), ("/fresh", false)]);
    let workdir = Workdir::new();
    audit(&workdir, &production, &[]).await;
    let map = format!("{}(.*)=>{}$1", production.url("/"), staging.url("/"));
    audit(
        &workdir,
        &staging,
        &["--baseline", "1", "--map", &map, "-o", "out"],
    )
    .await;
    let found = compare(&workdir, &["1", "2", "--map", &map]).await;
    assert_eq!(
        changes(&found),
        ["appeared /fresh", "new /b", "unclear /old"]
    );
    assert_eq!(found["compared"], 23);
    let csv = workdir.read("out/compare.csv");
    let old = format!("{},unclear,{}", staging.url("/old"), production.url("/old"));
    assert!(csv.contains(&old), "{csv}");
    let doubt = async |args: &[&str]| compare(&workdir, args).await["notes"][0].to_string();
    let foreign = doubt(&["1", "2"]).await;
    assert!(foreign.contains("no page in common"), "{foreign}");
    let unmatched = doubt(&["1", "2", "--map", "nowhere=>x"]).await;
    assert!(unmatched.contains("check its pattern"), "{unmatched}");
    let itself = doubt(&["2", "2"]).await;
    assert!(itself.contains("the same run"), "{itself}");
    let wrong = workdir.run(&["compare", "1", "2", "--map", "(x=>y"]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("\"(x\" is not a regular expression"),
        "{}",
        wrong.err
    );
    assert_eq!(wrong.err.lines().count(), 1, "{}", wrong.err);
    // A number is a run, whatever files are called.
    std::fs::create_dir(workdir.path().join("1")).expect("made");
    assert_eq!(compare(&workdir, &["1", "2", "--map", &map]).await, found);
    let wrong = workdir.run(&["compare", "out", "2"]).await;
    assert!(wrong.err.contains("is a directory"), "{}", wrong.err);
    let wrong = workdir.run(&["compare", "nothing"]).await;
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.err.contains("OLD nothing: neither a run of"),
        "{}",
        wrong.err
    );
}

#[tokio::test]
async fn what_a_run_did_not_look_at_is_neither_gone_nor_new() {
    let origin = site(&["/shut", "/open"]).await;
    serve(&origin, &[("/shut", true), ("/open", false)]);
    let workdir = Workdir::new();
    audit(&workdir, &origin, &[]).await;
    let robots = "User-agent: *\nDisallow: /shut\nDisallow: /open\n";
    origin.script(
        "/robots.txt",
        [ok(robots).header("Content-Type", "text/plain")],
    );
    audit(&workdir, &origin, &[]).await;
    let found = compare(&workdir, &[]).await;
    assert_eq!(changes(&found), ["unclear /shut"]);
    assert_eq!(found["not_compared"]["new: robots"], 2);
    audit(&workdir, &origin, &["--max-pages", "3"]).await;
    let found = compare(&workdir, &["1", "3"]).await;
    assert_eq!(
        (&found["counts"]["gone"], &found["counts"]["new"]),
        (&0.into(), &0.into())
    );
    // The start page, twenty steady ones and two that robots.txt forbids.
    assert_eq!(found["not_compared"]["new: max_pages"], 23 - 3 - 2);
}

#[tokio::test]
async fn behind_a_start_page_that_fails_nothing_is_called_gone_or_appeared() {
    let origin = site(&["/a"]).await;
    serve(&origin, &[("/a", false)]);
    let workdir = Workdir::new();
    audit(&workdir, &origin, &[]).await;
    serve(&origin, &[("/", true)]);
    let url = origin.url("/");
    let args = ["audit", &url, "--retries", "0", "--rate", "0", "--no-probe"];
    let more = ["--confirm", "1s,2s", "--no-known", "-o", "out", "-f", "md"];
    let said = workdir.run(&[&args[..], &more].concat()).await;
    assert_eq!(said.code, Some(3), "{}", said.err);
    let told = workdir.read("out/report.md");
    assert!(
        told.contains("Note: pages that only the old run knows are not counted"),
        "{told}"
    );
    let found = compare(&workdir, &[]).await;
    assert_eq!(changes(&found), ["new /"]);
    let why = "new: that run could not read a start page";
    assert_eq!(found["not_compared"][why], 21);
    origin.script("/robots.txt", [status(503)]);
    workdir
        .run(&["audit", &origin.url("/"), "--retries", "0"])
        .await;
    let shut = workdir.run(&["compare", "1", "3"]).await;
    assert!(shut.out.contains("no page is in both runs"), "{}", shut.out);
    let swapped = compare(&workdir, &["2", "1"]).await;
    assert_eq!(changes(&swapped), ["fixed /"]);
    let notes = swapped["notes"].to_string();
    assert!(notes.contains("began after the new one"), "{notes}");
    assert!(
        notes.contains("only the new run knows are not counted"),
        "{notes}"
    );
}

#[tokio::test]
async fn what_only_a_failing_page_links_to_is_requested_all_the_same() {
    let origin = site(&["/hub"]).await;
    origin.page("/hub", "<a href='/deep'>x</a>");
    origin.page("/deep", "<p>fine");
    let workdir = Workdir::new();
    audit(&workdir, &origin, &[]).await;
    serve(&origin, &[("/hub", true)]);
    audit(&workdir, &origin, &[]).await;
    let found = compare(&workdir, &[]).await;
    assert_eq!(changes(&found), ["new /hub"]);
    assert_eq!(found["compared"], 23);
    // The other way round it is not known who linked to it.
    let found = compare(&workdir, &["2", "1"]).await;
    assert_eq!(changes(&found), ["fixed /hub"]);
}

#[tokio::test]
async fn a_run_that_no_page_answered_is_no_baseline() {
    let origin = site(&["/broken"]).await;
    let workdir = Workdir::new();
    serve(&origin, &[("/broken", true)]);
    audit(&workdir, &origin, &[]).await;
    // A week in which robots.txt answered 503: nothing was asked.
    origin.script("/robots.txt", [status(503)]);
    let url = origin.url("/");
    let dark = ["audit", &url, "--retries", "0", "--confirm", "none"];
    assert_eq!(workdir.run(&dark).await.code, Some(3));
    origin.script("/robots.txt", [status(404)]);
    let said = audit(&workdir, &origin, &["--fail-on", "new-5xx > 0"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("compared with run 1"), "{}", said.err);
}

#[tokio::test]
async fn a_run_with_other_limits_or_another_scope_is_no_baseline() {
    let origin = site(&["/shop/1"]).await;
    let workdir = Workdir::new();
    serve(&origin, &[("/shop/1", false)]);
    let changes = |said: &Said| {
        let lines = said.err.lines();
        let line = lines.filter(|line| line.trim_start().starts_with("Changes"));
        line.map(str::to_owned).next_back()
    };
    audit(&workdir, &origin, &[]).await;
    let few = audit(&workdir, &origin, &["--max-pages", "3"]).await;
    assert_eq!(changes(&few), None, "{}", few.err);
    let other = audit(&workdir, &origin, &["--exclude", "/steady/1"]).await;
    assert_eq!(changes(&other), None, "{}", other.err);
    serve(&origin, &[("/shop/1", true)]);
    let said = audit(&workdir, &origin, &["--fail-on", "new-5xx > 1"]).await;
    let expected = "1 new; 22 pages compared with run 1";
    let line = changes(&said).expect("changes");
    assert!(line.contains(expected), "{line}");
    assert_eq!(said.code, Some(0), "{}", said.err);
}
