//! Secrets that stand in pages by chance: nothing of the site is cut for their sake.

use std::process::Command;

use crate::cli::{Workdir, output};
use crate::origin::Origin;

async fn shop() -> Origin {
    let origin = Origin::start().await;
    let links = "<a href='/shoes/summer-2024'>a</a><a href='/Development/'>Development</a>\
                 <a href='/no/GET/200'>no</a><a href='/?country=DE'>DE</a>";
    let page = format!("<title>GET a 200 in Development, no?</title><h1>no</h1><p>a 200 {links}");
    for path in [
        "/",
        "/shoes/summer-2024",
        "/Development/",
        "/no/GET/200",
        "/?country=DE",
    ] {
        origin.page(path, &page);
    }
    origin
}

/// What an audit stores of all pages: their addresses, titles and headings.
async fn pages(origin: &Origin, with: impl FnOnce(&mut Command)) -> Vec<String> {
    let workdir = Workdir::new();
    let home = origin.url("/");
    let mut command = workdir.command(&[
        "audit",
        &home,
        "--no-sitemap",
        "--rate",
        "0",
        "--retries",
        "0",
        "--confirm",
        "none",
        "--no-probe",
        "--select",
        "head=h1",
        "-o",
        "out",
    ]);
    with(&mut command);
    let said = output(command).await;
    assert_eq!(
        said.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let table = workdir.read("out/pages.csv");
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    let heads = rows.headers().expect("names").clone();
    let kept = ["Address", "Status Code", "Title 1", "head"];
    let kept = kept.map(|name| heads.iter().position(|head| head == name).expect(name));
    let mut pages: Vec<String> = rows
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| kept.map(|column| row[column].to_owned()).join(" "))
        .collect();
    pages.sort();
    pages
}

#[tokio::test]
async fn secrets_that_are_words_change_nothing_of_what_is_stored() {
    let origin = shop().await;
    let expected = pages(&origin, |_| {}).await;
    assert!(expected.len() > 4, "{expected:?}");
    for (name, value) in [
        ("GATECRAWL_COOKIE", "a=a; b=no; c=GET; d=200; e=DE"),
        (
            "GATECRAWL_COOKIE",
            "_landing_page=%2Fshoes%2Fsummer-2024; last=summer-2024",
        ),
        (
            "GATECRAWL_HEADER",
            "X-A: GET\nX-B: 200\nX-C: no\nX-D: Development",
        ),
        ("GATECRAWL_BASIC_AUTH", "a:no"),
        ("GATECRAWL_BASIC_AUTH", "GET:200"),
        ("GATECRAWL_BASIC_AUTH", "admin:Development"),
    ] {
        let found = pages(&origin, |command| {
            command.env(name, value);
        });
        assert_eq!(found.await, expected, "{name}={value}");
    }
    let asked = origin.requests();
    assert!(asked.iter().any(|seen| seen.header("x-a") == Some("GET")));
}
