//! Recognises the format of a log by trying all of them on its first lines.

use std::sync::Arc;

use super::access::dialect::LineFormat;
use super::access::w3c;
use super::clock::Clock;
use super::error::Source;
use super::format::{Format, JsonKind, Kind, Line, Reader};

/// Lines that are tried.
pub const SAMPLE: usize = 100;

/// The share of lines that the format of an access log must read.
const ENOUGH: f64 = 0.8;

/// The share for a file that no format reads so far, such as the messages of several programs. Ours: most of it is read, and
/// the rest is shown as unreadable.
const MOST_OF_IT: f64 = 0.5;

/// The share for error logs: records have several lines, and some programs mostly write lines without a time.
const ENOUGH_ERRORS: f64 = 0.01;

/// A recognised format.
#[derive(Clone, Debug)]
pub struct Detected {
    /// The format.
    pub format: Format,
    /// The share of the tried lines that it reads.
    pub share: f64,
    /// Offset from UTC of the log's times, if they name it, in milliseconds.
    pub offset: Option<i64>,
}

/// Returns the format of a log by its first lines. Formats that the user gave come before all others.
pub fn detect<'a>(lines: impl Iterator<Item = &'a [u8]>, given: &[LineFormat]) -> Option<Detected> {
    let lines: Vec<&[u8]> = lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .take(SAMPLE)
        .collect();
    let all = candidates(&lines, given);
    best(&lines, &all).or_else(|| {
        let access = all.into_iter();
        let access = access.filter(|(format, _)| format.kind() == Kind::Access);
        let access: Vec<_> = access.map(|(format, _)| (format, MOST_OF_IT)).collect();
        best(&lines, &access)
    })
}

/// Returns the format that reads the most lines, if one reads enough.
fn best(lines: &[&[u8]], formats: &[(Format, f64)]) -> Option<Detected> {
    let mut best: Option<Detected> = None;
    for (format, enough) in formats {
        let Some(found) = share(format, lines, *enough) else {
            continue;
        };
        if best.as_ref().is_none_or(|best| found.share > best.share) {
            best = Some(found);
        }
        // None of the others can read more.
        if best.as_ref().is_some_and(|best| best.share >= 1.0) {
            break;
        }
    }
    best
}

/// Returns the formats in the order of preference: of two that read equally many lines, the first wins.
fn candidates(lines: &[&[u8]], given: &[LineFormat]) -> Vec<(Format, f64)> {
    let mut all = Vec::new();
    let mut given: Vec<&LineFormat> = given.iter().collect();
    given.sort_by_key(|format| std::cmp::Reverse(format.weight()));
    all.extend(
        given
            .into_iter()
            .map(|format| (Format::from(format), ENOUGH)),
    );
    if lines
        .iter()
        .any(|line| line.trim_ascii_start().starts_with(b"{"))
    {
        let has = |name: &[u8]| {
            lines
                .iter()
                .any(|line| memchr::memmem::find(line, name).is_some())
        };
        // The errors of Caddy alone.
        if has(b"\"http.log.error") && !has(b"\"http.log.access") {
            all.push((Format(Reader::Error(Source::Caddy)), ENOUGH));
        }
        let kinds = [
            (b"\"http.log.".as_slice(), JsonKind::Caddy),
            (b"\"EdgeResponseStatus\"", JsonKind::Cloudflare),
            (b"\"DownstreamStatus\"", JsonKind::Traefik),
            (b"\"response_flags\"", JsonKind::Envoy),
            (b"\"", JsonKind::Nginx),
        ];
        let kinds = kinds.into_iter().filter(|(name, _)| has(name));
        all.extend(kinds.map(|(_, kind)| (Format(Reader::Json(kind)), ENOUGH)));
    }
    let header = lines.iter().find_map(|line| w3c::header(line));
    all.extend(header.map(|fields| (Format(Reader::W3c(Arc::new(fields))), ENOUGH)));
    let access = [
        Reader::Alb,
        Reader::Heroku,
        Reader::HaProxy,
        Reader::Envoy,
        Reader::Squid,
        Reader::Clf,
    ];
    all.extend(access.map(|reader| (Format(reader), ENOUGH)));
    let errors = Source::ALL.into_iter().map(Reader::Error);
    all.extend(errors.map(|reader| (Format(reader), ENOUGH_ERRORS)));
    all
}

fn share(format: &Format, lines: &[&[u8]], enough: f64) -> Option<Detected> {
    let mut clock = Clock::default();
    let (mut read, mut facts) = (0_u32, 0_u32);
    for line in lines {
        match format.recognise(line, &mut clock) {
            Some(Line::Aside) => read += 1,
            Some(_) => {
                read += 1;
                facts += 1;
            }
            None => {}
        }
    }
    let share = f64::from(read) / lines.len().max(1) as f64;
    (facts > 0 && share >= enough).then_some(Detected {
        // An access log that is read in part is still more likely than an error log.
        share: if enough < ENOUGH {
            share.min(ENOUGH - 0.01)
        } else {
            share
        },
        format: format.clone(),
        offset: clock.seen_offset(),
    })
}
