//! One crawl of hosts that mean ill, each in its own way. It has to end, in little memory, with
//! every URL accounted for; nobody private may be asked, and nothing that a server said may act on
//! whoever reads of it.

mod bombs;
mod case;
mod certificates;
mod faults;
mod http2;
mod markup;
mod names;
mod origin;
mod private;
mod redirects;
mod shown;
mod texts;
mod tls;

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use crate::crawler::{Desk, Ended, Row};
use crate::server::{note, pause};

use case::Case;
use certificates::Certificates;
use origin::{Requests, listen};

/// Most memory that the crawler may have: dozens of bombs at once, each with a body of at most
/// 4 MiB, and the program itself.
const MAX_KIB: u64 = 300 * 1024;

/// Longest crawl. A drip runs into the limit for a whole exchange: a minute after the time for the
/// first byte.
const LONGEST: Duration = Duration::from_secs(150);

/// Links of one page that are kept, of a million.
const MOST_LINKS: usize = 50_000;

const DOMAIN: &str = "hostile.test";

/// All hosts that speak plain HTTP.
static PLAIN: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let all = [
        faults::CASES,
        bombs::CASES,
        markup::CASES,
        redirects::CASES,
        private::CASES,
        texts::CASES,
    ];
    all.concat()
});

/// The hosts, running until the test ends.
struct Hosts {
    plain: SocketAddr,
    tls: SocketAddr,
    http2: SocketAddr,
    /// Where nobody listens, and where somebody listens who never reads.
    refusing: SocketAddr,
    deaf: SocketAddr,
    greeted: Vec<(&'static str, SocketAddr)>,
    /// Who may not be asked, and how often it was.
    private: SocketAddr,
    private_asked: Arc<AtomicUsize>,
    requests: Requests,
    certificates: Arc<Certificates>,
}

impl Hosts {
    fn start() -> Hosts {
        let requests = Requests::default();
        let certificates = Arc::new(Certificates::new());
        let (private, private_asked) = origin::count();
        let noted = Arc::clone(&requests);
        let plain = listen(move |mut line| origin::serve(&mut line, &PLAIN, &noted));
        let noted = Arc::clone(&requests);
        let config = certificates.server("http/1.1");
        let tls = listen(move |line| {
            let mut line = origin::over_tls(line, &config)?;
            origin::serve(&mut line, tls::CASES, &noted)
        });
        let config = certificates.server("h2");
        let http2 = listen(move |line| origin::serve_http2(origin::over_tls(line, &config)?));
        let greeted = tls::HANDSHAKES.iter().map(|(label, ..)| {
            (
                *label,
                listen(move |line| origin::serve_greeting(line, label)),
            )
        });
        Hosts {
            plain,
            tls,
            http2,
            refusing: origin::nobody(),
            deaf: listen(|line| {
                pause(Duration::from_mins(10));
                drop(line);
                Ok(())
            }),
            greeted: greeted.collect(),
            private,
            private_asked,
            requests,
            certificates,
        }
    }

    /// Every page with what is to become of it, all hosts together.
    fn pages(&self) -> Vec<(String, &'static str)> {
        let plain = PLAIN
            .iter()
            .map(|case| (url("http", case.host, self.plain), case.outcome));
        let tls = tls::CASES
            .iter()
            .map(|case| (url("https", case.host, self.tls), case.outcome));
        let http2 = http2::CASES
            .iter()
            .map(|(host, outcome, _)| (url("https", host, self.http2), *outcome));
        plain.chain(tls).chain(http2).collect()
    }

    /// Every host of which not even robots.txt can be read, with what becomes of that.
    fn closed(&self) -> Vec<(String, &'static str)> {
        let certificates = tls::CERTIFICATES
            .iter()
            .map(|(host, outcome)| (url("https", host, self.tls), *outcome));
        let greeted = self.greeted.iter().zip(tls::HANDSHAKES);
        let greeted =
            greeted.map(|((host, at), (_, outcome, _))| (url("https", host, *at), outcome));
        let others = [
            (url("http", "refusing", self.refusing), "connect_refused"),
            (url("http", "deaf", self.deaf), "ttfb_timeout"),
        ];
        certificates.chain(greeted).chain(others).collect()
    }

    /// What is told the crawler about where names lead: the stand-in for the world's name service.
    fn resolved(&self) -> Vec<String> {
        let all = self.pages().into_iter().chain(self.closed());
        let host = |(url, _): (String, _)| {
            let url = url::Url::parse(&url).expect("a URL");
            format!(
                "{}:{}:127.0.0.1",
                url.host_str().expect("a host"),
                url.port().expect("a port")
            )
        };
        all.map(host).collect()
    }
}

fn url(scheme: &str, label: &str, at: SocketAddr) -> String {
    format!("{scheme}://{label}.{DOMAIN}:{}/", at.port())
}

/// Crawls all hosts, from a list of their pages.
fn crawl(desk: &Desk, hosts: &Hosts) -> Ended {
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
    let file = desk.write("list.txt", &list.join("\n"));
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
        "15s",
        "--connect-timeout",
        "3s",
        "--body-timeout",
        "15s",
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
    desk.audit(&args)
}

#[test]
fn a_crawl_of_hostile_hosts_ends_with_every_url_accounted_for() {
    let hosts = Hosts::start();
    let desk = Desk::trusting(hosts.certificates.trusted());
    let began = Instant::now();
    let ended = crawl(&desk, &hosts);
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
        outcomes(&desk, &hosts),
        lost(&desk),
        injections(&hosts),
        private::wrong(&desk, hosts.private.port()),
        shown::wrong(&desk, &ended.said, hosts.plain),
    ];
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(hosts.private_asked.load(Ordering::Relaxed), 0);
}

/// Pages that did not end as promised.
fn outcomes(desk: &Desk, hosts: &Hosts) -> Vec<String> {
    let mut attempts: HashMap<String, Row> = HashMap::new();
    for row in desk.rows("attempts.csv") {
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
fn lost(desk: &Desk) -> Vec<String> {
    let asked = addresses(desk, "attempts.csv");
    let skipped = addresses(desk, "skipped.csv");
    let links = skipped.iter().filter(|url| url.contains("/n/")).count();
    let many = (links != MOST_LINKS).then(|| format!("{links} of the links of one page"));
    let rows = desk.rows("skipped.csv");
    let is_rest = |row: &Row| row["Address"].ends_with("further links");
    let rest = (!rows.iter().any(is_rest)).then(|| "the rest of the links".to_owned());
    let pages = addresses(desk, "pages.csv").into_iter();
    let lost = pages.filter(|url| !asked.contains(url) && !skipped.contains(url));
    lost.chain(many).chain(rest).collect()
}

/// The addresses in an export.
fn addresses(desk: &Desk, table: &str) -> HashSet<String> {
    let rows = desk.rows(table).into_iter();
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
