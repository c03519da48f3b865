//! What the machine does to the crawler and is no fault of the site's: too few files that may be open,
//! a process that is put to sleep, signals, little memory.

use std::collections::HashSet;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::crawler::{Workdir, read};
use crate::nginx::{page as put, start};
use crate::origin::{page, serve};
use crate::program::{end, run, shell, signal};
use crate::server::{Server, note, pause};

const WITHIN: Duration = Duration::from_mins(2);

/// What makes an audit a crawl and nothing else, as fast as it can be.
const CRAWL: &str = "--rate 0 --sample 0 --confirm none --no-probe --no-sitemap --format csv --db runs.db --out exports";

#[test]
fn a_limit_of_64_open_files_fails_no_page() {
    const PAGES: usize = 400;
    let site = || -> Server {
        start("", |dir| {
            for number in 0..PAGES {
                let links: Vec<_> = (number * 20 + 1..number * 20 + 21)
                    .filter(|child| *child < PAGES)
                    .map(|child| format!("/{child}.html"))
                    .collect();
                let links: Vec<_> = links.iter().map(String::as_str).collect();
                put(dir, &format!("www/{number}.html"), &links);
            }
            (String::new(), format!("root {}/www;", dir.display()))
        })
    };
    let hosts: Vec<_> = (0..6).map(|_| site()).collect();
    let starts: Vec<_> = hosts.iter().map(|host| host.url("/0.html")).collect();
    let home = tempfile::tempdir().expect("a directory");
    let audit = format!("exec gatecrawl audit {} -c 50 {CRAWL}", starts.join(" "));
    let said = run(
        shell(home.path(), &format!("ulimit -n 64; {audit}")),
        WITHIN,
    );
    assert_eq!(said.code, Some(0));
    assert!(
        said.err.contains("at most 16 requests are open at a time"),
        "{}",
        said.err
    );
    let attempts = read(&home.path().join("exports/attempts.csv"));
    assert_eq!(attempts.len(), hosts.len() * (PAGES + 1));
    assert!(
        attempts
            .iter()
            .all(|row| ["200", "404"].contains(&row["Status Code"].as_str()))
    );

    // What shells and services begin with is no limit where more is allowed.
    std::fs::remove_file(home.path().join("runs.db")).expect("removed");
    let said = run(
        shell(home.path(), &format!("ulimit -Sn 64; {audit} --overwrite")),
        WITHIN,
    );
    assert_eq!(said.code, Some(0));
    assert!(
        !said.err.contains("requests are open at a time"),
        "{}",
        said.err
    );
}

#[test]
fn so_few_open_files_that_nothing_can_be_done_are_said_at_once() {
    let at = serve(|_, line| page(line, "fine"));
    let home = tempfile::tempdir().expect("a directory");
    let audit = |files: usize| {
        let line = format!("ulimit -n {files}; exec gatecrawl audit http://{at}/ {CRAWL}");
        run(shell(home.path(), &line), WITHIN)
    };
    for files in [4, 6, 9, 12, 15, 33] {
        let said = audit(files);
        assert_eq!(said.code, Some(1), "{files}");
        let expected = format!("this process may have {files} open files, and needs 34 at least");
        let line = said.error();
        assert!(
            line.contains(&expected) && line.contains("`ulimit -n`"),
            "{line}"
        );
        assert!(said.took < Duration::from_secs(5), "{said:?}");
        assert!(!home.path().join("runs.db").exists(), "{files}");
    }
    assert_eq!(audit(34).code, Some(0));
}

#[test]
fn files_that_somebody_else_took_are_not_held_against_the_database() {
    let at = serve(|_, line| page(line, "fine"));
    let home = tempfile::tempdir().expect("a directory");
    let audit = shell(
        home.path(),
        &format!("gatecrawl audit http://{at}/ {CRAWL}"),
    );
    assert_eq!(run(audit, WITHIN).code, Some(0));
    let mut blamed = 0;
    for taken in 40..64 {
        let open = format!(
            "for n in $(seq 10 {}); do eval \"exec $n</dev/null\"; done",
            taken + 6
        );
        let line = format!("{open}; ulimit -n 64; exec gatecrawl runs --db runs.db");
        let line = format!("exec bash -c '{line}'");
        let said = run(shell(home.path(), &line), WITHIN);
        if said.code != Some(0) {
            let error = said.error().to_lowercase();
            assert!(error.contains("too many open files"), "{taken}: {error}");
            blamed += usize::from(error.contains("runs.db"));
        }
    }
    assert!(blamed > 0);
}

#[test]
fn requests_that_get_no_socket_wait_for_one_and_end_the_crawl_if_none_comes() {
    // As others on the machine may take what files it has: what is open stays open.
    let limit = |child: &Child, files: &str| {
        let mut prlimit = Command::new("prlimit");
        prlimit.args([
            &format!("--pid={}", child.id()),
            &format!("--nofile={files}"),
        ]);
        assert!(prlimit.status().expect("prlimit").success());
    };
    let at = serve(|path, line| {
        let number: usize = path.trim_start_matches('/').parse().unwrap_or_default();
        pause(Duration::from_millis(5));
        let next = (number < 300).then(|| format!("<a href='/{}'>next</a>", number + 1));
        page(line, &format!("page {number} {}", next.unwrap_or_default()))
    });
    let home = tempfile::tempdir().expect("a directory");
    let line = format!("exec gatecrawl audit http://{at}/0 {CRAWL}");
    let child = shell(home.path(), &line).spawn().expect("starts");
    pause(Duration::from_secs(1));
    limit(&child, "4:4096");
    let said = end(child, Duration::from_mins(2));
    assert_eq!(said.code, Some(1));
    let error = said.error();
    assert!(error.contains("too many open files"), "{error}");
    let waiting = said
        .err
        .matches("requests wait for up to 60 s until some are closed");
    assert_eq!(waiting.count(), 1, "{}", said.err);
    // A connection to the database that is open already can say which run it is.
    assert!(
        error.contains("`gatecrawl audit --resume 1 --db runs.db` continues"),
        "{error}"
    );

    let line = "exec gatecrawl audit --resume --rate 0 --format csv --db runs.db --out exports";
    let child = shell(home.path(), line).spawn().expect("starts");
    pause(Duration::from_millis(300));
    limit(&child, "4:4096");
    pause(Duration::from_secs(3));
    limit(&child, "1024:4096");
    assert_eq!(end(child, WITHIN).code, Some(0));
    let attempts = read(&home.path().join("exports/attempts.csv"));
    assert_eq!(attempts.len(), 301 + 1, "with robots.txt");
    assert!(attempts.iter().all(|row| row["Status Code"] == "200"));
}

#[test]
fn what_was_open_while_the_process_was_stopped_is_asked_again_and_not_counted() {
    let asked = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&asked);
    let at = serve(move |path, line| match path {
        "/slow" if counter.fetch_add(1, Ordering::SeqCst) == 0 => {
            pause(Duration::from_secs(30));
            page(line, "late")
        }
        "/" => page(line, "home <a href='/slow'>slow</a>"),
        _ => page(line, "fine"),
    });
    let home = tempfile::tempdir().expect("a directory");
    let line = format!("exec gatecrawl audit http://{at}/ --timeout 3s {CRAWL}");
    let child = shell(home.path(), &line).spawn().expect("starts");
    let deadline = Instant::now() + WITHIN;
    while asked.load(Ordering::SeqCst) == 0 {
        assert!(Instant::now() < deadline, "it does not get on");
        pause(Duration::from_millis(10));
    }
    signal(&child, "STOP");
    pause(Duration::from_secs(8));
    signal(&child, "CONT");
    assert_eq!(end(child, WITHIN).code, Some(0));
    let pages = read(&home.path().join("exports/pages.csv"));
    let slow = pages
        .iter()
        .find(|row| row["Address"].ends_with("/slow"))
        .expect("a row");
    assert_eq!(
        (slow["Attempts"].as_str(), slow["Failed Attempts"].as_str()),
        ("1", "0"),
        "{slow:?}"
    );
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn each_signal_to_end_does_so_in_order_and_the_run_goes_on_later() {
    for (name, times) in [("TERM", 1), ("INT", 1), ("HUP", 1), ("INT", 2)] {
        // A server of its own: the last request of the crawl before may still be open.
        let pages = Arc::new(AtomicUsize::new(0));
        let served = Arc::clone(&pages);
        let at = serve(move |path, line| {
            let number: usize = path.trim_start_matches('/').parse().unwrap_or_default();
            pause(Duration::from_millis(20));
            served.fetch_max(number, Ordering::Relaxed);
            page(
                line,
                &format!("page {number} <a href='/{}'>next</a>", number + 1),
            )
        });
        let home = tempfile::tempdir().expect("a directory");
        // If `nohup` started these tests, SIGHUP is ignored, and the program keeps it so.
        let line = format!(
            "exec env --default-signal=HUP gatecrawl audit http://{at}/0 --max-pages 100000 {CRAWL}"
        );
        let child = shell(home.path(), &line).spawn().expect("starts");
        // On a busy machine it takes a while until it crawls.
        let since = Instant::now();
        while pages.load(Ordering::Relaxed) < 10 && since.elapsed() < Duration::from_secs(30) {
            pause(Duration::from_millis(20));
        }
        for _ in 0..times {
            signal(&child, name);
            pause(Duration::from_millis(5));
        }
        let said = end(child, Duration::from_secs(30));
        assert_eq!(said.code, Some(130), "SIG{name}");
        assert!(
            said.err.contains("gatecrawl audit --resume 1"),
            "{}",
            said.err
        );
        let connection = Connection::open(home.path().join("runs.db")).expect("opens");
        let state: String = connection
            .query_row("SELECT state FROM run", [], |row| row.get(0))
            .expect("a run");
        assert_eq!(state, "interrupted", "SIG{name}");
        assert!(read(&home.path().join("exports/pages.csv")).len() > 1);
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let at = serve(|path, line| match path {
        "/sitemap.xml" => {
            let urls: Vec<_> = (0..20_000)
                .map(|number| format!("<url><loc>http://site.test/{number}</loc></url>"))
                .collect();
            page(
                line,
                &format!(
                    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{}</urlset>",
                    urls.concat()
                ),
            )
        }
        _ => page(line, "fine"),
    });
    let home = tempfile::tempdir().expect("a directory");
    // The shell's own status is that of `head`: the program's goes to a file.
    let line =
        format!("(gatecrawl sitemap http://{at}/sitemap.xml; echo $? >code) | head -1; cat code");
    let mut reading = shell(home.path(), &line);
    let said = reading.stdout(Stdio::piped()).output().expect("starts");
    let (out, err) = (
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr),
    );
    assert!(out.ends_with("\n0\n"), "{out} {err}");
    assert!(!err.contains("error") && !err.contains("panicked"), "{err}");
}

#[test]
fn a_site_of_20_000_pages_takes_half_of_256_mebibytes_at_most() {
    // Most of it is the program itself.
    assert!(peak(20_000) < 128 << 10);
}

#[test]
#[ignore = "takes some minutes: cargo test --test real -- --ignored 200_000"]
fn a_site_of_200_000_pages_takes_less_than_256_mebibytes() {
    assert!(peak(200_000) < 256 << 10);
}

/// The most memory of a whole audit of a site, in KiB.
fn peak(pages: usize) -> u64 {
    let at = serve(move |path, line| {
        let Ok(number) = path.trim_start_matches('/').parse::<usize>() else {
            return line.write_all(
                b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            );
        };
        let tree = (number * 20 + 1..number * 20 + 21).filter(|child| *child < pages);
        let links: Vec<_> = tree
            .chain((1..10).map(|step| (number + step * 7) % pages))
            .map(|child| format!("<li><a href='/{child}'>Page number {child}</a></li>"))
            .collect();
        page(
            line,
            &format!(
                "<title>Page {number}</title><h1>Page {number}</h1><ul>{}</ul>",
                links.concat()
            ),
        )
    });
    let workdir = Workdir::new();
    let started = Instant::now();
    let ended = workdir.whole_audit(&[&format!("http://{at}/0"), "--rate", "0", "-c", "16"]);
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    let seen: HashSet<_> = workdir
        .rows("pages.csv")
        .into_iter()
        .map(|row| row["Address"].clone())
        .collect();
    assert_eq!(seen.len(), pages);
    note(&format!(
        "{pages} pages: {} KiB, {:?}",
        ended.peak_kib,
        started.elapsed()
    ));
    ended.peak_kib
}
