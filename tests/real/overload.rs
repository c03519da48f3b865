//! A server that bears so much and no more.

use std::collections::VecDeque;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use regex::Regex;

use crate::crawler::{Workdir, number};
use crate::origin;
use crate::server::pause;

/// What it bears: requests open at once, and requests a second.
const OPEN: usize = 4;
const RATE: usize = 25;

/// How long it works on a request.
const WORK: Duration = Duration::from_millis(40);

/// Enough for the crawl to meet a limit several times.
const PAGES: usize = 400;

/// Refusals that are evidence of one of its limits: more than one at one of them.
const FEWEST: usize = 3;

/// What the server has to do at the moment, and how often that was too much.
#[derive(Debug, Default)]
struct Load {
    open: usize,
    lately: VecDeque<Instant>,
    refused: usize,
    pages: usize,
}

impl Load {
    /// Takes a request; whether it is one too many.
    fn begin(&mut self) -> bool {
        let now = Instant::now();
        self.open += 1;
        self.lately.push_back(now);
        while self
            .lately
            .front()
            .is_some_and(|at| now - *at >= Duration::from_secs(1))
        {
            self.lately.pop_front();
        }
        let busy = self.open > OPEN || self.lately.len() > RATE;
        self.refused += usize::from(busy);
        self.pages += usize::from(!busy);
        busy
    }
}

fn server() -> (SocketAddr, Arc<Mutex<Load>>) {
    let load = Arc::new(Mutex::new(Load::default()));
    let counted = Arc::clone(&load);
    let address = origin::serve(move |path, line| {
        if matches!(path, "/robots.txt" | "/sitemap.xml") {
            return line.write_all(
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        }
        let busy = counted.lock().expect("a live server").begin();
        pause(if busy { Duration::ZERO } else { WORK });
        let said = if busy {
            line.write_all(
                b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            )
        } else if path == "/" {
            let links: Vec<_> = (0..PAGES)
                .map(|n| format!("<a href='/shop/{n}'>{n}</a>"))
                .collect();
            origin::page(line, &links.concat())
        } else {
            origin::page(line, "<title>a page</title><p>of a shop")
        };
        counted.lock().expect("a live server").open -= 1;
        said
    });
    (address, load)
}

#[test]
fn a_server_that_fails_when_asked_fast_is_fetched_whole_and_said_to_be_overloaded() {
    let (address, load) = server();
    let workdir = Workdir::new();
    let url = format!("http://{address}/");
    let ended = workdir.whole_audit(&[&url, "-c", "32", "--rate", "0", "--confirm", "1s,5s"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    let load = load.lock().expect("a live server");
    crate::server::note(&format!(
        "{} refused, {} answered",
        load.refused, load.pages
    ));
    assert!(load.refused > 0, "it was never asked too fast");

    let pages = workdir.rows("pages.csv");
    let fetched = pages.iter().filter(|row| row["Status Code"] == "200");
    assert_eq!(fetched.count(), 1 + PAGES);
    assert_eq!(workdir.pages_that_are(&["persistent", "unconfirmed"]), 0);

    if load.refused < FEWEST
        && workdir
            .rows("findings.csv")
            .iter()
            .all(|row| row["Rule"] != "load_induced")
    {
        // A crawl this careful may meet each limit once, and one failure at each is no evidence of a limit.
        assert_eq!(workdir.pages_that_are(&["transient"]), load.refused);
        return;
    }
    let found = workdir.finding("load_induced");
    assert_eq!(found["Cause"], "overload");
    let evidence = &found["Evidence"];
    // It has two limits; which of them is met first depends on the moment.
    let from = Regex::new(r"with (\d+) or more requests (open at once|within a second)")
        .expect("a pattern");
    let found_load = from.captures(evidence).expect(evidence);
    let least: usize = found_load[1].parse().expect("digits");
    let bears = if &found_load[2] == "open at once" {
        OPEN
    } else {
        RATE
    };
    assert!(least.abs_diff(bears) <= 3, "{evidence}");
    assert!(number(&found["Confidence"]) > 0.9, "{found:?}");
    for row in pages.iter().filter(|row| row["Verdict"] == "load_induced") {
        assert_eq!(row["Probable Cause"], "overload");
    }
    assert!(workdir.pages_that_are(&["load_induced"]) > 0);
}
