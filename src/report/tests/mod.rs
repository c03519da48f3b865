//! Exports a small run with one of everything, written by hand, in every format.

mod columns;
mod story;
mod visits;

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;

use crate::assess::{Gate, Measured};
use crate::model::{LinkKind, Outcome, Role};
use crate::store::{Change, KnownUrl, RunRow, Store, Table};

use super::wanted::Wanted;
use super::{Format, check, write};
use story::{begin, exports, seed, store_changes, stored};
use visits::{Story, link, url};

/// Every format that needs no other program.
fn each() -> Vec<Format> {
    let all = Format::ALL.into_iter();
    all.filter(|format| *format != Format::Pdf).collect()
}

fn of(formats: &[Format]) -> Wanted {
    Wanted {
        formats: formats.to_vec(),
        ..Wanted::default()
    }
}

#[tokio::test]
async fn every_table_as_csv() {
    let ((_dir, store), out) = (stored().await, exports());
    let files = write(&store, &newest(&store), &of(&each()), out.path()).expect("written");
    assert_eq!(files.len(), of(&each()).exports().len());
    for table in Table::ALL {
        let name = format!("{}.csv", table.name());
        let text = read(&out, &name);
        assert_eq!(
            text.matches('\n').count(),
            text.matches("\r\n").count() + extra(&text)
        );
        assert_snapshot!(name, text.replace("\r\n", "\n"));
    }
}

#[tokio::test]
async fn every_table_as_json_lines() {
    let ((_dir, store), out) = (stored().await, exports());
    write(&store, &newest(&store), &of(&[Format::Jsonl]), out.path()).expect("written");
    for table in Table::ALL {
        let name = format!("{}.jsonl", table.name());
        let text = read(&out, &name);
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
            assert!(
                value
                    .as_object()
                    .expect("an object")
                    .values()
                    .all(|v| !v.is_null())
            );
        }
        assert_snapshot!(name, text);
    }
}

/// Removes the version, which is not part of the snapshots.
fn without_version(text: &str) -> String {
    text.replace(
        &format!("gatecrawl {}", env!("CARGO_PKG_VERSION")),
        "gatecrawl VERSION",
    )
}

#[tokio::test]
async fn the_report_for_a_pull_request() {
    let ((_dir, store), out) = (stored().await, exports());
    write(
        &store,
        &newest(&store),
        &of(&[Format::Markdown]),
        out.path(),
    )
    .expect("written");
    let text = read(&out, "report.md");
    assert!(
        text.ends_with("own.\n") && !text.ends_with("\n\n"),
        "a last line"
    );
    assert_snapshot!("report.md", without_version(&text));
}

#[tokio::test]
async fn the_report_that_people_open() {
    let ((_dir, store), out) = (stored().await, exports());
    let formats = [Format::Html, Format::Csv];
    write(&store, &newest(&store), &of(&formats), out.path()).expect("written");
    let page = read(&out, "report.html");
    assert_eq!(page.matches("<script").count(), 1, "our own script");
    let loads = [
        "src=", "@import", "url(", "<link", "<img", "<iframe", "<object",
    ];
    for load in loads {
        assert!(!page.contains(load), "{load} would load something");
    }
    assert!(page.contains("href=\"server_errors.csv\"") && page.len() < 200_000);
    let (_, body) = page.split_once("</style>").expect("a style");
    assert_snapshot!("report.html", without_version(body));
}

/// The size of the report is bounded, however many pages fail and however long their addresses are.
#[tokio::test]
async fn a_hostile_site_cannot_make_the_report_heavy() {
    const HEAVIEST: usize = 2_000_000;
    let (dir, out) = (exports(), exports());
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let run = begin(&store);
    let mut crawled = Story::default();
    for n in 0..10_000 {
        let length = if n % 2 == 0 { 400 } else { 4_000 };
        let path = format!("/{}/{n}/{}", n % 500, "'".repeat(length));
        crawled.changes.push(Change::Seeds(vec![seed(&path, true)]));
        crawled.gives_up(&path, Outcome::Server502);
    }
    store_changes(&store, run, crawled.changes).await;
    let formats = [Format::Html, Format::Markdown];
    write(&store, &newest(&store), &of(&formats), out.path()).expect("written");
    let (page, text) = (read(&out, "report.html"), read(&out, "report.md"));
    assert!(page.len() < HEAVIEST, "{} bytes", page.len());
    // GitHub's limit for a comment.
    assert!(text.chars().count() < 65_536, "{} bytes", text.len());
    assert!(page.contains("The first 150 of 10,000 pages"));
}

#[tokio::test]
async fn gates_and_failing_urls_as_test_cases() {
    let ((_dir, store), out) = (stored().await, exports());
    let measured = Measured {
        server_errors: 2,
        ..Measured::default()
    };
    let judge = |gate: &str| gate.parse::<Gate>().expect("a gate").judge(&measured);
    let wanted = Wanted {
        gates: ["5xx > 0", "502 > 0", "new-5xx > 0"].map(judge).to_vec(),
        ..of(&[Format::Junit])
    };
    write(&store, &newest(&store), &wanted, out.path()).expect("written");
    assert_snapshot!("junit.xml", read(&out, "junit.xml"));
}

#[tokio::test]
async fn exports_are_like_those_of_screaming_frog() {
    let ((_dir, store), out) = (stored().await, exports());
    let formats = [Format::ScreamingFrog];
    let files = write(&store, &newest(&store), &of(&formats), out.path()).expect("written");
    for path in files {
        let name = path.file_name().expect("a name").to_string_lossy();
        let text = fs::read_to_string(&path).expect("read");
        assert_snapshot!(name.into_owned(), text.replace("\r\n", "\n"));
    }
}

#[tokio::test]
async fn each_of_many_links_keeps_its_own_text() {
    let (dir, out) = (exports(), exports());
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    let run = begin(&store);
    let mut crawled = Story::default();
    crawled.changes.push(Change::Seeds(vec![seed("/", true)]));
    let texts = (0..39).map(|n| format!("The broken page, link {n}"));
    let texts: BTreeSet<String> = texts.chain([String::new()]).collect();
    let links = texts.iter().map(|text| link("/b", LinkKind::Anchor, text));
    crawled.page("/", "Home", links.collect());
    crawled.gives_up("/b", Outcome::Server502);
    store_changes(&store, run, crawled.changes).await;
    write(&store, &newest(&store), &of(&[Format::Csv]), out.path()).expect("written");
    let file = read(&out, "error_inlinks.csv");
    let mut rows = csv::Reader::from_reader(file.as_bytes());
    let column = rows
        .headers()
        .expect("a header")
        .iter()
        .position(|name| name == "Anchor");
    let column = column.expect("the texts of links");
    let found = rows
        .records()
        .map(|row| row.expect("a row")[column].to_owned());
    assert_eq!(found.collect::<BTreeSet<_>>(), texts);
}

#[tokio::test]
async fn exports_that_screaming_frog_wrote_are_not_ours() {
    let ((_dir, store), out) = (stored().await, exports());
    let theirs = "\"Address\",\"Content Type\",\"Status Code\"\n";
    fs::write(out.path().join("internal_all.csv"), theirs).expect("written");
    let csv = Wanted {
        overwrite: true,
        ..of(&[Format::Csv])
    };
    write(&store, &newest(&store), &csv, out.path()).expect("written beside it");
    assert_eq!(read(&out, "internal_all.csv"), theirs);
    let frog = of(&[Format::ScreamingFrog]);
    write(&store, &newest(&store), &frog, out.path()).expect_err("foreign");
}

#[tokio::test]
async fn exports_of_another_format_do_not_stay_behind() {
    let ((_dir, store), out) = (stored().await, exports());
    let run = newest(&store);
    for formats in [&each()[..], &[Format::Jsonl], &[Format::Csv]] {
        let files = write(&store, &run, &of(formats), out.path()).expect("its own directory");
        let found = fs::read_dir(out.path()).expect("read").count();
        assert_eq!(found, files.len(), "{formats:?}");
    }
}

#[tokio::test]
async fn the_summary_as_json() {
    let ((_dir, store), out) = (stored().await, exports());
    let formats = [Format::Json, Format::Csv];
    write(&store, &newest(&store), &of(&formats), out.path()).expect("written");
    let version = format!("\"version\": {:?}", env!("CARGO_PKG_VERSION"));
    let text = read(&out, "summary.json").replace(&version, "\"version\": \"VERSION\"");
    assert_snapshot!("summary.json", text);
}

#[tokio::test]
async fn the_summary_names_the_worst_and_the_slowest() {
    let (_dir, store) = stored().await;
    let run = newest(&store);
    store.conclude(run.id).expect("concluded");
    let summary = store.summary(run.id).expect("counted");
    let worst: Vec<_> = store
        .worst_pages(run.id, 2)
        .expect("read")
        .into_iter()
        .map(|page| (page.address, page.failed))
        .collect();
    assert_eq!(
        worst,
        [
            ("https://shop.example/b".to_owned(), 3),
            ("https://shop.example/waiting".to_owned(), 1)
        ]
    );
    let slowest = store.slowest_pages(run.id, 2).expect("read");
    assert_eq!(slowest.len(), 2);
    assert_eq!(summary.pages.classes().server_error, 2);
    // The link to another site, which does not answer, is counted apart.
    assert_eq!(summary.pages.classes().none, 0);
    assert_eq!((summary.external.known, summary.external.requested), (1, 1));
    // Two always, one failed before it recovered.
    assert_eq!(summary.pages.failing(), 3);
    let by_status: u64 = summary.pages.by_status.values().sum();
    assert_eq!(by_status, summary.pages.by_outcome.values().sum::<u64>());
    assert_eq!(by_status, summary.pages.by_verdict.values().sum::<u64>());
}

#[tokio::test]
async fn the_same_run_gives_the_same_bytes() {
    let ((_dir, store), out) = (stored().await, exports());
    let run = newest(&store);
    let all = |out: &tempfile::TempDir| -> Vec<Vec<u8>> {
        let files = write(&store, &run, &of(&each()), out.path()).expect("written");
        files
            .iter()
            .map(|path| fs::read(path).expect("read"))
            .collect()
    };
    let first = all(&out);
    assert!(first == all(&out), "written over the files of before");
    check(out.path(), &each(), false).expect("holds our files only");
}

#[tokio::test]
async fn a_run_without_a_single_url_has_tables_with_headers() {
    let (dir, out) = (exports(), exports());
    let store = Store::open(&dir.path().join("runs.db")).expect("made");
    begin(&store);
    write(&store, &newest(&store), &of(&each()), out.path()).expect("written");
    for table in Table::ALL {
        let text = read(&out, &format!("{}.csv", table.name()));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert_eq!(read(&out, &format!("{}.jsonl", table.name())), "");
    }
}

#[tokio::test]
async fn a_resumed_run_is_exported_as_one() {
    let ((_dir, store), out) = (stored().await, exports());
    let run = newest(&store);
    write(&store, &run, &of(&[Format::Csv]), out.path()).expect("written");

    let mut sequel = Story::after(100);
    sequel.page("/waiting", "", vec![link("/cart", LinkKind::Anchor, "")]);
    sequel
        .changes
        .push(Change::Seeds(vec![seed("/listed", true)]));
    store_changes(&store, run.id, sequel.changes).await;
    let mut waiting = Vec::new();
    let each = &mut |known: KnownUrl| {
        if known.queued && known.role == Role::Page {
            waiting.push((known.url.to_string(), known.depth));
        }
    };
    let all = store.next_known_urls(run.id, &mut 0, u32::MAX, each);
    all.expect("read");
    let expected = [("/listed", Some(0)), ("/cart", Some(1))];
    assert_eq!(
        waiting,
        expected.map(|(path, depth)| (url(path).to_string(), depth))
    );

    write(&store, &run, &of(&[Format::Csv]), out.path()).expect("written");
    let rows = |name: &str, path: &str| {
        let address = format!("{},", url(path));
        let text = read(&out, name);
        text.lines()
            .filter(|line| line.starts_with(&address))
            .count()
    };
    assert_eq!(rows("attempts.csv", "/waiting"), 2);
    assert_eq!(rows("pages.csv", "/waiting"), 1);
    assert_eq!(rows("skipped.csv", "/cart"), 0);
    let errors = read(&out, "server_errors.csv");
    let row = errors
        .lines()
        .find(|line| line.contains("/waiting"))
        .expect("a row");
    assert!(row.contains(",transient,ok_html,2,1,1,1,"), "{row}");
}

/// Returns the number of line breaks within quoted cells.
fn extra(text: &str) -> usize {
    let quoted = text.split('"').skip(1).step_by(2);
    quoted
        .map(|cell| cell.matches('\n').count() - cell.matches("\r\n").count())
        .sum()
}

fn read(out: &tempfile::TempDir, name: &str) -> String {
    fs::read_to_string(out.path().join(name)).expect("written")
}

fn newest(store: &Store) -> RunRow {
    store.newest_run().expect("read").expect("a run")
}
