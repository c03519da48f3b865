//! Exports as others read them: Python's `csv`, openpyxl, LibreOffice, a validator of XML schemas. The
//! site does what it can to get a formula into somebody's spreadsheet.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use gatecrawl::report::{csv_writer, without_formulas};
use serde_json::Value;

use crate::crawler::Workdir;
use crate::origin::{page, serve};

/// What a spreadsheet would run, follow, or choke on.
const HOSTILE: [&str; 9] = [
    "=1+1",
    "=HYPERLINK(\"http://127.0.0.1:9/\",\"x\")",
    "@SUM(1)",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "\t=1+1",
    "\r=1+1",
    "_x0041_ \u{1}\u{b}\u{1b}[2J\u{7f}\u{ffff}]]>",
    "\"quoted\", comma; semicolon\r\nand a line",
];

/// The site: pages with hostile titles, one that is always down, one that comes and goes.
fn site() -> String {
    let asked = AtomicU32::new(0);
    let address = serve(move |path, line| match path {
        "/" => page(line, &home()),
        "/down/" => down(line),
        "/shop.v2/flaps" if asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) => down(line),
        path if path.starts_with("/robots") || path.starts_with("/sitemap") => write!(
            line,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
        path => {
            let number = path.rsplit('/').next().and_then(|name| name.parse().ok());
            let title = number.and_then(|number: usize| HOSTILE.get(number));
            page(line, &titled(title.unwrap_or(&path)))
        }
    });
    format!("http://{address}/")
}

fn titled(title: &str) -> String {
    format!("<title>{title}</title><p class=note>{title}</p>")
}

fn home() -> String {
    let links = HOSTILE.iter().enumerate().map(|(number, text)| {
        let rel = text.replace('\'', "");
        format!(
            "<a href='/hostile/{number}'>{text}</a><a href='/down/'>{text}</a>\
             <a rel='{rel}' href='/shop.v2/flaps'>x</a>"
        )
    });
    let mut html = titled("Home") + &links.collect::<Vec<_>>().concat();
    html += "<a href=\"/=1+1\">a</a><a href=\"/x?=cmd|' /C calc'!A0\">b</a>";
    html += "<img src='/down/' alt='=1+1'>";
    html
}

fn down(line: &mut TcpStream) -> std::io::Result<()> {
    write!(
        line,
        "HTTP/1.1 502 Bad Gateway\r\nServer: =1+1\r\nVia: @SUM(1)\r\nX-Request-Id: -2+3\r\n\
         X-Robots-Tag: =1+1\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\
         Connection: close\r\n\r\nbroken"
    )
}

/// Audits the site in every format, with these confirmation passes.
fn audited(confirm: &str) -> Workdir {
    let workdir = Workdir::new();
    let args = [
        "--rate",
        "50",
        "--retries",
        "0",
        "--confirm",
        confirm,
        "--no-probe",
        "--select",
        "+Note=.note",
        "--fail-on",
        "5xx > 0",
        "--fail-on",
        "503 > 0",
        "--fail-on",
        "new-5xx > 0",
        "--format",
        "jsonl,xlsx,junit,screaming-frog",
    ];
    let ended = workdir.whole_audit(&[&[site().as_str()], &args[..]].concat());
    assert_eq!(ended.status.code(), Some(10), "{}", ended.said);
    workdir
}

/// Runs one of the scripts beside this file in the environment that `tests/run.sh` makes; returns what
/// it printed, and panics with that if it found fault.
fn python(script: &str, args: &[&Path]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(root.join("target/readers/bin/python"))
        .arg(root.join("tests/real/readers").join(script))
        .args(args)
        .output()
        .expect("tests/run.sh made the environment");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}: {said}{errors}");
    said
}

/// Lets LibreOffice open a file and save it as a workbook of its own; returns its texts, and panics if
/// a cell became a formula.
fn libreoffice(file: &Path) -> Result<Vec<String>, String> {
    let home = tempfile::tempdir().expect("a directory");
    let output = Command::new("soffice")
        .arg(format!(
            "-env:UserInstallation=file://{}",
            home.path().join("profile").display()
        ))
        .args(["--headless", "--convert-to", "xlsx", "--outdir"])
        .arg(home.path())
        .arg(file)
        .env("HOME", home.path())
        .output()
        .expect("LibreOffice is installed");
    let name = PathBuf::from(file.file_name().expect("a name")).with_extension("xlsx");
    let saved = home.path().join(name);
    assert!(
        saved.exists(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = python("cells.py", &[&saved]);
    let (formulas, texts) = said
        .trim_end()
        .rsplit_once('\n')
        .unwrap_or(("", said.trim_end()));
    if formulas.is_empty() {
        Ok(serde_json::from_str(texts).expect("JSON"))
    } else {
        Err(formulas.to_owned())
    }
}

#[test]
fn csv_files_and_the_workbook_hold_what_the_database_holds() {
    let workdir = audited("none");
    python("tables.py", &[&workdir.database(), &workdir.exports()]);
}

/// What cells are put together of: all that means something to a reader or to a spreadsheet.
const PIECES: [&str; 16] = [
    "\"", "\"\"", ",", ";", "\r", "\n", "\r\n", "\t", "'", "=", "-", "@", " ", "\u{feff}",
    "\u{1b}", "é",
];

#[test]
fn pythons_csv_reads_any_cells_as_they_were_written() {
    let mut dice = fastrand::Rng::with_seed(7);
    let mut cell = || {
        let pieces = (0..dice.usize(..8)).map(|_| PIECES[dice.usize(..PIECES.len())]);
        without_formulas(&pieces.collect::<String>()).into_owned()
    };
    let rows: Vec<[String; 3]> = (0..20_000).map(|_| [cell(), cell(), cell()]).collect();
    let dir = tempfile::tempdir().expect("a directory");
    let [file, expected] = ["cells.csv", "cells.json"].map(|name| dir.path().join(name));
    let mut writer = csv_writer(fs::File::create(&file).expect("a file"));
    for row in &rows {
        writer.write_record(row).expect("written");
    }
    writer.flush().expect("written");
    fs::write(&expected, serde_json::to_vec(&rows).expect("JSON")).expect("written");
    python("same_cells.py", &[&file, &expected]);
}

#[test]
fn libreoffice_runs_no_cell_as_a_formula() {
    let workdir = audited("none");
    // Without the apostrophes it does: so the test would see it.
    let bait = workdir.exports().join("bait.csv");
    fs::write(&bait, "Title\r\n=1+1\r\n").expect("written");
    libreoffice(&bait).expect_err("a formula");

    for name in [
        "pages.csv",
        "error_inlinks.csv",
        "internal_all.csv",
        "server_error_(5xx)_inlinks.csv",
    ] {
        let texts = libreoffice(&workdir.exports().join(name))
            .unwrap_or_else(|formulas| panic!("{name}: {formulas}"));
        let guarded = |text: &&String| text.trim_start_matches('\'') == "=1+1";
        assert!(texts.iter().any(|text| guarded(&text)), "{name}: {texts:?}");
    }
    let texts = libreoffice(&workdir.exports().join("gatecrawl.xlsx")).expect("no formula");
    // The title as it is, without an apostrophe.
    assert!(texts.iter().any(|text| text == "=1+1"), "{texts:?}");
}

#[test]
fn test_cases_are_valid_and_say_what_breaks_the_build() {
    let workdir = audited("1s,1s,1s");
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/junit/junit.xsd");
    let said = python("junit.py", &[&schema, &workdir.exports().join("junit.xml")]);
    let cases: Vec<Value> = serde_json::from_str(&said).expect("JSON");
    let found = |name: &str| {
        let mut cases = cases
            .iter()
            .filter(|case| case["name"].as_str().is_some_and(|own| own.ends_with(name)));
        cases
            .next()
            .unwrap_or_else(|| panic!("no case {name} in {cases:?}"))
    };
    assert_eq!(found("5xx > 0")["ending"], "failure");
    assert_eq!(found("503 > 0")["ending"], "passed");
    assert_eq!(found("new-5xx > 0")["ending"], "error");
    let flaps = found("/shop.v2/flaps");
    assert_eq!(flaps["ending"], "failure", "{flaps}");
    assert_eq!(flaps["class"], "/shop_v2/");
    let down = found("/down/");
    let text = down["text"].as_str().expect("text");
    assert!(
        text.contains("Status: 502 Bad Gateway\n") && text.contains("Try: curl "),
        "{text}"
    );
    // Three seconds are too few to call it persistent.
    assert_eq!(
        (&down["ending"], down["class"].as_str()),
        (&"skipped".into(), Some("/down/"))
    );
}

#[test]
fn headers_are_screaming_frogs() {
    let workdir = audited("none");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/screaming-frog");
    let names = [
        "internal_all.csv",
        "response_codes_internal_server_error_(5xx).csv",
        "server_error_(5xx)_inlinks.csv",
    ];
    for name in names {
        let header = |path: &Path| {
            let mut reader = csv::Reader::from_path(path).expect("a readable file");
            reader.headers().expect("a header").clone()
        };
        assert_eq!(
            header(&workdir.exports().join(name)),
            header(&fixtures.join(name)),
            "{name}"
        );
    }
    let internal = workdir.rows("internal_all.csv");
    let pages = workdir.rows("pages.csv");
    assert_eq!(internal.len(), pages.len());
    for (theirs, ours) in internal.iter().zip(&pages) {
        for column in [
            "Address",
            "Status Code",
            "Status",
            "Indexability",
            "Title 1",
            "Crawl Timestamp",
        ] {
            assert_eq!(theirs[column], ours[column], "{column}");
        }
    }
    let failing = workdir.rows(names[1]);
    assert!(!failing.is_empty());
    for row in failing {
        assert_eq!(
            (row["Status Code"].as_str(), row["Status"].as_str()),
            ("502", "Bad Gateway")
        );
        assert_eq!(
            (
                row["Indexability"].as_str(),
                row["Indexability Status"].as_str()
            ),
            ("Non-Indexable", "Server Error")
        );
    }
    let inlinks = workdir.rows(names[2]);
    let down = inlinks
        .iter()
        .filter(|row| row["Destination"].ends_with("/down/"));
    assert!(down.clone().count() > HOSTILE.len());
    let image = down.clone().find(|row| row["Type"] == "Image");
    assert!(image.is_none_or(|row| row["Alt Text"] == "'=1+1" && row["Anchor"].is_empty()));
    assert!(
        inlinks
            .iter()
            .all(|row| ["true", "false"].contains(&row["Follow"].as_str()))
    );
}
