//! One crawl of hosts that mean ill, each in its own way. It has to end, in little memory, with
//! every URL accounted for; nobody private may be asked, and nothing that a server said may act on
//! whoever reads of it.

mod bombs;
mod bounds;
mod case;
mod certificates;
mod faults;
mod hosts;
mod http2;
mod markup;
mod names;
mod origin;
mod private;
mod redirects;
mod shown;
mod statuses;
mod texts;
mod tls;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gatecrawl::model::{Layer, Outcome};

use crate::crawler::{Ended, Row, Workdir};
use crate::server::note;

use hosts::{Hosts, url};

/// Most memory that the crawler may have: dozens of bombs at once, each with a body of at most
/// 4 MiB, and the program itself.
const MAX_KIB: u64 = 300 * 1024;

/// Longest crawl, to find hosts that hold it up without end. A drip runs into the limit for a whole
/// exchange, a minute after the time for the first byte: the crawl takes 80 s on an idle machine
/// and three times as long on a busy one.
const LONGEST: Duration = Duration::from_secs(400);

/// Links of one page that are kept, of a million.
const MOST_LINKS: usize = 50_000;

/// Crawls all hosts, from a list of their pages.
fn crawl(workdir: &Workdir, hosts: &Hosts) -> Ended {
    let mut list: Vec<_> = hosts
        .pages()
        .into_iter()
        .chain(hosts.closed())
        .map(|(url, _)| url)
        .collect();
    list.push(format!(
        "{}?{}",
        url("http", "private", hosts.plain),
        hosts.private.port()
    ));
    let file = workdir.write("list.txt", &list.join("\n"));
    let file = file.display().to_string();
    let mut args = vec![
        "--url-list",
        &file,
        "--crawl",
        "--external",
        "--resources",
        "--rate",
        "0",
        "--retries",
        "0",
        "--timeout",
        "25s",
        "--connect-timeout",
        "3s",
        "--body-timeout",
        "25s",
        "--max-body",
        "4MiB",
        "--format",
        "csv,json,html,md,junit",
        "--color",
        "always",
    ];
    let resolved = hosts.resolved();
    for given in &resolved {
        args.extend(["--resolve", given]);
    }
    workdir.audit(&args)
}

#[test]
fn a_crawl_of_hostile_hosts_ends_with_every_url_accounted_for() {
    let hosts = Hosts::start();
    let workdir = Workdir::trusting(hosts.certificates.trusted());
    let began = Instant::now();
    let ended = crawl(&workdir, &hosts);
    let took = began.elapsed();
    note(&format!("{took:?}"));

    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    assert!(took < LONGEST, "{took:?}");
    assert!(
        (1..MAX_KIB).contains(&ended.peak_kib),
        "{} KiB",
        ended.peak_kib
    );
    let wrong = [
        outcomes(&workdir, &hosts),
        lost(&workdir),
        injections(&hosts),
        private::wrong(&workdir, hosts.private.port()),
        shown::wrong(&workdir, &ended.said, hosts.plain),
    ];
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(hosts.private_asked.load(Ordering::Relaxed), 0);
}

/// Outcomes that no host here can bring about, each with the reason.
const ELSEWHERE: [(&str, &str); 7] = [
    ("not_modified", "nothing is requested on a condition"),
    (
        "redirect_loop",
        "of a whole chain, where one is followed: robots.txt and `check`",
    ),
    ("redirect_too_many", "the same"),
    ("redirect_to_5xx", "the same"),
    ("tls_revoked", "neither CRL nor OCSP is asked"),
    (
        "write_failed",
        "the system tells of a reset instead, as soon as there is one",
    ),
    ("client_444", "of a server's log, never of an answer"),
];

#[test]
fn every_outcome_that_a_wire_can_bring_about_is_among_the_hosts() {
    let hosts = Hosts::start();
    let promised: Vec<_> = hosts.pages().into_iter().chain(hosts.closed()).collect();
    let promised = promised
        .iter()
        .flat_map(|(_, promised)| promised.split(" or "));
    let met: HashSet<_> = promised.chain(names::outcomes()).collect();
    let unmet: Vec<_> = Outcome::ALL
        .iter()
        .filter(|outcome| outcome.layer() != Layer::Policy)
        .map(|outcome| outcome.id())
        .filter(|id| !met.contains(id) && ELSEWHERE.iter().all(|(known, _)| known != id))
        .collect();
    assert!(unmet.is_empty(), "{unmet:?}");
}

/// Pages that did not end as promised.
fn outcomes(workdir: &Workdir, hosts: &Hosts) -> Vec<String> {
    let mut attempts: HashMap<String, Row> = HashMap::new();
    for row in workdir.rows("attempts.csv") {
        attempts.insert(row["Address"].clone(), row);
    }
    let robots = hosts.closed().into_iter();
    let robots = robots.map(|(url, outcome)| (format!("{url}robots.txt"), outcome));
    let promised = hosts.pages().into_iter().chain(robots);
    let ended = |(url, promised): (String, &str)| {
        let row = attempts.get(&url);
        let outcome = row.map_or("not asked", |row| &row["Outcome"]);
        let status = row.map_or("", |row| &row["Status"]);
        let kept = promised.split(" or ").any(|promised| promised == outcome);
        (!kept).then(|| format!("{url}: {outcome} ({status}), not {promised}"))
    };
    promised.filter_map(ended).collect()
}

/// URLs that have neither an attempt nor a reason why there is none, and links that are nowhere.
fn lost(workdir: &Workdir) -> Vec<String> {
    let asked = addresses(workdir, "attempts.csv");
    let skipped = addresses(workdir, "skipped.csv");
    let links = skipped.iter().filter(|url| url.contains("/n/")).count();
    let many = (links != MOST_LINKS).then(|| format!("{links} of the links of one page"));
    let rows = workdir.rows("skipped.csv");
    let is_rest = |row: &Row| row["Address"].ends_with("further links");
    let rest = (!rows.iter().any(is_rest)).then(|| "the rest of the links".to_owned());
    let pages = addresses(workdir, "pages.csv").into_iter();
    let lost = pages.filter(|url| !asked.contains(url) && !skipped.contains(url));
    lost.chain(many).chain(rest).collect()
}

/// The addresses in an export.
fn addresses(workdir: &Workdir, table: &str) -> HashSet<String> {
    let rows = workdir.rows(table).into_iter();
    rows.map(|row| row["Address"].clone()).collect()
}

/// Requests with a line that no crawler writes.
fn injections(hosts: &Hosts) -> Vec<String> {
    const OURS: [&str; 6] = [
        "accept",
        "accept-encoding",
        "user-agent",
        "host",
        "x-gatecrawl-run",
        "connection",
    ];
    let requests = hosts.requests.lock().expect("a live origin");
    let is_ours = |line: &str| {
        line.split_once(": ")
            .is_some_and(|(name, _)| OURS.contains(&name))
    };
    let foreign = |request: &&String| {
        let lines = request.trim_end().lines().skip(1);
        !request.starts_with("GET /") || !lines.clone().all(is_ours)
    };
    requests.iter().filter(foreign).cloned().collect()
}
