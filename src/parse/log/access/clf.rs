//! The Common Log Format and everything built around it: nginx and Apache `combined`, `common` and `vhost_combined`,
//! lighttpd, Varnish, Traefik, and formats of one's own that keep `[time] "request" status`.

use crate::parse::log::assemble::extend;
use crate::parse::log::clock::Clock;
use crate::parse::log::entry::Entry;
use crate::parse::log::raw::{Field, Raw};
use crate::parse::log::scan::{is_address, is_host, quoted, until, without_port};

use super::key_values;

/// Reads a line.
pub(in crate::parse::log) fn read<'a>(line: &'a [u8], clock: &mut Clock) -> Option<Entry<'a>> {
    let open = memchr::memchr(b'[', line)?;
    let after = line.get(open + 1..)?;
    let time = after.get(..26)?;
    if after.get(26) != Some(&b']') {
        return None;
    }
    let time = clock.clf(time)?;
    let rest = &after[27..];
    let request_at = memchr::memchr(b'"', rest)?;
    let (request, rest) = quoted(&rest[request_at..])?;
    let [
        b' ',
        a @ b'0'..=b'9',
        b @ b'0'..=b'9',
        c @ b'0'..=b'9',
        rest @ ..,
    ] = rest
    else {
        return None;
    };
    if !matches!(rest.first(), None | Some(b' ')) {
        return None;
    }
    let digit = |byte: &u8| u16::from(byte - b'0');
    let mut entry = Entry {
        time: Some(time),
        status: digit(a) * 100 + digit(b) * 10 + digit(c),
        ..Entry::default()
    };
    ends(&line[..open], &mut entry)?;
    entry.set_request(request);
    // The size, then the referrer and the agent, if they are logged.
    let (_, rest) = until(b' ', rest.get(1..).unwrap_or_default());
    let mut extras = rest;
    if let Some((_, rest)) = quoted(rest) {
        extras = rest;
        if let Some((agent, rest)) = rest.strip_prefix(b" ").and_then(quoted) {
            entry.agent = if agent == b"-" { b"" } else { agent };
            extras = rest;
        }
    }
    if !extras.is_empty() {
        more(extras, &mut entry);
    }
    Some(entry)
}

/// Reads what stands before the time: client, host, user.
fn ends<'a>(before: &'a [u8], entry: &mut Entry<'a>) -> Option<()> {
    let before = before.trim_ascii_end();
    let (first, rest) = until(b' ', before);
    let (second, _) = until(b' ', rest);
    if matches!(second, b"-" | b"") {
        entry.client = first;
        return (!first.is_empty()).then_some(());
    }
    let mut before_it: &[u8] = b"";
    for token in before.split(|byte| *byte == b' ') {
        if is_address(token) {
            entry.client = without_port(token);
            if is_host(before_it) {
                entry.host = without_port(before_it);
            }
            // lighttpd writes the host after the client.
            if second.contains(&b'.') && token == first && is_host(second) && !is_address(second) {
                entry.host = without_port(second);
            }
            return Some(());
        }
        before_it = token;
    }
    // Clients may be names.
    entry.client = first;
    Some(())
}

/// Reads the fields that a custom format appends.
fn more<'a>(extras: &'a [u8], entry: &mut Entry<'a>) {
    let mut raw = Raw::new();
    if memchr::memchr(b'=', extras).is_some() {
        key_values::read(extras, &mut raw);
    } else if let Some(time) = extras.strip_suffix(b"ms") {
        // Traefik: requests so far, router, server, duration.
        let at = memchr::memrchr(b' ', time).map_or(0, |at| at + 1);
        raw.set(Field::Millis, &time[at..]);
        let mut rest = extras;
        while let Some(at) = memchr::memchr(b'"', rest) {
            let Some((text, after)) = quoted(&rest[at..]) else {
                break;
            };
            if text.starts_with(b"http") {
                raw.set(Field::Backend, text);
            }
            rest = after;
        }
    } else {
        return;
    }
    extend(entry, &raw);
}
