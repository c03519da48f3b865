//! JSON lines: Caddy, Cloudflare Logpush, Traefik, Envoy, nginx with a format of one's own. A line is scanned without
//! building a tree; texts keep their escapes until they are needed.

use std::borrow::Cow;

use crate::parse::log::assemble;
use crate::parse::log::clock::Clock;
use crate::parse::log::entry::Entry;
use crate::parse::log::raw::{Field, Raw};
use crate::parse::log::scan::closing;

/// Maximum nesting of the values that are read; deeper ones are skipped. Ours.
const DEEPEST: usize = 8;

/// The names of fields in JSON lines. A dot separates the names of nested objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::parse::log) struct JsonFields(Vec<(String, Field)>);

impl JsonFields {
    pub(super) fn name(&mut self, path: &str, field: Field) {
        self.0.push((path.to_owned(), field));
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.0.iter().any(|(_, named)| *named == field)
    }

    pub(in crate::parse::log) fn of(names: &[(&str, Field)]) -> JsonFields {
        let names = names.iter();
        JsonFields(
            names
                .map(|(name, field)| ((*name).to_owned(), *field))
                .collect(),
        )
    }
}

/// Reads a request.
pub(in crate::parse::log) fn read<'a>(
    line: &'a [u8],
    fields: &JsonFields,
    clock: &mut Clock,
) -> Option<Entry<'a>> {
    let raw = split(line, fields)?;
    let mut entry = assemble::entry(&raw, clock)?;
    if entry.target.contains(&b'\\') {
        entry.target = Cow::Owned(unescaped(&entry.target));
    }
    Some(entry)
}

/// Returns the named fields of a line.
pub(in crate::parse::log) fn split<'a>(line: &'a [u8], fields: &JsonFields) -> Option<Raw<'a>> {
    let mut raw = Raw::new();
    walk(line, |keys, value| {
        let named = fields
            .0
            .iter()
            .find(|(name, _)| is_path(name.as_bytes(), keys));
        if let Some((_, field)) = named {
            raw.set(*field, value);
        }
    })?;
    Some(raw)
}

/// Returns whether a dotted name, such as `a.b`, names the value under these nested keys. Keys may contain dots
/// themselves.
fn is_path(name: &[u8], keys: &[&[u8]]) -> bool {
    let mut rest = name;
    for (at, key) in keys.iter().enumerate() {
        if at > 0 {
            let Some(after) = rest.strip_prefix(b".") else {
                return false;
            };
            rest = after;
        }
        let Some(after) = rest.strip_prefix(*key) else {
            return false;
        };
        rest = after;
    }
    rest.is_empty()
}

/// Calls a function with the keys and the text of each value that is a text or a number. Of a list, only the first
/// value counts. Returns `None` if the line is not a JSON object.
pub(in crate::parse::log) fn walk<'a>(
    line: &'a [u8],
    mut each: impl FnMut(&[&'a [u8]], &'a [u8]),
) -> Option<()> {
    let mut rest = line.trim_ascii().strip_prefix(b"{")?;
    let mut keys: Vec<&[u8]> = Vec::with_capacity(DEEPEST);
    // The opening brackets around the current offset; of a list, `true` once its first value is over.
    let mut open: Vec<(u8, bool)> = vec![(b'{', false)];
    loop {
        rest = rest.trim_ascii_start();
        let &(kind, is_over) = open.last()?;
        match rest.split_first()? {
            (b'}', after) if kind == b'{' => {
                open.pop();
                rest = after;
                if open.is_empty() {
                    return rest.trim_ascii().is_empty().then_some(());
                }
                end_value(&mut keys, &mut open);
                continue;
            }
            (b']', after) if kind == b'[' => {
                open.pop();
                rest = after;
                end_value(&mut keys, &mut open);
                continue;
            }
            (b',', after) => {
                rest = after;
                continue;
            }
            _ => {}
        }
        if kind == b'{' {
            let (key, after) = text(rest)?;
            rest = after
                .trim_ascii_start()
                .strip_prefix(b":")?
                .trim_ascii_start();
            keys.push(key);
        }
        match rest.first()? {
            bracket @ (b'{' | b'[') => {
                if open.len() > 64 {
                    return None;
                }
                open.push((*bracket, is_over && kind == b'['));
                rest = &rest[1..];
            }
            b'"' => {
                let (value, after) = text(rest)?;
                rest = after;
                give(&keys, &open, value, &mut each);
                end_value(&mut keys, &mut open);
            }
            _ => {
                let end = rest
                    .iter()
                    .position(|byte| matches!(byte, b',' | b'}' | b']'));
                let (value, after) = rest.split_at(end?);
                rest = after;
                let value = value.trim_ascii();
                let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
                if value.is_empty() || !value.iter().all(is_plain) {
                    return None;
                }
                if value != b"null" {
                    give(&keys, &open, value, &mut each);
                }
                end_value(&mut keys, &mut open);
            }
        }
    }
}

fn give<'a>(
    keys: &[&'a [u8]],
    open: &[(u8, bool)],
    value: &'a [u8],
    each: &mut impl FnMut(&[&'a [u8]], &'a [u8]),
) {
    let is_first = open.iter().all(|(kind, is_over)| *kind == b'{' || !is_over);
    if is_first && keys.len() <= DEEPEST {
        each(keys, value);
    }
}

/// Ends a value: the key of an object is over, or the first value of a list.
fn end_value(keys: &mut Vec<&[u8]>, open: &mut [(u8, bool)]) {
    match open.last_mut() {
        Some((b'[', is_over)) => *is_over = true,
        _ => {
            keys.pop();
        }
    }
}

/// Returns the text at the beginning, with its escapes, and the rest.
fn text(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let inner = rest.strip_prefix(b"\"")?;
    let end = closing(inner)?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// Returns a text without the escapes of JSON.
pub(in crate::parse::log) fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(&rest[..at]);
        let after = &rest[at + 1..];
        let Some((escape, after)) = after.split_first() else {
            rest = after;
            break;
        };
        rest = after;
        match escape {
            b'n' => out.push(b'\n'),
            b't' => out.push(b'\t'),
            b'r' => out.push(b'\r'),
            b'u' => {
                let code = rest.get(..4).and_then(|hex| std::str::from_utf8(hex).ok());
                let code = code.and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let c = code.and_then(char::from_u32).unwrap_or('\u{fffd}');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(4..).unwrap_or_default();
            }
            other => out.push(*other),
        }
    }
    out.extend_from_slice(rest);
    out
}
