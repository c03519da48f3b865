//! What was known is requested again: a site is seen behind a page that broke, and nothing is
//! called gone that answers.

use serde_json::Value;

use crate::answer::{ok, status};
use crate::cli::{Said, Workdir};
use crate::origin::Origin;

/// Pages of the chain, the start page included.
const CHAIN: usize = 11;

/// A start page, from which each page links to the next alone.
async fn chain() -> Origin {
    let origin = Origin::start().await;
    for n in 1..=CHAIN {
        origin.page(&path(n), &linked(n));
    }
    origin
}

fn path(n: usize) -> String {
    match n {
        1 => "/".to_owned(),
        n => format!("/{n}"),
    }
}

fn linked(n: usize) -> String {
    format!("<p>page {n} <a href='{}'>next</a>", path(n % CHAIN + 1))
}

async fn audit(workdir: &Workdir, origin: &Origin, more: &[&str]) -> Said {
    let url = origin.url("/");
    let args = ["audit", &url, "--retries", "0", "--rate", "0", "--no-probe"];
    let confirm = ["--confirm", "1s,2s", "--sample", "0"];
    workdir.run(&[&args[..], &confirm, more].concat()).await
}

async fn compare(workdir: &Workdir) -> Value {
    let said = workdir.run(&["compare", "--json"]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

/// `change path: evidence` of every change, in order.
fn changes(found: &Value, origin: &Origin) -> Vec<String> {
    let pages = found["changes"].as_array().expect("a list").iter();
    let told = |page: &Value| {
        let address = page["address"].as_str().expect("an address");
        let path = address.strip_prefix(&origin.url("")).expect("this site");
        let evidence = page["evidence"].as_str().expect("words");
        let change = page["change"].as_str().expect("a word");
        format!("{change} {path}: {evidence}")
    };
    let mut all: Vec<String> = pages.map(told).collect();
    all.sort();
    all
}

/// The paths that were requested since so many requests, robots.txt and the sitemap aside, each once.
fn requested(origin: &Origin, since: usize) -> Vec<String> {
    let all = origin.requests();
    let paths = all.iter().skip(since).map(|seen| seen.path.clone());
    let mut paths: Vec<String> = paths
        .filter(|path| path != "/robots.txt" && path != "/sitemap.xml")
        .collect();
    paths.sort();
    paths.dedup();
    paths
}

#[tokio::test]
async fn behind_a_page_that_broke_all_pages_are_requested_and_none_is_gone() {
    let origin = chain().await;
    let workdir = Workdir::new();
    let said = audit(&workdir, &origin, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("11 of 11 known pages"), "{}", said.err);

    origin.script(&path(3), [status(502)]);
    origin.script(&path(8), [status(500)]);
    let since = origin.requests().len();
    let said = audit(
        &workdir,
        &origin,
        &["-o", "out", "--fail-on", "new-5xx > 1"],
    )
    .await;
    assert_eq!(said.code, Some(10), "{}", said.err);
    assert!(said.err.contains("11 of 11 known pages"), "{}", said.err);
    assert!(said.err.contains("9 2xx, 2 5xx"), "{}", said.err);
    assert_eq!(requested(&origin, since).len(), CHAIN);

    let found = compare(&workdir).await;
    let broke =
        "failed 3 of 3 in 3 passes, was fine 1 of 1; error rate +100 points (95 %: +3 to +100)";
    let expected = [format!("new /3: {broke}"), format!("new /8: {broke}")];
    assert_eq!(changes(&found, &origin), expected);
    assert_eq!(found["counts"]["gone"], 0);
    assert_eq!(
        found["counts"]["unlinked"], 0,
        "who linked to them cannot be read"
    );
    assert_eq!(found["compared"], CHAIN);
    let pages = workdir.read("out/pages.csv");
    let known = pages.lines().filter(|row| row.contains(",previous run,"));
    assert_eq!(known.count(), 8, "{pages}");

    // A week later all is well again.
    for n in 1..=CHAIN {
        origin.page(&path(n), &linked(n));
    }
    let said = audit(&workdir, &origin, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let found = compare(&workdir).await;
    assert_eq!(found["counts"]["fixed"], 2);
    assert_eq!(changes(&found, &origin).len(), 2, "{found}");
}

#[tokio::test]
async fn gone_is_what_answers_404_or_is_out_of_scope_and_what_nobody_links_to_is_unlinked() {
    let origin = Origin::start().await;
    let workdir = Workdir::new();
    let links = |paths: &[&str]| {
        let links = paths.iter().map(|path| format!("<a href='{path}'>x</a>"));
        format!("<p>home {}", links.collect::<String>())
    };
    origin.page(
        "/",
        &links(&["/kept", "/removed", "/lost", "/self", "/moved", "/listed"]),
    );
    for path in ["/kept", "/removed", "/lost", "/moved", "/listed"] {
        origin.page(path, "<p>fine");
    }
    // Pages that link to each other, and nobody else to them.
    origin.page(
        "/self",
        "<p>fine <a href='/self'>here</a><a href='/lost'>x</a>",
    );
    origin.page("/lost", "<p>fine <a href='/self'>x</a>");
    audit(&workdir, &origin, &[]).await;

    origin.page("/", &links(&["/kept"]));
    // Its only reference is no link, but leads there.
    origin.page("/kept", "<link rel='canonical' href='/moved'><p>fine");
    let map = format!(
        "<urlset><url><loc>{}</loc></url></urlset>",
        origin.url("/listed")
    );
    origin.script(
        "/sitemap.xml",
        [ok(&map).header("Content-Type", "application/xml")],
    );
    origin.script("/removed", [status(410)]);
    audit(&workdir, &origin, &["-o", "out"]).await;
    let lost = "answers 200, but no link from the start pages and no sitemap leads to it any more";
    let expected = [
        "gone /removed: answers 410, answered 200".to_owned(),
        format!("unlinked /lost: {lost}"),
        format!("unlinked /self: {lost}"),
    ];
    let found = compare(&workdir).await;
    assert_eq!(changes(&found, &origin), expected);
    assert_eq!(found["counts"]["unlinked"], 2);
    let csv = workdir.read("out/compare.csv");
    assert!(csv.contains(",unlinked,"), "{csv}");
    let said = workdir.run(&["compare"]).await;
    assert!(said.out.contains("1 gone, 2 unlinked"), "{}", said.out);

    // They stay known, what is gone does not, and nothing of it is a change any more.
    let since = origin.requests().len();
    audit(&workdir, &origin, &[]).await;
    let expected = ["/", "/kept", "/listed", "/lost", "/moved", "/self"];
    assert_eq!(requested(&origin, since), expected);
    let found = compare(&workdir).await;
    assert_eq!(changes(&found, &origin), Vec::<String>::new(), "{found}");

    // Another scope: what it leaves out is gone, and said to be for that.
    audit(&workdir, &origin, &["--exclude", "/moved$"]).await;
    let said = workdir.run(&["compare", "--json", "3", "4"]).await;
    let found = serde_json::from_str(&said.out).expect("JSON");
    let scope = "out of scope now: matches --exclude /moved$; was fine 1 of 1";
    let unasked = "was not requested now: no link or sitemap leads to it; was fine 1 of 1";
    assert_eq!(
        changes(&found, &origin),
        [
            format!("gone /moved: is {scope}"),
            format!("unclear /lost: {unasked}"),
            format!("unclear /self: {unasked}"),
        ]
    );
}

#[tokio::test]
async fn a_page_is_not_called_unlinked_while_a_sitemap_cannot_be_read() {
    let origin = Origin::start().await;
    let workdir = Workdir::new();
    origin.page("/", "<p>home <a href='/linked'>x</a>");
    origin.page("/linked", "<p>fine");
    origin.page("/listed", "<p>fine");
    let map = format!(
        "<urlset><url><loc>{}</loc></url></urlset>",
        origin.url("/listed")
    );
    let map = ok(&map).header("Content-Type", "application/xml");
    origin.script("/sitemap.xml", [map]);
    audit(&workdir, &origin, &[]).await;
    origin.script("/sitemap.xml", [status(503)]);
    origin.page("/", "<p>home");
    audit(&workdir, &origin, &[]).await;
    let found = compare(&workdir).await;
    let told = changes(&found, &origin);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("unlinked /linked: "), "{told:?}");
}

#[tokio::test]
async fn what_was_not_requested_is_not_gone_whatever_kept_it_from_that() {
    let origin = chain().await;
    let workdir = Workdir::new();
    audit(&workdir, &origin, &[]).await;
    origin.script(&path(3), [status(502)]);
    let url = origin.url("/");
    let dry = workdir.run(&["audit", &url, "--dry-run"]).await;
    assert!(
        dry.out.contains("known: pages that run 1 of 2"),
        "{}",
        dry.out
    );
    let dry = workdir
        .run(&["audit", &url, "--dry-run", "--no-known"])
        .await;
    assert!(
        dry.out.contains("known: no pages of an earlier run\n"),
        "{}",
        dry.out
    );

    let since = origin.requests().len();
    std::fs::write(workdir.path().join("gatecrawl.toml"), "no-known = true\n").expect("written");
    audit(&workdir, &origin, &[]).await;
    assert_eq!(requested(&origin, since), ["/", "/2", "/3"]);
    let found = compare(&workdir).await;
    assert_eq!(found["counts"]["gone"], 0);
    assert_eq!(found["counts"]["unclear"], 8, "{found}");
    std::fs::remove_file(workdir.path().join("gatecrawl.toml")).expect("removed");

    // robots.txt: counted by reason, as ever.
    let workdir = Workdir::new();
    origin.page(&path(3), &linked(3));
    audit(&workdir, &origin, &[]).await;
    let rules = "User-agent: *\nDisallow: /5\n";
    origin.script(
        "/robots.txt",
        [ok(rules).header("Content-Type", "text/plain")],
    );
    origin.page(&path(4), "<p>no link");
    audit(&workdir, &origin, &["-o", "out"]).await;
    let found = compare(&workdir).await;
    assert_eq!(changes(&found, &origin), Vec::<String>::new(), "{found}");
    assert_eq!(found["not_compared"]["new: robots"], 1);
    let skipped = workdir.read("out/skipped.csv");
    let row = format!(
        "{},robots,line 2: Disallow: /5,previous run,",
        origin.url("/5")
    );
    assert!(skipped.contains(&row), "{skipped}");
}
