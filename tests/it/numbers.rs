//! One run says the same numbers everywhere: in the terminal, the exports, the database and the list of
//! runs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;

use serde_json::{Value, json};

use crate::answer::{html, ok, redirect, status};
use crate::cli::Workdir;
use crate::origin::Origin;
use crate::post::Post;

/// A site with seven pages of which three fail, three images of which one fails, a link to another site that
/// fails, a redirect, a page that robots.txt forbids and one that is excluded.
async fn site(other: &Origin) -> Origin {
    let origin = Origin::start().await;
    let links = [
        "a", "bad", "worse", "at-times", "gone", "moved", "secret", "out/1",
    ];
    let links = links.map(|path| format!("<a href='/{path}'>{path}</a> "));
    let links = links.concat();
    let images = "<img src=/i1.png><img src=/i2.png><img src=/i3.png>";
    let away = other.url("/broken");
    origin.page(
        "/",
        &format!("<p>home {links}{images}<a href='{away}'>away</a>"),
    );
    origin.page("/a", "<p>a page");
    origin.script("/bad", [status(502)]);
    origin.script("/worse", [status(503)]);
    origin.script("/at-times", [status(500), ok("<p>at times")]);
    origin.script("/gone", [html(404, "<p>gone")]);
    origin.script("/moved", [redirect(301, "/a")]);
    for (image, code) in [("/i1.png", 200), ("/i2.png", 404), ("/i3.png", 502)] {
        origin.script(image, [html(code, "x").header("Content-Type", "image/png")]);
    }
    let rules = "User-agent: *\nDisallow: /secret\n";
    origin.script(
        "/robots.txt",
        [html(200, rules).header("Content-Type", "text/plain")],
    );
    origin
}

/// Rows of an export, by the names of its columns.
fn rows(workdir: &Workdir, file: &str) -> Vec<BTreeMap<String, String>> {
    let text = workdir.read(file);
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader
        .deserialize()
        .map(|row| row.expect("a row"))
        .collect()
}

/// How many rows of `pages.csv` of this scope fit.
fn count(
    pages: &[BTreeMap<String, String>],
    scope: &str,
    fits: impl Fn(&BTreeMap<String, String>) -> bool,
) -> usize {
    pages
        .iter()
        .filter(|row| row["Scope"] == scope && fits(row))
        .count()
}

#[tokio::test]
async fn every_surface_says_the_same_numbers() {
    let other = Origin::start().await;
    other.script("/broken", [status(500)]);
    let origin = site(&other).await;
    let workdir = Workdir::new();
    let url = origin.url("/");
    let scope = [
        "--external",
        "--resources",
        "--no-sitemap",
        "--exclude",
        "/out/",
    ];
    let args = [
        "audit",
        &url,
        "--retries",
        "1",
        "--rate",
        "0",
        "-o",
        "out",
        "-f",
        "csv,json,html,md,junit,xlsx",
    ];
    let said = workdir.run(&[&args[..], &scope].concat()).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    tables(&workdir);
    summary(&workdir);
    texts(&workdir, &said.err);
    list_of_runs(&workdir).await;
    scores(&workdir, &said.err).await;
    sections(&workdir);
    findings(&workdir);
    workbook(&workdir);
    mail(&other).await;
}

/// Both scores have one value, one band and one good end everywhere.
async fn scores(workdir: &Workdir, terminal: &str) {
    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    let listed = workdir.run(&["runs"]).await;
    let [md, page] = ["out/report.md", "out/report.html"].map(|file| workdir.read(file));
    for (key, name, in_reports, best) in [
        ("crawlability", "Crawlability ", "Crawlability", 100),
        ("indexing_risk", "Indexing risk", "Indexing Risk", 0),
    ] {
        let score = &summary["scores"][key];
        assert_eq!(score["best"], best, "{score}");
        let value = format!("{:.1}", score["value"].as_f64().expect("a score"));
        let line = terminal
            .lines()
            .find_map(|line| line.strip_prefix(&format!("  {name}  ")));
        let line = line.expect("a line").trim_start();
        let (shown, rest) = line.split_once(' ').expect("a value");
        let (band, rest) = rest.split_once(" (").expect("a band");
        assert_eq!(shown, value);
        assert!(rest.ends_with(&format!("; {best} is best)")), "{line}");
        let cell = format!("| {in_reports} ({best} is best) | **{value}** |");
        assert!(md.contains(&cell) && md.contains(band), "{cell}: {md}");
        let shown = format!("<b>{value}</b><span class=\"word");
        assert!(page.contains(&shown) && page.contains(band), "{shown}");
        let cell = format!(" {value} {band} ");
        assert!(listed.out.contains(&cell), "{cell}: {}", listed.out);
    }
}

/// Returns the texts and numbers of a sheet of the workbook, row by row.
fn cells(workdir: &Workdir, sheet: &str) -> Vec<Vec<String>> {
    let file = fs::File::open(workdir.path().join("out/gatecrawl.xlsx")).expect("a workbook");
    let mut archive = zip::ZipArchive::new(file).expect("a zip archive");
    let mut xml = String::new();
    let mut part = archive.by_name(sheet).expect("such a sheet");
    part.read_to_string(&mut xml).expect("text");
    // The first piece has the attributes of the cell; those after it end with the next tag.
    let text_of = |cell: &str| -> String {
        let texts = cell
            .split('>')
            .skip(1)
            .map(|piece| piece.split('<').next().unwrap_or_default());
        texts.collect()
    };
    xml.split("<row ")
        .skip(1)
        .map(|row| row.split("<c ").skip(1).map(text_of).collect())
        .collect()
}

/// The workbook has the numbers of the site on its first sheet, and a row for each row of the tables.
fn workbook(workdir: &Workdir) {
    let first = cells(workdir, "xl/worksheets/sheet1.xml");
    for (name, number) in [
        ("Known", "8"),
        ("Fetched", "7"),
        ("Failing", "3"),
        ("External links", "1"),
        ("Not fetched: robots", "1"),
    ] {
        let row = first
            .iter()
            .find(|row| row.first().is_some_and(|cell| cell == name));
        assert_eq!(
            row.and_then(|row| row.get(1)).map(String::as_str),
            Some(number),
            "{name}: {first:?}"
        );
    }
    let headline = first
        .iter()
        .find(|row| row.first().is_some_and(|cell| cell == "In short"));
    assert!(
        headline.expect("a headline")[1].starts_with("3 of 7 pages failed"),
        "{headline:?}"
    );
    let pages = cells(workdir, "xl/worksheets/sheet2.xml");
    assert_eq!(pages.len(), rows(workdir, "out/pages.csv").len() + 1);
}

/// The mail about a scheduled audit of the same site says the same.
async fn mail(other: &Origin) {
    let origin = site(other).await;
    let url = origin.url("/");
    let (post, workdir) = (Post::start().await, Workdir::new());
    let config = format!(
        "[smtp]\n{}\n[project.shop]\nurl = '{url}'\nschedule = '@weekly'\nrate = 0\nretries = 1\nexternal = true\n\
         resources = true\nno-sitemap = true\nexclude = ['/out/']\nconfirm = 'none'\nno-probe = true\nsample = 0\n\
         recheck = 'none'\n[project.shop.notify]\nmail = [{{ to = ['lead@shop.example'] }}]\n",
        post.config()
    );
    fs::write(workdir.path().join("shop.toml"), config).expect("written");
    let args = [
        "schedule",
        "run",
        "--once",
        "--now",
        "shop",
        "--config",
        "shop.toml",
    ];
    let said = workdir.run(&args).await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mails = post.mails();
    let [mail] = mails.as_slice() else {
        panic!("{} mails", mails.len());
    };
    for kind in ["text/plain", "text/html"] {
        let text = mail.part(kind);
        assert!(text.contains("3 of 7 pages failed"), "{text}");
    }
}

/// Sections add up to the site.
fn sections(workdir: &Workdir) {
    let sections = rows(workdir, "out/sections.csv");
    let sum = |column: &str| -> u32 {
        let cells = sections.iter().map(|row| row[column].parse::<u32>());
        cells.map(|cell| cell.expect("a number")).sum()
    };
    assert_eq!([sum("URLs"), sum("Failing")], [7, 3]);
}

/// Findings are the same in summary.json, findings.csv and pages.csv, with the pages that they count.
fn findings(workdir: &Workdir) {
    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    let found = summary["findings"].as_array().expect("findings");
    assert_eq!(found.len(), rows(workdir, "out/findings.csv").len());
    let pages = rows(workdir, "out/pages.csv");
    let mut counted = 0;
    for finding in found {
        let Some(expected) = finding["pages"].as_u64() else {
            continue;
        };
        let id = finding["id"].as_str().expect("a name");
        let named = count(&pages, "page", |row| {
            row["Findings"]
                .split([' ', ',', ';'])
                .any(|name| name == id)
        });
        assert_eq!(named as u64, expected, "{finding}");
        counted += 1;
    }
    assert!(counted > 0, "{found:?}");
}

fn tables(workdir: &Workdir) {
    let pages = rows(workdir, "out/pages.csv");
    let fetched = |row: &BTreeMap<String, String>| row["Attempts"] != "0";
    let failing = |row: &BTreeMap<String, String>| fetched(row) && row["Verdict"] != "ok";
    let server_error = |row: &BTreeMap<String, String>| row["Status Code"].starts_with('5');
    let numbers = |scope| {
        [
            count(&pages, scope, |_| true),
            count(&pages, scope, fetched),
            count(&pages, scope, failing),
            count(&pages, scope, server_error),
        ]
    };
    assert_eq!(numbers("page"), [8, 7, 3, 2]);
    assert_eq!(numbers("resource"), [3, 3, 1, 1]);
    assert_eq!(numbers("external"), [1, 1, 1, 1]);
    assert_eq!(rows(workdir, "out/server_errors.csv").len(), 3 + 1 + 1);

    let database = rusqlite::Connection::open(workdir.path().join("runs.db")).expect("opened");
    for (sql, expected) in [
        (
            "SELECT count(*) FROM pages WHERE Scope = 'page' AND Attempts > 0",
            7,
        ),
        ("SELECT count(*) FROM server_errors WHERE Scope = 'page'", 3),
    ] {
        let found: u32 = database
            .query_row(sql, [], |row| row.get(0))
            .expect("a number");
        assert_eq!(found, expected, "{sql}");
    }
}

fn summary(workdir: &Workdir) {
    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    let coverage = &summary["coverage"];
    assert_eq!([&coverage["known"], &coverage["fetched"]], [8, 7]);
    assert_eq!(coverage["share"], 0.875);
    let counts = &summary["counts"];
    assert_eq!(counts["failing"], 3);
    let by_status = json!({ "200": 3, "301": 1, "404": 1, "502": 1, "503": 1 });
    assert_eq!(counts["by_status"], by_status);
    assert_eq!(counts["skipped"], json!({ "robots": 1 }));
    assert_eq!([&counts["out_of_scope"], &counts["invalid"]], [1, 0]);
    let resources = &summary["resources"];
    let numbers = ["known", "fetched", "failing"].map(|key| &resources[key]);
    assert_eq!(numbers, [3, 3, 1]);
    assert_eq!(
        summary["external_links"],
        json!({ "known": 1, "requested": 1 })
    );
    let verdicts = counts["by_verdict"].as_object().expect("an object");
    let judged: u64 = verdicts.values().filter_map(Value::as_u64).sum();
    assert_eq!(judged, 7);
}

fn texts(workdir: &Workdir, terminal: &str) {
    for words in [
        ": 7 pages in ",
        "  Verdicts       4 ok, 2 unconfirmed, 1 transient\n",
        "  Status         3 2xx, 1 3xx, 1 4xx, 2 5xx\n",
        "  Coverage       7 of 8 known pages fetched (88 %); not fetched: 1 robots; and 1\n\
        \x20                URL out of scope, see skipped.csv\n",
        "  Resources      3 of 3 resources fetched, 1 failing, 1 answered with 4xx\n",
        "  External       1 of 1 link to other sites requested\n",
    ] {
        assert!(terminal.contains(words), "{words}: {terminal}");
    }
    for (file, words) in [
        ("out/report.html", "3 of 7 pages failed"),
        ("out/report.html", "7 of 8 known pages were fetched (88 %)"),
        (
            "out/report.html",
            "3 of 3 resources fetched, 1 failing, 1 answered with 4xx.",
        ),
        ("out/report.md", "3 of 7 pages failed"),
        ("out/report.md", "| Coverage | 88 % | | 7 of 8 known pages"),
    ] {
        let text = workdir.read(file);
        assert!(text.contains(words), "{file}: {words}\n{text}");
    }
    let cases = workdir.read("out/junit.xml").matches("<testcase ").count();
    assert_eq!(
        cases,
        3 + 1 + 1,
        "failing pages, resources and external links"
    );
}

async fn list_of_runs(workdir: &Workdir) {
    let listed = workdir.run(&["runs", "--json"]).await;
    let listed: Value = serde_json::from_str(&listed.out).expect("JSON");
    let numbers = &listed[0]["numbers"];
    assert_eq!([&numbers["pages"], &numbers["failing"]], [7, 3], "{listed}");
    let table = workdir.run(&["runs"]).await;
    assert!(table.out.contains(" 7        3 "), "{}", table.out);
}
