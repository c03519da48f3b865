//! Exports a small run with one of everything, written by hand, in every format.

mod columns;
mod story;
mod visits;

use std::collections::BTreeSet;
use std::fs;

use insta::assert_snapshot;

use crate::assess::{Gate, Measured};
use crate::model::{LinkKind, Moment, Outcome, Role};
use crate::parse::traffic::Visits;
use crate::store::{Change, KnownUrl, RunRow, Store, Table, Traffic};

use super::wanted::Wanted;
use super::{Audience, Cover, Format, check, write};
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

/// A client has no shell, and no use for single requests: what is broken, its effect, and who has to act are enough.
#[tokio::test]
async fn the_report_of_a_client_has_no_command() {
    let (_dir, store) = stored().await;
    let measured = Measured {
        server_errors: 2,
        ..Measured::default()
    };
    let gate: Gate = "5xx > 0".parse().expect("a gate");
    let written = |audience| {
        let out = exports();
        let wanted = Wanted {
            cover: Cover {
                audience,
                ..Cover::default()
            },
            gates: vec![gate.judge(&measured)],
            ..of(&[Format::Html, Format::Markdown])
        };
        write(&store, &newest(&store), &wanted, out.path()).expect("written");
        let page = read(&out, "report.html");
        let (_, body) = page.split_once("</style>").expect("a style");
        let (body, _) = body.split_once("<script>").expect("a script");
        (body.to_owned(), read(&out, "report.md"))
    };
    let of_team = [
        "<code>",
        "<pre>",
        "curl ",
        "gatecrawl explain",
        "--fail-on",
        "class=\"strip\"",
        "X-Gatecrawl-Run",
    ];
    let (team, _) = written(Audience::Team);
    for command in of_team {
        assert!(team.contains(command), "{command} in the team's report");
    }
    let (page, text) = written(Audience::Client);
    let others = [
        "grep ",
        "systemctl",
        "journalctl",
        "gatecrawl report ",
        "gatecrawl check",
    ];
    for command in of_team.into_iter().chain(others) {
        assert!(!page.contains(command), "{command} in the client's report");
    }
    for command in ["gatecrawl explain", "grep ", "curl "] {
        assert!(!text.contains(command), "{command} in the client's text");
    }
    for words in ["To forward to the", "Visitors get an error"] {
        assert!(page.contains(words), "{words}");
    }
}

/// The size of the report is bounded, however many pages fail and however long their URLs are.
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

/// One ticket for each cause, with the same words in both files.
#[tokio::test]
async fn tickets_say_who_does_what() {
    let ((_dir, store), out) = (stored().await, exports());
    let mut run = newest(&store);
    run.plan.requests.reach.secrets = vec!["--basic-auth".to_owned()];
    let wanted = Wanted {
        cover: Cover {
            csv_bom: true,
            ..Cover::default()
        },
        ..of(&[Format::Tickets])
    };
    write(&store, &run, &wanted, out.path()).expect("written");
    assert_snapshot!("tickets.md", read(&out, "tickets.md"));
    let text = read(&out, "tickets.csv");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.contains("-u USER:PASSWORD"), "{text}");
    let rows: Vec<_> = csv::Reader::from_reader(text.as_bytes())
        .into_records()
        .map(|row| row.expect("a row"))
        .collect();
    let pasted = read(&out, "tickets.md");
    assert_eq!(rows.len(), pasted.matches("\n## ").count());
    for row in &rows {
        assert!(
            ["Highest", "High", "Medium", "Low"].contains(&&row[2]),
            "{row:?}"
        );
        let is_label = |label: &str| !label.is_empty() && !label.contains(' ');
        assert!(row.iter().skip(3).all(is_label), "{row:?}");
        assert!(
            row[1].starts_with("In short:\n* ") && row[1].contains("\nWho:\n"),
            "{row:?}"
        );
    }
}

/// Visits of the site's pages that were read up to 60 days before the run weigh its failures.
#[tokio::test]
async fn visits_weigh_failures() {
    let ((_dir, store), out) = (stored().await, exports());
    let run = newest(&store);
    let day = 24 * 3600 * 1000;
    let clicks = |clicks| Visits {
        clicks: Some(clicks),
        ..Visits::default()
    };
    let traffic = Traffic {
        pages: [
            ("https://shop.example/b", clicks(280.0)),
            ("http://www.shop.example/a/", clicks(28.0)),
            ("https://shop.example/never-seen", clicks(92.0)),
        ]
        .map(|(address, visits)| (address.to_owned(), visits))
        .into(),
        days: 28,
        stated: true,
    };
    let at = |days: i64| Moment::from_millis(run.started.millis() - days * day);
    let formats = of(&[Format::Csv, Format::Json, Format::Markdown]);
    let header = || {
        read(&out, "pages.csv")
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    store
        .keep_traffic(&run.site, at(61), &traffic)
        .expect("kept");
    write(&store, &run, &formats, out.path()).expect("written");
    assert!(header().contains(",Findings,Price,"), "{}", header());
    let plain: serde_json::Value = serde_json::from_str(&read(&out, "summary.json")).expect("JSON");
    assert!(plain.get("traffic").is_none());

    let (_dir, store) = stored().await;
    store
        .keep_traffic(&run.site, at(59), &traffic)
        .expect("kept");
    write(&store, &run, &formats, out.path()).expect("written");
    assert!(
        header().contains(",Findings,Clicks,Impressions,Sessions,Price,"),
        "{}",
        header()
    );
    let table = read(&out, "pages.csv");
    let row = |path: &str| {
        let start = format!("https://shop.example{path},");
        let row = table.lines().find(|row| row.starts_with(&start));
        row.expect("a row").to_owned()
    };
    assert!(row("/b").contains(",280,,,"), "{}", row("/b"));
    assert!(row("/a").contains(",28,,,"), "{}", row("/a"));
    let found: serde_json::Value = serde_json::from_str(&read(&out, "summary.json")).expect("JSON");
    let of = &found["traffic"];
    assert_eq!((&of["pages"], &of["matched_pages"]), (&3.into(), &2.into()));
    assert_eq!(
        (&of["visits"], &of["matched_visits"]),
        (&400.0.into(), &308.0.into())
    );
    assert_eq!(of["clicks_at_risk"]["value"], 10.0, "{of}");
    let text = read(&out, "report.md");
    for words in [
        "about 10 clicks a day at risk (",
        "2 of 3 pages with visits are known, with 77 % of 400 clicks (28 days)",
        "about 10 clicks a day at risk (an estimate)",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // The most visited page weighs three times as much.
    let priority = |summary: &serde_json::Value| {
        let worst = summary["worst"].as_array().expect("pages").clone();
        let page = worst
            .into_iter()
            .find(|page| page["address"] == "https://shop.example/b");
        page.and_then(|page| page["priority"].as_f64())
            .expect("a priority")
    };
    let (before, now) = (priority(&plain), priority(&found));
    assert!((now / before - 3.0).abs() < 0.01, "{before} {now}");
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
            // What the server announced counts less than a failure that it did not.
            ("https://shop.example/waiting".to_owned(), 1),
            ("https://shop.example/b".to_owned(), 3)
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
