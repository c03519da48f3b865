//! All formats on samples: logs that real servers wrote (`fixtures/logs`), and lines written after the documentation of
//! services (`fixtures/logs/written`).

use std::fs;
use std::path::{Path, PathBuf};

use super::{Clock, Format, Line, LineFormat, detect, line_format, server_conf};
use crate::model::Cause;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs")
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n')
}

/// What was read of a log.
#[derive(Debug, Default, PartialEq, Eq)]
struct Read {
    requests: usize,
    failed: usize,
    records: usize,
    unread: usize,
}

fn read(format: &Format, bytes: &[u8]) -> Read {
    let mut format = format.clone();
    let mut clock = Clock::default();
    let mut read = Read::default();
    for line in lines(bytes) {
        format = format.renewed(line).unwrap_or(format);
        match format.read(line, &mut clock) {
            Some(Line::Access(entry)) => {
                read.requests += 1;
                read.failed += usize::from(entry.is_failure());
            }
            Some(Line::Error(_)) => read.records += 1,
            Some(Line::Aside) => {}
            None => read.unread += 1,
        }
    }
    read
}

/// File, format, requests, failures with 5xx, records of errors.
const SAMPLES: &[(&str, &str, usize, usize, usize)] = &[
    ("nginx/access-combined.log", "combined", 12, 9, 0),
    ("nginx/access-upstream.log", "combined", 56, 44, 0),
    (
        "nginx/access-tls-hello-on-plain-port.log",
        "combined",
        1,
        0,
        0,
    ),
    ("nginx/error.log", "nginx error log", 0, 0, 51),
    ("apache/access-combined.log", "combined", 12, 9, 0),
    ("apache/access-common.log", "combined", 12, 9, 0),
    ("apache/access-vhost.log", "combined", 12, 9, 0),
    ("apache/error.log", "Apache error log", 0, 0, 46),
    ("caddy/access.jsonl", "Caddy JSON", 17, 16, 0),
    ("caddy/error.jsonl", "Caddy error log", 0, 0, 16),
    ("haproxy/haproxy.log", "HAProxy", 25, 20, 3),
    ("varnish/varnishncsa.log", "combined", 14, 12, 0),
    ("varnish/varnishlog-fetcherrors.txt", "varnishlog", 0, 0, 11),
    (
        "varnish/varnishlog-full-one-request.txt",
        "varnishlog",
        0,
        0,
        1,
    ),
    ("squid/access.log", "Squid", 11, 9, 0),
    ("lighttpd/access.log", "combined", 6, 6, 0),
    ("lighttpd/error.log", "lighttpd error log", 0, 0, 10),
    ("php-fpm/php8.2-fpm.log", "PHP-FPM log", 0, 0, 30),
    ("gunicorn/gunicorn.log", "gunicorn log", 0, 0, 8),
    ("uwsgi/uwsgi.log", "uWSGI log", 0, 0, 4),
    ("written/alb.log", "AWS ALB", 3, 2, 0),
    ("written/cloudfront.log", "CloudFront", 2, 1, 0),
    ("written/cloudflare.jsonl", "Cloudflare Logpush", 3, 2, 0),
    ("written/iis.log", "W3C (IIS)", 3, 2, 0),
    ("written/heroku.log", "Heroku router", 3, 2, 0),
    ("written/envoy.log", "Envoy", 3, 2, 0),
    ("written/istio.log", "Envoy", 2, 1, 0),
    ("written/traefik.log", "combined", 2, 1, 0),
    ("written/traefik.jsonl", "Traefik JSON", 2, 1, 0),
    ("written/nginx.jsonl", "JSON lines", 2, 1, 0),
    ("written/haproxy-syslog.log", "HAProxy", 2, 2, 1),
];

#[test]
fn every_format_is_recognised_and_every_line_is_read() {
    for (file, format, requests, failed, records) in SAMPLES {
        let bytes = fs::read(fixtures().join(file)).expect("a sample");
        let found = detect(lines(&bytes), &[]).unwrap_or_else(|| panic!("{file} is unknown"));
        assert_eq!(found.format.name(), *format, "{file}");
        let expected = Read {
            requests: *requests,
            failed: *failed,
            records: *records,
            unread: 0,
        };
        assert_eq!(read(&found.format, &bytes), expected, "{file}");
    }
}

#[test]
fn logs_of_servers_with_faults_are_read_without_a_line_left() {
    let mut files = 0;
    for entry in fs::read_dir(fixtures().join("faults")).expect("samples") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&path).expect("a sample");
        let found = detect(lines(&bytes), &[]);
        // What varnishd prints while it starts is no log.
        if name.ends_with(".varnish.log") {
            assert!(found.is_none(), "{name}");
            continue;
        }
        let found = found.unwrap_or_else(|| panic!("{name} is unknown"));
        let is_access = ["access", "varnishncsa", "haproxy"]
            .iter()
            .any(|kind| name.contains(kind));
        let read = read(&found.format, &bytes);
        assert_eq!(read.unread, 0, "{name}: {}", found.format.name());
        assert_eq!(
            read.requests > 0,
            is_access,
            "{name}: {}",
            found.format.name()
        );
        files += 1;
    }
    assert_eq!(files, 28);
}

/// Reads one line of a sample and shows what it says.
fn shown(file: &str, number: usize, given: &[LineFormat]) -> String {
    let bytes = fs::read(fixtures().join(file)).expect("a sample");
    let found = detect(lines(&bytes), given).expect("known");
    let mut clock = Clock::default();
    let mut format = found.format;
    let mut at = 0;
    for line in lines(&bytes) {
        format = format.renewed(line).unwrap_or(format);
        let Some(Line::Access(entry)) = format.read(line, &mut clock) else {
            continue;
        };
        at += 1;
        if at == number {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            return format!(
                "{} {} {} {} {} {} {:?} {} {}",
                entry.time.unwrap_or(0) % 100_000_000,
                text(entry.client),
                text(entry.host),
                text(entry.method),
                text(&entry.target),
                entry.status,
                entry.millis,
                text(entry.backend),
                entry.cause.map_or("-", Cause::id),
            );
        }
    }
    panic!("{file} has no line {number}");
}

/// File, number of the request, and what it says.
const REQUESTS: &[(&str, usize, &str)] = &[
    (
        "nginx/access-combined.log",
        1,
        "46597000 127.0.0.1  GET /refused 502 None  -",
    ),
    (
        "nginx/access-upstream.log",
        1,
        "46597000 127.0.0.1  GET /refused 502 Some(1) 127.0.0.1:28101 upstream_down",
    ),
    (
        "nginx/access-tls-hello-on-plain-port.log",
        1,
        "46669000 127.0.0.1    400 Some(0)  -",
    ),
    (
        "apache/access-vhost.log",
        1,
        "46666000 127.0.0.1 www.shop.test GET /refused 503 None  -",
    ),
    (
        "lighttpd/access.log",
        1,
        "46755000 127.0.0.1 www.shop.test GET /refused 503 None  -",
    ),
    (
        "varnish/varnishncsa.log",
        1,
        "46747000 127.0.0.1 www.shop.test GET /refused 503 None  -",
    ),
    (
        "haproxy/haproxy.log",
        1,
        "46737140 127.0.0.1  GET /refused 503 Some(1001) refused/s1 upstream_down",
    ),
    (
        "written/haproxy-syslog.log",
        2,
        "46745212 ::1  GET /queue 503 Some(502) queue/<NOSRV> overload",
    ),
    (
        "squid/access.log",
        3,
        "46798664 127.0.0.1 www.shop.test GET /readtimeout 504 Some(3035) 127.0.0.1 -",
    ),
    (
        "written/alb.log",
        1,
        "46597186 192.0.2.7 www.example.com GET / 502 Some(1) 10.0.0.1:80 invalid_upstream_response",
    ),
    (
        "written/alb.log",
        2,
        "46598186 192.0.2.8 www.example.com GET /p/1?a=1 200 Some(51) 10.0.0.2:80 -",
    ),
    (
        "written/alb.log",
        3,
        "46599186 2001:db8::7 www.example.com GET /p/2 503 None  upstream_down",
    ),
    (
        "written/cloudfront.log",
        1,
        "46597000 192.0.2.7 www.shop.test GET /p/1?a=1 504 Some(30001)  invalid_upstream_response",
    ),
    (
        "written/cloudflare.jsonl",
        1,
        "46597000 192.0.2.7 www.shop.test GET /p/1 522 None  network",
    ),
    (
        "written/cloudflare.jsonl",
        2,
        "46598000 192.0.2.8 www.shop.test GET /p/2?q=\"x\"&b=& 503 Some(12) 10.0.0.1 application_error",
    ),
    (
        "written/iis.log",
        1,
        "46597000 192.0.2.7  GET /p/1 502 Some(120015)  upstream_timeout",
    ),
    (
        "written/iis.log",
        3,
        "46599000 192.0.2.9  GET /p/3 503 None  overload",
    ),
    (
        "written/heroku.log",
        1,
        "64703929 192.0.2.7 example.herokuapp.com GET / 503 None  upstream_down",
    ),
    (
        "written/heroku.log",
        3,
        "64706929 192.0.2.7 example.herokuapp.com GET /slow 503 Some(30001) web.1 upstream_timeout",
    ),
    (
        "written/envoy.log",
        1,
        "46597000 192.0.2.7 www.shop.test GET /p/1 503 Some(1001) 10.0.0.5:8080 upstream_down",
    ),
    (
        "written/istio.log",
        1,
        "46597000 192.0.2.7 www.shop.test GET /p/1 503 Some(1001) 10.0.0.5:8080 upstream_down",
    ),
    (
        "written/traefik.log",
        1,
        "46597000 192.0.2.7  GET /p/1 502 Some(3) http://10.0.0.5:8080 -",
    ),
    (
        "written/traefik.jsonl",
        1,
        "46597123 192.0.2.7 www.shop.test GET /p/1 504 Some(30000) 10.0.0.5:8080 application_error",
    ),
    (
        "written/nginx.jsonl",
        1,
        "46597000 192.0.2.7 www.shop.test GET /p/1?q=%22 502 Some(1) 127.0.0.1:8002 upstream_down",
    ),
];

#[test]
fn the_fields_of_each_format_are_where_they_belong() {
    for (file, number, expected) in REQUESTS {
        assert_eq!(shown(file, *number, &[]), *expected, "{file}");
    }
}

#[test]
fn formats_of_a_configuration_are_used() {
    let of =
        |file: &str| server_conf(&fs::read_to_string(fixtures().join(file)).expect("a sample"));
    let (nginx, apache) = (of("nginx.conf"), of("apache.conf"));
    assert_eq!((nginx.len(), apache.len()), (1, 3));
    let expected = "46597000 127.0.0.1  GET /refused 502 Some(1) 127.0.0.1:28101 upstream_down";
    assert_eq!(shown("nginx/access-upstream.log", 1, &nginx), expected);
    for file in ["combined", "common", "vhost"] {
        let file = format!("apache/access-{file}.log");
        let bytes = fs::read(fixtures().join(&file)).expect("a sample");
        let found = detect(lines(&bytes), &apache).expect("known");
        assert_eq!(found.format.name(), "own line format", "{file}");
        assert_eq!(read(&found.format, &bytes).failed, 9, "{file}");
    }
}

#[test]
fn line_formats_are_compiled_or_refused_with_a_reason() {
    let cases = [
        (
            "$remote_addr|$time_iso8601|$request_uri|$status",
            "1.2.3.4|2026-11-22T11:23:17+00:00|/a?b|502",
            "46597000 /a?b 502",
        ),
        ("%h %t \"%m %U%{x}i %q\" %>s %D", "", "two fields"),
        (
            "%a [%{%d/%b}t] \"%r\" %>s",
            "1.2.3.4 [22/Nov] \"GET /a HTTP/1.1\" 503",
            "0 /a 503",
        ),
        (
            "json: status=code target=path time=at",
            r#"{"at":1795346597,"path":"/a","code":500}"#,
            "46597000 /a 500",
        ),
        ("$remote_addr $request", "", "it has no status"),
        ("$status", "", "it has no request"),
        ("json: status=a b=c", "", "unknown field \"b\""),
    ];
    for (format, line, expected) in cases {
        let found = match line_format(format) {
            Err(fault) => fault.to_string(),
            Ok(format) => {
                match Format::from(&format).read(line.as_bytes(), &mut Clock::default()) {
                    Some(Line::Access(entry)) => {
                        let target = String::from_utf8_lossy(&entry.target).into_owned();
                        format!(
                            "{} {target} {}",
                            entry.time.unwrap_or(0) % 100_000_000,
                            entry.status
                        )
                    }
                    other => format!("{other:?}"),
                }
            }
        };
        assert!(found.starts_with(expected), "{format}: {found}");
    }
}

#[test]
fn no_mutated_file_makes_a_reader_panic() {
    let mut random = fastrand::Rng::with_seed(18);
    let samples: Vec<Vec<u8>> = SAMPLES
        .iter()
        .map(|(file, ..)| fs::read(fixtures().join(file)).expect("a sample"))
        .collect();
    for at in 0..1_000 {
        let mut bytes = samples[at % samples.len()].clone();
        bytes.truncate(6_000);
        for _ in 0..random.usize(1..40) {
            if bytes.is_empty() {
                break;
            }
            let place = random.usize(..bytes.len());
            match random.u8(..4) {
                0 => bytes[place] = random.u8(..),
                1 => drop(bytes.drain(place..(place + random.usize(1..30)).min(bytes.len()))),
                2 => bytes.insert(place, *random.choice(b"\"\\ [],:{}-\t\n%").unwrap_or(&0)),
                _ => bytes.truncate(place.max(1)),
            }
        }
        let format = detect(lines(&samples[at % samples.len()]), &[])
            .expect("known")
            .format;
        read(&format, &bytes);
        if let Some(found) = detect(lines(&bytes), &[]) {
            read(&found.format, &bytes);
        }
    }
}

#[test]
fn a_file_of_several_programs_has_the_format_of_most_lines() {
    let of = |combined: usize, others: usize| {
        let line = "192.0.2.1 - - [22/Nov/2026:11:23:17 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"Mozilla/5.0\"\n";
        let text =
            line.repeat(combined) + &"Nov 22 11:23:17 web cron: a job ended\n".repeat(others);
        let found = detect(text.as_bytes().split(|byte| *byte == b'\n'), &[]);
        found.map(|found| found.format.name())
    };
    assert_eq!(of(50, 40), Some("combined"));
    assert_eq!(of(40, 50), None);
}
