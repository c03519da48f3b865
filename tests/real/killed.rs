//! The crawler killed in the middle of a site.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::crawler::Workdir;
use crate::nginx::{log, page, start};
use crate::server::{Server, note, pause};

const PAGES: usize = 5_000;
const CONCURRENCY: usize = 8;

/// A tree in which each page has ten children, with links to its neighbours across it.
fn nginx() -> Server {
    start("", |dir| {
        for number in 0..PAGES {
            let children = number * 10 + 1..number * 10 + 11;
            let neighbours = [number.wrapping_sub(1), number + 1];
            let links: Vec<String> = children
                .chain(neighbours)
                .filter(|number| *number < PAGES)
                .map(|number| format!("/{number}.html"))
                .collect();
            let links: Vec<_> = links.iter().map(String::as_str).collect();
            page(dir, &format!("www/{number}.html"), &links);
        }
        (String::new(), format!("root {}/www;", dir.display()))
    })
}

#[test]
fn what_was_killed_goes_on_and_repeats_only_what_was_open() {
    let nginx = nginx();
    let workdir = Workdir::new();
    let concurrency = CONCURRENCY.to_string();
    let pace = ["--rate", "0", "-c", &concurrency];

    let start = nginx.url("/0.html");
    let audit = workdir.begin(&[&[start.as_str(), "--no-sitemap"], &pace[..]].concat());
    let deadline = Instant::now() + Duration::from_mins(1);
    while log(&nginx).len() < PAGES / 3 {
        assert!(Instant::now() < deadline, "it does not get on");
        pause(Duration::from_millis(10));
    }
    audit.kill();
    // nginx may still be answering what was open.
    pause(Duration::from_millis(200));
    let before = log(&nginx).len();
    assert!(before < PAGES, "killed too late");

    let ended = workdir.audit(&[&["--resume"], &pace[..]].concat());
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);

    let pages = workdir.rows("pages.csv");
    assert_eq!(pages.len(), PAGES);
    assert!(pages.iter().all(|row| row["Status Code"] == "200"));
    let log = log(&nginx);
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for logged in log.iter().filter(|logged| logged.target != "/robots.txt") {
        *times.entry(&logged.target).or_default() += 1;
    }
    assert_eq!(times.len(), PAGES);
    let repeated: usize = times.values().map(|times| times - 1).sum();
    note(&format!(
        "{before} requests before, {} in all, {repeated} repeated",
        log.len()
    ));
    assert!(repeated <= CONCURRENCY, "{repeated} requests were repeated");
}
