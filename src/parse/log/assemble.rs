//! Makes an entry of the fields of a line.

use std::borrow::Cow;

use super::clock::Clock;
use super::entry::Entry;
use super::hint;
use super::raw::{Field, Raw};
use super::scan::{decimal, until, whole, without_port};

/// Returns the entry; `None` if it has no status, or a time that cannot be read.
pub(super) fn entry<'a>(raw: &Raw<'a>, clock: &mut Clock) -> Option<Entry<'a>> {
    let mut entry = Entry {
        status: status(raw.get(Field::Status))?,
        ..Entry::default()
    };
    entry.time = time(raw, clock)?;
    let client = match raw.get(Field::Client) {
        b"" => until(b',', raw.get(Field::Forwarded)).0,
        client => client,
    };
    entry.client = without_port(client);
    entry.host = without_port(raw.get(Field::Host));
    entry.agent = raw.get(Field::Agent);
    entry.request_id = raw.get(Field::RequestId);
    entry.run = raw.get(Field::Run);
    if raw.has(Field::Request) {
        entry.set_request(raw.get(Field::Request));
    }
    if raw.has(Field::Method) {
        entry.method = raw.get(Field::Method);
    }
    if raw.has(Field::Target) {
        entry.set_target(Cow::Borrowed(raw.get(Field::Target)));
    } else if raw.has(Field::Path) {
        entry.set_target(match raw.get(Field::Query) {
            b"" => Cow::Borrowed(raw.get(Field::Path)),
            query => {
                let query = query.strip_prefix(b"?").unwrap_or(query);
                Cow::Owned([raw.get(Field::Path), b"?", query].concat())
            }
        });
    }
    extend(&mut entry, raw);
    Some(entry)
}

/// Sets duration and backend, and the cause of a failure. Fills request id, run and host if they are missing.
pub(super) fn extend<'a>(entry: &mut Entry<'a>, raw: &Raw<'a>) {
    entry.millis = millis(raw);
    entry.backend = backend(raw);
    if entry.request_id.is_empty() {
        entry.request_id = raw.get(Field::RequestId);
    }
    if entry.run.is_empty() {
        entry.run = raw.get(Field::Run);
    }
    if entry.host.is_empty() {
        entry.host = without_port(raw.get(Field::Host));
    }
    if entry.is_failure() || entry.status == 499 {
        entry.cause = hint::cause(entry.status, raw);
    }
}

/// Reads a status. `0` and `-` stand for no answer.
fn status(text: &[u8]) -> Option<u16> {
    match text {
        b"" => None,
        _ => whole(text).and_then(|status| u16::try_from(status).ok()),
    }
    .filter(|status| *status < 1000)
}

/// Returns the time, `Some(None)` if the line has none, and `None` if it cannot be read.
#[expect(clippy::option_option, reason = "absent and unreadable differ")]
fn time(raw: &Raw<'_>, clock: &mut Clock) -> Option<Option<i64>> {
    if raw.has(Field::Date) {
        let (date, of_day) = (raw.get(Field::Date), raw.get(Field::TimeOfDay));
        // W3C logs are in UTC.
        let text = [date, b"T", of_day, b"Z"].concat();
        return clock.any(&text).map(Some);
    }
    match raw.get(Field::Time) {
        b"" => Some(None),
        text => clock.any(text).map(Some),
    }
}

fn millis(raw: &Raw<'_>) -> Option<u32> {
    let units = [
        (Field::Seconds, 1e3),
        (Field::Millis, 1.0),
        (Field::Micros, 1e-3),
        (Field::Nanos, 1e-6),
    ];
    let found = units.iter().find(|(field, _)| !raw.get(*field).is_empty());
    let (field, factor) = *found.unwrap_or(&(Field::UpstreamTime, 1e3));
    let text = raw.get(field);
    let text = text.strip_suffix(b"ms").unwrap_or(text);
    let millis = decimal(text)? * factor;
    (millis >= 0.0).then(|| millis.round().min(f64::from(u32::MAX)) as u32)
}

/// Returns the last backend of a list as nginx writes it: `a, b` for servers, ` : ` between internal redirects.
fn backend<'a>(raw: &Raw<'a>) -> &'a [u8] {
    let all = match raw.get(Field::Server) {
        b"" | b"<NOSRV>" => raw.get(Field::Backend),
        server => server,
    };
    let last = all.rsplit(|byte| *byte == b',').next().unwrap_or(all);
    let last = memchr::memmem::rfind(last, b" : ").map_or(last, |at| &last[at + 3..]);
    match last.trim_ascii() {
        b"-" => b"",
        last => last,
    }
}
