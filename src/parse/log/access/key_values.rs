//! Pairs such as `rt=0.001 ua="10.0.0.1:80"`: what formats of one's own append, and the log of Heroku's router.

use crate::parse::log::raw::{Field, Raw};
use crate::parse::log::scan::{quoted, until};

/// The names that are in use for fields.
const NAMES: &[(&[u8], Field)] = &[
    (b"rt", Field::Seconds),
    (b"request_time", Field::Seconds),
    (b"time", Field::Seconds),
    (b"uct", Field::ConnectTime),
    (b"upstream_connect_time", Field::ConnectTime),
    (b"uht", Field::HeaderTime),
    (b"upstream_header_time", Field::HeaderTime),
    (b"urt", Field::UpstreamTime),
    (b"upstream_response_time", Field::UpstreamTime),
    (b"ua", Field::Backend),
    (b"upstream", Field::Backend),
    (b"upstream_addr", Field::Backend),
    (b"backend", Field::Backend),
    (b"us", Field::UpstreamStatus),
    (b"upstream_status", Field::UpstreamStatus),
    (b"host", Field::Host),
    (b"vhost", Field::Host),
    (b"sn", Field::Host),
    (b"server_name", Field::Host),
    (b"rid", Field::RequestId),
    (b"id", Field::RequestId),
    (b"request_id", Field::RequestId),
    (b"run", Field::Run),
    (b"D", Field::Micros),
    (b"us_total", Field::Micros),
    (b"ms", Field::Millis),
    (b"duration_ms", Field::Millis),
];

/// Sets the fields whose names are known.
pub(super) fn read<'a>(text: &'a [u8], raw: &mut Raw<'a>) {
    pairs(text, |key, value| {
        if let Some((_, field)) = NAMES.iter().find(|(name, _)| *name == key) {
            raw.set(*field, value);
        }
    });
}

/// Calls a function with each pair.
pub(super) fn pairs<'a>(text: &'a [u8], mut each: impl FnMut(&'a [u8], &'a [u8])) {
    let mut rest = text.trim_ascii_start();
    while let Some(at) = memchr::memchr2(b'=', b' ', rest) {
        let (key, after) = (&rest[..at], &rest[at + 1..]);
        if rest[at] == b' ' {
            rest = after;
            continue;
        }
        let (value, after) = match quoted(after) {
            Some(found) => found,
            None => until(b' ', after),
        };
        each(key.trim_ascii(), value);
        rest = after.trim_ascii_start();
    }
}

/// The fields of Heroku's router.
const HEROKU: &[(&[u8], Field)] = &[
    (b"method", Field::Method),
    (b"path", Field::Target),
    (b"host", Field::Host),
    (b"request_id", Field::RequestId),
    (b"fwd", Field::Forwarded),
    (b"dyno", Field::Backend),
    (b"service", Field::Millis),
    (b"status", Field::Status),
    (b"code", Field::Reason),
];

/// Returns the fields of a line of Heroku's router; `None` if it is of another process.
pub(in crate::parse::log) fn heroku(line: &[u8]) -> Option<Raw<'_>> {
    let at = memchr::memmem::find(line, b"heroku[router]: ")?;
    let mut raw = Raw::new();
    // A syslog frame may be before the time.
    let head = line[..at].trim_ascii_end();
    let time = head
        .split(|byte| *byte == b' ')
        .find(|token| token.contains(&b'T'));
    raw.set(Field::Time, time?);
    pairs(&line[at + 16..], |key, value| {
        if let Some((_, field)) = HEROKU.iter().find(|(name, _)| *name == key) {
            raw.set(*field, value);
        }
    });
    Some(raw)
}
