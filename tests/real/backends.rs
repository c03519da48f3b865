//! nginx over three backends of which one is dead, as a rotation that nobody watches leaves it.

use std::fmt::Write as _;

use crate::crawler::{Workdir, number};
use crate::nginx::start;
use crate::origin;
use crate::server::Server;

/// A port on which nobody listens: TCPMUX, below those that are given out.
const DEAD: &str = "127.0.0.1:1";

/// Sections and the pages of each: so many that a third of the answers is told from a quarter and
/// from a half.
const SECTIONS: [&str; 3] = ["shop", "blog", "help"];
const PAGES: usize = 15;

/// Three backends in rotation; the one that is dead stays in it, and nobody asks the next instead.
fn front() -> Server {
    let backend = || {
        origin::serve(|path, line| {
            let mut html = "<title>a page</title><p>of a site".to_owned();
            if path == "/" {
                for section in SECTIONS {
                    for n in 0..PAGES {
                        let _ = write!(html, "<a href='/{section}/{n}'>{n}</a>");
                    }
                }
            }
            origin::page(line, &html)
        })
    };
    let (one, two) = (backend(), backend());
    start("", |_| {
        let upstream = format!(
            "upstream three {{ server {one} max_fails=0; server {two} max_fails=0; \
             server {DEAD} max_fails=0; }}"
        );
        let pass = "proxy_pass http://three; proxy_next_upstream off;";
        let files =
            "location = /robots.txt { return 404; } location = /sitemap.xml { return 404; }";
        (upstream, format!("{files} location / {{ {pass} }}"))
    })
}

#[test]
fn a_dead_backend_of_three_is_told_from_broken_pages() {
    let nginx = front();
    let workdir = Workdir::new();
    let url = nginx.url("/");
    // At one pace throughout, so that the test is over soon.
    let quick = ["--no-adapt", "--confirm", "1s,2s", "--no-probe"];
    workdir.whole_audit(&[&[url.as_str()], &quick[..]].concat());

    let found = workdir.finding("one_backend_down");
    assert_eq!(found["Subject"], nginx.url(""));
    assert_eq!(found["Cause"], "upstream_down");
    let words = "3 backends take turns";
    assert!(found["Evidence"].contains(words), "{found:?}");
    let rules: Vec<_> = workdir.rows("findings.csv");
    let rules: Vec<_> = rules.iter().map(|row| row["Rule"].as_str()).collect();
    assert_eq!(rules, ["one_backend_down"], "and none of pages or sections");

    let known = 1 + SECTIONS.len() * PAGES;
    let failing = known - workdir.pages_that_are(&["ok"]);
    let come_and_go = workdir.pages_that_are(&["intermittent", "transient"]);
    assert!(failing * 5 >= known, "{failing} of {known}");
    assert!(come_and_go * 2 > failing, "{come_and_go} of {failing}");
    assert_eq!(workdir.pages_that_are(&["persistent", "load_induced"]), 0);
    for section in workdir.rows("sections.csv") {
        let flapping = number(&section["Intermittent"]) + number(&section["Transient"]);
        assert!(section["Section"] == "/" || flapping > 0.0, "{section:?}");
    }

    let rate = &workdir.summary()["scores"]["error_rate"];
    let bound = |name: &str| rate[name].as_f64().expect("a number");
    let third = 1.0 / 3.0;
    assert!(bound("low") <= third && third <= bound("high"), "{rate}");
}
