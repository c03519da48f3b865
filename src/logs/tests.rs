//! Whole passes over samples.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{EpisodeKind, Event, Found, Keep, LogTable, LogsError, Order, read};
use crate::model::{Cause, Moment};
use crate::store::{Cell, Store};

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/logs")
        .join(name);
    path.display().to_string()
}

fn order(sources: &[String]) -> Order {
    Order {
        sources: sources.to_vec(),
        ..Order::default()
    }
}

fn found(order: &Order) -> Found {
    read(order, &mut std::io::empty(), None, None).expect("readable logs")
}

/// A database with a log run of a shop.
struct Shop {
    dir: tempfile::TempDir,
    store: Store,
}

impl Shop {
    fn new() -> Shop {
        let dir = tempfile::tempdir().expect("a directory");
        let store = Store::open(&dir.path().join("runs.db")).expect("a database");
        Shop { dir, store }
    }

    /// Reads what is new.
    fn call(&self, order: &Order) -> Result<Found, LogsError> {
        let keep = Keep {
            store: &self.store,
            site: "shop",
            now: Moment::from_millis(1),
        };
        read(order, &mut std::io::empty(), None, Some(keep))
    }
}

/// Returns the rows of a table as texts.
fn rows(found: &Found, table: LogTable) -> Vec<String> {
    let mut rows = Vec::new();
    found.rows(table, &mut |row| {
        assert_eq!(row.len(), table.columns().len(), "{table:?}");
        for (cell, column) in row.iter().zip(table.columns()) {
            assert!(
                column.kind.fits(*cell),
                "{table:?} {}: {cell:?}",
                column.name
            );
        }
        let cells = row.iter().map(|cell| match cell {
            Cell::Empty => String::new(),
            Cell::Integer(number) => number.to_string(),
            Cell::Real(number) => number.to_string(),
            Cell::Text(text) => (*text).to_owned(),
        });
        rows.push(cells.collect::<Vec<_>>().join("|"));
        true
    });
    rows
}

/// Lines of `combined` over two days: a backend that is down for ten minutes each day, and one page that always fails.
fn generated() -> String {
    let mut log = String::new();
    for minute in 0..2_880_u32 {
        let (day, hour, of_hour) = (20 + minute / 1_440, minute / 60 % 24, minute % 60);
        let is_down = hour == 3 && (10..20).contains(&of_hour);
        for second in [0, 20, 40] {
            let section = ["shop", "blog", "api"][second as usize / 20];
            let status = if is_down { 502 } else { 200 };
            let _ = writeln!(
                log,
                "192.0.2.{second} - - [{day}/Nov/2026:{hour:02}:{of_hour:02}:{second:02} +0000] \"GET /{section}/p{} HTTP/1.1\" {status} 1 \"-\" \
                 \"Mozilla/5.0 (X11)\"",
                minute % 50
            );
        }
        if minute % 60 == 30 {
            let _ = writeln!(
                log,
                "66.249.66.1 - - [{day}/Nov/2026:{hour:02}:{of_hour:02}:59 +0000] \"GET /bad?token=secret HTTP/1.1\" 500 1 \"-\" \
                 \"Mozilla/5.0 (compatible; Googlebot/2.1)\""
            );
        }
    }
    log
}

fn temp(files: &[(&str, &[u8])]) -> (tempfile::TempDir, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let mut paths = Vec::new();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("written");
        paths.push(path.display().to_string());
    }
    (dir, paths)
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory has room");
    encoder.finish().expect("memory has room")
}

#[test]
fn a_log_becomes_counts_episodes_and_crawlers() {
    let log = generated();
    let (_dir, paths) = temp(&[("access.log", log.as_bytes())]);
    let found = found(&order(&paths));
    let summary = found.summary();
    assert_eq!((summary.requests, summary.failed), (8_688, 60 + 48));
    assert_eq!((summary.users.requests, summary.users.failed), (8_640, 60));
    assert_eq!(
        (summary.googlebot.requests, summary.googlebot.failed),
        (48, 48)
    );
    assert_eq!(summary.googlebot_only_failures, 1);
    let since = &summary.googlebot_only_failures_since[0];
    assert_eq!(since.address, "/bad?token=***");
    let kinds: Vec<EpisodeKind> = summary
        .episodes
        .iter()
        .map(|episode| episode.kind)
        .collect();
    assert_eq!(
        kinds,
        [EpisodeKind::Everything; 2],
        "{:#?}",
        summary.episodes
    );
    assert_eq!(
        summary.episodes[0].from.to_string(),
        "2026-11-20T03:10:00.000Z"
    );
    assert_eq!(summary.episodes[0].failed, 30);
    let hours = rows(&found, LogTable::Hours);
    assert_eq!(hours.len(), 48);
    assert!(
        hours[3].starts_with("2026-11-20T03:00:00.000Z|181|31|1|30|0|0|0|0.1713|"),
        "{}",
        hours[3]
    );
    let bots = rows(&found, LogTable::Bots);
    assert!(
        bots[0].starts_with("Googlebot and common Google crawlers|yes|48|48|"),
        "{bots:?}"
    );
    let urls = rows(&found, LogTable::Urls);
    assert_eq!(urls.len(), 151);
    assert!(urls.is_sorted_by_key(|row| row.split('|').next().map(str::to_owned)));
}

#[test]
fn an_event_is_named_by_the_episode_after_it() {
    let log = generated();
    let (_dir, paths) = temp(&[("access.log", log.as_bytes())]);
    let mut order = order(&paths);
    // 2026-11-20T03:05:00Z
    order.events = vec![Event {
        name: "deploy".to_owned(),
        second: 1_795_143_900,
    }];
    let found = found(&order);
    let first = &found.summary().episodes[0];
    assert_eq!(
        (first.kind, first.event.as_deref()),
        (EpisodeKind::AfterEvent, Some("deploy"))
    );
}

#[test]
fn pieces_compressed_rotated_or_from_stdin_give_the_same_tables() {
    let log = generated();
    let (_dir, whole) = temp(&[("access.log", log.as_bytes())]);
    let expected = found(&order(&whole));
    let cut = |share: usize| {
        log[..log.len() * share / 4]
            .rfind('\n')
            .map_or(0, |at| at + 1)
    };
    let (one, two) = (cut(1), cut(3));
    let zstd = zstd::encode_all(&log.as_bytes()[one..two], 1).expect("memory has room");
    let (dir, _) = temp(&[
        ("access.log.2.gz", &gz(&log.as_bytes()[..one])),
        ("access.log.1.zst", &zstd),
        ("access.log", &log.as_bytes()[two..]),
    ]);
    let pieces = found(&order(&[dir.path().display().to_string()]));
    let mut packed: &[u8] = &gz(log.as_bytes());
    let piped = read(&order(&["-".to_owned()]), &mut packed, None, None).expect("readable");
    let single = found(&Order {
        threads: 1,
        ..order(&whole)
    });
    for table in LogTable::ALL {
        let expected = rows(&expected, table);
        assert_eq!(rows(&pieces, table), expected);
        assert_eq!(rows(&piped, table), expected);
        assert_eq!(rows(&single, table), expected);
    }
}

#[test]
fn calls_continue_where_the_last_one_ended_whatever_became_of_the_files() {
    let log = generated();
    let bytes = log.as_bytes();
    let (_whole_dir, whole) = temp(&[("access.log", bytes)]);
    let expected = found(&order(&whole));
    let shop = Shop::new();
    let logs = shop.dir.path().join("logs");
    fs::create_dir(&logs).expect("made");
    let path = |name: &str| logs.join(name);
    let sources = [logs.display().to_string()];
    let call = || shop.call(&order(&sources)).expect("readable logs");
    let at = |eighth: usize| bytes.len() * eighth / 8;
    // In the middle of a line.
    fs::write(path("access.log"), &bytes[..at(1)]).expect("written");
    call();
    fs::write(path("access.log"), &bytes[..at(2)]).expect("written");
    call();
    // The lines of a call are its own.
    assert_eq!(call().summary().files[0].lines, 0);
    // Rotated by a new name, and the new file begins with the next whole line.
    let cut = |eighth: usize| log[..at(eighth)].rfind('\n').map_or(0, |at| at + 1);
    fs::write(path("access.log"), &bytes[..cut(4)]).expect("written");
    fs::rename(path("access.log"), path("access.log.1")).expect("renamed");
    fs::write(path("access.log"), &bytes[cut(4)..at(5)]).expect("written");
    call();
    // Compressed, and copied before it was truncated.
    fs::write(path("access.log.2.gz"), gz(&bytes[..cut(4)])).expect("written");
    fs::write(path("access.log.1"), &bytes[cut(4)..cut(6)]).expect("written");
    fs::write(path("access.log"), &bytes[cut(6)..at(7)]).expect("written");
    call();
    fs::write(path("access.log"), &bytes[cut(6)..]).expect("written");
    let last = call();
    for table in [
        LogTable::Urls,
        LogTable::Hours,
        LogTable::Bots,
        LogTable::Episodes,
    ] {
        assert_eq!(rows(&last, table), rows(&expected, table));
    }
    let again = call();
    assert_eq!(again.summary().requests, expected.summary().requests);
    assert_eq!(
        again
            .summary()
            .files
            .iter()
            .map(|file| file.lines)
            .sum::<u64>(),
        0
    );
}

#[test]
fn what_is_stored_is_bounded_by_what_is_different() {
    let log = generated();
    let lines: Vec<&str> = log.lines().collect();
    let shop = Shop::new();
    let path = shop.dir.path().join("access.log");
    let sources = [path.display().to_string()];
    let call = || shop.call(&order(&sources)).expect("readable logs");
    let piece = lines.len() / 12;
    for calls in 1..=12 {
        fs::write(&path, lines[..calls * piece].join("\n") + "\n").expect("written");
        call();
        let run = (shop.store.log_run("shop").expect("readable")).expect("stored");
        let mut urls = 0;
        (shop.store.log_urls(&run, &mut |_| urls += 1)).expect("readable");
        // 151 URLs, nearly all of them in each piece.
        assert!(urls <= 2 * 151, "{calls}: {urls}");
    }
    let expected = found(&order(&sources));
    let last = call();
    for table in [LogTable::Urls, LogTable::Bots, LogTable::Episodes] {
        assert_eq!(rows(&last, table), rows(&expected, table));
    }
}

#[test]
fn an_archive_that_was_read_in_part_counts_once() {
    let log = generated();
    let packed = gz(log.as_bytes());
    let (_dir, paths) = temp(&[("access.log.1.gz", &packed[..packed.len() / 2])]);
    let shop = Shop::new();
    let call = || shop.call(&order(&paths)).expect("readable logs");
    let first = call();
    assert!(first.summary().files[0].fault.is_some());
    assert!((1_000..8_000).contains(&first.summary().requests));
    assert_eq!(call().summary().requests, first.summary().requests);
    fs::write(&paths[0], &packed).expect("written");
    let whole = call();
    assert_eq!(whole.summary().requests, 8_688);
    assert_eq!(whole.summary().files[0].unread, 0);
}

#[test]
fn two_calls_at_once_count_no_line_twice() {
    let log = generated();
    let (_dir, paths) = temp(&[("access.log", log.as_bytes())]);
    let shop = Shop::new();
    let call = || shop.call(&order(&paths));
    let results = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..3).map(|_| scope.spawn(call)).collect();
        calls
            .into_iter()
            .map(|call| call.join().expect("no panic"))
            .collect::<Vec<_>>()
    });
    assert!(results.iter().any(Result::is_ok));
    let sum = call().expect("readable logs");
    assert_eq!(sum.summary().requests, 8_688);
}

#[test]
fn urls_beyond_the_bound_count_for_their_families() {
    let line = |at: usize| {
        format!(
            "192.0.2.1 - - [22/Nov/2026:11:23:17 +0000] \"GET /shop/item-{at} HTTP/1.1\" 502 1 \"-\" \"Mozilla/5.0\"\n"
        )
    };
    let log: String = (0..5_000).map(line).collect();
    let shop = Shop::new();
    let path = shop.dir.path().join("access.log");
    let sources = [path.display().to_string()];
    let order = Order {
        max_urls: 1_000,
        threads: 1,
        ..order(&sources)
    };
    let calls = [1, 2].map(|half| {
        fs::write(&path, &log[..log.len() * half / 2]).expect("written");
        shop.call(&order).expect("readable logs")
    });
    let found = found(&order);
    // Stored failures are those of as many URLs and of the family, though perhaps of other URLs.
    let episodes = rows(&calls[1], LogTable::Episodes);
    assert_eq!(episodes, rows(&found, LogTable::Episodes));
    assert!(episodes[0].contains("|1001|"), "{}", episodes[0]);
    let summary = found.summary();
    assert_eq!((summary.urls, summary.folded_families), (1_000, 1));
    assert_eq!(summary.failed, 5_000);
    let urls = rows(&found, LogTable::Urls);
    assert_eq!(urls.len(), 1_001);
    assert!(
        urls[0].starts_with("/shop/item-*|/shop/item-*|4000|4000|"),
        "{}",
        urls[0]
    );
}

#[test]
fn error_logs_explain_failed_requests() {
    // The faults are described in the samples' README: the cause of nearly all failures.
    for (name, least, cause) in [
        ("ngx-refused", 1.0, Cause::UpstreamDown),
        ("ngx-close", 1.0, Cause::InvalidUpstreamResponse),
        ("apa-close", 0.85, Cause::InvalidUpstreamResponse),
        ("apa-fpm-segv", 0.95, Cause::ApplicationError),
        ("apa-keeprace", 0.85, Cause::InvalidUpstreamResponse),
        ("uws-harakiri", 1.0, Cause::UpstreamTimeout),
        ("fpm-term", 1.0, Cause::UpstreamTimeout),
    ] {
        let dir = fixture("faults");
        let pattern = Path::new(&dir)
            .join(format!("{name}.*"))
            .display()
            .to_string();
        let found = found(&order(&[pattern]));
        let summary = found.summary();
        let counts = summary.error_logs;
        let share = counts.explained as f64 / counts.failed as f64;
        assert!(share >= least, "{name}: {counts:?}");
        let causes: BTreeMap<&str, u64> = summary
            .causes
            .iter()
            .map(|it| (it.cause.id(), it.failed))
            .collect();
        let of_cause = causes.get(cause.id()).copied().unwrap_or(0);
        assert!(
            of_cause as f64 >= 0.8 * counts.failed as f64,
            "{name}: {causes:?}"
        );
    }
}

#[test]
fn no_table_has_the_address_of_a_client() {
    let sources = [
        fixture("nginx"),
        fixture("apache"),
        fixture("haproxy"),
        fixture("written"),
    ];
    let found = found(&order(&sources));
    let json = serde_json::to_string(found.summary()).expect("JSON");
    assert!(!json.contains("192.0.2."), "{json}");
    for table in LogTable::ALL {
        let rows = rows(&found, table).join("\n");
        assert!(
            !rows.contains("client") && !rows.contains("192.0.2."),
            "{table:?}: {rows}"
        );
    }
}

#[test]
fn a_truncated_archive_and_an_unknown_file_are_reported() {
    let log = generated();
    let packed = gz(log.as_bytes());
    let (_dir, paths) = temp(&[
        ("access.log.1.gz", &packed[..packed.len() / 2]),
        ("notes.txt", b"no log at all\njust words\n"),
    ]);
    let found = found(&order(&paths));
    let files = &found.summary().files;
    assert!(
        files[0].fault.is_some() && files[0].requests > 100,
        "{files:?}"
    );
    assert!(files[1].format.is_none() && files[1].requests == 0);
    let missing = PathBuf::from("/nonexistent/access.log")
        .display()
        .to_string();
    assert!(read(&order(&[missing]), &mut std::io::empty(), None, None).is_err());
}

#[test]
fn a_file_that_cannot_be_read_costs_no_other() {
    let log = generated();
    let (_dir, paths) = temp(&[
        ("a.log", log.as_bytes()),
        ("b.log.gz", b"\x1f\x8b\x08 and no more of an archive"),
        ("c.log", log.as_bytes()),
    ]);
    let found = found(&order(&paths));
    let summary = found.summary();
    assert_eq!(summary.requests, 2 * 8_688);
    assert!(summary.files[1].fault.is_some() && !summary.files[1].is_empty);
    let alone = read(&order(&paths[1..2]), &mut std::io::empty(), None, None);
    assert!(matches!(alone, Err(LogsError::Read { .. })));
}

#[test]
fn nearly_all_errors_that_nginx_logs_are_joined() {
    let sources = ["access-upstream.log", "error.log"].map(|name| fixture("nginx/") + name);
    let found = found(&order(&sources));
    let counts = found.summary().error_logs;
    // The others are its own answers of 503, as it is configured.
    let expected = (counts.failed, counts.explained, counts.answered);
    assert_eq!(expected, (44, 39, 3), "{counts:?}");
}

#[test]
fn only_what_is_new_is_returned_where_that_is_asked_for() {
    let log = generated();
    let half = log[..log.len() / 2].rfind('\n').map_or(0, |at| at + 1);
    let (_dir, paths) = temp(&[("access.log", &log.as_bytes()[..half])]);
    let shop = Shop::new();
    let call = |only_new| {
        let order = Order {
            only_new,
            ..order(&paths)
        };
        let found = shop.call(&order).expect("readable logs");
        (found.summary().requests, found.summary().failed)
    };
    let before = call(true);
    fs::write(&paths[0], &log).expect("written");
    let new = call(true);
    assert_eq!((before.0 + new.0, before.1 + new.1), (8_688, 108));
    assert_eq!(call(true), (0, 0));
    assert_eq!(call(false), (8_688, 108));
}

#[test]
fn clients_are_kept_only_where_that_is_asked_for() {
    let log = generated();
    let (_dir, paths) = temp(&[("access.log", log.as_bytes())]);
    let shop = Shop::new();
    let call = |keep_clients| {
        let order = Order {
            keep_clients,
            ..order(&paths)
        };
        let found = shop.call(&order).expect("readable logs");
        let is_there = found.tables().contains(&LogTable::Clients);
        (is_there, rows(&found, LogTable::Clients))
    };
    let (is_there, clients) = call(true);
    assert!(is_there);
    assert_eq!(clients.len(), 4, "{clients:?}");
    assert!(
        clients[0].starts_with("192.0.2.0|2880|20|0|"),
        "{clients:?}"
    );
    // From the log run, and then forgotten.
    assert_eq!(call(true), (true, clients));
    assert_eq!(call(false), (false, Vec::new()));
    assert_eq!(call(true), (true, Vec::new()));
}

#[test]
fn a_page_draws_requests_and_failures_over_time() {
    let log = generated();
    let (_dir, paths) = temp(&[("access.log", log.as_bytes())]);
    let page = found(&order(&paths)).page();
    assert_eq!((page.hours, page.spans.len()), (1, 48));
    assert_eq!((page.most_requests, page.most_failed), (181, 31));
    assert_eq!(page.spans[3].by_status, [1, 30, 0, 0, 0]);
    let names: Vec<&str> = page.sections.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["/", "/api/", "/blog/", "/shop/"]);
    let heat: Vec<u8> = page.sections[1]
        .cells
        .iter()
        .map(|cell| cell.heat)
        .collect();
    assert_eq!(&heat[..5], [1, 1, 1, 5, 1]);
    assert_eq!(page.urls[0].name, "/bad?token=***");
    assert_eq!(
        page.urls[0]
            .cells
            .iter()
            .map(|cell| cell.failed)
            .sum::<u64>(),
        48
    );
}
