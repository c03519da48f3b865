//! Sites made to exhaust whoever crawls them by many answers, each of which is within its own bound.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::crawler::Workdir;
use crate::origin;
use crate::server::{note, pause};

const MIB: usize = 1024 * 1024;

/// Most memory that a crawl of such a site may have.
const MAX_KIB: u64 = 300 * 1024;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).expect("memory has room");
    packer.finish().expect("memory has room")
}

/// With a window of 16 MiB, the largest.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut encoder = brotli::CompressorWriter::new(&mut packed, MIB, 1, 24);
    encoder.write_all(bytes).expect("memory has room");
    drop(encoder);
    packed
}

/// With a window of 8 MiB, the largest of the web.
fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).expect("memory has room");
    encoder.window_log(23).expect("allowed");
    encoder.write_all(bytes).expect("memory has room");
    encoder.finish().expect("memory has room")
}

/// Sends a packed body, its end a while later.
fn packed(
    line: &mut TcpStream,
    (kind, coding): (&str, &str),
    body: &[u8],
    late: Duration,
) -> io::Result<()> {
    write!(
        line,
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Encoding: {coding}\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )?;
    let (most, end) = body.split_at(body.len() - 20);
    line.write_all(most)?;
    line.flush()?;
    pause(late);
    line.write_all(end)
}

fn text(line: &mut TcpStream, text: &str) -> io::Result<()> {
    write!(
        line,
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{text}",
        text.len()
    )
}

fn missing(line: &mut TcpStream) -> io::Result<()> {
    line.write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
}

/// Crawls a site whose other hosts are `h0.hostile.test` and so on, as many as there are. Returns its
/// exports and the most memory that it took.
fn crawl(at: SocketAddr, hosts: usize, args: &[&str]) -> (Workdir, u64) {
    let workdir = Workdir::new();
    let start = format!("http://site.hostile.test:{}/", at.port());
    let names = (0..hosts).map(|n| format!("h{n}"));
    let names = names.chain(["site".to_owned()]);
    let resolved: Vec<_> = names
        .map(|name| format!("{name}.hostile.test:{}:127.0.0.1", at.port()))
        .collect();
    let mut all = vec![start.as_str(), "--rate", "0"];
    all.extend(args);
    for given in &resolved {
        all.extend(["--resolve", given]);
    }
    let ended = workdir.audit(&all);
    note(&format!("{} KiB", ended.peak_kib));
    assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
    (workdir, ended.peak_kib)
}

#[test]
fn sitemaps_of_many_hosts_share_one_budget_of_memory() {
    sitemaps_of_many_hosts("gzip", &gzip(&vec![b' '; 50 * MIB]));
}

#[test]
fn large_windows_of_codings_take_from_the_budget_of_memory() {
    let spaces = vec![b' '; 17 * MIB];
    sitemaps_of_many_hosts("br", &brotli(&spaces));
    sitemaps_of_many_hosts("zstd", &zstd(&spaces));
}

/// Crawls a site whose sitemaps are at many hosts, all under way at the same time.
fn sitemaps_of_many_hosts(coding: &'static str, body: &[u8]) {
    const HOSTS: usize = 24;
    let body = body.to_owned();
    let at = origin::serve(move |path, line| match path {
        "/" => origin::page(line, "<title>fine</title><p>fine</p>"),
        "/robots.txt" => {
            let port = line.local_addr()?.port();
            let named = (0..HOSTS).map(|n| format!("Sitemap: http://h{n}.hostile.test:{port}/s\n"));
            text(line, &named.collect::<String>())
        }
        "/s" => packed(
            line,
            ("application/xml", coding),
            &body,
            Duration::from_secs(3),
        ),
        _ => missing(line),
    });
    let (workdir, peak) = crawl(at, HOSTS, &["--retries", "0"]);
    assert!((1..MAX_KIB).contains(&peak), "{peak} KiB");
    assert_eq!(workdir.rows("sitemaps.csv").len(), HOSTS);
    let read = |row: &&crate::crawler::Row| row["Outcome"].starts_with("ok_");
    let attempts = workdir.rows("attempts.csv");
    assert_eq!(
        attempts
            .iter()
            .filter(read)
            .filter(|row| row["Address"].ends_with("/s"))
            .count(),
        HOSTS
    );
}

/// A sitemap of 50 MiB at most, of what `entry` makes of a number.
fn full(entry: impl Fn(usize) -> String) -> String {
    let mut map = "<urlset>".to_owned();
    for number in 0.. {
        let entry = entry(number);
        if map.len() + entry.len() > 50 * MIB - 20 {
            break;
        }
        map += &entry;
    }
    map + "</urlset>"
}

/// Crawls a site of two sitemaps; returns their rows and the most memory that it took.
fn two_sitemaps(map: String) -> (Vec<crate::crawler::Row>, u64) {
    let at = origin::serve(move |path, line| match path {
        "/" => origin::page(line, "<title>fine</title><p>fine</p>"),
        "/robots.txt" => text(line, "Sitemap: /a.xml\nSitemap: /b.xml\n"),
        // A megabyte a second or more: both are on their way at once.
        "/a.xml" | "/b.xml" => {
            let length = map.len();
            write!(
                line,
                "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\n\r\n"
            )?;
            map.as_bytes().chunks(2 * MIB).try_for_each(|piece| {
                pause(Duration::from_millis(40));
                line.write_all(piece)
            })
        }
        _ => missing(line),
    });
    let (workdir, peak) = crawl(at, 0, &["--max-pages", "10"]);
    (workdir.rows("sitemaps.csv"), peak)
}

#[test]
fn large_honest_sitemaps_are_not_held_whole() {
    let pad = "<priority>0.5</priority>".repeat(38);
    let (rows, peak) = two_sitemaps(full(|number| {
        let place = format!(
            "http://site.hostile.test/category-{}/product-{number}.html",
            number % 97
        );
        format!("<url><loc>{place}</loc><lastmod>2026-01-01</lastmod>{pad}</url>\n")
    }));
    for row in &rows {
        let entries: usize = row["Entries"].parse().expect("a number");
        assert!(entries > 49_000, "{row:?}");
    }
    assert!((1..MAX_KIB / 2).contains(&peak), "{peak} KiB");
}

#[test]
fn alternates_without_end_are_taken_in_up_to_a_limit() {
    let (rows, peak) = two_sitemaps(full(|number| {
        format!("<url><link rel=\"alternate\" href=\"http://site.hostile.test/{number}\"/></url>")
    }));
    assert_eq!(rows.len(), 2);
    assert!((1..MAX_KIB).contains(&peak), "{peak} KiB");
}

#[test]
fn large_pages_share_one_budget_of_memory() {
    const PAGES: usize = 48;
    let spaces = gzip(
        &[
            b"<title>fine</title><p>fine</p>",
            &*vec![b' '; 10 * MIB - 100],
        ]
        .concat(),
    );
    let at = origin::serve(move |path, line| match path {
        "/" => {
            let links = (0..PAGES).map(|n| format!("<a href=/p/{n}>p</a>"));
            origin::page(line, &links.collect::<String>())
        }
        path if path.starts_with("/p/") => {
            packed(line, ("text/html", "gzip"), &spaces, Duration::from_secs(3))
        }
        _ => missing(line),
    });
    let (workdir, peak) = crawl(at, 0, &["-c", "64", "--no-adapt"]);
    assert!((1..MAX_KIB).contains(&peak), "{peak} KiB");
    let pages = workdir.rows("pages.csv");
    let fine = pages.iter().filter(|row| row["Outcome"] == "ok_html");
    assert_eq!(fine.count(), PAGES + 1);
}

#[test]
fn rules_of_many_hosts_share_one_bound_of_memory() {
    const HOSTS: usize = 50;
    let files = AtomicUsize::new(0);
    let at = origin::serve(move |path, line| match path {
        "/" => {
            let port = line.local_addr()?.port();
            let links = (0..HOSTS)
                .flat_map(|n| ["p", "no"].map(|path| format!("h{n}.hostile.test:{port}/{path}")))
                .map(|place| format!("<a href=http://{place}>p</a>"));
            origin::page(line, &links.collect::<String>())
        }
        // No two files are equal.
        "/robots.txt" => {
            let number = files.fetch_add(1, Ordering::Relaxed);
            let rules = (0..30_000).map(|n| format!("Disallow:/{number}{n}\n"));
            let rules: String = rules.collect();
            text(line, &format!("User-agent: *\nDisallow: /no\n{rules}"))
        }
        _ => text(line, "fine"),
    });
    let (workdir, peak) = crawl(at, HOSTS, &["--external", "--no-sitemap"]);
    assert!((1..MAX_KIB).contains(&peak), "{peak} KiB");
    let skipped = workdir.rows("skipped.csv");
    let robots = skipped.iter().filter(|row| row["Reason"] == "robots");
    let told = robots.filter(|row| row["Detail"] == "line 2: Disallow: /no");
    assert_eq!(told.count(), HOSTS);
}

/// A page of links that no other page has: `number` and the number of the link make them so.
fn links(number: usize, links: usize, length: usize) -> String {
    let link = |n: usize| format!("<a href={number}-{n}-{}></a>", "x".repeat(length));
    (0..links).map(link).collect()
}

/// The size of a workdir's database, in bytes.
fn stored(workdir: &Workdir) -> u64 {
    let database = workdir.database();
    let wal = database.with_extension("db-wal");
    [database, wal]
        .iter()
        .filter_map(|file| std::fs::metadata(file).ok())
        .map(|file| file.len())
        .sum()
}

/// The size of the files of a directory, in bytes.
fn bytes_in(directory: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(directory).expect("there");
    files
        .filter_map(|file| file.and_then(|file| file.metadata()).ok())
        .map(|file| file.len())
        .sum()
}

/// Most memory that the crawl of a site may have whose pages are as large as they may be and all links.
const MAX_KIB_OF_LINKS: u64 = 400 * 1024;

/// Bytes that a run of such a site may store.
const MAX_STORED: u64 = 400 * MIB as u64;

#[test]
fn short_references_beside_a_long_base_are_taken_in_up_to_a_limit() {
    const PAGES: usize = 12;
    let base = "b".repeat(8_000);
    let at = origin::serve(move |path, line| match path {
        "/robots.txt" | "/sitemap.xml" => missing(line),
        "/" => {
            let pages = (0..PAGES).map(|n| format!("<a href=/p/{n}>p</a>"));
            origin::page(line, &pages.collect::<String>())
        }
        path if path.starts_with("/p/") => {
            let links = links(0, 20_000, 1);
            origin::page(line, &format!("<base href={path}/{base}/>{links}"))
        }
        _ => missing(line),
    });
    let (workdir, peak) = crawl(at, 0, &[]);
    assert!((1..MAX_KIB / 3).contains(&peak), "{peak} KiB");
    let exported = bytes_in(&workdir.exports());
    note(&format!(
        "{} bytes stored, {exported} exported",
        stored(&workdir)
    ));
    assert!(
        stored(&workdir) < 4 * MIB as u64,
        "{} bytes",
        stored(&workdir)
    );
    assert!(exported < 8 * MIB as u64, "{exported} bytes");
    let skipped = workdir.rows("skipped.csv");
    let rest = skipped
        .iter()
        .filter(|row| row["Detail"].contains("invalid beyond the first 100"));
    assert_eq!(rest.count(), PAGES);
    let told = skipped
        .iter()
        .filter(|row| row["Detail"] == "longer than 2048 bytes");
    assert_eq!(told.count(), PAGES * 100);
}

/// A site each of whose pages links to so many new ones, whose URLs are long.
fn endless(each: usize) -> SocketAddr {
    let pages = AtomicUsize::new(0);
    origin::serve(move |path, line| match path {
        "/robots.txt" | "/sitemap.xml" => missing(line),
        _ => {
            let number = pages.fetch_add(1, Ordering::Relaxed);
            origin::page(line, &links(number, each, 450))
        }
    })
}

#[test]
fn a_site_that_names_new_urls_without_end_fills_neither_memory_nor_disk() {
    let (workdir, peak) = crawl(endless(20_000), 0, &["--max-pages", "24"]);
    assert!((1..MAX_KIB_OF_LINKS).contains(&peak), "{peak} KiB");
    assert!(stored(&workdir) < MAX_STORED, "{} bytes", stored(&workdir));
    let fetched = workdir.rows("pages.csv");
    let fetched = fetched.iter().filter(|row| row["Outcome"] == "ok_html");
    assert_eq!(fetched.count(), 24);
    let skipped = workdir.rows("skipped.csv");
    let told = |words: &str| skipped.iter().any(|row| row["Detail"].contains(words));
    assert!(told("MiB of new URLs") && told("the site seems endless here"));
}

#[test]
fn a_site_that_names_new_urls_without_end_takes_little_with_the_usual_limits() {
    let (workdir, peak) = crawl(endless(20_000), 0, &["--max-time", "20s"]);
    assert!((1..MAX_KIB_OF_LINKS).contains(&peak), "{peak} KiB");
    assert!(stored(&workdir) < MAX_STORED, "{} bytes", stored(&workdir));
    let skipped = workdir.rows("skipped.csv");
    let told = |words: &str| skipped.iter().any(|row| row["Detail"].contains(words));
    assert!(told("MiB of new URLs") && told("after the allowed time"));
}

#[test]
fn a_run_that_has_stored_what_it_may_ends_in_order() {
    let (workdir, _) = crawl(endless(2_000), 0, &["--max-disk", "10MB"]);
    let size = stored(&workdir);
    // What is under way when the limit is reached is stored: 32 MiB wait for the writer at most.
    assert!((10_000_000..70_000_000).contains(&size), "{size} bytes");
    let skipped = workdir.rows("skipped.csv");
    let left = skipped.iter().filter(|row| row["Reason"] == "max_disk");
    assert!(left.clone().count() > 1_000);
    assert!(
        left.clone()
            .all(|row| row["Detail"] == "the database has grown by 10 MB")
    );
    assert!(
        workdir
            .rows("pages.csv")
            .iter()
            .any(|row| row["Verdict"] == "ok")
    );
}
