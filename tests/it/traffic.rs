//! Visits of pages (`--traffic`): which page of the site has them, and what its failures cost.

use std::fs;

use serde_json::Value;

use crate::answer::{redirect, status};
use crate::cli::Workdir;
use crate::origin::Origin;

/// The canonical of `/view`, which is out of scope.
const CANONICAL: &str = "https://www.shop.example/gallery";

/// A shop whose checkout fails. `/old-pay` redirects there, and `/view` names a page of another host
/// as its canonical.
async fn shop() -> Origin {
    let origin = Origin::start().await;
    origin.page(
        "/",
        "<p>home <a href=/shop/a>a</a> <a href=/view>view</a> <a href=/old-pay>old</a> \
         <a href=/checkout/basket>basket</a> <a href=/checkout/pay>pay</a>",
    );
    origin.page("/shop/a", "<p>article");
    origin.page("/checkout/basket", "<p>basket");
    let view = format!("<html><head><link rel=canonical href='{CANONICAL}'></head><p>view</html>");
    origin.page("/view", &view);
    origin.script("/checkout/pay", [status(502)]);
    origin.script("/old-pay", [redirect(301, "/checkout/pay")]);
    origin
}

/// Rows of `sections.csv` by section: visits, and clicks a day at risk with the interval.
fn sections(workdir: &Workdir) -> Vec<(String, Vec<String>)> {
    let text = workdir.read("out/sections.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().expect("a header").clone();
    let first = heads.iter().position(|name| name == "Visits");
    let first = first.expect("a column of visits");
    assert_eq!(
        heads.iter().skip(first).collect::<Vec<_>>(),
        [
            "Visits",
            "Clicks At Risk",
            "Clicks At Risk Low 95%",
            "Clicks At Risk High 95%"
        ]
    );
    let rows = reader.records().map(|row| {
        let row = row.expect("a row");
        let cells = row.iter().skip(first).map(str::to_owned).collect();
        (row[0].to_owned(), cells)
    });
    rows.collect()
}

#[tokio::test]
async fn clicks_at_risk_are_those_of_the_section_that_fails() {
    let origin = shop().await;
    let workdir = Workdir::new();
    let of = |path: &str| origin.url(path);
    // 28 days: 280 clicks by the page's own address, 280 by one that redirects to it, 56 by a canonical, and 84 that
    // belong to no page of the site.
    let visits = format!(
        "Top pages,Clicks,Impressions\n{},280,900\n{},280,900\n{},56,100\n{},28,100\n{},84,100\n",
        of("/checkout/pay/"),
        of("/old-pay"),
        CANONICAL,
        of("/shop/a"),
        of("/gone-for-years"),
    );
    fs::write(workdir.path().join("visits.csv"), visits).expect("written");
    let url = of("/");
    let said = workdir
        .run(&[
            "audit",
            &url,
            "--retries",
            "1",
            "--rate",
            "0",
            "--no-probe",
            "--no-sitemap",
            "--confirm",
            "1s",
            "--sample",
            "0",
            "--traffic",
            "visits.csv",
            "--segment",
            "checkout=/checkout/",
            "--fail-on",
            "clicks-at-risk{segment=checkout} > 1",
            "--fail-on",
            "clicks-at-risk{segment=/shop/} > 0",
            "-f",
            "csv,json,html",
            "-o",
            "out",
        ])
        .await;
    assert_eq!(said.code, Some(10), "{said:?}");
    assert!(
        said.err.contains("clicks-at-risk{segment=checkout} > 1"),
        "{said:?}"
    );
    assert!(
        said.err
            .contains("4 of 5 pages with visits are known, with 88 %"),
        "{said:?}"
    );

    let found = sections(&workdir);
    let of_section = |name: &str| {
        let row = found.iter().find(|(section, _)| section == name);
        &row.expect("a section").1
    };
    // No days are stated: 90 are assumed, so 560 clicks are 6.22 a day, and all of them are at risk.
    let checkout = of_section("checkout");
    assert_eq!(checkout[..2], ["560", "6.22"], "{found:?}");
    let bounds: Vec<f64> = (checkout[2..].iter())
        .map(|cell| cell.parse().expect("a number"))
        .collect();
    assert!(
        1.0 < bounds[0] && bounds[0] < 6.22 && bounds[1] >= 6.22,
        "{found:?}"
    );
    assert_eq!(of_section("/shop/")[..], ["28", "0", "0", "0"], "{found:?}");
    assert_eq!(of_section("/")[..2], ["56", "0"], "{found:?}");

    let summary: Value = serde_json::from_str(&workdir.read("out/summary.json")).expect("JSON");
    let parts = summary["scores"]["sections"].as_array().expect("sections");
    let sum: f64 = parts
        .iter()
        .map(|part| part["clicks_at_risk"]["value"].as_f64().expect("clicks"))
        .sum();
    let whole = &summary["traffic"]["clicks_at_risk"]["value"];
    assert!(
        (sum - whole.as_f64().expect("clicks")).abs() < 0.001,
        "{sum} {whole}"
    );
    assert!(
        workdir
            .read("out/report.html")
            .contains("Clicks a day at risk (0 is best)")
    );

    // A redirect has no visits of its own any more: they are those of the page at its end.
    let pages = workdir.read("out/pages.csv");
    let row = |path: &str| {
        let start = format!("{},", of(path));
        pages
            .lines()
            .find(|row| row.starts_with(&start))
            .expect("a row")
    };
    assert!(
        row("/checkout/pay").contains(",560,1800,"),
        "{}",
        row("/checkout/pay")
    );
    assert!(row("/old-pay").ends_with(",,,"), "{}", row("/old-pay"));
    assert!(row("/view").ends_with(",56,100,"), "{}", row("/view"));
}
