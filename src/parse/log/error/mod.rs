//! Reads error logs: the time, whom a record is about, and the cause that its message proves.

pub(super) mod patterns;

use crate::model::Cause;

use super::access::{json, known};
use super::clock::Clock;
use super::raw::Field;
use super::scan::{closing, until, without_port};

/// The program that writes an error log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// nginx.
    Nginx,
    /// Apache.
    Apache,
    /// PHP-FPM.
    PhpFpm,
    /// Caddy, JSON lines.
    Caddy,
    /// HAProxy: messages about its servers.
    HaProxy,
    /// lighttpd.
    Lighttpd,
    /// gunicorn.
    Gunicorn,
    /// uWSGI.
    Uwsgi,
    /// Squid's `cache.log`.
    Squid,
    /// `varnishlog`.
    Varnish,
    /// The kernel, in syslog.
    Kernel,
}

/// A record of an error log. Absent texts are empty.
#[derive(Clone, Copy, Debug)]
pub struct ErrorRecord<'a> {
    /// The program.
    pub source: Source,
    /// The time in milliseconds since 1970-01-01 UTC; absent if the line continues the one before.
    pub time: Option<i64>,
    /// IP address of the client.
    pub client: &'a [u8],
    /// Path and query of the request.
    pub target: &'a [u8],
    /// Host name of the request.
    pub host: &'a [u8],
    /// IP address of the backend.
    pub backend: &'a [u8],
    /// Id of the request.
    pub request_id: &'a [u8],
    /// Number of the process or thread, which ties together records of Apache.
    pub thread: &'a [u8],
    /// Number of the pattern that the message has.
    pub pattern: Option<u16>,
    /// The cause.
    pub cause: Option<Cause>,
    /// The message.
    pub message: &'a [u8],
}

impl Source {
    /// All sources.
    pub(super) const ALL: [Source; 11] = [
        Source::Nginx,
        Source::Apache,
        Source::PhpFpm,
        Source::Caddy,
        Source::HaProxy,
        Source::Lighttpd,
        Source::Gunicorn,
        Source::Uwsgi,
        Source::Squid,
        Source::Varnish,
        Source::Kernel,
    ];

    /// Returns its name, as in the patterns.
    pub const fn name(self) -> &'static str {
        match self {
            Source::Nginx => "nginx",
            Source::Apache => "apache",
            Source::PhpFpm => "php-fpm",
            Source::Caddy => "caddy",
            Source::HaProxy => "haproxy",
            Source::Lighttpd => "lighttpd",
            Source::Gunicorn => "gunicorn",
            Source::Uwsgi => "uwsgi",
            Source::Squid => "squid",
            Source::Varnish => "varnish",
            Source::Kernel => "kernel",
        }
    }

    /// Returns the program of this name.
    pub fn named(name: &str) -> Option<Source> {
        Source::ALL.into_iter().find(|source| source.name() == name)
    }

    /// Reads a line.
    pub(super) fn read<'a>(self, line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
        match self {
            Source::Nginx => nginx(line, clock),
            Source::Apache => apache(line, clock),
            Source::PhpFpm => php_fpm(line, clock),
            Source::Caddy => caddy(line, clock),
            Source::HaProxy => haproxy(line),
            Source::Lighttpd => lighttpd(line, clock),
            Source::Gunicorn => gunicorn(line, clock),
            Source::Uwsgi => uwsgi(line, clock),
            Source::Squid => squid(line, clock),
            Source::Varnish => varnish(line),
            Source::Kernel => kernel(line),
        }
    }
}

/// Returns a record with its cause, and nothing else.
fn record(source: Source, time: Option<i64>, message: &[u8]) -> ErrorRecord<'_> {
    let found = patterns::recognise(source.name(), message);
    ErrorRecord {
        source,
        time,
        client: b"",
        target: b"",
        host: b"",
        backend: b"",
        request_id: b"",
        thread: b"",
        pattern: found.map(|(number, _)| number),
        cause: found.and_then(|(_, cause)| cause),
        message,
    }
}

/// `2026/11/22 11:23:17 [error] 20371#20371: *1 message, client: .., server: .., request: "..", upstream: "..", ..`
fn nginx<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let (time, message) = match line.get(19..21) {
        Some(b" [") if line.get(4) == Some(&b'/') => (Some(clock.any(&line[..19])?), &line[20..]),
        // A message of several lines names its request on the last one.
        _ if memchr::memmem::find(line, b", client: ").is_some() => (None, line),
        _ => return None,
    };
    let mut found = record(Source::Nginx, time, message);
    let mut rest = message;
    while let Some(at) = memchr::memmem::find(rest, b", ") {
        rest = &rest[at + 2..];
        let (name, value) = until(b' ', rest);
        let value = match value.strip_prefix(b"\"") {
            Some(inner) => &inner[..closing(inner).unwrap_or(inner.len())],
            None => until(b',', value).0,
        };
        match name {
            b"client:" => found.client = without_port(value),
            b"request:" => found.target = target(value),
            b"upstream:" => found.backend = backend(value),
            b"host:" => found.host = without_port(value),
            b"request_id:" => found.request_id = value,
            _ => {}
        }
    }
    Some(found)
}

/// Returns the target of a request line.
fn target(request: &[u8]) -> &[u8] {
    let (_, rest) = until(b' ', request);
    until(b' ', rest).0
}

/// Returns the host and port, or the socket, in `http://127.0.0.1:28101/refused` or `fastcgi://unix:/run/php.sock:`.
fn backend(url: &[u8]) -> &[u8] {
    let after = memchr::memmem::find(url, b"://").map_or(url, |at| &url[at + 3..]);
    if after.starts_with(b"unix:") {
        let end = after[5..].iter().position(|byte| *byte == b':');
        return &after[..end.map_or(after.len(), |end| end + 5)];
    }
    until(b'/', after).0
}

/// `[Sun Nov 22 11:24:26.738579 2026] [proxy:error] [pid 1:tid 2] (111)text: [client 127.0.0.1:47314] AH01114: message`
fn apache<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let inner = line.strip_prefix(b"[")?;
    let (time, rest) = until(b']', inner);
    if !time.first()?.is_ascii_alphabetic() {
        return None;
    }
    let time = clock.any(time)?;
    let rest = rest.strip_prefix(b" [")?;
    let mut found = record(Source::Apache, Some(time), rest);
    if let Some(at) = memchr::memmem::find(rest, b"[pid ") {
        found.thread = until(b']', &rest[at + 5..]).0;
    }
    if let Some(at) = memchr::memmem::find(rest, b"[client ") {
        let (client, after) = until(b']', &rest[at + 8..]);
        found.client = without_port(client);
        found.message = after.trim_ascii_start();
    }
    if let Some(at) = memchr::memmem::find(rest, b"returned by /") {
        let after = &rest[at + 12..];
        let end = after.iter().position(|byte| matches!(byte, b' ' | b','));
        found.target = &after[..end.unwrap_or(after.len())];
    }
    if let Some(at) = memchr::memmem::find(rest, b"attempt to connect to ") {
        found.backend = until(b' ', &rest[at + 22..]).0;
    } else if let Some(at) = memchr::memmem::find(rest, b"remote server ") {
        found.backend = until(b' ', &rest[at + 14..]).0;
    }
    Some(found)
}

/// `[22-Nov-2026 11:23:26] WARNING: [pool www] child 1, script '/a.php' (request: "GET /a.php") ...`
fn php_fpm<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let inner = line.strip_prefix(b"[")?;
    let (time, rest) = until(b']', inner);
    if time.len() < 20 || time.get(2) != Some(&b'-') {
        return None;
    }
    let time = clock.any(&time[..20])?;
    let mut found = record(Source::PhpFpm, Some(time), rest.trim_ascii_start());
    if let Some(at) = memchr::memmem::find(rest, b"(request: \"") {
        let inner = &rest[at + 11..];
        found.target = target(&inner[..closing(inner).unwrap_or(inner.len())]);
    }
    Some(found)
}

/// `{"level":"error","ts":1795346752.8,"logger":"http.log.error.log0","msg":"...","request":{...}}`
fn caddy<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let raw = json::split(line, &known::CADDY)?;
    let mut logger: &[u8] = b"";
    let mut message: &[u8] = b"";
    let mut id: &[u8] = b"";
    json::walk(line, |keys, value| match keys {
        [b"logger"] => logger = value,
        [b"msg"] => message = value,
        [b"err_id"] => id = value,
        _ => {}
    })?;
    if logger.is_empty() || logger.starts_with(b"http.log.access") {
        return None;
    }
    let found = patterns::recognise(Source::Caddy.name(), line);
    Some(ErrorRecord {
        client: without_port(raw.get(Field::Client)),
        target: raw.get(Field::Target),
        host: without_port(raw.get(Field::Host)),
        request_id: id,
        pattern: found.map(|(number, _)| number),
        cause: found.and_then(|(_, cause)| cause),
        ..record(Source::Caddy, clock.any(raw.get(Field::Time)), message)
    })
}

/// `Server nolive/s1 is DOWN, reason: ...`, `backend nolive has no server available!`
fn haproxy(line: &[u8]) -> Option<ErrorRecord<'_>> {
    let message = known::after_syslog(line, b"haproxy");
    let is_message = [
        b"Server ".as_slice(),
        b"backend ",
        b"Proxy ",
        b"Health check",
        b"Connect from",
    ]
    .iter()
    .any(|start| message.starts_with(start));
    if !is_message {
        return None;
    }
    let mut found = record(Source::HaProxy, None, message);
    if let Some(rest) = message.strip_prefix(b"Server ") {
        found.backend = until(b' ', rest).0;
    }
    Some(found)
}

/// `2026-11-22 11:25:55: (gw_backend.c.274) message`
fn lighttpd<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let message = line.get(19..)?.strip_prefix(b": (")?;
    let time = clock.any(&line[..19])?;
    let mut found = record(Source::Lighttpd, Some(time), &line[21..]);
    if let Some(at) = memchr::memmem::find(message, b"handlers for ") {
        found.target = until(b'?', until(b' ', &message[at + 13..]).0).0;
    }
    Some(found)
}

/// `[2026-11-22 11:23:34 +0000] [20361] [CRITICAL] message`
fn gunicorn<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let inner = line.strip_prefix(b"[")?;
    let (time, rest) = until(b']', inner);
    if time.len() != 25 || !rest.starts_with(b" [") {
        return None;
    }
    Some(record(
        Source::Gunicorn,
        Some(clock.any(time)?),
        rest.trim_ascii_start(),
    ))
}

/// `Sun Nov 22 11:23:36 2026 - message`
fn uwsgi<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let message = line.get(24..)?.strip_prefix(b" - ")?;
    let time = clock.any(&line[..24])?;
    let mut found = record(Source::Uwsgi, Some(time), message);
    if message.starts_with(b"HARAKIRI [core")
        && let Some(at) = memchr::memmem::find(message, b" - ")
    {
        found.target = target(&message[at + 3..]);
    }
    Some(found)
}

/// `2026/11/29 09:15:56| message`, `2026/11/29 09:15:56 kid1| message`
fn squid<'a>(line: &'a [u8], clock: &mut Clock) -> Option<ErrorRecord<'a>> {
    let rest = line.get(19..)?;
    let at = memchr::memchr(b'|', &rest[..rest.len().min(8)])?;
    let time = clock.any(&line[..19])?;
    Some(record(
        Source::Squid,
        Some(time),
        rest[at + 1..].trim_ascii_start(),
    ))
}

/// `--  FetchError     backend refused: fail errno 111 (Connection refused)`
fn varnish(line: &[u8]) -> Option<ErrorRecord<'_>> {
    let at = memchr::memmem::find(line, b"FetchError")?;
    Some(record(Source::Varnish, None, &line[at..]))
}

/// `Out of memory: Killed process 1234 (php-fpm8.2)`
fn kernel(line: &[u8]) -> Option<ErrorRecord<'_>> {
    let found = record(Source::Kernel, None, line);
    found.pattern.is_some().then_some(found)
}
