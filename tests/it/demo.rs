//! The demo, run as a newcomer runs it.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};

use crate::truth;

/// Runs `gatecrawl demo` in a directory.
fn demo(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gatecrawl"))
        .arg("demo")
        .args(args)
        .env_clear()
        .env("HOME", dir)
        .current_dir(dir)
        .output()
        .expect("the program starts")
}

#[test]
fn the_demo_shows_every_fault_it_promises() {
    let dir = tempfile::tempdir().expect("a directory");
    let output = demo(dir.path(), &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("gatecrawl-demo"), "{said}");

    let pages = dir.path().join("gatecrawl-demo/pages.csv");
    let mut reader = csv::Reader::from_path(pages).expect("an export");
    let mut found: HashMap<String, HashMap<String, String>> = HashMap::new();
    for row in reader.deserialize() {
        let row: HashMap<String, String> = row.expect("a row");
        let path = row["Address"].splitn(4, '/').nth(3).expect("a path");
        found.insert(format!("/{path}"), row);
    }
    let cases = [
        ("/", "ok_html"),
        ("/shop/tea/darjeeling/", "ok_html"),
        ("/shop/tea/gyokuro/", "server_502"),
        ("/shop/tea/white-peony/photos/", "ok_html"),
        ("/shop/pots/copper-kettle/", "server_503_retry_after"),
        ("/shop/pots/care/", "body_truncated"),
        ("/shop/cups/bicycle/", "reset_before_headers"),
        ("/shop/checkout/", "server_502"),
        ("/shop/checkout/payment/", "server_504"),
        ("/shop/pots/enamel/", "server_502"),
        ("/shop/sale/", "redirect"),
        ("/blog/authors/", "redirect"),
        ("/blog/spring-fair/", "client_404"),
        ("/blog/opening-night/", "ok_html"),
    ];
    for (path, outcome) in cases {
        assert_eq!(found[path]["Outcome"], outcome, "{path}");
    }
    assert_eq!(found["/shop/tea/darjeeling/"]["Verdict"], "transient");
    for path in ["/shop/tea/gyokuro/", "/shop/checkout/", "/shop/pots/care/"] {
        assert_eq!(found[path]["Verdict"], "persistent", "{path}");
    }
    assert!(found.values().all(|row| row["Verdict"] != "unconfirmed"));
    assert_eq!(found["/account/"]["Indexability"], "Non-Indexable");
    let slow = found["/shop/tea/white-peony/photos/"]["TTFB (ms)"].parse::<f64>();
    assert!(slow.expect("a number") >= 1_500.0);
    assert_eq!(
        found["/office/price-list/"]["Not Fetched Because"],
        "robots"
    );
    assert_eq!(found["/shop/wishlist/"]["Not Fetched Because"], "nofollow");

    // The checkout is one finding, and the first.
    let findings = dir.path().join("gatecrawl-demo/findings.csv");
    let mut reader = csv::Reader::from_path(findings).expect("an export");
    let first: Option<HashMap<String, String>> =
        reader.deserialize().next().transpose().expect("a row");
    let first = first.expect("a finding");
    let (rule, pages) = (first["Rule"].as_str(), first["Pages"].as_str());
    assert_eq!((rule, pages), ("section_down", "4"), "{first:?}");
    assert!(first["Subject"].ends_with("/shop/checkout/"), "{first:?}");

    let formats = [
        "report",
        "-f",
        "csv,html,md,junit",
        "-o",
        "out",
        "--db",
        "gatecrawl-demo/demo.db",
    ];
    let report = Command::new(env!("CARGO_BIN_EXE_gatecrawl"))
        .args(formats)
        .current_dir(dir.path())
        .output()
        .expect("the program starts");
    assert_eq!(report.status.code(), Some(0), "{report:?}");
    truth::check(&dir.path().join("out"), &said);
}

#[test]
fn the_demo_writes_into_no_directory_of_others() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pages.csv"), "mine").expect("written");
    std::fs::write(dir.path().join("notes.txt"), "mine").expect("written");
    let output = demo(dir.path(), &["--out", "."]);
    assert_eq!(output.status.code(), Some(2));
    let kept = std::fs::read_to_string(dir.path().join("pages.csv"));
    assert_eq!(kept.expect("still there"), "mine");
}
